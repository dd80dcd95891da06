/**
 * The answer to "how many does one relay hold?": the command `twocan-relay` in a process of its
 * own, with many connections that are merely there and some that talk all the time.
 *
 *     npm run bench:relay                                        5,000 idle, 500 active, 30 s
 *     npm run bench:relay -- --idle 1000 --active 100 --seconds 10
 *
 * Fails if a connection or a packet is lost.
 */
import { execFileSync, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "vite";
import { at } from "../scripts/install.mjs";
import { serveClients } from "./relay/clients.mjs";

const SELF = fileURLToPath(import.meta.url);
const IDLE_ROOM = 2;
const ACTIVE_ROOM = 4;
/** Of a packet, in characters, and how often each active client sends one, in ms. */
const SIZE = 1_000;
const INTERVAL = 100;
/** Files that a process has open beside its connections. */
const SPARE_FILES = 100;
/** Lets the command tell what it uses, without knowing of it. */
const USAGE = `data:text/javascript,${encodeURIComponent(
  `process.on("message", () => process.send({ rss: process.memoryUsage.rss(), cpu: process.cpuUsage(), now: performance.now() }));
   process.channel.unref();`,
)}`;

function numberOf(text, name) {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  console.error(`--${name} ${text} is not a number: give 1 or more.`);
  process.exit(2);
}

function checkFiles(needed) {
  if (process.platform === "win32") return;
  const limit = execFileSync("sh", ["-c", "ulimit -n"], { encoding: "utf8" }).trim();
  if (limit === "unlimited" || Number(limit) >= needed) return;
  console.error(
    `A process may open ${limit} files here, and the relay needs ${needed}, one for each connection. ` +
      `Raise it in this shell (ulimit -n ${needed}), or take fewer: --idle, --active.`,
  );
  process.exit(2);
}

async function startRelay(folder, connections) {
  await build({
    configFile: false,
    logLevel: "error",
    ssr: { noExternal: true },
    build: {
      ssr: at("src/relay/cli.ts"),
      outDir: folder,
      rolldownOptions: { output: { entryFileNames: "cli.mjs" } },
    },
  });
  const limits = [`connections=${connections}`, `connectionsPerAddress=${connections}`];
  const relay = fork(
    join(folder, "cli.mjs"),
    ["--port", "0", ...limits.flatMap((limit) => ["--limit", limit])],
    { execArgv: ["--import", USAGE], stdio: ["ignore", "pipe", "inherit", "ipc"] },
  );
  const [line] = await once(relay.stdout, "data");
  return { relay, url: /ws:\/\/\S+/.exec(line.toString())[0] };
}

/** Asks a process of ours something, and waits for what it says. */
async function ask(child, question) {
  const answer = once(child, "message");
  child.send(question);
  return (await answer)[0];
}

async function startClients(options) {
  const child = fork(SELF, ["clients", JSON.stringify(options)]);
  await once(child, "message");
  return child;
}

function row(name, value) {
  console.log(`  ${name.padEnd(44)}${value}`);
}

const kB = (bytes) => `${(bytes / 1_024).toFixed(1)} kB`;
const MB = (bytes) => `${(bytes / 1_048_576).toFixed(1)} MB`;
const ms = (time) => (time === undefined ? "none" : `${time.toFixed(1)} ms`);

/** The share of one core between two answers of the relay. */
function cpuShare(before, after) {
  const used = after.cpu.user + after.cpu.system - before.cpu.user - before.cpu.system;
  return `${((used / 1_000 / (after.now - before.now)) * 100).toFixed(0)} % of one core`;
}

async function measure(folder, { idle, active, seconds }, children) {
  const { relay, url } = await startRelay(folder, idle + active);
  children.push(relay);
  const hold = async (name, count, roomSize) => {
    const clients = await startClients({ url, name, count, roomSize, size: SIZE });
    children.push(clients);
    return clients;
  };
  const empty = await ask(relay, "usage");
  const sleepers = await hold("idle", idle, IDLE_ROOM);
  const full = await ask(relay, "usage");
  const talkers = await hold("active", active, ACTIVE_ROOM);
  const before = await ask(relay, "usage");
  const talked = await ask(talkers, { talk: { seconds, interval: INTERVAL } });
  const after = await ask(relay, "usage");
  const slept = await ask(sleepers, "report");

  console.log(`${idle} idle connections in rooms of ${IDLE_ROOM}`);
  row("memory of the relay before", MB(empty.rss));
  row(
    "memory of the relay with them",
    `${MB(full.rss)}, ${kB((full.rss - empty.rss) / idle)} each`,
  );
  console.log(
    `and ${active} in rooms of ${ACTIVE_ROOM}, each sending ${SIZE} characters every ${INTERVAL} ms`,
  );
  row("memory of the relay", MB(after.rss));
  row("CPU of the relay", cpuShare(before, after));
  row(
    "packets",
    `${talked.received} of ${talked.sent}, ${(talked.sent / seconds).toFixed(0)} a second`,
  );
  row("delivery, median", ms(talked.latency.median));
  row("delivery, p99", ms(talked.latency.p99));
  row("delivery, longest", ms(talked.latency.max));
  row(
    "beats heard by the idle ones",
    `${slept.beats}, at least ${slept.pings} pings answered by each`,
  );
  const lost = slept.closed + talked.closed;
  const alone = slept.alone + talked.alone;
  row("connections lost", lost);
  row("clients that do not see their room", alone);
  row("packets lost", talked.sent - talked.received);
  if (talked.sent < 0.8 * active * seconds * (1_000 / INTERVAL))
    console.log("The clients could not keep up: the machine is busy, and the times say little.");
  return lost === 0 && alone === 0 && talked.sent === talked.received;
}

async function run() {
  const { values } = parseArgs({
    options: {
      idle: { type: "string", default: "5000" },
      active: { type: "string", default: "500" },
      seconds: { type: "string", default: "30" },
    },
  });
  const load = Object.fromEntries(
    Object.entries(values).map(([name, text]) => [name, numberOf(text, name)]),
  );
  // Rooms are full, so that every client has a peer to send to.
  load.idle = Math.ceil(load.idle / IDLE_ROOM) * IDLE_ROOM;
  load.active = Math.ceil(load.active / ACTIVE_ROOM) * ACTIVE_ROOM;
  checkFiles(load.idle + load.active + SPARE_FILES);
  const folder = await mkdtemp(join(tmpdir(), "twocan-relay-"));
  const children = [];
  try {
    if (!(await measure(folder, load, children))) process.exitCode = 1;
  } finally {
    for (const child of children.toReversed()) child.kill();
    await rm(folder, { recursive: true });
  }
}

if (process.argv[2] === "clients") await serveClients(JSON.parse(process.argv[3]));
else await run();
