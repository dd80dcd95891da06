/**
 * Checks what the network tests need. Run as a command, it also installs what is missing:
 *
 *     node test/network/setup.mjs    as root, on Debian and its derivatives
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Commands, and the Debian packages that contain them. */
const TOOLS = { ip: "iproute2", nft: "nftables", turnserver: "coturn", python3: "python3-minimal" };
const BROWSERS = { chromium: "chromium", "firefox-esr": "firefox-esr" };

const has = (command) =>
  ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"].some((folder) =>
    existsSync(`${folder}/${command}`),
  );
const absent = (commands) =>
  Object.entries(commands).flatMap(([command, name]) => (has(command) ? [] : [name]));

/** Says in one sentence why the network tests cannot run here. Returns undefined if they can. */
export function missing() {
  if (process.platform !== "linux") return "They need Linux, because they use network namespaces.";
  if (process.getuid?.() !== 0) return "They need root, because they create network namespaces.";
  const packages = absent(TOOLS);
  if (packages.length > 0)
    return `They need ${packages.join(", ")}. Run \`node test/network/setup.mjs\` to install them.`;
  const name = `twocan-can-${process.pid}`;
  const isAllowed = spawnSync("ip", ["netns", "add", name]).status === 0;
  spawnSync("ip", ["netns", "del", name]);
  return isAllowed
    ? undefined
    : "This machine does not allow network namespaces. If it is a container, start it with NET_ADMIN and SYS_ADMIN.";
}

function install() {
  const packages = [...absent(TOOLS), ...(process.env.CHROMIUM_PATH ? [] : absent(BROWSERS))];
  if (packages.length === 0 || process.getuid?.() !== 0 || !has("apt-get")) return;
  const apt = (...args) =>
    spawnSync("apt-get", args, {
      stdio: ["ignore", "ignore", "inherit"],
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    });
  console.log(`Installing for the network tests: ${packages.join(", ")} …`);
  apt("update", "-qq");
  apt("install", "-y", "-qq", "--no-install-recommends", ...packages);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  install();
  const reason = missing();
  console.log(
    reason ? `The network tests are left out. ${reason}` : "The network tests can run here.",
  );
}
