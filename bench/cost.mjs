/**
 * Counts the billed Firestore operations of calls of two and of four participants on the emulator: with
 * a mute, another camera, a shared screen, a renegotiation and an ICE restart. Compares twocan with the
 * scheme of the Firebase codelab, and with twocan without its control channel. docs/COST.md contains
 * the output.
 *
 *     npm run bench:cost                              2 rounds, and 10 idle minutes
 *     npm run bench:cost -- --rounds 1 --idle 60
 *
 * Fails if twocan's count (`usage()`) differs from that of the wrapped client by more than one read for
 * each participant. Neither can detect whether a listener that started while the client was writing its
 * presence found that document or nothing.
 */
import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";
import { chromium } from "playwright";
import { createServer, runnerImport } from "vite";
import { startFirestoreEmulator } from "../scripts/firestore-emulator.mjs";
import { at } from "../scripts/install.mjs";

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "2" },
    /** In seconds. */
    idle: { type: "string", default: "600" },
  },
});
const rounds = Number(options.rounds);
const idle = Number(options.idle);
if (!(Number.isInteger(rounds) && rounds > 0 && idle >= 0)) {
  console.error("Pass an integer of 1 or more as --rounds, and seconds as --idle.");
  process.exit(2);
}

const SCHEMES = [
  { name: "codelab", scheme: "codelab" },
  { name: "twocan, everything by Firestore", scheme: "twocan", controlChannel: "off" },
  { name: "twocan", scheme: "twocan" },
];
/** In twocan, closing a tab leaves the call. In the codelab it deletes nothing. */
const ENDINGS = SCHEMES.flatMap(({ name }) =>
  name === "codelab"
    ? [
        { name: "codelab, tabs closed", scheme: name, tabsClosed: true },
        { name: "codelab, all hang up", scheme: name },
      ]
    : [{ name, scheme: name }],
);
const SIZES = [2, 4];
/** Performed by the side that sends the offers, which costs less. */
const ACTS = [
  "expect more offers",
  "mute",
  "unmute",
  "other camera",
  "share a screen",
  "stop sharing",
  "renegotiate",
  "restart ICE",
];
/** If no operation is counted for this long, all packets are sent, and unacknowledged ones sent again. */
const QUIET_MS = 4_000;
/** US dollars for 100,000 operations (docs/COST.md has the sources). */
const PRICES = [
  { place: "us-central1", reads: 0.03, writes: 0.09, deletes: 0.01 },
  { place: "nam5", reads: 0.06, writes: 0.18, deletes: 0.02 },
];
/** Free operations of one database per day. */
const FREE = { reads: 50_000, writes: 20_000, deletes: 20_000 };
/** The codelab does not include security rules. */
const OPEN_RULES =
  "rules_version = '2'; service cloud.firestore { match /databases/{d}/documents { match /{p=**} { allow read, write; } } }";

const KINDS = ["writes", "reads", "deletes", "readsOfRules", "bytes"];
const zip = (a, b, how) => Object.fromEntries(KINDS.map((kind) => [kind, how(a[kind], b[kind])]));
const plus = (a, b) => zip(a, b, (x, y) => x + y);
const minus = (a, b) => zip(a, b, (x, y) => x - y);
const NOTHING = Object.fromEntries(KINDS.map((kind) => [kind, 0]));

const load = async (path) => (await runnerImport(at(path))).module;
const [{ aliases }, { chromiumLaunchOptions }] = await Promise.all(
  ["scripts/alias.ts", "scripts/chromium.ts"].map(load),
);

const firestore = await startFirestoreEmulator();
if (!firestore) {
  const { missingFirestoreEmulator } = await import("../scripts/firestore-emulator.mjs");
  console.error(missingFirestoreEmulator());
  process.exit(1);
}
const server = await createServer({
  configFile: false,
  root: at("bench/cost"),
  cacheDir: at("node_modules/.vite/bench-cost"),
  logLevel: "error",
  resolve: {
    alias: [
      ...aliases(),
      // The same client library, wrapped to count operations.
      { find: /^firebase\/firestore$/, replacement: at("test/e2e/app/counting-firestore.ts") },
    ],
  },
  // Bundled at the start. Vite would otherwise discover them during a call and reload the page.
  optimizeDeps: {
    include: ["firebase/app", "firebase/auth", "@firebase/firestore", "@firebase/util"],
  },
  server: { host: "127.0.0.1", port: 0, hmr: false, watch: null, fs: { allow: [at(".")] } },
});
await server.listen();
const launching = chromiumLaunchOptions();
// Without loopback candidates, which would add writes that a call between two machines does not have.
const args = launching.args.filter((arg) => !arg.includes("loopback"));
const browser = await chromium.launch({ ...launching, args });

/**
 * Opens a page for each participant, each in a separate browser profile, because a profile is limited
 * to six connections per host.
 */
async function openCall({ scheme, controlChannel = "on" }, size) {
  const project = `demo-cost-${crypto.randomUUID()}`;
  const room = `c_${crypto.randomUUID()}`;
  if (scheme === "codelab") await firestore.setRules(project, OPEN_RULES);
  const pages = [];
  for (let place = 0; place < size; place += 1) {
    const context = await browser.newContext({ permissions: ["camera", "microphone"] });
    const page = await context.newPage();
    page.on("pageerror", (error) => {
      console.error(error);
      process.exitCode = 1;
    });
    const name = `person${place}`;
    const query = { scheme, controlChannel, project, room, name, firestore: firestore.host };
    await page.goto(`${server.resolvedUrls.local[0]}?${new URLSearchParams(query)}`);
    await page.waitForFunction(() => window.cost);
    pages.push(page);
  }
  const spent = async () => {
    const each = await Promise.all(pages.map((page) => page.evaluate(() => window.cost.spent())));
    return each.reduce(plus, NOTHING);
  };
  return {
    pages,
    spent,
    documents: () => firestore.documents(project),
    async settled() {
      for (let last = await spent(), since = Date.now(); Date.now() - since < QUIET_MS;) {
        await setTimeout(250);
        const now = await spent();
        if (KINDS.some((kind) => now[kind] !== last[kind])) since = Date.now();
        last = now;
      }
      return spent();
    },
    async meet() {
      for (const [place, page] of pages.entries()) {
        await page.evaluate(() => window.cost.join());
        for (const [before, other] of scheme === "codelab" ? pages.slice(0, place).entries() : []) {
          const pair = `${room}-${before}-${place}`;
          await other.evaluate((id) => window.cost.create(id), pair);
          await page.evaluate((id) => window.cost.enter(id), pair);
        }
        // Participants join one after the other.
        for (const each of pages.slice(0, place + 1)) await connectedTo(each, place);
      }
    },
    async leave() {
      for (const page of pages.toReversed()) await page.evaluate(() => window.cost.leave());
    },
    async close() {
      for (const page of pages) await page.context().close();
    },
  };
}

async function connectedTo(page, others) {
  await page.waitForFunction((n) => window.cost.connected() === n, others, { timeout: 60_000 });
}

/** Runs one call from the first join to the last leave. Resolves to the cost of each part, and the documents left. */
async function measure(scheme, size, acts) {
  const call = await openCall(scheme, size);
  const { pages } = call;
  const parts = new Map();
  /** The number of documents after each part. */
  const documents = new Map();
  let before = NOTHING;
  const note = async (what) => {
    const now = await call.settled();
    parts.set(what, minus(now, before));
    documents.set(what, (await call.documents()).length);
    before = now;
  };
  await call.meet();
  await note("connect");
  const actor = scheme.scheme === "codelab" ? pages[0] : pages.at(-1);
  for (const act of acts) {
    const who = act === "expect more offers" ? pages : [actor];
    for (const page of who) await page.evaluate((what) => window.cost.act(what), act);
    await note(act);
    for (const page of pages) await connectedTo(page, size - 1);
  }
  await call.leave();
  await note("leave");
  await assertSameCount(pages);
  await call.close();
  return { parts, documents };
}

/** Checks that `usage()`, which applications see, matches the count of the wrapped client. */
async function assertSameCount(pages) {
  for (const page of pages) {
    const { own, spent } = await page.evaluate(() => ({
      own: window.cost.own(),
      spent: window.cost.spent(),
    }));
    for (const kind of own ? ["writes", "reads", "deletes"] : []) {
      if (Math.abs(own[kind] - spent[kind]) <= (kind === "reads" ? 1 : 0)) continue;
      console.error(`usage() reports ${own[kind]} ${kind}; the client counted ${spent[kind]}.`);
      process.exitCode = 1;
    }
  }
}

/** Measures the cost of an idle call. */
async function measureIdle(size) {
  const call = await openCall({ scheme: "twocan" }, size);
  await call.meet();
  const before = await call.settled();
  await setTimeout(idle * 1_000);
  for (const page of call.pages) await connectedTo(page, size - 1);
  const spent = minus(await call.spent(), before);
  await call.close();
  return spent;
}

function row(cells) {
  console.log(`| ${cells.join(" | ")} |`);
}

function head(cells) {
  console.log("");
  row(cells);
  row(cells.map((_, index) => (index === 0 ? "---" : "---:")));
}

/** Formats the range over all rounds: `5`, or `5 to 6`. */
function range(values) {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return least === most ? `${least}` : `${least} to ${most}`;
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const meanOf = (all) =>
  Object.fromEntries(KINDS.map((kind) => [kind, mean(all.map((one) => one[kind]))]));
const sumOf = (parts, names) => names.map((name) => parts.get(name)).reduce(plus, NOTHING);
const read = ({ reads, readsOfRules }) => reads + readsOfRules;

function money(spent, { reads, writes, deletes }, calls) {
  const one = (read(spent) * reads + spent.writes * writes + spent.deletes * deletes) / 100_000;
  const sum = one * calls;
  return `$${sum < 1 ? sum.toFixed(3) : sum.toFixed(2)}`;
}

/** Returns the number of calls per day that the free quota covers. */
function freeCalls(spent) {
  const all = { ...spent, reads: read(spent) };
  return Math.floor(
    Math.min(
      ...Object.entries(FREE).map(([kind, many]) => (all[kind] ? many / all[kind] : Infinity)),
    ),
  );
}

/** Prints tables with the cost of a call in each scheme, in operations and in dollars. */
function printCost(title, results) {
  const rows = ENDINGS.map(({ name, scheme, tabsClosed }) => {
    const calls = results.filter((one) => one.scheme === scheme);
    const parts = [...calls[0].parts.keys()].filter((part) => !(tabsClosed && part === "leave"));
    const sums = calls.map((call) => sumOf(call.parts, parts));
    const left = calls.map(({ documents }) => documents.get(parts.at(-1)));
    return { name, sums, left, average: meanOf(sums) };
  });
  console.log(`\n${title}`);
  head(["", "writes", "reads", "of those by rules", "deletes", "kB received", "documents left"]);
  for (const { name, sums, left, average } of rows) {
    const of = (kind) => range(sums.map((sum) => sum[kind]));
    const bytes = (average.bytes / 1_000).toFixed(0);
    row([
      name,
      of("writes"),
      range(sums.map(read)),
      of("readsOfRules"),
      of("deletes"),
      bytes,
      range(left),
    ]);
  }
  head([
    "",
    ...PRICES.flatMap(({ place }) => [`1,000 calls, ${place}`, `1,000,000 calls, ${place}`]),
    "free calls per day",
  ]);
  for (const { name, average } of rows)
    row([
      name,
      ...PRICES.flatMap((prices) => [1_000, 1_000_000].map((n) => money(average, prices, n))),
      freeCalls(average),
    ]);
}

/** Prints the cost of each part of a call in each scheme, as writes + reads + deletes. */
function printParts(title, results) {
  console.log(`\n${title}: writes + reads + deletes`);
  head(["", ...SCHEMES.map(({ name }) => name)]);
  for (const part of ["connect", ...ACTS, "leave"])
    row([
      part,
      ...SCHEMES.map(({ name }) => {
        const spent = results
          .filter(({ scheme }) => scheme === name)
          .map(({ parts }) => parts.get(part));
        return ["writes", "reads", "deletes"]
          .map((kind) => range(spent.map((one) => (kind === "reads" ? read(one) : one[kind]))))
          .join(" + ");
      }),
    ]);
}

try {
  const idling = Promise.all([measureIdle(1), measureIdle(2)]);
  for (const size of SIZES) {
    for (const { title, acts } of [
      { title: "join and leave", acts: [] },
      { title: "join, change everything and leave", acts: ACTS },
    ]) {
      const results = [];
      for (let round = 0; round < rounds; round += 1)
        for (const scheme of SCHEMES)
          results.push({ scheme: scheme.name, ...(await measure(scheme, size, acts)) });
      printCost(`${size} participants ${title}`, results);
      if (acts.length > 0) printParts(`${size} participants, each part`, results);
    }
  }
  const [alone, two] = await idling;
  console.log(`\n${idle} idle seconds`);
  head(["", "writes", "reads", "deletes"]);
  row(["one participant waits", alone.writes, alone.reads, alone.deletes]);
  row(["two participants are connected", two.writes, two.reads, two.deletes]);
} finally {
  await browser.close();
  await server.close();
  await firestore.stop();
}
