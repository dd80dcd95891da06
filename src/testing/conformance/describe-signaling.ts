/**
 * "twocan/conformance": checks an adapter against the signaling contract. It takes the functions of
 * the test runner as an argument, so it imports none: Vitest and Jest both fit.
 */
import { type SignalingCapabilities, type SignalingFactory } from "./signaling-backend.ts";
import { checksFor, conformanceChecks } from "./conformance-checks.ts";
import { runCheck, type ConformanceCheck } from "./conformance-check.ts";
import { conformanceTable, type ConformanceResult } from "./conformance-table.ts";

export { describeTransport } from "./describe-transport.ts";
export type {
  TransportFactory,
  TransportFixture,
  TransportParticipant,
  TransportTestRunner,
} from "./describe-transport.ts";
export { PROMISES } from "./signaling-backend.ts";
export type {
  SignalingBackend,
  SignalingCapabilities,
  SignalingClient,
  SignalingFactory,
  SignalingPromise,
} from "./signaling-backend.ts";
export { unique, visit } from "./test-client.ts";
export type { TestClientOptions, TestClient } from "./test-client.ts";
export type { ConformanceCheck, CheckContext } from "./conformance-check.ts";
export type { ConformanceResult } from "./conformance-table.ts";
export { checksFor, conformanceChecks, conformanceTable, runCheck };

/** The time limit in ms of one check. It is longer than all waits of the slowest check together. */
const CHECK_TIMEOUT_MS = 60_000;

/** The functions of the test runner that {@link describeSignaling} calls. Those of Vitest and Jest fit. */
export interface TestRunner {
  /** Registers a group of tests. */
  describe(this: void, name: string, body: () => void): unknown;
  /** Registers a test. */
  it: RegisterTest & {
    /** Registers a test that can run concurrently with others. */
    readonly concurrent: RegisterTest;
  };
}

/** Registers a test with a time limit in ms. */
type RegisterTest = (name: string, run: () => Promise<void>, timeout: number) => unknown;

/**
 * Registers the suite for one adapter, with one test for each check. Call it at the top level of a
 * test file, in Node or in a browser, wherever the adapter runs.
 *
 * The reliable channel above every adapter puts packets in order and delivers them once, so the suite
 * tests both with the channel in place. An adapter may lose, duplicate, reorder and skip packets, as
 * long as the newest one arrives eventually. It must not deliver a packet to another peer, with
 * another sender, back to its sender, or changed.
 *
 * Declare a promise that a backend cannot keep in `capabilities.lacks`. It is shown as `no` in the
 * table, and no check is skipped silently. Under Vitest each test stores its cell of the table in
 * `task.meta.signaling`; pass those to {@link conformanceTable}.
 *
 * @example
 * import { describe, it } from "vitest"; // or from "@jest/globals"
 *
 * describeSignaling({ describe, it }, "mySignaling()", () => {
 *   const server = startServer();
 *   return {
 *     peer: () => mySignaling(server.url),
 *     open: () => server.connections,
 *     close: () => server.stop(),
 *   };
 * }, { lacks: { sender: "anyone may write", … } });
 */
export function describeSignaling(
  { describe, it }: TestRunner,
  name: string,
  factory: SignalingFactory,
  capabilities: SignalingCapabilities = {},
): void {
  describe(`${name} keeps the signaling contract`, () => {
    for (const check of checksFor(capabilities).toSorted(bySlowness))
      register(it, name, check, capabilities, () => runCheck(check, factory, capabilities));
    const open = capabilities.lacks?.sender;
    for (const check of conformanceChecks)
      if (check.promise === "sender" && open !== undefined)
        register(
          it,
          name,
          { ...check, name: "delivers a packet with a forged sender, as declared in `lacks`" },
          capabilities,
          () => mustFail(check, factory, capabilities),
        );
  });
}

function register(
  it: TestRunner["it"],
  adapter: string,
  { name, promise, slow = false }: ConformanceCheck,
  capabilities: SignalingCapabilities,
  run: () => Promise<void>,
): void {
  // Each check has its own backend, so those that mostly wait can run concurrently.
  const registerTest = slow ? it.concurrent : it;
  // Rest parameters, because Jest passes a `done` callback to a function that declares a parameter.
  const test = async (...[context]: [context?: { readonly task?: { readonly meta: object } }]) => {
    const result: Omit<ConformanceResult, "passed"> = { adapter, promise, capabilities };
    if (context?.task) Object.assign(context.task.meta, { signaling: result });
    await run();
  };
  registerTest(name, test, CHECK_TIMEOUT_MS);
}

function bySlowness(a: ConformanceCheck, b: ConformanceCheck): number {
  return Number(a.slow ?? false) - Number(b.slow ?? false);
}

/** Fails if the check passes although its promise is declared in `lacks`. */
async function mustFail(
  check: ConformanceCheck,
  factory: SignalingFactory,
  capabilities: SignalingCapabilities,
): Promise<void> {
  try {
    await runCheck(check, factory, capabilities);
  } catch (error) {
    // Without `forge()` the declaration cannot be tested, and is accepted.
    if (error instanceof Error) return;
    throw error;
  }
  throw new Error(
    `The adapter keeps the promise "${check.promise}", which \`lacks\` declares as missing. Remove it from \`lacks\`, or make forge() send the packet in every way that a raw client can.`,
  );
}
