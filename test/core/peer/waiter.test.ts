import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createWaiter } from "../../../src/core/peer/waiter.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("createWaiter", () => {
  function setUp() {
    const scope = new AbortController();
    const results: unknown[] = [];
    const waiter = createWaiter(scope.signal);
    let value: string | undefined;
    const check = vi.fn(() => value);
    const wait = () =>
      waiter
        .waitUntil(check, () => 50)
        .then(
          (result) => results.push(result),
          (error: unknown) => results.push(error),
        );
    const become = (next: string) => (value = next);
    return { waiter, wait, become, check, results, scope };
  }
  const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

  it("resolves at once if the check has a result", async () => {
    const { wait, become, results } = setUp();
    become("yes");
    void wait();
    await pass(0);
    expect([results, vi.getTimerCount()]).toEqual([["yes"], 0]);
  });

  it("checks again after the delay, with one timer", async () => {
    const { wait, become, check, results } = setUp();
    void wait();
    await pass(120);
    expect([check.mock.calls.length, vi.getTimerCount()]).toEqual([3, 1]);
    become("yes");
    await pass(30);
    expect([results, vi.getTimerCount()]).toEqual([["yes"], 0]);
  });

  it("checks at notify(), and no longer afterwards", async () => {
    const { waiter, wait, become, check, results } = setUp();
    void wait();
    become("yes");
    waiter.notify();
    waiter.notify();
    await pass(0);
    expect([results, check.mock.calls.length, vi.getTimerCount()]).toEqual([["yes"], 2, 0]);
  });

  it("rejects when the scope ends, and leaves no timer", async () => {
    const { wait, results, scope } = setUp();
    void wait();
    const over = new Error("over");
    scope.abort(over);
    await pass(1_000);
    expect([results, vi.getTimerCount()]).toEqual([[over], 0]);
  });
});
