/** Waiting in tests under fake timers. */
import { createHash } from "node:crypto";
import { vi } from "vitest";

/** What comes of the promise, with as much played time as it takes. */
export async function advanceUntilSettled<T>(promise: Promise<T>, step = 1): Promise<T> {
  const state = { pending: true };
  const settled = promise.finally(() => {
    state.pending = false;
  });
  // It may fail while this waits for the clock.
  settled.catch(() => undefined);
  while (state.pending) await vi.advanceTimersByTimeAsync(step);
  return settled;
}

/**
 * Hashes at once, until the mocks are restored. Otherwise a thread does it in real time, of which a
 * busy machine may need more than the test has for a whole minute of played time.
 */
export function mockDigest(): void {
  vi.spyOn(crypto.subtle, "digest").mockImplementation(async (_algorithm, data) => {
    const bytes = ArrayBuffer.isView(data)
      ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
      : new Uint8Array(data);
    return new Uint8Array(createHash("sha256").update(bytes).digest()).buffer;
  });
}
