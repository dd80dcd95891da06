/** Waits between the tries to join while the call service cannot be reached. */
import { after, abortable } from "./abort.ts";

/** Waits before the second, third, … try; the last one repeats. */
const DELAYS_MS = [1_000, 2_000, 4_000, 8_000, 15_000];
/** A wait is shorter by up to this share, at random, so that clients do not all return in one moment. */
const JITTER = 0.2;
/** Chromium ends a connection that is opened at the very moment of `online`. */
const ONLINE_SETTLING_MS = 50;

/** The waits of one `join()`. */
export interface Retry {
  /** Resolves when the next try is due. Rejects when the signal aborts, and leaves nothing behind. */
  wait(signal: AbortSignal): Promise<void>;
  /** Ends the current wait, if there is one. */
  now(): void;
}

/** Creates the waits: with back-off, and cut short when the browser is `online` again. */
export function createRetry(): Retry {
  let tries = 0;
  let now = () => {};
  return {
    async wait(signal) {
      const delay = DELAYS_MS[Math.min(tries, DELAYS_MS.length - 1)]!;
      tries += 1;
      const wait = new AbortController();
      const due = new Promise<void>((resolve) => {
        now = resolve;
        after(wait.signal, delay * (1 - JITTER * Math.random()), resolve);
        const online = () => after(wait.signal, ONLINE_SETTLING_MS, resolve);
        globalThis.addEventListener?.("online", online, { signal: wait.signal });
      });
      try {
        await abortable(signal, due);
      } finally {
        wait.abort();
      }
    },
    now: () => now(),
  };
}
