/** A setup file for Vitest. A test fails if it creates a connection with an ICE server outside this machine. */
import { afterEach, expect } from "vitest";
import { allowLoopbackOnly, outsideServers } from "./loopback-only.ts";

allowLoopbackOnly();

afterEach(() => {
  expect(outsideServers.splice(0), "ICE servers outside this machine").toEqual([]);
});
