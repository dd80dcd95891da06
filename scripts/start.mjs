/**
 * Owns `npm start`: Storybook with the relay on its own origin, the Firestore emulator where it can be
 * had, and https for the other devices on the network. It stops everything it starts.
 *
 *     npm start                       ports 6006 (http) and 6443 (https)
 *     npm start -- --port 7000        https is 437 above
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";
import { at, install } from "./install.mjs";
import { requireRecentNode } from "./node.mjs";

const { values: options } = parseArgs({ options: { port: { type: "string", default: "6006" } } });
const port = Number(options.port);
const httpsPort = port + 437;
if (!Number.isInteger(port) || port < 1 || httpsPort > 65_535) {
  console.error(`--port ${options.port} is not a port: give a number from 1 to ${65_535 - 437}.`);
  process.exit(2);
}

install();
await requireRecentNode();
const { networkAddresses, startHttps } = await import("./https.mjs");
const { missingFirestoreEmulator, startFirestoreEmulator } =
  await import("./firestore-emulator.mjs");

/** What to end, newest first. */
const endings = [];
const stopping = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => void stop(0));
// A signal to npm ends the shell between npm and this process without a word: an orphan goes too.
const parent = process.ppid;
setInterval(() => process.ppid !== parent && void stop(0), 500).unref();

try {
  await needPort(port);
  const firestore = await startFirestore();
  endings.push(startStorybook(firestore.host));
  const index = await answer(`http://127.0.0.1:${port}/index.json`);
  if (index) {
    endings.push(await startHttps({ port: httpsPort, target: port }));
    banner(liveCall(index), firestore);
  }
} catch (error) {
  console.error(
    error.code === "EADDRINUSE"
      ? `Port ${error.port ?? httpsPort} is taken: end what uses it, or choose another with npm start -- --port 7000.`
      : error,
  );
  await stop(1);
}

/** Throws EADDRINUSE for a port that is taken: asked first, or another's answer would pass for our Storybook. */
async function needPort(wanted) {
  const probe = createServer().listen(wanted);
  await once(probe, "listening");
  probe.close();
}

/** Starts the Firestore emulator: where it listens, or else what is missing for it. */
async function startFirestore() {
  try {
    const emulator = await startFirestoreEmulator();
    if (emulator) endings.push(() => emulator.stop());
    return { host: emulator?.host, missing: missingFirestoreEmulator() };
  } catch (error) {
    // Without it everything else still works.
    return { host: undefined, missing: error.message };
  }
}

/** Starts `storybook dev`; returns the way to end it. If it ends by itself, so does everything. */
function startStorybook(firestore) {
  const child = spawn(
    process.execPath,
    [
      at("node_modules/storybook/dist/bin/dispatcher.js"),
      ...`dev --port ${port} --exact-port --host 0.0.0.0`.split(" "),
      ...`--no-open --ci --no-version-updates --loglevel warn`.split(" "),
    ],
    {
      cwd: at("."),
      stdio: ["ignore", "inherit", "inherit"],
      env: { ...process.env, ...(firestore && { STORYBOOK_FIRESTORE: firestore }) },
    },
  );
  const ended = new Promise((resolve) => {
    child.once("exit", (code) => {
      resolve();
      void stop(code ?? 1);
    });
  });
  return async () => {
    child.kill("SIGTERM");
    await Promise.race([ended, setTimeout(3_000, undefined, { ref: false })]);
    child.kill("SIGKILL");
  };
}

/** What the address answers once it answers; undefined when everything is being stopped. */
async function answer(url) {
  while (!stopping.signal.aborted) {
    const response = await fetch(url).catch(() => undefined);
    if (response?.ok) return response.json();
    await setTimeout(200);
  }
  return undefined;
}

/** The path of the first story under "Live call", else of the whole Storybook. */
function liveCall({ entries }) {
  const story = Object.values(entries).find(
    ({ type, title }) => type === "story" && title.startsWith("Live call"),
  );
  return story ? `/?path=/story/${story.id}` : "/";
}

async function stop(code) {
  if (stopping.signal.aborted) return;
  stopping.abort();
  for (const end of endings.toReversed()) await end();
  process.exit(code);
}

function banner(path, { host, missing }) {
  const colour = process.stdout.isTTY && !process.env.NO_COLOR;
  const bold = (text) => (colour ? `\x1b[1m${text}\x1b[0m` : text);
  const faint = (text) => (colour ? `\x1b[2m${text}\x1b[0m` : text);
  const line = (name, text) => console.log(`  ${faint(name.padEnd(15))}${text}`);
  const addresses = networkAddresses().map((address) => `https://${address}:${httpsPort}${path}`);

  console.log(
    `\n  ${bold("twocan")}  Open it in two tabs, two browsers or on two devices: that is a call.\n`,
  );
  line("This machine", bold(`http://localhost:${port}${path}`));
  for (const [index, address] of addresses.entries())
    line(index ? "" : "Other devices", bold(address));
  if (addresses.length === 0)
    line("Other devices", "none can reach this machine: it has no network");
  else {
    line(
      "",
      faint("Their browser asks once about the certificate, which was made here: accept it."),
    );
    line("", faint("Anyone on this network can open it, sources included, while this runs."));
  }
  line("Relay", "/relay on each of these addresses");
  line("Firestore", host ? `emulator at ${host}, for this machine only` : "not running");
  if (!host) line("", faint(missing ?? ""));
  console.log(`\n  ${faint("Ctrl-C ends everything.")}\n`);
}
