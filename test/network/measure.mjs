/**
 * The figures of recovery: how long after packets can flow again both sides see each other move.
 *
 *     npm run bench:recovery                            20 runs of each
 *     npm run bench:recovery -- --runs 5 --only change --pairs cc,cf --diary
 *
 * Pairs: `cf` is Ana in Chromium, whose network changes, and Bo in Firefox; `first` says who is there
 * first (the other one calls): both in turn, unless given. A call is left to itself for `settle`
 * seconds before: a player that has seen hardly anything yet misjudges the first pictures after a
 * gap. Fails where a target is missed.
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
    diary: { type: "boolean" },
  },
});
/** Ms after packets can flow again, over all runs of one pair. */
const TARGETS = {
  change: { median: 3_000, worst: 5_000 },
  cut5: { median: 1_000, worst: 3_000 },
};
const KINDS = { c: "chromium", f: "firefox" };
/** How long pictures have to come without an interruption until they count as back, in ms. */
const STEADY = 4_000;

const why = missing();
if (why) {
  console.error(`The network laboratory is left out. ${why}`);
  process.exit(1);
}
const load = async (path) => (await runnerImport(at(path))).module;
const { setStage, bothSee, interruptions } = await load("test/network/people.ts");
const { SCENARIOS, mend } = await load("test/network/scenarios.ts");

const stage = await setStage();
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
    if (options.diary) console.log(`-- run ${run}, ${first} first: ${JSON.stringify(result)}`);
  }
  report(key, pair, times, notes);
}

/** One call; how long it took until the later one of the two saw the other move again, for good. */
async function once(scenario, pair, first) {
  const [ana, bo] = [...pair].map((letter) => KINDS[letter]);
  const call = await stage.meet({ ana, bo, first, ...scenario.meeting });
  try {
    await bothSee(call);
    await sleep(Number(options.settle) * 1_000);
    const start = Date.now();
    const back = await scenario.strike(stage, call);
    const ends = back + Number(options.watch) * 1_000;
    let times;
    do {
      await sleep(500);
      times = await Promise.all(call.both.map((person) => lastInterruption(person, start, back)));
    } while (Date.now() < ends && times.some((time) => Date.now() - back - time < STEADY));
    const diaries = await Promise.all(call.both.map(({ diary }) => diary()));
    if (options.diary) diaries.forEach((diary, index) => tell(call.both[index].name, diary, back));
    const problems = diaries.flatMap((diary) => troubles(diary, start));
    return { time: Math.max(...times), each: times, note: problems.join(", ") };
  } catch (error) {
    return { time: Infinity, note: String(error) };
  } finally {
    await call.end().catch(() => undefined);
    mend(stage);
    await sleep(300);
  }
}

/**
 * When the interruption was over for good, in ms after packets could flow again. What stops again
 * within two seconds of its return was not back; a stutter later on a busy machine is another story.
 */
async function lastInterruption(person, start, back) {
  const { pictures } = await person.diary();
  const [first, ...others] = interruptions(pictures, start, Date.now());
  let until = first?.until ?? back;
  for (const next of others) if (next.from - until < 2_000) until = next.until;
  return Math.max(0, until - back);
}

/** What must never be seen. */
function troubles({ moments }, since) {
  const later = moments.filter(({ at: when }) => when > since);
  return [
    later.some(({ others }) => others.length === 0) && "a participant was gone",
    later.some(({ others }) => others.some(({ status }) => status === "failed")) && "failed",
  ].filter(Boolean);
}

function tell(name, { moments, events, pictures, credentials }, back) {
  const lines = [
    ...events.map(([when, what]) => [when, what]),
    ...moments.map(({ at: when, call, others }) => [
      when,
      `${call} [${others.map(({ status }) => status).join(" ")}]`,
    ]),
  ].sort(([a], [b]) => a - b);
  const gaps = interruptions(pictures, back - 70_000, Date.now()).map(
    ({ from, until }) => `${from - back}..${until - back}`,
  );
  console.log(`${name}: no picture ${gaps.join(", ")}; credentials asked for ${credentials} times`);
  for (const [when, what] of lines) console.log(`   ${when - back}: ${what}`);
}

function report(key, pair, times, notes) {
  const sorted = times.toSorted((a, b) => a - b);
  const median = sorted[Math.floor((sorted.length - 1) / 2)];
  const worst = sorted.at(-1);
  const target = TARGETS[key];
  const missed = target && (median > target.median || worst > target.worst);
  if (missed) process.exitCode = 1;
  console.log(
    `${key} ${pair}: median ${median}, worst ${worst} ms${missed ? " (MISSED)" : ""}; ` +
      `load ${loadavg()[0].toFixed(1)}; ${sorted.join(" ")}`,
  );
  for (const line of notes) console.log(`   ${line}`);
}
