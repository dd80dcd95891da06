/** The moment in which the page goes: everybody hears of it, who came last first. */
import { afterEach, expect, it, vi } from "vitest";
import { onPageHide } from "../../../src/core/lib/page-lifecycle.ts";

const offs: (() => void)[] = [];
const heard: string[] = [];

afterEach(() => {
  for (const off of offs.splice(0)) off();
  heard.length = 0;
  vi.unstubAllGlobals();
});

function openPage() {
  const page = new EventTarget();
  for (const name of ["addEventListener", "removeEventListener"] as const)
    vi.stubGlobal(name, page[name].bind(page));
  return () => page.dispatchEvent(new Event("pagehide"));
}

function listen(name: string, act = () => {}) {
  const off = onPageHide(() => {
    heard.push(name);
    act();
  });
  offs.push(off);
  return off;
}

it("who came last hears first, so that the goodbye goes before the connections are closed", () => {
  const hide = openPage();
  listen("call");
  listen("signaling");
  hide();
  expect(heard).toEqual(["signaling", "call"]);
});

it("who is called off hears nothing more", () => {
  const hide = openPage();
  listen("first");
  listen("second")();
  hide();
  expect(heard).toEqual(["first"]);
});

it("who fails does not keep the others from hearing", () => {
  const hide = openPage();
  const reported = vi.fn();
  vi.stubGlobal("reportError", reported);
  const mistake = new Error("a mistake");
  listen("call");
  listen("signaling", () => {
    throw mistake;
  });
  hide();
  expect(heard).toEqual(["signaling", "call"]);
  expect(reported.mock.calls).toEqual([[mistake]]);
});
