import { after, abortable } from "./abort.ts";

/** The delays before the second, third, … attempt; the last one repeats. */
const DELAYS_MS = [1_000, 2_000, 4_000, 8_000, 15_000];
/** Shortens a delay by up to this share, at random, so that clients do not all return at once. */
const JITTER = 0.2;
/** Chromium closes a connection that is opened at the very moment of the `online` event. */
const ONLINE_SETTLING_MS = 50;

/** Times the attempts of one `join()`. */
export interface Retry {
  /** Resolves when the next attempt is due. Rejects when the signal aborts, and leaves no timer behind. */
  wait(signal: AbortSignal): Promise<void>;
  /** Ends the current wait, if there is one. */
  now(): void;
}

/** Creates delays that back off, and end early when the browser is `online` again. */
export function createRetry(): Retry {
  let attempts = 0;
  let now = () => {};
  return {
    async wait(signal) {
      const delay = DELAYS_MS[Math.min(attempts, DELAYS_MS.length - 1)]!;
      attempts += 1;
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
