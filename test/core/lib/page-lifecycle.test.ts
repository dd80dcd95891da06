import { afterEach, describe, expect, it, vi } from "vitest";
import { onPageHide } from "../../../src/core/lib/page-lifecycle.ts";

const removals: (() => void)[] = [];
const called: string[] = [];

afterEach(() => {
  for (const remove of removals.splice(0)) remove();
  called.length = 0;
  vi.unstubAllGlobals();
});

function openPage() {
  const page = new EventTarget();
  for (const name of ["addEventListener", "removeEventListener"] as const)
    vi.stubGlobal(name, page[name].bind(page));
  return () => page.dispatchEvent(new Event("pagehide"));
}

function listen(name: string, act = () => {}) {
  const remove = onPageHide(() => {
    called.push(name);
    act();
  });
  removals.push(remove);
  return remove;
}

describe("onPageHide", () => {
  it("calls the newest listener first, so that signaling says goodbye before connections are closed", () => {
    const hide = openPage();
    listen("call");
    listen("signaling");
    hide();
    expect(called).toEqual(["signaling", "call"]);
  });

  it("does not call a listener that was removed", () => {
    const hide = openPage();
    listen("first");
    listen("second")();
    hide();
    expect(called).toEqual(["first"]);
  });

  it("reports a listener that throws, and calls the others", () => {
    const hide = openPage();
    const reported = vi.fn();
    vi.stubGlobal("reportError", reported);
    const mistake = new Error("a mistake");
    listen("call");
    listen("signaling", () => {
      throw mistake;
    });
    hide();
    expect(called).toEqual(["signaling", "call"]);
    expect(reported.mock.calls).toEqual([[mistake]]);
  });
});
