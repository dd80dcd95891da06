/** Owns one run of one check: a fresh backend, the visitors in its rooms, and waiting for what must come. */
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

/** One thing that the suite proves. */
export interface ConformanceCheck {
  /** A sentence that goes on after the adapter's name. */
  readonly name: string;
  readonly promise: SignalingPromise;
  /** How many people it takes. Default 2. */
  readonly people?: number | undefined;
  /** Takes seconds of mere waiting, so it may wait beside others. */
  readonly slow?: boolean | undefined;
  /** Cannot be had of a backend that awaits somebody. */
  readonly unawaited?: boolean | undefined;
  /** What the backend has to offer for it. */
  readonly needs?: readonly ("open" | "garbage" | "forge" | "disconnect" | "vanish")[] | undefined;
  /** Rejects with what is wrong. */
  run(stage: CheckContext): Promise<void>;
}

/** What a check plays on. */
export interface CheckContext {
  readonly backend: SignalingBackend;
  readonly capabilities: SignalingCapabilities;
  /** How long what must come may take, in ms. */
  readonly timeoutMs: number;
  /** The same for what somebody says on purpose: shorter than any heartbeat takes to miss them. */
  readonly promptly: number;
  /** The name of a room that nobody uses. */
  room(): Promise<string>;
  /** One peer's own way to the backend; there is one for trouble. */
  client(options?: { troubled: boolean }): Promise<SignalingClient>;
  /** Enters a room, by a client of its own unless one is given. */
  enter(options: TestClientOptions & { client?: SignalingClient | undefined }): Promise<TestClient>;
  /** Mina and Jun in a room of their own, who see each other. */
  pair(): Promise<[mina: TestClient, jun: TestClient]>;
  /** Waits until `probe` gives what is expected; rejects with what it gave last. */
  eventually<T>(what: string, probe: () => T | Promise<T>, expected: T, ms?: number): Promise<void>;
  /** Waits until `test` holds; false if it never does. */
  within(ms: number, test: () => boolean): Promise<boolean>;
  /** Sends a packet until it arrives, as the link does. */
  bring(from: TestClient, to: TestClient, message: SignalMessage): Promise<void>;
}

/** How often an expectation is looked at, in ms. */
const LOOK = 10;
/** How long a word about somebody may take at most, in ms. */
const PROMPTLY = 8_000;
/** After how long the link sends again what was not acknowledged, in ms. */
const RESEND = 2_000;

/** Runs one check on a backend of its own, and leaves nothing of it. Rejects with what is wrong. */
export async function runCheck(
  check: ConformanceCheck,
  factory: SignalingFactory,
  capabilities: SignalingCapabilities = {},
  patience = 15_000,
): Promise<void> {
  const backend = await factory();
  const visitors: TestClient[] = [];
  try {
    const stage = createStage(backend, capabilities, patience, visitors);
    await assertOffered(check, stage);
    await check.run(stage);
  } finally {
    await Promise.allSettled(visitors.map((visitor) => visitor.leave()));
    await backend.close?.();
  }
}

function createStage(
  backend: SignalingBackend,
  capabilities: SignalingCapabilities,
  patience: number,
  visitors: TestClient[],
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
      // oxlint-disable-next-line no-await-in-loop -- one look after the other
      if (await test()) return true;
      if (Date.now() > end) return false;
      // oxlint-disable-next-line no-await-in-loop
      await pause(LOOK);
    }
  }

  const stage: CheckContext = {
    backend,
    capabilities,
    timeoutMs: patience,
    promptly: Math.min(PROMPTLY, patience),
    room: async () => (await backend.room?.()) ?? unique("room"),
    client,
    async enter(options) {
      const { signaling } = options.client ?? (await client());
      const visitor = await visit(signaling, options);
      visitors.push(visitor);
      return visitor;
    },
    async pair() {
      const room = await stage.room();
      const mina = await stage.enter({ room, name: "mina" });
      const jun = await stage.enter({ room, name: "jun" });
      await stage.eventually("whom Mina sees", mina.ids, [jun.id]);
      await stage.eventually("whom Jun sees", jun.ids, [mina.id]);
      return [mina, jun];
    },
    async eventually(what, probe, expected, ms = patience) {
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
      for (const end = Date.now() + patience; !arrived();) {
        if (Date.now() > end) throw wrong("what arrived", to.packets, { from: from.id, message });
        // What is refused for the moment is sent again as well.
        // oxlint-disable-next-line no-await-in-loop -- one try after the other
        await from.send(to, message).catch(ignore);
        // oxlint-disable-next-line no-await-in-loop
        await within(Math.min(RESEND, patience), arrived);
      }
    },
  };
  return stage;
}

/** A promise is proved or declared, never passed over: what it takes to prove it must be there. */
async function assertOffered({ needs = [], promise }: ConformanceCheck, stage: CheckContext) {
  const { backend } = stage;
  const client = needs.some((need) => need === "disconnect" || need === "vanish")
    ? await stage.client({ troubled: true })
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

/** Throws unless both are the same. */
export function expectSame(what: string, seen: unknown, expected: unknown): void {
  if (!same(seen, expected)) throw wrong(what, seen, expected);
}

/** Throws unless the promise rejects with a `CallError` of that code (any code where none is given). */
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
  // By name, because an adapter may come from another realm, or with its own copy of this package.
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

/** For a rejection that another observation shows better. */
export const ignore = () => undefined;

/** Whether both are the same JSON, in whatever order the fields come. */
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
