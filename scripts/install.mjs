// Imports nothing but Node's own modules, because it runs before the dependencies are installed.
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Returns the absolute path of a file of this repository. */
export const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** Runs `npm ci` if node_modules is missing or older than the lock file. */
export function install() {
  // npm writes this file last, so it is missing after an install that was interrupted.
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
  console.error("npm ci failed; see the output above. Fix the cause and run the command again.");
  process.exit(status ?? 1);
}
