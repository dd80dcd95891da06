/**
 * The answer to "what does twocan cost?": the time from joining to the first picture on both
 * sides, beside a call written by hand, in the same browser over the same relay.
 *
 *     npm run bench:connect                            15 rounds
 *     npm run bench:connect -- --rounds 5 --stages     with the median time of every stage
 *
 * Fails if twocan takes more than 1.25 times as long at 50 ms of signaling delay.
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
const WARM_UP = 2;
/** From page to page; half of it lies between each page and the relay. */
const DELAYS = [0, 50];
const WAYS = ["twocan", "bare"];
const LIMIT = { delay: 50, ratio: 1.25 };
/** Between two rounds, for connections to be gone, in ms. */
const PAUSE = 300;

if (!Number.isInteger(rounds) || rounds < 1) {
  console.error(`--rounds ${options.rounds} is not a number of rounds: give 1 or more.`);
  process.exit(2);
}

/** A module of this repository that is written in TypeScript. */
const load = async (path) => (await runnerImport(at(path))).module;

/** Two people in two profiles of one browser: who waits, and who comes. */
async function openPages(browser, url) {
  const open = async () => {
    const context = await browser.newContext({ permissions: ["camera", "microphone"] });
    const page = await context.newPage();
    page.on("pageerror", (error) => console.error(error));
    await page.goto(url);
    await page.evaluate(() => window.bench.capture());
    return page;
  };
  return { waiting: await open(), coming: await open() };
}

/** One call; when each side was how far, in ms after the newcomer's start. */
async function measure({ waiting, coming }, way, delay, relay) {
  const call = [way, relay, `bench-${crypto.randomUUID()}`];
  await waiting.evaluate((args) => window.bench.join(...args), call);
  await coming.evaluate((args) => window.bench.join(...args), call);
  const result = async (page) => {
    const once = { polling: 50, timeout: 20_000 };
    return (await page.waitForFunction(() => window.bench.result(), undefined, once)).jsonValue();
  };
  const here = await result(coming);
  const there = await result(waiting);
  for (const page of [waiting, coming]) await page.evaluate(() => window.bench.leave());
  await coming.waitForTimeout(PAUSE);
  const since = (name, stages) =>
    Object.entries(stages).map(([what, when]) => [`${name}: ${what}`, when - here.start]);
  const stages = new Map([...since("newcomer", here), ...since("waiting", there)]);
  const time = Math.max(here.picture, there.picture) - here.start;
  return { way, delay, time, stages };
}

/** The value at the share `p` of the sorted values, between two of them where it falls there. */
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

/** Prints the times of both ways at one delay; returns the ratio of their medians. */
function report(delay, results) {
  const of = (way) => results.filter((one) => one.delay === delay && one.way === way);
  const times = (way) => of(way).map(({ time }) => time);
  const ratio = median(times("twocan")) / median(times("bare"));
  row(`${delay} ms of signaling delay`, "median", "p90", "min", "max", "ratio");
  for (const way of WAYS) {
    const figures = [0.5, 0.9, 0, 1].map((p) => quantile(times(way), p).toFixed(0));
    row(`  ${way}`, ...figures, way === "twocan" ? ratio.toFixed(2) : "");
  }
  if (options.stages) printStages(of);
  console.log("");
  return ratio;
}

/** Prints the median time of each stage that both ways went through every time. */
function printStages(of) {
  row("  median of each stage", ...WAYS, "more");
  const stages = new Map();
  for (const what of of("bare")[0].stages.keys()) {
    const [ours, theirs] = WAYS.map((way) => median(of(way).map((one) => one.stages.get(what))));
    if (ours > 0 && theirs > 0) stages.set(what, [ours, theirs, ours - theirs]);
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
  // Found at the start, so that no page is reloaded when it is met for the first time.
  optimizeDeps: { include: ["partysocket/ws"] },
  server: { host: "127.0.0.1", port: 0, hmr: false, watch: null, fs: { allow: [at(".")] } },
});
await server.listen();
const relay = await createRelay();
const proxies = await Promise.all(DELAYS.map((delay) => startDelay(relay.port, delay / 2)));
const browser = await chromium.launch(chromiumLaunchOptions());

try {
  const pages = await openPages(browser, server.resolvedUrls.local[0]);
  const results = [];
  for (let round = -WARM_UP; round < rounds; round += 1) {
    for (const [index, delay] of DELAYS.entries()) {
      // Neither always comes after the other.
      for (const way of round % 2 ? WAYS : WAYS.toReversed()) {
        const result = await measure(pages, way, delay, proxies[index].url);
        if (round >= 0) results.push(result);
      }
    }
  }
  console.log(`Join to first picture on both sides, in ms, ${rounds} rounds\n`);
  const ratios = new Map(DELAYS.map((delay) => [delay, report(delay, results)]));
  const ratio = ratios.get(LIMIT.delay);
  if (ratio > LIMIT.ratio) {
    console.error(`At ${LIMIT.delay} ms the ratio is ${ratio.toFixed(2)}, over ${LIMIT.ratio}.`);
    process.exitCode = 1;
  }
} finally {
  await browser.close();
  for (const proxy of proxies) proxy.close();
  await relay.close();
  await server.close();
}
