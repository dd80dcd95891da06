// @vitest-environment jsdom
/** Runs the tests of the guide in jsdom, without the globals that the jsdom environment of Jest lacks. */
import { afterEach, beforeEach, vi } from "vitest";

beforeEach(() => {
  const { crypto } = globalThis;
  vi.stubGlobal("crypto", { getRandomValues: crypto.getRandomValues.bind(crypto) });
  for (const name of ["structuredClone", "TextEncoder", "TextDecoder", "BroadcastChannel", "fetch"])
    vi.stubGlobal(name, undefined);
});

afterEach(() => {
  vi.unstubAllGlobals();
});

await import("./app.test.tsx");
