/**
 * Random sequences of what people do and what happens to them, on two to four calls with real
 * connections: once all is calm everyone present sees everyone present, in the true words, and hears
 * and sees them; nobody else is seen; and nothing stays open. `npm run soak:model` plays hundreds.
 */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runSequence } from "../../support/browser/acts.ts";
import { watchUncaught } from "../../support/browser/world.ts";

/** Played in every run. */
const SEEDS = Array.from({ length: 10 }, (_, at) => at + 1);
/** Those that failed once, and why. */
const FAILED_ONCE: readonly { seed: number; because: string }[] = [
  { seed: 12, because: "a name that was changed while the backend was away stayed untold" },
  { seed: 32, because: "restarting ICE on the callee's own connection made offers go in circles" },
];

let uncaught: ReturnType<typeof watchUncaught>;

beforeEach(() => {
  uncaught = watchUncaught();
});

afterEach(() => {
  uncaught.stop();
  expect(uncaught.take()).toEqual([]);
});

describe("whatever happens, everyone sees who is there and nobody else", () => {
  it.each(SEEDS)("seed %d", { timeout: 240_000 }, async (seed) => {
    await expect(runSequence(seed)).resolves.toBeUndefined();
  });

  it.each(FAILED_ONCE)("seed $seed: $because", { timeout: 240_000 }, async ({ seed }) => {
    await expect(runSequence(seed)).resolves.toBeUndefined();
  });
});
