/** Owns waiting in tests under fake timers. */
import { vi } from "vitest";

/** What comes of the promise, with as much played time as it takes. */
export async function played<T>(promise: Promise<T>, step = 1): Promise<T> {
  const state = { pending: true };
  const settled = promise.finally(() => {
    state.pending = false;
  });
  while (state.pending) await vi.advanceTimersByTimeAsync(step);
  return settled;
}
