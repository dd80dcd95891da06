/** Owns "is this clone ready to run?": installs the dependencies when they are missing or out of date. */
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The absolute path of a file of this repository. */
export const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** Runs `npm ci` when node_modules is missing or older than the lock file. Node's own modules only up to here. */
export function install() {
  // npm writes this file last, so it also tells an install that was cut short.
  const installed = at("node_modules/.package-lock.json");
  const ready =
    existsSync(installed) &&
    statSync(installed).mtimeMs >= statSync(at("package-lock.json")).mtimeMs;
  if (ready) return;
  console.log("Installing dependencies (npm ci) …");
  const { status } = spawnSync("npm", ["ci"], {
    cwd: at("."),
    stdio: "inherit",
    shell: process.platform === "win32",
  });
  if (status === 0) return;
  console.error("npm ci failed: the lines above say why. Run it again once that is mended.");
  process.exit(status ?? 1);
}
