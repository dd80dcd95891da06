import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { entries } from "../scripts/alias.ts";

/** Globals that exist only in a page, or differ between a page and Node. */
const PAGE_GLOBALS =
  `window document navigator location localStorage sessionStorage indexedDB crypto
  MediaStream RTCPeerConnection AudioContext WebSocket BroadcastChannel ResizeObserver
  requestAnimationFrame addEventListener matchMedia`.split(/\s+/);

/** The globals that modules of this package read during their import, and where. */
let touched: string[] = [];
let restore: (() => void)[] = [];

beforeEach(() => {
  touched = [];
  restore = PAGE_GLOBALS.map((name) => {
    const original = Object.getOwnPropertyDescriptor(globalThis, name);
    Object.defineProperty(globalThis, name, {
      configurable: true,
      get() {
        const reader = (new Error("stack").stack ?? "").split("\n")[2] ?? "";
        if (reader.includes("/src/") && !reader.includes("node_modules"))
          touched.push(`${name}${reader.trim()}`);
        return original?.get ? original.get.call(globalThis) : original?.value;
      },
    });
    return () => {
      Reflect.deleteProperty(globalThis, name);
      if (original) Object.defineProperty(globalThis, name, original);
    };
  });
});

afterEach(() => {
  for (const undo of restore) undo();
});

const modules = Object.entries(entries()).filter(
  ([name, file]) => file.endsWith(".ts") && name !== "relay/cli",
);

describe("importing an entry in Node reads no global of a page", () => {
  it.each(modules)("%s", async (_name, file) => {
    const names = Object.keys((await import(file)) as object);
    expect(names).not.toEqual([]);
    expect(touched, touched.join("\n")).toEqual([]);
  });
});

it("package.json and tsconfig.json list the same entries", () => {
  const { compilerOptions } = JSON.parse(readFileSync("tsconfig.json", "utf8")) as {
    compilerOptions: { paths: Record<string, string[]> };
  };
  const sources = Object.values(compilerOptions.paths).flat().toSorted();
  const expected = modules
    .map(([, file]) => `./${file.slice(file.lastIndexOf("/src/") + 1)}`)
    .toSorted();
  expect(sources).toEqual(expected);
});
