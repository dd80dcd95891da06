import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { abortedError, after, createSerialQueue, abortable } from "../../../src/core/lib/abort.ts";

const reason = abortedError("The test");
let scope: AbortController;

beforeEach(() => {
  vi.useFakeTimers();
  scope = new AbortController();
});

afterEach(() => {
  vi.useRealTimers();
});

/** Runs everything that waits for no timer. */
const settle = () => vi.advanceTimersByTimeAsync(0);

describe("abortable", () => {
  it("resolves as the promise does", async () => {
    await expect(abortable(scope.signal, Promise.resolve(7))).resolves.toBe(7);
  });

  it("rejects as the promise does", async () => {
    await expect(abortable(scope.signal, Promise.reject(new Error("no")))).rejects.toThrow("no");
  });

  it("rejects when the signal aborts, although the promise never settles", async () => {
    const waiting = abortable(scope.signal, new Promise(() => {}));
    scope.abort(reason);
    await expect(waiting).rejects.toBe(reason);
  });

  it("rejects at once if the signal has aborted, although the promise is resolved", async () => {
    scope.abort(reason);
    await expect(abortable(scope.signal, Promise.resolve(7))).rejects.toBe(reason);
  });

  it.each(["before", "after"])(
    "leaves no unhandled rejection if the signal aborted %s the promise was passed and it rejects later",
    async (when) => {
      const unhandled = vi.fn();
      process.on("unhandledRejection", unhandled);
      let fail: (error: Error) => void = () => {};
      const late = new Promise((_, reject) => {
        fail = reject;
      });
      if (when === "before") scope.abort(reason);
      const waiting = abortable(scope.signal, late);
      scope.abort(reason);
      await expect(waiting).rejects.toBe(reason);
      fail(new Error("late"));
      vi.useRealTimers();
      // Node reports unhandled rejections after the microtasks.
      await new Promise((resolve) => setImmediate(resolve));
      process.off("unhandledRejection", unhandled);
      expect(unhandled).not.toHaveBeenCalled();
    },
  );

  it("removes its listener from the signal once the promise has settled", async () => {
    const add = vi.spyOn(scope.signal, "addEventListener");
    const remove = vi.spyOn(scope.signal, "removeEventListener");
    await abortable(scope.signal, Promise.resolve());
    await abortable(scope.signal, Promise.reject(new Error("no"))).catch(() => {});
    await settle();
    expect(add).toHaveBeenCalledTimes(2);
    expect(remove.mock.calls.map(([, listener]) => listener)).toEqual(
      add.mock.calls.map(([, listener]) => listener),
    );
  });
});

describe("after", () => {
  it("calls the task once, after the delay", () => {
    const task = vi.fn();
    after(scope.signal, 50, task);
    vi.advanceTimersByTime(49);
    expect(task).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1_000);
    expect(task).toHaveBeenCalledTimes(1);
  });

  it("does not call the task if the signal aborts first, and sets no timer if it has aborted", () => {
    const task = vi.fn();
    after(scope.signal, 50, task);
    scope.abort(reason);
    after(scope.signal, 50, task);
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(1_000);
    expect(task).not.toHaveBeenCalled();
  });

  it("does not call the task after it was cancelled, and can be cancelled twice", () => {
    const task = vi.fn();
    const off = after(scope.signal, 50, task);
    off();
    off();
    vi.advanceTimersByTime(1_000);
    expect(task).not.toHaveBeenCalled();
  });
});

describe("createSerialQueue", () => {
  it("runs one task at a time, in order", async () => {
    const log: string[] = [];
    const queue = createSerialQueue(scope.signal, () => log.push("error"));
    const task = (name: string, ms: number) => async () => {
      log.push(`${name} starts`);
      await new Promise((resolve) => setTimeout(resolve, ms));
      log.push(`${name} ends`);
    };
    queue.add(task("slow", 100));
    queue.add(task("quick", 1));
    queue.add(() => void log.push("at once"));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(log).toEqual(["slow starts", "slow ends", "quick starts", "quick ends", "at once"]);
  });

  it("runs a task that another task added after those that were queued before", async () => {
    const log: string[] = [];
    const queue = createSerialQueue(scope.signal, () => {});
    queue.add(() => {
      queue.add(() => void log.push("third"));
      log.push("first");
    });
    queue.add(() => void log.push("second"));
    await settle();
    expect(log).toEqual(["first", "second", "third"]);
  });

  it.each([
    [
      "throws",
      () => {
        throw new Error("no");
      },
    ],
    ["rejects", () => Promise.reject(new Error("no"))],
  ])("reports a task that %s, and runs the next one", async (_, task: () => void) => {
    const onError = vi.fn();
    const next = vi.fn();
    const queue = createSerialQueue(scope.signal, onError);
    queue.add(task);
    queue.add(next);
    await settle();
    expect(onError.mock.calls).toEqual([
      [expect.objectContaining({ code: "negotiation-failed", cause: new Error("no") })],
    ]);
    expect(next).toHaveBeenCalledTimes(1);
  });

  it("runs no task once the signal has aborted, queued or added later", async () => {
    const onError = vi.fn();
    const next = vi.fn();
    const queue = createSerialQueue(scope.signal, onError);
    queue.add(() => new Promise((resolve) => setTimeout(resolve, 100)));
    queue.add(next);
    await vi.advanceTimersByTimeAsync(50);
    scope.abort(reason);
    queue.add(next);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(next).not.toHaveBeenCalled();
    expect(onError).not.toHaveBeenCalled();
  });

  it("does not report a task that fails because the signal aborted", async () => {
    const onError = vi.fn();
    const queue = createSerialQueue(scope.signal, onError);
    queue.add(() => abortable(scope.signal, new Promise<void>(() => {})));
    await settle();
    scope.abort(reason);
    await settle();
    expect(onError).not.toHaveBeenCalled();
  });
});
