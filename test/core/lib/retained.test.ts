import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createRetained } from "../../../src/core/lib/retained.ts";

const log: string[] = [];
/** Simulates the window of a page. */
let page: EventTarget;

beforeEach(() => {
  vi.useFakeTimers();
  page = new EventTarget();
  for (const name of ["addEventListener", "removeEventListener"] as const)
    vi.stubGlobal(name, page[name].bind(page));
  log.length = 0;
});

afterEach(() => {
  for (const release of releases.splice(0)) release();
  vi.runAllTimers();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const releases: (() => void)[] = [];

function createLogged() {
  const { retain } = createRetained(
    () => log.push("start"),
    (reason) => log.push(`stop: ${reason}`),
  );
  return {
    retain() {
      const release = retain();
      releases.push(release);
      return release;
    },
  };
}

const hide = () => page.dispatchEvent(new Event("pagehide"));
const show = (persisted: boolean) =>
  page.dispatchEvent(Object.assign(new Event("pageshow"), { persisted }));

describe("createRetained", () => {
  it("does not start before it is retained", () => {
    createLogged();
    vi.runAllTimers();
    expect(log).toEqual([]);
  });

  it("starts at the first retain(), and once for all of them", () => {
    const { retain } = createLogged();
    retain();
    retain();
    retain();
    expect(log).toEqual(["start"]);
  });

  it("starts once and does not stop when StrictMode unmounts and remounts a component", () => {
    const { retain } = createLogged();
    retain()();
    retain();
    vi.runAllTimers();
    expect(log).toEqual(["start"]);
  });

  it("stops one macrotask after the last release, and not earlier", async () => {
    const { retain } = createLogged();
    const both = [retain(), retain()];
    both[0]!();
    vi.runAllTimers();
    expect(log).toEqual(["start"]);
    both[1]!();
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
    expect(log).toEqual(["start"]);
    vi.advanceTimersByTime(1);
    expect(log).toEqual(["start", "stop: released"]);
  });

  it("ignores a second call of the same release function", () => {
    const { retain } = createLogged();
    const release = retain();
    retain();
    release();
    release();
    vi.runAllTimers();
    expect(log).toEqual(["start"]);
  });

  it("starts again when it is retained after it has stopped", () => {
    const { retain } = createLogged();
    retain()();
    vi.runAllTimers();
    retain();
    expect(log).toEqual(["start", "stop: released", "start"]);
  });
});

describe("createRetained, at pagehide and pageshow", () => {
  it("stops at pagehide, without waiting for a macrotask", () => {
    createLogged().retain();
    hide();
    expect(log).toEqual(["start", "stop: pagehide"]);
  });

  it("stops once when pagehide follows the last release at once", () => {
    const release = createLogged().retain();
    release();
    hide();
    vi.runAllTimers();
    expect(log).toEqual(["start", "stop: pagehide"]);
  });

  it("starts again when the page returns from the cache while it is retained", () => {
    const release = createLogged().retain();
    hide();
    show(true);
    expect(log).toEqual(["start", "stop: pagehide", "start"]);
    release();
    vi.runAllTimers();
    expect(log.at(-1)).toBe("stop: released");
  });

  it("starts once each time the page returns from the cache", () => {
    const { retain } = createLogged();
    retain()();
    retain();
    for (let time = 0; time < 3; time += 1) {
      hide();
      show(true);
    }
    expect(log.filter((line) => line === "start").length).toBe(4);
    expect(log.filter((line) => line === "stop: pagehide").length).toBe(3);
  });

  it("does not start again at the first pageshow of a page", () => {
    createLogged().retain();
    show(false);
    expect(log).toEqual(["start"]);
  });

  it("ignores pagehide and pageshow after the last release", () => {
    const { retain } = createLogged();
    retain()();
    vi.runAllTimers();
    hide();
    show(true);
    expect(log).toEqual(["start", "stop: released"]);
  });

  it("starts and stops in Node, which has no page", () => {
    vi.unstubAllGlobals();
    const release = createLogged().retain();
    release();
    vi.runAllTimers();
    expect(log).toEqual(["start", "stop: released"]);
  });
});

it("does not start again at pageshow if stop() returned false at pagehide", () => {
  const inactive = createRetained(
    (reason) => log.push(`start: ${reason}`),
    () => false,
  );
  inactive.retain();
  hide();
  show(true);
  expect(log).toEqual(["start: retained"]);
});
