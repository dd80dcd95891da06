// Starts the brokers that tests talk to: mosquitto (MQTT) and nats-server, each on free ports of this
// machine. Plain Node; types beside it. docs/SIGNALING.md shows the same as commands.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

const ADDRESS = "127.0.0.1";
const START_TIMEOUT = 20_000;

/** Where to find each program, what it is called in Debian, and what it says once it serves. */
const PROGRAMS = {
  mosquitto: { ready: /mosquitto version \S+ running/ },
  "nats-server": { ready: /Server is ready/ },
};

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
  const args = ["-c", join(dir, "mosquitto.conf")];
  const stop = await launch("mosquitto", program, args, dir);
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
  const stop = await launch("nats-server", program, ["-c", join(dir, "nats.conf")], dir);
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

/** Ports that nobody else has at the moment. */
async function freePorts(count) {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise((resolve, reject) => {
          const server = createServer().once("error", reject);
          server.listen(0, ADDRESS, () => resolve(server));
        }),
    ),
  );
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** Resolves to the way to end it once it serves. */
async function launch(name, program, given, dir) {
  // It outlives a parent that is killed, unless the system ends it (util-linux).
  const hasPdeathsig = process.platform === "linux" && existsSync("/usr/bin/setpriv");
  const [command, ...args] = hasPdeathsig
    ? ["setpriv", "--pdeathsig", "SIGKILL", program, ...given]
    : [program, ...given];
  const server = spawn(command, args, { cwd: dir, stdio: ["ignore", "pipe", "pipe"] });
  const kill = () => server.kill("SIGKILL");
  process.once("exit", kill);
  const ended = new Promise((resolve) => {
    server.once("error", resolve);
    server.once("exit", resolve);
  });
  let output = "";
  const ready = new Promise((resolve) => {
    for (const stream of [server.stdout, server.stderr])
      stream.setEncoding("utf8").on("data", (text) => {
        output = (output + text).slice(-4_000);
        if (PROGRAMS[name].ready.test(output)) resolve(true);
      });
  });
  async function stop() {
    process.off("exit", kill);
    server.kill("SIGTERM");
    const late = setTimeout(kill, 3_000);
    await ended;
    clearTimeout(late);
    rmSync(dir, { recursive: true, force: true });
  }
  let timer;
  const late = new Promise((resolve) => (timer = setTimeout(resolve, START_TIMEOUT)));
  const started = await Promise.race([ready, ended, late]);
  clearTimeout(timer);
  if (started === true) return stop;
  await stop();
  throw new Error(`${name} did not start:\n${output}`);
}
