import { describe, expect, it } from "vitest";
import {
  addRebuild,
  allowsAttempt,
  attemptAllowanceMs,
  MAX_ATTEMPTS,
  RECENT_MS,
  ROUTE_GRACE_MAX_MS,
  ROUTE_GRACE_MS,
  routeGraceMs,
  SLOW_PROBES_MS,
  UNACKNOWLEDGED_MS,
} from "../../../src/core/peer/repair-budget.ts";

describe("routeGraceMs", () => {
  it.each([
    [[], ROUTE_GRACE_MS],
    [[100_000], 4 * ROUTE_GRACE_MS],
    [[100_000, 100_000], 16 * ROUTE_GRACE_MS],
    [[100_000, 100_000, 100_000], ROUTE_GRACE_MAX_MS],
    [[100_000 - RECENT_MS], ROUTE_GRACE_MS],
    [[100_001 - RECENT_MS], 4 * ROUTE_GRACE_MS],
  ])("after new connections at %j, at 100 s: %d ms", (rebuiltAt, graceMs) => {
    expect(routeGraceMs(rebuiltAt, 100_000)).toBe(graceMs);
  });
});

describe("addRebuild", () => {
  it("adds the time and removes those that are no longer recent", () => {
    expect(addRebuild([1_000, 50_000], 1_000 + RECENT_MS)).toEqual([50_000, 61_000]);
  });
});

describe("attemptAllowanceMs", () => {
  it.each([
    [false, false, UNACKNOWLEDGED_MS],
    [false, true, UNACKNOWLEDGED_MS],
    [true, true, SLOW_PROBES_MS],
    [true, false, 0],
  ])("acknowledged %s, receiving %s: %d ms", (isSettled, isReceiving, allowanceMs) => {
    expect(attemptAllowanceMs({ isSettled, isReceiving })).toBe(allowanceMs);
  });
});

describe("allowsAttempt", () => {
  it.each([
    [0, false, false, true],
    [1, false, false, false],
    [1, false, true, true],
    [1, true, false, true],
    [MAX_ATTEMPTS - 1, true, true, true],
    [MAX_ATTEMPTS, true, true, false],
  ])(
    "after %d attempts, connected before %s, acknowledged %s: %s",
    (attempts, wasConnected, isSettled, allows) => {
      expect(allowsAttempt({ attempts, wasConnected, isSettled })).toBe(allows);
    },
  );
});
