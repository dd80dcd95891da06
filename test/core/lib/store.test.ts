/** One value, replaced whole, and those who watch it. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { createStore, shallowEqual } from "../../../src/core/lib/store.ts";

describe("a store", () => {
  it("gives the present value, the same object until it is replaced", () => {
    const first = { name: "Mina" };
    const store = createStore(first);
    expect(store.getSnapshot()).toBe(first);
    const next = { name: "Jun" };
    store.set(next);
    expect(store.getSnapshot()).toBe(next);
  });

  it("calls all listeners after the value has changed", () => {
    const store = createStore(1);
    const seen: number[] = [];
    store.subscribe(() => seen.push(store.getSnapshot()));
    store.subscribe(() => seen.push(store.getSnapshot()));
    store.set(2);
    expect(seen).toEqual([2, 2]);
  });

  it("calls no listener if the value is the same", () => {
    const store = createStore(NaN);
    const listener = vi.fn();
    store.subscribe(listener);
    store.set(NaN);
    expect(listener).not.toHaveBeenCalled();
  });

  it("does not call a listener that has unsubscribed, even twice", () => {
    const store = createStore(1);
    const [stays, leaves] = [vi.fn(), vi.fn()];
    const leave = store.subscribe(leaves);
    store.subscribe(stays);
    leave();
    leave();
    store.set(2);
    expect(leaves).not.toHaveBeenCalled();
    expect(stays).toHaveBeenCalledTimes(1);
  });

  it("the same function may watch twice, and leave once", () => {
    const store = createStore(1);
    const listener = vi.fn();
    const leave = store.subscribe(listener);
    store.subscribe(listener);
    store.set(2);
    expect(listener).toHaveBeenCalledTimes(2);
    leave();
    store.set(3);
    expect(listener).toHaveBeenCalledTimes(3);
  });

  it("calls the other listeners if one unsubscribes or subscribes during a change", () => {
    const store = createStore(1);
    const [last, newcomer] = [vi.fn(), vi.fn()];
    const leave = store.subscribe(() => {
      leave();
      store.subscribe(newcomer);
    });
    store.subscribe(last);
    store.set(2);
    expect([last.mock.calls.length, newcomer.mock.calls.length]).toEqual([1, 0]);
    store.set(3);
    expect([last.mock.calls.length, newcomer.mock.calls.length]).toEqual([2, 1]);
  });

  it("does its work only while it is watched: it begins with the first and ends with the last", () => {
    const log: string[] = [];
    const store = createStore(1, {
      onWatched: () => {
        log.push("begins");
        return () => log.push("ends");
      },
    });
    store.set(2);
    expect(log).toEqual([]);
    const leaves = [store.subscribe(() => {}), store.subscribe(() => {})];
    expect(log).toEqual(["begins"]);
    leaves[0]!();
    leaves[0]!();
    expect(log).toEqual(["begins"]);
    leaves[1]!();
    expect(log).toEqual(["begins", "ends"]);
    store.subscribe(() => {});
    expect(log).toEqual(["begins", "ends", "begins"]);
  });
});

describe("createStore: listeners that throw", () => {
  const failure = new Error("The listener has a bug.");

  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it("calls the other listeners, and reports the exception as uncaught", () => {
    const reported = vi.fn();
    vi.stubGlobal("reportError", reported);
    const store = createStore(1);
    const listener = vi.fn();
    store.subscribe(() => {
      throw failure;
    });
    store.subscribe(listener);
    expect(() => store.set(2)).not.toThrow();
    expect([store.getSnapshot(), listener.mock.calls.length]).toEqual([2, 1]);
    expect(reported.mock.calls).toEqual([[failure]]);
  });

  it("throws in a microtask where there is no reportError", () => {
    vi.stubGlobal("reportError", undefined);
    const microtasks: (() => void)[] = [];
    vi.stubGlobal("queueMicrotask", (task: () => void) => microtasks.push(task));
    const store = createStore(1);
    store.subscribe(() => {
      throw failure;
    });
    store.set(2);
    expect(microtasks.length).toBe(1);
    expect(microtasks[0]).toThrow(failure);
  });
});

describe("two snapshots say the same", () => {
  const shared = {};

  it.each<[object, object | undefined, boolean]>([
    [{}, {}, true],
    [{ a: 1, b: shared }, { b: shared, a: 1 }, true],
    [{ a: NaN }, { a: NaN }, true],
    [[1, shared], [1, shared], true],
    [{ a: 1 }, undefined, false],
    [{ a: 1 }, { a: 2 }, false],
    [{ a: {} }, { a: {} }, false],
    [{ a: 1 }, { a: 1, b: 2 }, false],
    [{ a: 1, b: 2 }, { a: 1 }, false],
    [[1, 2], [2, 1], false],
    [[1], [1, 2], false],
  ])("%j and %j: %s", (a, b, same) => {
    expect(shallowEqual(a, b)).toBe(same);
  });
});
