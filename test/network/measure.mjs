/**
 * Measures recovery: the time from when packets can be delivered again until both sides show frames.
 *
 *     npm run bench:recovery                            20 runs of each
 *     npm run bench:recovery -- --runs 5 --only change --pairs cc,cf --log
 *
 * In the pair `cf`, Ana (whose network changes) uses Chromium and Bo uses Firefox. `--first` names the
 * participant that joins first and is called by the other; by default they alternate. The fault starts
 * `--settle` seconds after the call is connected, because a player with little history delays the first
 * frames after a gap. Fails if a target is missed.
 */
import { loadavg } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { runnerImport } from "vite";
import { at } from "../../scripts/install.mjs";
import { missing } from "./setup.mjs";

const { values: options } = parseArgs({
  options: {
    runs: { type: "string", default: "20" },
    only: { type: "string", default: "change,cut5,cut20" },
    pairs: { type: "string", default: "cc,cf,fc" },
    first: { type: "string" },
    watch: { type: "string", default: "30" },
    settle: { type: "string", default: "8" },
    log: { type: "boolean" },
  },
});
/** Limits in ms over all runs of one pair. */
const TARGETS_MS = {
  change: { median: 3_000, worst: 5_000 },
  cut5: { median: 1_000, worst: 3_000 },
};
const KINDS = { c: "chromium", f: "firefox" };
/** Time in ms for which frames must be shown without an interruption to count as recovered. */
const STEADY_MS = 4_000;

const reason = missing();
if (reason) {
  console.error(`The network tests cannot run here. ${reason}`);
  process.exit(1);
}
const load = async (path) => (await runnerImport(at(path))).module;
const { createStage, bothSee, interruptions } = await load("test/network/people.ts");
const { SCENARIOS, restoreNetwork } = await load("test/network/scenarios.ts");

const stage = await createStage();
const stop = () => {
  stage.lab.close();
  process.exit(1);
};
process.once("SIGINT", stop).once("SIGTERM", stop);
try {
  for (const key of options.only.split(",")) {
    for (const pair of options.pairs.split(",")) await measure(key, pair);
  }
} finally {
  await stage.close();
}

async function measure(key, pair) {
  const times = [];
  const notes = [];
  for (let run = 0; run < Number(options.runs); run += 1) {
    const first = options.first ?? (run % 2 ? "bo" : "ana");
    const result = await once(SCENARIOS[key], pair, first);
    times.push(result.time);
    if (result.note) notes.push(`run ${run} (${first} first): ${result.note}`);
    if (options.log) console.log(`-- run ${run}, ${first} first: ${JSON.stringify(result)}`);
  }
  report(key, pair, times, notes);
}

/** Measures one call: the time until both sides show frames again without a further interruption. */
async function once(scenario, pair, first) {
  const [ana, bo] = [...pair].map((letter) => KINDS[letter]);
  const call = await stage.meet({ ana, bo, first, ...scenario.meeting });
  try {
    await bothSee(call);
    await sleep(Number(options.settle) * 1_000);
    const start = Date.now();
    const restoredAt = await scenario.apply(stage, call);
    const end = restoredAt + Number(options.watch) * 1_000;
    let times;
    do {
      await sleep(500);
      times = await Promise.all(
        call.both.map((person) => lastInterruption(person, start, restoredAt)),
      );
    } while (Date.now() < end && times.some((time) => Date.now() - restoredAt - time < STEADY_MS));
    const logs = await Promise.all(call.both.map(({ log }) => log()));
    if (options.log) logs.forEach((log, index) => printLog(call.both[index].name, log, restoredAt));
    const problems = logs.flatMap((log) => problemsIn(log, start));
    return { time: Math.max(...times), each: times, note: problems.join(", ") };
  } catch (error) {
    return { time: Infinity, note: String(error) };
  } finally {
    await call.end().catch(() => undefined);
    restoreNetwork(stage);
    await sleep(300);
  }
}

/**
 * Resolves to the end of the interruption, in ms after packets could be delivered again. An interruption
 * within two seconds of the previous one continues it. A later one is a stall of a busy machine.
 */
async function lastInterruption(person, start, restoredAt) {
  const { frames } = await person.log();
  const [first, ...others] = interruptions(frames, start, Date.now());
  let until = first?.until ?? restoredAt;
  for (const next of others) if (next.from - until < 2_000) until = next.until;
  return Math.max(0, until - restoredAt);
}

/** Lists states that a recovering call must not show. */
function problemsIn({ moments }, since) {
  const later = moments.filter(({ at: when }) => when > since);
  return [
    later.some(({ others }) => others.length === 0) && "a participant was gone",
    later.some(({ others }) => others.some(({ status }) => status === "failed")) && "failed",
  ].filter(Boolean);
}

function printLog(name, { moments, events, frames, credentials }, restoredAt) {
  const lines = [
    ...events.map(([when, what]) => [when, what]),
    ...moments.map(({ at: when, call, others }) => [
      when,
      `${call} [${others.map(({ status }) => status).join(" ")}]`,
    ]),
  ].sort(([a], [b]) => a - b);
  const gaps = interruptions(frames, restoredAt - 70_000, Date.now()).map(
    ({ from, until }) => `${from - restoredAt}..${until - restoredAt}`,
  );
  console.log(`${name}: no frames ${gaps.join(", ")}; credentials requested ${credentials} times`);
  for (const [when, what] of lines) console.log(`   ${when - restoredAt}: ${what}`);
}

function report(key, pair, times, notes) {
  const sorted = times.toSorted((a, b) => a - b);
  const median = sorted[Math.floor((sorted.length - 1) / 2)];
  const worst = sorted.at(-1);
  const target = TARGETS_MS[key];
  const missed = target && (median > target.median || worst > target.worst);
  if (missed) process.exitCode = 1;
  console.log(
    `${key} ${pair}: median ${median}, worst ${worst} ms${missed ? " (MISSED)" : ""}; ` +
      `load ${loadavg()[0].toFixed(1)}; ${sorted.join(" ")}`,
  );
  for (const line of notes) console.log(`   ${line}`);
}
