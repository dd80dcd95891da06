/** Who still needs a thing: it starts with its first holder and ends after its last. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createRetained } from "../../../src/core/lib/retained.ts";

const log: string[] = [];
/** Plays the window of a page. */
let page: EventTarget;

beforeEach(() => {
  vi.useFakeTimers();
  page = new EventTarget();
  for (const name of ["addEventListener", "removeEventListener"] as const)
    vi.stubGlobal(name, page[name].bind(page));
  log.length = 0;
});

afterEach(() => {
  for (const release of held.splice(0)) release();
  vi.runAllTimers();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const held: (() => void)[] = [];

function lease() {
  const { retain } = createRetained(
    () => log.push("start"),
    (reason) => log.push(`stop: ${reason}`),
  );
  return {
    retain() {
      const release = retain();
      held.push(release);
      return release;
    },
  };
}

const hide = () => page.dispatchEvent(new Event("pagehide"));
const show = (persisted: boolean) =>
  page.dispatchEvent(Object.assign(new Event("pageshow"), { persisted }));

describe("holding", () => {
  it("nothing starts before somebody holds it", () => {
    lease();
    vi.runAllTimers();
    expect(log).toEqual([]);
  });

  it("starts at once, and once for all holders", () => {
    const { retain } = lease();
    retain();
    retain();
    retain();
    expect(log).toEqual(["start"]);
  });

  it("mounted, unmounted and mounted again by StrictMode, it starts once and never stops", () => {
    const { retain } = lease();
    retain()();
    retain();
    vi.runAllTimers();
    expect(log).toEqual(["start"]);
  });

  it("stops one macrotask after the last holder has let go, and not sooner", async () => {
    const { retain } = lease();
    const releases = [retain(), retain()];
    releases[0]!();
    vi.runAllTimers();
    expect(log).toEqual(["start"]);
    releases[1]!();
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
    expect(log).toEqual(["start"]);
    vi.advanceTimersByTime(1);
    expect(log).toEqual(["start", "stop: released"]);
  });

  it("letting go twice counts once", () => {
    const { retain } = lease();
    const release = retain();
    retain();
    release();
    release();
    vi.runAllTimers();
    expect(log).toEqual(["start"]);
  });

  it("starts again for a holder who comes later", () => {
    const { retain } = lease();
    retain()();
    vi.runAllTimers();
    retain();
    expect(log).toEqual(["start", "stop: released", "start"]);
  });
});

describe("the page", () => {
  it("that goes away stops at once, without waiting for a macrotask", () => {
    lease().retain();
    hide();
    expect(log).toEqual(["start", "stop: pagehide"]);
  });

  it("that goes away just after the last holder stops once", () => {
    const release = lease().retain();
    release();
    hide();
    vi.runAllTimers();
    expect(log).toEqual(["start", "stop: pagehide"]);
  });

  it("that returns from the cache starts again for those who still hold", () => {
    const release = lease().retain();
    hide();
    show(true);
    expect(log).toEqual(["start", "stop: pagehide", "start"]);
    release();
    vi.runAllTimers();
    expect(log.at(-1)).toBe("stop: released");
  });

  it("that goes and returns many times starts once each time", () => {
    const { retain } = lease();
    retain()();
    retain();
    for (let time = 0; time < 3; time += 1) {
      hide();
      show(true);
    }
    expect(log.filter((line) => line === "start").length).toBe(4);
    expect(log.filter((line) => line === "stop: pagehide").length).toBe(3);
  });

  it("that is shown for the first time changes nothing", () => {
    lease().retain();
    show(false);
    expect(log).toEqual(["start"]);
  });

  it("is none of its business after the last holder", () => {
    const { retain } = lease();
    retain()();
    vi.runAllTimers();
    hide();
    show(true);
    expect(log).toEqual(["start", "stop: released"]);
  });

  it("need not be there: in Node it starts and stops all the same", () => {
    vi.unstubAllGlobals();
    const release = lease().retain();
    release();
    vi.runAllTimers();
    expect(log).toEqual(["start", "stop: released"]);
  });
});

it("what was over before the page went into the cache is not started by its return", () => {
  const over = createRetained(
    (why) => log.push(`start: ${why}`),
    () => false,
  );
  over.retain();
  hide();
  show(true);
  expect(log).toEqual(["start: held"]);
});
