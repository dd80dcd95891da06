import type { CallError } from "../../core/lib/errors.ts";
import type { SignalMessage, Signaling } from "../../core/signaling/signaling.ts";
import type {
  SignalingBackend,
  SignalingCapabilities,
  SignalingClient,
  SignalingFactory,
  SignalingPromise,
} from "./signaling-backend.ts";
import { unique, visit, type TestClientOptions, type TestClient } from "./test-client.ts";

/** A test of one behaviour that the signaling contract requires. */
export interface ConformanceCheck {
  /** A sentence whose subject is the adapter, for the title of a test. */
  readonly name: string;
  /** The promise of the contract that the check belongs to. */
  readonly promise: SignalingPromise;
  /** The number of peers that the check needs in one room. @default 2 */
  readonly people?: number | undefined;
  /** Whether the check mostly waits, so that it can run concurrently with others. @default false */
  readonly slow?: boolean | undefined;
  /** Whether the check is left out for a backend that lists peers before they join (`awaits`). @default false */
  readonly unawaited?: boolean | undefined;
  /** The optional functions of the backend and its client that the check calls. */
  readonly needs?: readonly ("open" | "garbage" | "forge" | "disconnect" | "vanish")[] | undefined;
  /** Runs the check. Rejects with an error that describes the violation. */
  run(context: CheckContext): Promise<void>;
}

/** The backend under test, and the helpers that a check calls. */
export interface CheckContext {
  /** The backend of this check. */
  readonly backend: SignalingBackend;
  /** The declared capabilities of the adapter. */
  readonly capabilities: SignalingCapabilities;
  /** The time limit in ms for an expected result. */
  readonly timeoutMs: number;
  /** The time limit in ms for news that a peer announces itself. It is shorter than the time in which a heartbeat expires. */
  readonly promptly: number;
  /** Returns the name of an unused room. */
  room(): Promise<string>;
  /** Returns a client of the backend. All calls with `troubled: true` return the same client. */
  client(options?: { troubled: boolean }): Promise<SignalingClient>;
  /** Joins a room, with a new client unless `client` is given. */
  enter(options: TestClientOptions & { client?: SignalingClient | undefined }): Promise<TestClient>;
  /** Joins an unused room as Mina and as Jun, and waits until each lists the other. */
  pair(): Promise<[mina: TestClient, jun: TestClient]>;
  /** Waits until `probe` returns the expected value. Rejects with the last value after `ms`. */
  eventually<T>(what: string, probe: () => T | Promise<T>, expected: T, ms?: number): Promise<void>;
  /** Waits until `test` returns true. Resolves to `false` after `ms`. */
  within(ms: number, test: () => boolean): Promise<boolean>;
  /** Sends a packet again and again until it arrives, as the reliable channel does. */
  bring(from: TestClient, to: TestClient, message: SignalMessage): Promise<void>;
}

/** The interval in ms between two reads of an expected value. */
const POLL_INTERVAL_MS = 10;
/** The upper bound in ms of {@link CheckContext.promptly}. */
const PROMPTLY_MS = 8_000;
/** The time in ms after which `bring` sends the packet again. The reliable channel resends at the same pace. */
const RESEND_MS = 2_000;

/**
 * Runs one check against a new backend of the factory, then leaves all rooms and closes the backend.
 *
 * @param check A check of {@link checksFor} or {@link conformanceChecks}.
 * @param factory Creates the backend.
 * @param capabilities The declared capabilities of the adapter.
 * @param timeoutMs The time limit in ms for each expected result. Default 15,000.
 * @throws {Error} The violation of the contract, or the function of the backend that the check needs.
 *
 * @example
 * for (const check of checksFor()) await runCheck(check, () => ({ peer: () => mySignaling() }));
 */
export async function runCheck(
  check: ConformanceCheck,
  factory: SignalingFactory,
  capabilities: SignalingCapabilities = {},
  timeoutMs = 15_000,
): Promise<void> {
  const backend = await factory();
  const clients: TestClient[] = [];
  try {
    const context = createContext(backend, capabilities, timeoutMs, clients);
    await assertOffered(check, context);
    await check.run(context);
  } finally {
    await Promise.allSettled(clients.map((client) => client.leave()));
    await backend.close?.();
  }
}

function createContext(
  backend: SignalingBackend,
  capabilities: SignalingCapabilities,
  timeoutMs: number,
  clients: TestClient[],
): CheckContext {
  let troubled: SignalingClient | undefined;

  async function client(options = { troubled: false }): Promise<SignalingClient> {
    if (options.troubled && troubled) return troubled;
    const made: Signaling | SignalingClient = await backend.peer(options);
    const full = "signaling" in made ? made : { signaling: made };
    if (options.troubled) troubled = full;
    return full;
  }

  async function within(ms: number, test: () => boolean | Promise<boolean>): Promise<boolean> {
    for (const end = Date.now() + ms; ;) {
      // oxlint-disable-next-line no-await-in-loop -- one read after the other
      if (await test()) return true;
      if (Date.now() > end) return false;
      // oxlint-disable-next-line no-await-in-loop
      await pause(POLL_INTERVAL_MS);
    }
  }

  const context: CheckContext = {
    backend,
    capabilities,
    timeoutMs,
    promptly: Math.min(PROMPTLY_MS, timeoutMs),
    room: async () => (await backend.room?.()) ?? unique("room"),
    client,
    async enter(options) {
      const { signaling } = options.client ?? (await client());
      const joined = await visit(signaling, options);
      clients.push(joined);
      return joined;
    },
    async pair() {
      const room = await context.room();
      const mina = await context.enter({ room, name: "mina" });
      const jun = await context.enter({ room, name: "jun" });
      await context.eventually("Mina's roster", mina.ids, [jun.id]);
      await context.eventually("Jun's roster", jun.ids, [mina.id]);
      return [mina, jun];
    },
    async eventually(what, probe, expected, ms = timeoutMs) {
      let seen: unknown;
      const came = await within(ms, async () => {
        seen = await probe();
        return same(seen, expected);
      });
      if (!came) throw wrong(`${what} within ${ms} ms`, seen, expected);
    },
    within,
    async bring(from, to, message) {
      const arrived = () => to.packets.some((packet) => same(packet.message, message));
      for (const end = Date.now() + timeoutMs; !arrived();) {
        if (Date.now() > end)
          throw wrong("the received packets", to.packets, { from: from.id, message });
        // A rejected packet is sent again, too: the backend may accept it later.
        // oxlint-disable-next-line no-await-in-loop -- one try after the other
        await from.send(to, message).catch(ignore);
        // oxlint-disable-next-line no-await-in-loop
        await within(Math.min(RESEND_MS, timeoutMs), arrived);
      }
    },
  };
  return context;
}

/** Throws if the backend lacks a function that the check calls: a promise is either proved or declared in `lacks`. */
async function assertOffered({ needs = [], promise }: ConformanceCheck, context: CheckContext) {
  const { backend } = context;
  const client = needs.some((need) => need === "disconnect" || need === "vanish")
    ? await context.client({ troubled: true })
    : undefined;
  const missing = needs.filter((need) => {
    if (need === "vanish") return !client?.vanish;
    if (need === "disconnect") return !client?.disconnect || !client.reconnect;
    return !backend[need];
  });
  if (missing.length > 0)
    throw new Error(
      `Give the suite \`${missing.join("`, `")}\`, or declare { lacks: { ${promise}: "the reason" } }.`,
    );
}

/** Throws unless both values are the same JSON. */
export function expectSame(what: string, seen: unknown, expected: unknown): void {
  if (!same(seen, expected)) throw wrong(what, seen, expected);
}

/** Throws unless the promise rejects with a `CallError` of that code, or of any code if none is given. */
export async function expectRefused(
  what: string,
  promise: Promise<unknown>,
  code?: CallError["code"],
): Promise<void> {
  let refusal: unknown;
  try {
    await promise;
  } catch (error) {
    refusal = error;
  }
  // Compare the name: an adapter may come from another realm, or with its own copy of this package.
  const { name, code: seen } = (refusal ?? {}) as Partial<CallError>;
  if (name !== "CallError" || (code && seen !== code))
    throw new Error(`${what}: expected a CallError ${code ?? ""}, got ${show(refusal)}`, {
      cause: refusal,
    });
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

/** Handles a rejection whose effect the check observes elsewhere. */
export const ignore = () => undefined;

/** Whether both values are the same JSON, in any order of their fields. */
function same(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (typeof one !== "object" || typeof other !== "object" || !one || !other) return false;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const [fields, others] = [definedFields(one), definedFields(other)];
  return (
    fields.size === others.size &&
    [...fields].every(([name, value]) => others.has(name) && same(value, others.get(name)))
  );
}

function definedFields(value: object): Map<string, unknown> {
  return new Map(Object.entries(value).filter(([, field]) => field !== undefined));
}

function wrong(what: string, seen: unknown, expected: unknown): Error {
  return new Error(`${what}: expected ${show(expected)}, got ${show(seen)}`);
}

function show(value: unknown): string {
  const text = value instanceof Error ? String(value) : (JSON.stringify(value) ?? String(value));
  return text.length > 400 ? `${text.slice(0, 400)}… (${text.length} characters)` : text;
}
