/** Owns the record of a call's handshakes as a file: what goes into it, and the check of what comes out of one. */
import {
  primitive,
  list,
  optional,
  ValidationError,
  object,
  type Checked,
} from "../lib/validate.ts";
import { CallError } from "../lib/errors.ts";
import type { Participant } from "./participants.ts";
import { selectedPair, type StatsSource } from "../stats/connection-stats.ts";
import type { Store } from "../lib/store.ts";
import {
  HANDSHAKE_STEPS,
  type HandshakeEvent,
  type HandshakeStep,
} from "../stats/handshake-trace.ts";

/** One end of the route that was chosen. */
export interface RecordedEnd {
  /** Of its candidate: `"host"`, `"srflx"`, `"prflx"` or `"relay"` (RFC 8445, section 4). */
  readonly type: string;
  /** `"redacted"`, unless it was asked for. */
  readonly address: string;
  readonly port?: number | undefined;
}

/** One connection as it was when the trace was recorded. */
export interface RecordedConnection {
  /** The other peer, as in the events. */
  readonly peer: string;
  readonly name?: string | undefined;
  readonly status: "new" | "connecting" | "connected" | "reconnecting" | "failed" | "closed";
  readonly route?: "direct" | "stun" | "relay" | undefined;
  readonly protocol?: string | undefined;
  readonly local?: RecordedEnd | undefined;
  readonly remote?: RecordedEnd | undefined;
}

/** The handshakes of a call, for a bug report say: `JSON.stringify` writes it, {@link parseTrace} reads it. */
export interface RecordedTrace {
  readonly version: 1;
  /** When it was recorded, in ms since 1970. */
  readonly at: number;
  readonly events: readonly HandshakeEvent[];
  readonly connections: readonly RecordedConnection[];
}

/** What a record may tell of people; by default nothing does. */
export interface RecordOptions {
  /** IP addresses and ports of both ends. Default `false`: each is `"redacted"`. */
  addresses?: boolean | undefined;
  /** Default `false`: left out. */
  names?: boolean | undefined;
  /** The ids of the peers, by which two records can be put together. Default `false`: `p1`, `p2`, … */
  ids?: boolean | undefined;
}

/** What can be recorded: a call, or one peer connection. */
export type TraceSource =
  | { readonly trace: Events; readonly participants: readonly Participant[] }
  | {
      readonly trace: Events;
      readonly status: RecordedConnection["status"];
      readonly connection: StatsSource | undefined;
    };

type Events = Store<readonly HandshakeEvent[]>;

/**
 * Records what happened so far, and how each connection is now. It holds nothing that tells who or
 * where somebody is, unless asked for; times are real.
 *
 * @example
 * const file = new Blob([JSON.stringify(await recordTrace(call))], { type: "application/json" });
 */
export async function recordTrace(
  subject: TraceSource,
  { addresses = false, names = false, ids = false }: RecordOptions = {},
): Promise<RecordedTrace> {
  const events = subject.trace.getSnapshot();
  const at = performance.timeOrigin + performance.now();
  const people =
    "participants" in subject ? subject.participants : [{ ...subject, id: "", name: undefined }];
  const seen = [...new Set([...events.map(({ peer }) => peer), ...people.map(({ id }) => id)])];
  const nameOf = (id: string) => (ids ? id : `p${seen.indexOf(id) + 1}`);
  const connections = people.map(async (person): Promise<RecordedConnection> => {
    const pair = await pairOf(person.connection);
    const endOf = (end: Ends["local"]): RecordedEnd => ({
      type: end?.candidateType ?? "",
      address: addresses ? (end?.address ?? "") : "redacted",
      port: addresses ? end?.port : undefined,
    });
    return {
      peer: nameOf(person.id),
      name: names ? person.name : undefined,
      status: person.status,
      route: pair?.route,
      protocol: pair?.protocol,
      local: pair && endOf(pair.local),
      remote: pair && endOf(pair.remote),
    };
  });
  return {
    version: 1,
    at,
    events: events.map(({ peer, ...event }) => Object.assign(event, { peer: nameOf(peer) })),
    connections: await Promise.all(connections),
  };
}

type Ends = NonNullable<ReturnType<typeof selectedPair>>;

async function pairOf(connection: StatsSource | undefined) {
  // A connection that closes meanwhile has no route any more.
  const report = await connection?.getStats().catch(() => undefined);
  return report && selectedPair(report);
}

const MAX_EVENTS = 1_000;
const MAX_CONNECTIONS = 64;

/** The numbers of the steps; 0 for the events outside the thirteen. */
const STEP_OF = new Map<string, HandshakeStep | 0>([
  ...Object.entries(HANDSHAKE_STEPS).map(
    ([step, name]) => [name, Number(step) as HandshakeStep] as const,
  ),
  ...["negotiation-asked", "offer-discarded", "rolled-back", "ice-restarted", "rebuilt"].map(
    (name) => [name, 0] as const,
  ),
]);

const text = primitive<string>((value) => typeof value === "string" && value.length <= 160);
const time = primitive<number>(
  (value) => typeof value === "number" && value >= 0 && value < 8.64e15,
);
const count = primitive<number>((value) => Number.isSafeInteger(value) && (value as number) >= 0);
const oneOf = <T extends string | number>(...words: readonly T[]) =>
  primitive<T>((value) => words.includes(value as T));

const end = optional(
  object({ type: text, address: text, port: optional(count, undefined) }),
  undefined,
);
const recorded = object({
  version: oneOf(1),
  at: time,
  events: list(
    object({
      name: primitive<HandshakeEvent["name"]>((value) => STEP_OF.has(value as string)),
      timestamp: time,
      side: oneOf("caller", "callee"),
      round: count,
      peer: text,
    }),
    MAX_EVENTS,
  ),
  connections: list(
    object({
      peer: text,
      name: optional(text, undefined),
      status: oneOf("new", "connecting", "connected", "reconnecting", "failed", "closed"),
      route: optional(oneOf("direct", "stun", "relay"), undefined),
      protocol: optional(text, undefined),
      local: end,
      remote: end,
    }),
    MAX_CONNECTIONS,
  ),
});

/**
 * Reads a record: its JSON, or what `JSON.parse` made of it. What it does not know is left out.
 *
 * @throws {CallError} `message-invalid`: not a record, of another version, or too long.
 */
export function parseTrace(json: unknown): RecordedTrace {
  let trace: Checked<typeof recorded>;
  try {
    trace = recorded(typeof json === "string" ? JSON.parse(json) : json, "trace");
  } catch (cause) {
    const where = cause instanceof ValidationError ? cause.message : "JSON";
    throw new CallError(
      "message-invalid",
      `This is no trace that can be read (${where}). Record it again.`,
      { cause },
    );
  }
  // The number follows from the name: a file cannot make them disagree.
  const events = trace.events.map((event) => ({
    ...event,
    step: STEP_OF.get(event.name) || undefined,
  }));
  return { ...trace, events };
}
