/** Firefox: where it is, and the settings that give it a camera and a microphone without hardware. */
import { existsSync } from "node:fs";
import { launch, type Browser } from "puppeteer-core";

/** Undefined where there is none. */
export const firefoxPath = [
  process.env["FIREFOX_PATH"],
  "/usr/bin/firefox-esr",
  "/usr/bin/firefox",
].find((path) => path !== undefined && existsSync(path));

/** Played devices, no questions, and addresses of this machine. */
const PREFERENCES = {
  "media.navigator.streams.fake": true,
  "media.navigator.permission.disabled": true,
  "media.peerconnection.ice.loopback": true,
  "media.peerconnection.ice.obfuscate_host_addresses": false,
  "media.autoplay.default": 0,
};

/** Starts it; closing it is the caller's. */
export function launchFirefox(): Promise<Browser> {
  if (!firefoxPath) throw new Error("There is no Firefox on this machine.");
  return launch({
    browser: "firefox",
    executablePath: firefoxPath,
    headless: true,
    extraPrefsFirefox: PREFERENCES,
  });
}
