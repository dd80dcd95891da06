// @vitest-environment jsdom
import { act, cleanup, render, screen } from "@testing-library/react";
import { createElement, useEffect, useState } from "react";
import { eventually } from "twocan/testing";
import { afterEach, describe, expect, it, vi } from "vitest";

/** Resolves with the rejection of a promise. */
const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail("It did not fail."),
    (error: unknown) => error as Error,
  );

afterEach(() => {
  cleanup();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe("eventually", () => {
  it("advances fake timers until the assertion holds", async () => {
    vi.useFakeTimers();
    let rang = false;
    setTimeout(() => (rang = true), 20_000);
    await eventually(() => expect(rang).toBe(true));
    expect(rang).toBe(true);
  });

  it("resolves with what the assertion returns", async () => {
    expect(await eventually(() => "Mina")).toBe("Mina");
    expect(await eventually(async () => Promise.resolve(0))).toBe(0);
  });

  it("waits in real time without fake timers", async () => {
    let rang = false;
    setTimeout(() => (rang = true), 5);
    await eventually(() => expect(rang).toBe(true));
    expect(rang).toBe(true);
  });

  it("waits while the assertion returns false", async () => {
    let attempts = 0;
    await eventually(() => (attempts += 1) > 2, { intervalMs: 1 });
    expect(attempts).toBe(3);
  });

  it("rejects within the time limit of a test, with the description", async () => {
    vi.useFakeTimers();
    const error = await failureOf(
      eventually(() => expect("joining").toBe("connected"), {
        description: "the call to connect",
        timeoutMs: 50,
      }),
    );
    expect(error.message).toMatch(
      /^Waited 0\.05 s \([\d.]+ s of simulated time\) for the call to connect\. Last failure: expected 'joining' to be 'connected'/,
    );
    expect(error.cause).toMatchObject({ actual: "joining", expected: "connected" });
  });

  it("rejects before the 5-second limit of Vitest and Jest", async () => {
    const limits: number[] = [];
    // The module reads the global timers when it is loaded.
    vi.resetModules();
    vi.stubGlobal("setTimeout", (task: () => void, ms: number) => {
      limits.push(ms);
      queueMicrotask(task);
    });
    try {
      const { eventually: impatient } = await import("../../src/testing/eventually.ts");
      const error = await failureOf(impatient(() => new Promise(() => undefined)));
      expect(Math.max(...limits)).toBeLessThan(5_000);
      expect(error.message).toContain("Waited 4 s for an assertion to hold");
    } finally {
      vi.unstubAllGlobals();
    }
  });

  it("reports an assertion that returned false, or whose promise did not settle", async () => {
    const returned = await failureOf(eventually(() => false, { timeoutMs: 5 }));
    expect(returned.message).toContain("The assertion returned false.");
    const hung = await failureOf(eventually(() => new Promise(() => undefined), { timeoutMs: 5 }));
    expect(hung.message).toContain("The promise of the assertion did not settle.");
  });

  it("rejects with a stack that leads to the test", async () => {
    const error = await failureOf(eventually(() => false, { timeoutMs: 5 }));
    const [headline, first] = (error.stack ?? "").split("\n");
    expect(headline).toBe(`Error: ${error.message}`);
    expect(first).toContain("eventually.test.ts");
  });

  it("advances the fake timers it is given", async () => {
    let now = 0;
    await eventually(() => expect(now).toBe(100), { advance: (ms) => (now += ms), intervalMs: 50 });
    expect(now).toBe(100);
  });

  it("lets React render, without a warning about act()", async () => {
    const environment = globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean };
    environment.IS_REACT_ACT_ENVIRONMENT = true;
    const complaints = vi.spyOn(console, "error");
    vi.useFakeTimers();
    function Timer() {
      const [seconds, setSeconds] = useState(0);
      useEffect(() => {
        const timer = setInterval(() => setSeconds((before) => before + 1), 1_000);
        return () => clearInterval(timer);
      }, []);
      return createElement("p", null, `${seconds} s`);
    }
    try {
      render(createElement(Timer));
      await Promise.all([
        eventually(() => screen.getByText("1 s")),
        eventually(() => screen.getByText("3 s")),
      ]);
      expect(complaints.mock.calls).toEqual([]);
      expect(environment.IS_REACT_ACT_ENVIRONMENT).toBe(true);
      act(() => cleanup());
    } finally {
      delete environment.IS_REACT_ACT_ENVIRONMENT;
    }
  });
});
