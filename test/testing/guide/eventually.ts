import { act } from "@testing-library/react";
import { vi } from "vitest";

const { setTimeout: wait } = globalThis;

/** Lets played time pass until the assertion holds; a minute of it is over in a few seconds. */
export async function eventually(assertion: () => unknown, ms = 60_000): Promise<void> {
  for (let waited = 0; ; waited += 20) {
    try {
      assertion();
      return;
    } catch (error) {
      if (waited >= ms) throw error;
    }
    await act(() => vi.advanceTimersByTimeAsync(20));
    // Joining takes a hash, which the browser makes in real time.
    await new Promise((resolve) => wait(resolve, 1));
  }
}
