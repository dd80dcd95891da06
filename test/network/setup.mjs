/**
 * What the network laboratory needs of the machine.
 *
 *     node test/network/setup.mjs    installs what is missing where it can, and says what is left out
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The commands, and the Debian packages that bring them. */
const TOOLS = { ip: "iproute2", nft: "nftables", turnserver: "coturn", python3: "python3-minimal" };
const BROWSERS = { chromium: "chromium", "firefox-esr": "firefox-esr" };

const has = (command) =>
  ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"].some((folder) =>
    existsSync(`${folder}/${command}`),
  );
const absent = (commands) =>
  Object.entries(commands).flatMap(([command, name]) => (has(command) ? [] : [name]));

/** Why there can be no laboratory here, in one sentence; undefined where there can. */
export function missing() {
  if (process.platform !== "linux") return "It needs Linux, for its network namespaces.";
  if (process.getuid?.() !== 0) return "It needs root, for its network namespaces.";
  const packages = absent(TOOLS);
  if (packages.length > 0)
    return `It needs ${packages.join(", ")}: \`node test/network/setup.mjs\` installs them.`;
  const name = `twocan-can-${process.pid}`;
  const made = spawnSync("ip", ["netns", "add", name]).status === 0;
  spawnSync("ip", ["netns", "del", name]);
  return made ? undefined : "This machine allows no network namespaces (a container, perhaps).";
}

function install() {
  const packages = [...absent(TOOLS), ...(process.env.CHROMIUM_PATH ? [] : absent(BROWSERS))];
  if (packages.length === 0 || process.getuid?.() !== 0 || !has("apt-get")) return;
  const apt = (...args) =>
    spawnSync("apt-get", args, {
      stdio: ["ignore", "ignore", "inherit"],
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    });
  console.log(`Installing for the network laboratory: ${packages.join(", ")} …`);
  apt("update", "-qq");
  apt("install", "-y", "-qq", "--no-install-recommends", ...packages);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  install();
  const why = missing();
  console.log(
    why ? `The network laboratory is left out. ${why}` : "The network laboratory is ready.",
  );
}
