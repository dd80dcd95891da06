// @vitest-environment jsdom
/** The guide's tests again, in jsdom and without the globals that Jest's jsdom environment does not have. */
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
