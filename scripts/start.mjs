/**
 * Starts Storybook with the relay on the same origin, the Firestore emulator if it is installed, and
 * HTTPS for other devices on the network. Stops all of them when it ends.
 *
 *     npm start                       ports 6006 (HTTP) and 6443 (HTTPS)
 *     npm start -- --port 7000        HTTPS uses the port 437 above
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
  console.error(
    `--port ${options.port} is not a valid port. Pass a number from 1 to ${65_535 - 437}.`,
  );
  process.exit(2);
}

install();
await requireRecentNode();
const { networkAddresses, startHttps } = await import("./https.mjs");
const { missingFirestoreEmulator, startFirestoreEmulator } =
  await import("./firestore-emulator.mjs");

/** Functions that stop what was started. They are called in reverse order. */
const cleanups = [];
const stopping = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => void stop(0));
// npm runs this process in a shell. A signal to npm ends the shell, but does not reach this process, so
// stop when the parent is gone.
const parent = process.ppid;
setInterval(() => process.ppid !== parent && void stop(0), 500).unref();

try {
  await assertPortIsFree(port);
  const firestore = await startFirestore();
  cleanups.push(startStorybook(firestore.host));
  const index = await pollJson(`http://127.0.0.1:${port}/index.json`);
  if (index) {
    cleanups.push(await startHttps({ port: httpsPort, target: port }));
    printBanner(liveCallPath(index), firestore);
  }
} catch (error) {
  console.error(
    error.code === "EADDRINUSE"
      ? `Port ${error.port ?? httpsPort} is in use. Stop the program that uses it, or choose another port: npm start -- --port 7000`
      : error,
  );
  await stop(1);
}

/**
 * Throws EADDRINUSE if the port is in use. Checked before Storybook starts, because a response from
 * another program would be mistaken for Storybook's.
 */
async function assertPortIsFree(number) {
  const probe = createServer().listen(number);
  await once(probe, "listening");
  probe.close();
}

/** Starts the Firestore emulator. Resolves to its address, or to a sentence that says what is missing. */
async function startFirestore() {
  try {
    const emulator = await startFirestoreEmulator();
    if (emulator) cleanups.push(() => emulator.stop());
    return { host: emulator?.host, missing: missingFirestoreEmulator() };
  } catch (error) {
    // The rest works without Firestore.
    return { host: undefined, missing: error.message };
  }
}

/** Starts `storybook dev`, and returns a function that stops it. If Storybook exits, all else stops too. */
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

/** Polls the URL until it responds, and resolves to its JSON; to undefined if `npm start` is stopping. */
async function pollJson(url) {
  while (!stopping.signal.aborted) {
    const response = await fetch(url).catch(() => undefined);
    if (response?.ok) return response.json();
    await setTimeout(200);
  }
  return undefined;
}

/** Returns the path of the first story under "Live call", or the root if there is none. */
function liveCallPath({ entries }) {
  const story = Object.values(entries).find(
    ({ type, title }) => type === "story" && title.startsWith("Live call"),
  );
  return story ? `/?path=/story/${story.id}` : "/";
}

async function stop(code) {
  if (stopping.signal.aborted) return;
  stopping.abort();
  for (const cleanUp of cleanups.toReversed()) await cleanUp();
  process.exit(code);
}

function printBanner(path, { host, missing }) {
  const colour = process.stdout.isTTY && !process.env.NO_COLOR;
  const bold = (text) => (colour ? `\x1b[1m${text}\x1b[0m` : text);
  const faint = (text) => (colour ? `\x1b[2m${text}\x1b[0m` : text);
  const line = (name, text) => console.log(`  ${faint(name.padEnd(15))}${text}`);
  const addresses = networkAddresses().map((address) => `https://${address}:${httpsPort}${path}`);

  console.log(
    `\n  ${bold("twocan")}  To start a call, open the address in two tabs, browsers or devices.\n`,
  );
  line("This machine", bold(`http://localhost:${port}${path}`));
  for (const [index, address] of addresses.entries())
    line(index ? "" : "Other devices", bold(address));
  if (addresses.length === 0)
    line("Other devices", "cannot reach this machine, because it has no network");
  else {
    line("", faint("The browser warns once about the self-signed certificate. Accept it."));
    line("", faint("While this runs, every device on this network can open it and its sources."));
  }
  line("Relay", "/relay on each of these addresses");
  line("Firestore", host ? `emulator at ${host}, for this machine only` : "not running");
  if (!host) line("", faint(missing ?? ""));
  console.log(`\n  ${faint("Ctrl-C stops everything.")}\n`);
}
