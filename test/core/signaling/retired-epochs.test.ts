import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createRetiredEpochs, LATE_PACKET_MS } from "../../../src/core/signaling/retired-epochs.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("createRetiredEpochs", () => {
  const message = (seq: number): [number, unknown][] => [[seq, {}]];

  it.each([
    ["an epoch that was never current, with a lower number", 5, 0, 0, 9, false],
    ["an epoch that was never current, with a greater number", 50, 0, 0, 9, false],
    ["a retired epoch, at once", 10, 6, 0, 9, true],
    ["a retired epoch, just before the limit", 10, 6, LATE_PACKET_MS - 1, 9, true],
    ["a retired epoch with a new message, after the limit", 10, 6, LATE_PACKET_MS, 9, false],
    ["a retired epoch with nothing new, after the limit", 10, 5, LATE_PACKET_MS, 9, true],
    ["a retired epoch below the current one, after the limit", 10, 6, LATE_PACKET_MS, 11, true],
  ])("isLate for %s", (_what, s, seq, passed, current, late) => {
    const retired = createRetiredEpochs();
    retired.retire(10, 5);
    vi.advanceTimersByTime(passed);
    expect(retired.isLate({ s, m: message(seq) }, current)).toBe(late);
  });

  it("treats a packet without messages as late", () => {
    const retired = createRetiredEpochs();
    retired.retire(10, undefined);
    vi.advanceTimersByTime(LATE_PACKET_MS);
    expect(retired.isLate({ s: 10, m: [] }, 9)).toBe(true);
    expect(retired.isLate({ s: 10, m: message(0) }, 9)).toBe(false);
  });

  it("forgets the oldest of many epochs", () => {
    const retired = createRetiredEpochs();
    for (let epoch = 1; epoch <= 1_000; epoch += 1) retired.retire(epoch, 0);
    expect(retired.isLate({ s: 1, m: [] }, 2_000)).toBe(false);
    expect(retired.isLate({ s: 1_000, m: [] }, 2_000)).toBe(true);
  });
});
