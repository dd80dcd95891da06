// Starts the brokers that tests talk to: mosquitto (MQTT) and nats-server, each on free ports of this
// machine. Plain Node; types beside it. docs/SIGNALING.md shows the same as commands.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { ADDRESS, freePorts, launch } from "./launch.mjs";

const START_TIMEOUT = 20_000;

export async function startMosquitto() {
  const program = await need("mosquitto");
  if (!program) return undefined;
  const [port, webSocketPort] = await freePorts(2);
  const dir = mkdtempSync(join(tmpdir(), "mosquitto-"));
  // Who may write where: see docs/SIGNALING.md.
  writeFileSync(
    join(dir, "acl"),
    `topic read twocan/+/peers/+
pattern write twocan/+/peers/%c
pattern write twocan/+/inbox/+/%c
pattern read twocan/+/inbox/%c/+
user watcher
topic readwrite #
`,
  );
  writeFileSync(
    join(dir, "mosquitto.conf"),
    `user root
allow_anonymous true
acl_file ${join(dir, "acl")}
listener ${port} ${ADDRESS}
listener ${webSocketPort} ${ADDRESS}
protocol websockets
`,
  );
  const stop = await launch("mosquitto", [program, "-c", join(dir, "mosquitto.conf")], {
    dir,
    ready: /mosquitto version \S+ running/,
    timeout: START_TIMEOUT,
  });
  return { port, webSocketPort, stop };
}

export async function startNats() {
  const program = await need("nats-server");
  if (!program) return undefined;
  const [port, webSocketPort] = await freePorts(2);
  const dir = mkdtempSync(join(tmpdir(), "nats-"));
  writeFileSync(
    join(dir, "nats.conf"),
    `listen: "${ADDRESS}:${port}"
websocket { listen: "${ADDRESS}:${webSocketPort}", no_tls: true }
`,
  );
  const stop = await launch("nats-server", [program, "-c", join(dir, "nats.conf")], {
    dir,
    ready: /Server is ready/,
    timeout: START_TIMEOUT,
  });
  return { port, webSocketPort, stop };
}

export function missingServer(name) {
  return find(name)
    ? undefined
    : `${name} is missing: install it, as with \`apt-get install ${name}\`, so that it is found in PATH.`;
}

/** The program's path. Installs it where that takes no question: for root, on Debian and its kin. */
async function need(name) {
  if (!find(name) && process.getuid?.() === 0 && onPath("apt-get")) {
    console.log(`Installing ${name} (apt-get), for the tests that talk to it …`);
    // Not started as a service: a test starts its own.
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" };
    const apt = (...args) => spawnSync("apt-get", args, { env, stdio: "ignore", timeout: 180_000 });
    apt("update", "-qq");
    apt("install", "-y", "-qq", "--no-install-recommends", name);
  }
  const missing = missingServer(name);
  if (missing && process.env.CI) throw new Error(missing);
  return find(name);
}

function find(name) {
  return (
    onPath(name) ?? ["/usr/sbin", "/usr/local/sbin"].map((dir) => join(dir, name)).find(existsSync)
  );
}

function onPath(name) {
  const dirs = (process.env.PATH ?? "").split(delimiter);
  return dirs.map((dir) => join(dir, name)).find((path) => existsSync(path));
}
