import { describe, expect, it } from "vitest";
import { memorySignaling } from "../../../src/adapters/memory/memory.ts";
import {
  describeSignaling,
  type SignalingBackend,
} from "../../../src/testing/conformance/describe-signaling.ts";

/** Registers the suite with a runner that only records the tests, and returns the tests for `sender`. */
function senderTests(backend: SignalingBackend) {
  const tests: { name: string; run: () => Promise<void> }[] = [];
  const register = (name: string, run: () => Promise<void>) => tests.push({ name, run });
  describeSignaling(
    { describe: (_name, body) => body(), it: Object.assign(register, { concurrent: register }) },
    "openSignaling()",
    () => backend,
    { lacks: { sender: "every client is trusted" } },
  );
  return tests.filter(({ name }) => name.includes("as declared"));
}

describe("describeSignaling() with `sender` declared in `lacks`", () => {
  const peer = () => memorySignaling();

  it("accepts the declaration without forge()", async () => {
    const [test] = senderTests({ peer });
    expect(test).toBeDefined();
    await expect(test!.run()).resolves.toBeUndefined();
  });

  it("fails if the backend authenticates the sender after all", async () => {
    const shared = memorySignaling();
    const [test] = senderTests({ peer: () => shared, forge: () => undefined });
    await expect(test!.run()).rejects.toThrow(/Remove it from `lacks`/);
  });
});
