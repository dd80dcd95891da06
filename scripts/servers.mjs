// Starts mosquitto (MQTT) and nats-server for the tests, each on free ports of this machine. Plain
// Node; the types are in servers.d.mts. docs/SIGNALING.md shows the same configuration as commands.
import { existsSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { ADDRESS, freePorts, launch } from "./launch.mjs";

/** A server that is not ready by then is stopped, and the start rejects. */
const START_TIMEOUT_MS = 20_000;

export async function startMosquitto() {
  const program = serverPath("mosquitto");
  if (!program) return undefined;
  const [port, webSocketPort] = await freePorts(2);
  const dir = mkdtempSync(join(tmpdir(), "mosquitto-"));
  // docs/SIGNALING.md explains these access rules.
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
    timeoutMs: START_TIMEOUT_MS,
  });
  return { port, webSocketPort, stop };
}

export async function startNats() {
  const program = serverPath("nats-server");
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
    timeoutMs: START_TIMEOUT_MS,
  });
  return { port, webSocketPort, stop };
}

export function missingServer(name) {
  return find(name)
    ? undefined
    : `${name} is missing. Install it (on Debian: \`apt-get install ${name}\`) so that it is found in PATH.`;
}

/** @public A test imports it in a child process. */
export function serverPath(name) {
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
