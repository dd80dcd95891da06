/**
 * Measures the time from joining to the first frame on both sides, for twocan and for a hand-written
 * call (`bare`) in the same browser over the same relay.
 *
 *     npm run bench:connect                            15 rounds
 *     npm run bench:connect -- --rounds 5 --stages     with the median time of every stage
 *
 * Fails if twocan takes more than 1.25 times as long with 50 ms of signaling delay.
 */
import { parseArgs } from "node:util";
import { chromium } from "playwright";
import { createServer, runnerImport } from "vite";
import { at } from "../scripts/install.mjs";
import { startDelay } from "./connect/delay.mjs";

const { values: options } = parseArgs({
  options: { rounds: { type: "string", default: "15" }, stages: { type: "boolean" } },
});
const rounds = Number(options.rounds);
const WARM_UP_ROUNDS = 2;
/** Delays from page to page. Half of each lies between a page and the relay. */
const DELAYS_MS = [0, 50];
const IMPLEMENTATIONS = ["twocan", "bare"];
const LIMIT = { delay: 50, ratio: 1.25 };
/** The pause between two rounds, in which connections close. */
const PAUSE_MS = 300;

if (!Number.isInteger(rounds) || rounds < 1) {
  console.error(`--rounds ${options.rounds} is not valid. Pass an integer of 1 or more.`);
  process.exit(2);
}

/** Imports a TypeScript module of this repository. */
const load = async (path) => (await runnerImport(at(path))).module;

/** Opens a page for each participant, in separate profiles of one browser. */
async function openPages(browser, url) {
  const open = async () => {
    const context = await browser.newContext({ permissions: ["camera", "microphone"] });
    const page = await context.newPage();
    page.on("pageerror", (error) => console.error(error));
    await page.goto(url);
    await page.evaluate(() => window.bench.capture());
    return page;
  };
  return { first: await open(), second: await open() };
}

/** Runs one call. Resolves to the time of each stage on both sides, in ms after the second one's start. */
async function measure({ first, second }, implementation, delay, relay) {
  const call = [implementation, relay, `bench-${crypto.randomUUID()}`];
  await first.evaluate((args) => window.bench.join(...args), call);
  await second.evaluate((args) => window.bench.join(...args), call);
  const result = async (page) => {
    const once = { polling: 50, timeout: 20_000 };
    return (await page.waitForFunction(() => window.bench.result(), undefined, once)).jsonValue();
  };
  const ofSecond = await result(second);
  const ofFirst = await result(first);
  for (const page of [first, second]) await page.evaluate(() => window.bench.leave());
  await second.waitForTimeout(PAUSE_MS);
  const since = (name, stages) =>
    Object.entries(stages).map(([what, when]) => [`${name}: ${what}`, when - ofSecond.start]);
  const stages = new Map([...since("second", ofSecond), ...since("first", ofFirst)]);
  const time = Math.max(ofSecond.frame, ofFirst.frame) - ofSecond.start;
  return { implementation, delay, time, stages };
}

/** Returns the quantile `p`, interpolated between two values. */
function quantile(values, p) {
  const sorted = values.toSorted((a, b) => a - b);
  const place = p * (sorted.length - 1);
  const below = sorted[Math.floor(place)];
  return below + (sorted[Math.ceil(place)] - below) * (place % 1);
}

const median = (values) => quantile(values, 0.5);

function row(name, ...cells) {
  console.log(name.padEnd(44) + cells.map((cell) => String(cell).padStart(8)).join(""));
}

/** Prints the times of both implementations at one delay, and returns the ratio of their medians. */
function report(delay, results) {
  const of = (name) => results.filter((one) => one.delay === delay && one.implementation === name);
  const times = (name) => of(name).map(({ time }) => time);
  const ratio = median(times("twocan")) / median(times("bare"));
  row(`${delay} ms of signaling delay`, "median", "p90", "min", "max", "ratio");
  for (const name of IMPLEMENTATIONS) {
    const figures = [0.5, 0.9, 0, 1].map((p) => quantile(times(name), p).toFixed(0));
    row(`  ${name}`, ...figures, name === "twocan" ? ratio.toFixed(2) : "");
  }
  if (options.stages) printStages(of);
  console.log("");
  return ratio;
}

/** Prints the median time of each stage that both implementations reached in every round. */
function printStages(of) {
  row("  median of each stage", ...IMPLEMENTATIONS, "more");
  const stages = new Map();
  for (const what of of("bare")[0].stages.keys()) {
    const [twocan, bare] = IMPLEMENTATIONS.map((name) =>
      median(of(name).map((one) => one.stages.get(what))),
    );
    if (twocan > 0 && bare > 0) stages.set(what, [twocan, bare, twocan - bare]);
  }
  for (const [what, figures] of [...stages].sort(([, a], [, b]) => a[1] - b[1]))
    row(`    ${what}`, ...figures.map((figure) => figure.toFixed(0)));
}

const [{ aliases }, { chromiumLaunchOptions }, { createRelay }] = await Promise.all(
  ["scripts/alias.ts", "scripts/chromium.ts", "src/relay/index.ts"].map(load),
);
const server = await createServer({
  configFile: false,
  root: at("bench/connect"),
  cacheDir: at("node_modules/.vite/bench-connect"),
  logLevel: "error",
  resolve: { alias: aliases() },
  // Bundled at the start. Vite would otherwise discover it during a round and reload the page.
  optimizeDeps: { include: ["partysocket/ws"] },
  server: { host: "127.0.0.1", port: 0, hmr: false, watch: null, fs: { allow: [at(".")] } },
});
await server.listen();
const relay = await createRelay();
const proxies = await Promise.all(DELAYS_MS.map((delay) => startDelay(relay.port, delay / 2)));
const browser = await chromium.launch(chromiumLaunchOptions());

try {
  const pages = await openPages(browser, server.resolvedUrls.local[0]);
  const results = [];
  for (let round = -WARM_UP_ROUNDS; round < rounds; round += 1) {
    for (const [index, delay] of DELAYS_MS.entries()) {
      // The order alternates, so that neither implementation always runs second.
      for (const name of round % 2 ? IMPLEMENTATIONS : IMPLEMENTATIONS.toReversed()) {
        const result = await measure(pages, name, delay, proxies[index].url);
        if (round >= 0) results.push(result);
      }
    }
  }
  console.log(`Join to first frame on both sides, in ms, ${rounds} rounds\n`);
  const ratios = new Map(DELAYS_MS.map((delay) => [delay, report(delay, results)]));
  const ratio = ratios.get(LIMIT.delay);
  if (ratio > LIMIT.ratio) {
    console.error(
      `At ${LIMIT.delay} ms the ratio is ${ratio.toFixed(2)}; the limit is ${LIMIT.ratio}.`,
    );
    process.exitCode = 1;
  }
} finally {
  await browser.close();
  for (const proxy of proxies) proxy.close();
  await relay.close();
  await server.close();
}
