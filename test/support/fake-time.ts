import { createHash } from "node:crypto";
import { vi } from "vitest";

/** Advances fake timers in steps of `step` ms until the promise settles, and returns its result. */
export async function advanceUntilSettled<T>(promise: Promise<T>, step = 1): Promise<T> {
  const state = { pending: true };
  const settled = promise.finally(() => {
    state.pending = false;
  });
  // It may reject while the clock advances, before the caller handles it.
  settled.catch(() => undefined);
  while (state.pending) await vi.advanceTimersByTimeAsync(step);
  return settled;
}

/**
 * Replaces `crypto.subtle.digest()` until mocks are restored. The native one hashes on a thread in real
 * time, during which a test with fake timers may advance its clock by minutes.
 */
export function mockDigest(): void {
  vi.spyOn(crypto.subtle, "digest").mockImplementation(async (_algorithm, data) => {
    const bytes = ArrayBuffer.isView(data)
      ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
      : new Uint8Array(data);
    return new Uint8Array(createHash("sha256").update(bytes).digest()).buffer;
  });
}
