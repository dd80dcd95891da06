/** Owns where Firefox is, and the settings that give it a camera and a microphone without hardware. */
import { existsSync } from "node:fs";

/** Undefined where there is none. */
export const firefoxPath = [
  process.env["FIREFOX_PATH"],
  "/usr/bin/firefox-esr",
  "/usr/bin/firefox",
].find((path) => path !== undefined && existsSync(path));

/** Played devices, no questions, and addresses of this machine. */
export const FIREFOX_PREFERENCES = {
  "media.navigator.streams.fake": true,
  "media.navigator.permission.disabled": true,
  "media.peerconnection.ice.loopback": true,
  "media.peerconnection.ice.obfuscate_host_addresses": false,
  "media.autoplay.default": 0,
};
