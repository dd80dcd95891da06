/** Runs hundreds of random sequences of test/core/call/model.browser.test.ts: `npm run soak:model`. */
import { expect, it } from "vitest";
import { runSequence } from "../support/browser/acts.ts";
import { watchUncaught } from "../support/browser/world.ts";
import { soak } from "./options.ts";

const HOUR_MS = 3_600_000;
/** The number of sequences after which the resources of the whole page are checked. */
const BATCH = 25;

it(
  `${soak.runs} random sequences from seed ${soak.seed} on match the model`,
  { timeout: 12 * HOUR_MS },
  async () => {
    const failures: string[] = [];
    const uncaught = watchUncaught();
    const began = performance.now();
    const seeds = Array.from({ length: soak.runs }, (_, at) => soak.seed + at);
    /** Sequences wait most of the time, so several run in parallel, each in a separate world. */
    async function runAll(waiting: number[]): Promise<void> {
      for (let seed = waiting.shift(); seed !== undefined; seed = waiting.shift())
        await runSequence(seed).catch((cause: unknown) => failures.push(String(cause)));
    }
    for (let done = 0; done < soak.runs; done += BATCH) {
      const batch = seeds.slice(done, done + BATCH);
      const [first, last] = [batch[0], batch.at(-1)];
      await Promise.all(Array.from({ length: soak.worlds }, () => runAll(batch)));
      failures.push(
        ...uncaught.take().map((what) => `Seeds ${first} to ${last}: uncaught: ${what}`),
      );
      const minutes = ((performance.now() - began) / 60_000).toFixed(1);
      const summary = `${last! - soak.seed + 1} random sequences from seed ${soak.seed} on, ${soak.worlds} at a time, in ${minutes} min: ${failures.length} failures`;
      console.log([summary, ...failures].join("\n\n"));
    }
    uncaught.stop();
    expect(failures, failures.join("\n\n")).toEqual([]);
  },
);
