/**
 * Measures the load of one relay: the command `twocan-relay` in a separate process, with many idle
 * connections and some that send all the time.
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
/** The length of a packet in characters. */
const SIZE = 1_000;
/** Each active client sends one packet per interval. */
const INTERVAL_MS = 100;
/** The number of files that a process opens in addition to its connections. */
const SPARE_FILES = 100;
/** A module that is preloaded into the relay process and reports its memory and CPU time. */
const USAGE = `data:text/javascript,${encodeURIComponent(
  `process.on("message", () => process.send({ rss: process.memoryUsage.rss(), cpu: process.cpuUsage(), now: performance.now() }));
   process.channel.unref();`,
)}`;

function numberOf(text, name) {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  console.error(`--${name} ${text} is not valid. Pass an integer of 1 or more.`);
  process.exit(2);
}

function checkFiles(needed) {
  if (process.platform === "win32") return;
  const limit = execFileSync("sh", ["-c", "ulimit -n"], { encoding: "utf8" }).trim();
  if (limit === "unlimited" || Number(limit) >= needed) return;
  console.error(
    `A process may open ${limit} files here, but the relay needs ${needed}, one for each connection. ` +
      `Raise the limit in this shell (ulimit -n ${needed}), or pass smaller numbers as --idle and --active.`,
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

/** Sends a message to a child process, and resolves to its reply. */
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

/** Formats the CPU time between two reports of the relay as a share of one core. */
function cpuShare(before, after) {
  const used = after.cpu.user + after.cpu.system - before.cpu.user - before.cpu.system;
  return `${((used / 1_000 / (after.now - before.now)) * 100).toFixed(0)} % of one core`;
}

async function measure(folder, { idle, active, seconds }, children) {
  const { relay, url } = await startRelay(folder, idle + active);
  children.push(relay);
  const connectClients = async (name, count, roomSize) => {
    const clients = await startClients({ url, name, count, roomSize, size: SIZE });
    children.push(clients);
    return clients;
  };
  const empty = await ask(relay, "usage");
  const idleClients = await connectClients("idle", idle, IDLE_ROOM);
  const full = await ask(relay, "usage");
  const activeClients = await connectClients("active", active, ACTIVE_ROOM);
  const before = await ask(relay, "usage");
  const activeReport = await ask(activeClients, { send: { seconds, interval: INTERVAL_MS } });
  const after = await ask(relay, "usage");
  const idleReport = await ask(idleClients, "report");

  console.log(`${idle} idle connections in rooms of ${IDLE_ROOM}`);
  row("memory of the relay before", MB(empty.rss));
  row(
    "memory of the relay with them",
    `${MB(full.rss)}, ${kB((full.rss - empty.rss) / idle)} each`,
  );
  console.log(
    `and ${active} in rooms of ${ACTIVE_ROOM}, each sending ${SIZE} characters every ${INTERVAL_MS} ms`,
  );
  row("memory of the relay", MB(after.rss));
  row("CPU of the relay", cpuShare(before, after));
  row(
    "packets",
    `${activeReport.received} of ${activeReport.sent}, ${(activeReport.sent / seconds).toFixed(0)} a second`,
  );
  row("delivery, median", ms(activeReport.latency.median));
  row("delivery, p99", ms(activeReport.latency.p99));
  row("delivery, longest", ms(activeReport.latency.max));
  row(
    "heartbeats received by idle clients",
    `${idleReport.beats}; each answered at least ${idleReport.pings} pings`,
  );
  const lost = idleReport.closed + activeReport.closed;
  const alone = idleReport.alone + activeReport.alone;
  row("connections lost", lost);
  row("clients with an incomplete roster", alone);
  row("packets lost", activeReport.sent - activeReport.received);
  if (activeReport.sent < 0.8 * active * seconds * (1_000 / INTERVAL_MS))
    console.log(
      "The clients could not keep up because the machine is busy, so the times are not reliable.",
    );
  return lost === 0 && alone === 0 && activeReport.sent === activeReport.received;
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
  // Fill every room, so that each client has a peer to send to.
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
