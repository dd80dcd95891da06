/** Whatever a scope awaits ends when the scope does, and its tasks run one at a time. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { abortedError, after, createSerialQueue, abortable } from "../../../src/core/lib/abort.ts";

const ended = abortedError("The test");
let scope: AbortController;

beforeEach(() => {
  vi.useFakeTimers();
  scope = new AbortController();
});

afterEach(() => {
  vi.useRealTimers();
});

/** Lets everything happen that waits for no timer. */
const settle = () => vi.advanceTimersByTimeAsync(0);

describe("until", () => {
  it("gives what the promise gives", async () => {
    await expect(abortable(scope.signal, Promise.resolve(7))).resolves.toBe(7);
  });

  it("fails as the promise fails", async () => {
    await expect(abortable(scope.signal, Promise.reject(new Error("no")))).rejects.toThrow("no");
  });

  it("ends with its scope, although the promise never settles", async () => {
    const waiting = abortable(scope.signal, new Promise(() => {}));
    scope.abort(ended);
    await expect(waiting).rejects.toBe(ended);
  });

  it("ends at once in a scope that has ended, although the promise is ready", async () => {
    scope.abort(ended);
    await expect(abortable(scope.signal, Promise.resolve(7))).rejects.toBe(ended);
  });

  it.each(["before", "after"])(
    "a promise that fails when the scope ended %s it was awaited disturbs nobody",
    async (when) => {
      const unheard = vi.fn();
      process.on("unhandledRejection", unheard);
      let fail: (error: Error) => void = () => {};
      const late = new Promise((_, reject) => {
        fail = reject;
      });
      if (when === "before") scope.abort(ended);
      const waiting = abortable(scope.signal, late);
      scope.abort(ended);
      await expect(waiting).rejects.toBe(ended);
      fail(new Error("late"));
      vi.useRealTimers();
      // Node tells of unhandled rejections once the microtasks are done.
      await new Promise((resolve) => setImmediate(resolve));
      process.off("unhandledRejection", unheard);
      expect(unheard).not.toHaveBeenCalled();
    },
  );

  it("leaves no listener behind on a scope that lives long", async () => {
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
  it("calls once, when the time has come", () => {
    const task = vi.fn();
    after(scope.signal, 50, task);
    vi.advanceTimersByTime(49);
    expect(task).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1_000);
    expect(task).toHaveBeenCalledTimes(1);
  });

  it("does not call once its scope has ended", () => {
    const task = vi.fn();
    after(scope.signal, 50, task);
    scope.abort(ended);
    after(scope.signal, 50, task);
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(1_000);
    expect(task).not.toHaveBeenCalled();
  });

  it("does not call once it was called off, and may be called off twice", () => {
    const task = vi.fn();
    const off = after(scope.signal, 50, task);
    off();
    off();
    vi.advanceTimersByTime(1_000);
    expect(task).not.toHaveBeenCalled();
  });
});

describe("an inbox", () => {
  it("runs one task at a time, in order", async () => {
    const log: string[] = [];
    const inbox = createSerialQueue(scope.signal, () => log.push("error"));
    const task = (name: string, ms: number) => async () => {
      log.push(`${name} begins`);
      await new Promise((resolve) => setTimeout(resolve, ms));
      log.push(`${name} ends`);
    };
    inbox.add(task("slow", 100));
    inbox.add(task("quick", 1));
    inbox.add(() => void log.push("at once"));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(log).toEqual(["slow begins", "slow ends", "quick begins", "quick ends", "at once"]);
  });

  it("a task added by a task comes after those that were there before", async () => {
    const log: string[] = [];
    const inbox = createSerialQueue(scope.signal, () => {});
    inbox.add(() => {
      inbox.add(() => void log.push("third"));
      log.push("first");
    });
    inbox.add(() => void log.push("second"));
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
  ])("a task that %s is reported, and the next one runs", async (_, task: () => void) => {
    const onError = vi.fn();
    const next = vi.fn();
    const inbox = createSerialQueue(scope.signal, onError);
    inbox.add(task);
    inbox.add(next);
    await settle();
    expect(onError.mock.calls).toEqual([
      [expect.objectContaining({ code: "negotiation-failed", cause: new Error("no") })],
    ]);
    expect(next).toHaveBeenCalledTimes(1);
  });

  it("after the end of its scope nothing runs that was waiting or is added", async () => {
    const onError = vi.fn();
    const next = vi.fn();
    const inbox = createSerialQueue(scope.signal, onError);
    inbox.add(() => new Promise((resolve) => setTimeout(resolve, 100)));
    inbox.add(next);
    await vi.advanceTimersByTimeAsync(50);
    scope.abort(ended);
    inbox.add(next);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(next).not.toHaveBeenCalled();
    expect(onError).not.toHaveBeenCalled();
  });

  it("what fails because the scope ended is nobody's news", async () => {
    const onError = vi.fn();
    const inbox = createSerialQueue(scope.signal, onError);
    inbox.add(() => abortable(scope.signal, new Promise<void>(() => {})));
    await settle();
    scope.abort(ended);
    await settle();
    expect(onError).not.toHaveBeenCalled();
  });
});
