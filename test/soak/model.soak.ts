/** Hundreds of random sequences (test/core/call/model.browser.test.ts), each failure with its seed; `npm run soak:model`. */
import { expect, it } from "vitest";
import { runSequence } from "../support/browser/acts.ts";
import { watchUncaught } from "../support/browser/world.ts";
import { soak } from "./options.ts";

const HOURS = 3_600_000;
/** So many are played before what is open in the whole page is looked at. */
const BATCH = 25;

it(`${soak.runs} sequences from seed ${soak.seed} on`, { timeout: 12 * HOURS }, async () => {
  const failures: string[] = [];
  const uncaught = watchUncaught();
  const began = performance.now();
  const seeds = Array.from({ length: soak.runs }, (_, at) => soak.seed + at);
  /** Sequences wait most of the time, so several are played at once: each in its own world. */
  async function playAll(waiting: number[]): Promise<void> {
    for (let seed = waiting.shift(); seed !== undefined; seed = waiting.shift())
      await runSequence(seed).catch((cause: unknown) => failures.push(String(cause)));
  }
  for (let played = 0; played < soak.runs; played += BATCH) {
    const batch = seeds.slice(played, played + BATCH);
    const [first, last] = [batch[0], batch.at(-1)];
    await Promise.all(Array.from({ length: soak.worlds }, () => playAll(batch)));
    failures.push(...uncaught.take().map((what) => `Seeds ${first} to ${last}: uncaught: ${what}`));
    const minutes = ((performance.now() - began) / 60_000).toFixed(1);
    const summary = `${last! - soak.seed + 1} random sequences from seed ${soak.seed} on, ${soak.worlds} at a time, in ${minutes} min: ${failures.length} failures`;
    console.log([summary, ...failures].join("\n\n"));
  }
  uncaught.stop();
  expect(failures, failures.join("\n\n")).toEqual([]);
});
