import { existsSync } from "node:fs";
import { launch, type Browser } from "puppeteer-core";

/** The path of Firefox, or undefined if it is not installed. */
export const firefoxPath = [
  process.env["FIREFOX_PATH"],
  "/usr/bin/firefox-esr",
  "/usr/bin/firefox",
].find((path) => path !== undefined && existsSync(path));

/** Fake devices without permission prompts, and ICE candidates with loopback addresses. */
const PREFERENCES = {
  "media.navigator.streams.fake": true,
  "media.navigator.permission.disabled": true,
  "media.peerconnection.ice.loopback": true,
  "media.peerconnection.ice.obfuscate_host_addresses": false,
  "media.autoplay.default": 0,
};

/** Starts Firefox. The caller closes it. */
export function launchFirefox(): Promise<Browser> {
  if (!firefoxPath) throw new Error("Firefox is not installed. Install it, or set FIREFOX_PATH.");
  return launch({
    browser: "firefox",
    executablePath: firefoxPath,
    headless: true,
    extraPrefsFirefox: PREFERENCES,
  });
}
