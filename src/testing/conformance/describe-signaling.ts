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

/** How long one check may take, in ms: the slowest wait for a backend that does not come. */
const LONGEST_CHECK = 60_000;

/** The functions of a test runner that {@link describeSignaling} calls; those of Vitest and of Jest fit. */
export interface TestRunner {
  describe(this: void, name: string, body: () => void): unknown;
  it: RegisterTest & {
    /** Registers a test that may run beside other such tests. */
    readonly concurrent: RegisterTest;
  };
}

/** Registers a test, with its limit in ms. */
type RegisterTest = (name: string, run: () => Promise<void>, timeout: number) => unknown;

/**
 * Registers the suite for one adapter: one test for each thing to prove. Call it at the top of a test
 * file, in Node or in a browser, wherever the adapter runs.
 *
 * Order and once-only are made by the link, the layer above every adapter, so they are proved with it:
 * an adapter may lose, double, reorder and skip packets, as long as the newest one arrives in the
 * end. It must never bring one to anybody else, from anybody else, back to its sender, or changed.
 *
 * A promise that a backend cannot keep is declared (`capabilities.lacks`) and shown in the table;
 * nothing is skipped in silence. Under Vitest each test carries its part of the table in
 * `task.meta.signaling`; `conformanceTable` draws it.
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
  describe(`${name} keeps the signaling contract:`, () => {
    for (const check of checksFor(capabilities).toSorted(bySlowness))
      register(it, name, check, capabilities, () => runCheck(check, factory, capabilities));
    const open = capabilities.lacks?.sender;
    for (const check of conformanceChecks)
      if (check.promise === "sender" && open !== undefined)
        register(
          it,
          name,
          { ...check, name: "lets others speak in one's name, as declared" },
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
  // Each has a backend of its own, so those that mostly wait can do it together.
  const registerTest = slow ? it.concurrent : it;
  // Rest parameters, because Jest passes a `done` callback to a function that declares a parameter.
  const test = async (...[context]: [context?: { readonly task?: { readonly meta: object } }]) => {
    const result: Omit<ConformanceResult, "passed"> = { adapter, promise, capabilities };
    if (context?.task) Object.assign(context.task.meta, { signaling: result });
    await run();
  };
  registerTest(name, test, LONGEST_CHECK);
}

function bySlowness(a: ConformanceCheck, b: ConformanceCheck): number {
  return Number(a.slow ?? false) - Number(b.slow ?? false);
}

/** A declaration is not more modest than it has to be. */
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
    `It keeps this promise (${check.promise}) after all: take it out of \`lacks\`, or let forge() try harder.`,
  );
}
