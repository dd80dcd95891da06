/** Every entry can be imported where there is no window: on a server, in a worker, in a test. */
import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { entries } from "../scripts/alias.ts";

/** What belongs to a page, or differs between a page and Node. */
const PAGE = `window document navigator location localStorage sessionStorage indexedDB crypto
  MediaStream RTCPeerConnection AudioContext WebSocket BroadcastChannel ResizeObserver
  requestAnimationFrame addEventListener matchMedia`.split(/\s+/);

/** What our own modules looked at while they were imported, and where. */
let touched: string[] = [];
let restore: (() => void)[] = [];

beforeEach(() => {
  touched = [];
  restore = PAGE.map((name) => {
    const former = Object.getOwnPropertyDescriptor(globalThis, name);
    Object.defineProperty(globalThis, name, {
      configurable: true,
      get() {
        const reader = (new Error("who reads it").stack ?? "").split("\n")[2] ?? "";
        if (reader.includes("/src/") && !reader.includes("node_modules"))
          touched.push(`${name}${reader.trim()}`);
        return former?.get ? former.get.call(globalThis) : former?.value;
      },
    });
    return () => {
      Reflect.deleteProperty(globalThis, name);
      if (former) Object.defineProperty(globalThis, name, former);
    };
  });
});

afterEach(() => {
  for (const put of restore) put();
});

const modules = Object.entries(entries()).filter(
  ([name, file]) => file.endsWith(".ts") && name !== "relay/cli",
);

describe("every entry is imported in plain Node without a look at the page", () => {
  it.each(modules)("%s", async (_name, file) => {
    const names = Object.keys((await import(file)) as object);
    expect(names).not.toEqual([]);
    expect(touched, touched.join("\n")).toEqual([]);
  });
});

it("package.json and tsconfig.json agree on the entries", () => {
  const { compilerOptions } = JSON.parse(readFileSync("tsconfig.json", "utf8")) as {
    compilerOptions: { paths: Record<string, string[]> };
  };
  const sources = Object.values(compilerOptions.paths).flat().toSorted();
  const expected = modules
    .map(([, file]) => `./${file.slice(file.lastIndexOf("/src/") + 1)}`)
    .toSorted();
  expect(sources).toEqual(expected);
});
