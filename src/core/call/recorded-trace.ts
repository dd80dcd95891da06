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

/** One end of the selected candidate pair. */
export interface RecordedEnd {
  /** The type of its candidate: `"host"`, `"srflx"`, `"prflx"` or `"relay"` (RFC 8445, section 4). */
  readonly type: string;
  /** `"redacted"`, unless {@link RecordOptions.addresses} is set. */
  readonly address: string;
  readonly port?: number | undefined;
}

/** The state of one connection when the trace was recorded. */
export interface RecordedConnection {
  /** The remote peer, as in the events. */
  readonly peer: string;
  readonly name?: string | undefined;
  readonly status: "new" | "connecting" | "connected" | "reconnecting" | "failed" | "closed";
  readonly route?: "direct" | "stun" | "relay" | undefined;
  readonly protocol?: string | undefined;
  readonly local?: RecordedEnd | undefined;
  readonly remote?: RecordedEnd | undefined;
}

/** The handshakes of a call, for a bug report for example. `JSON.stringify` writes it, {@link parseTrace} reads it. */
export interface RecordedTrace {
  readonly version: 1;
  /** When it was recorded, in ms since 1970. */
  readonly at: number;
  readonly events: readonly HandshakeEvent[];
  readonly connections: readonly RecordedConnection[];
}

/** The details of participants that a record includes. By default, nothing that identifies one. */
export interface RecordOptions {
  /**
   * Includes the IP addresses and ports of both ends; otherwise each address is `"redacted"`.
   *
   * @default false
   */
  addresses?: boolean | undefined;
  /**
   * Includes the names of participants.
   *
   * @default false
   */
  names?: boolean | undefined;
  /**
   * Includes the ids of the peers, by which two records can be matched; otherwise they are `p1`, `p2`, …
   *
   * @default false
   */
  ids?: boolean | undefined;
}

/** A source of a record: a call, or one peer connection. */
export type TraceSource =
  | { readonly trace: Events; readonly participants: readonly Participant[] }
  | {
      readonly trace: Events;
      readonly status: RecordedConnection["status"];
      readonly connection: StatsSource | undefined;
    };

type Events = Store<readonly HandshakeEvent[]>;

/**
 * Records the handshakes so far and the present state of each connection. Unless `options` ask for it,
 * the record contains no name, id or address. Its times are real.
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
  const subjects: readonly RecordedSubject[] =
    "participants" in subject ? subject.participants : [{ ...subject, id: "", name: undefined }];
  const seen = [...new Set([...events.map(({ peer }) => peer), ...subjects.map(({ id }) => id)])];
  const nameOf = (id: string) => (ids ? id : `p${seen.indexOf(id) + 1}`);
  // Participants may share a connection, which is asked once.
  const pairs = new Map<StatsSource | undefined, ReturnType<typeof pairOf>>();
  const connections = subjects.map(async (each): Promise<RecordedConnection> => {
    const source = each.stats ?? each.connection;
    if (!pairs.has(source)) pairs.set(source, pairOf(source));
    const pair = await pairs.get(source);
    const endOf = (end: Ends["local"]): RecordedEnd => ({
      type: end?.candidateType ?? "",
      address: addresses ? (end?.address ?? "") : "redacted",
      port: addresses ? end?.port : undefined,
    });
    return {
      peer: nameOf(each.id),
      name: names ? each.name : undefined,
      status: each.status === "disconnected" ? "closed" : each.status,
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

/** The fields of a participant that are recorded. */
interface RecordedSubject extends Pick<Participant, "id" | "name"> {
  readonly status: RecordedConnection["status"] | "disconnected";
  readonly connection?: StatsSource | undefined;
  readonly stats?: StatsSource | undefined;
}

type Ends = NonNullable<ReturnType<typeof selectedPair>>;

async function pairOf(connection: StatsSource | undefined) {
  // A connection that closes during the request has no route.
  const report = await connection?.getStats().catch(() => undefined);
  return report && selectedPair(report);
}

const MAX_EVENTS = 1_000;
const MAX_CONNECTIONS = 64;

/** The number of each event's step; 0 for events that are not one of the thirteen steps. */
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
 * Reads a record from its JSON or from the parsed value, and drops unknown fields.
 *
 * @throws {CallError} `message-invalid`, if it is not a record, of another version, or too long.
 */
export function parseTrace(json: unknown): RecordedTrace {
  let trace: Checked<typeof recorded>;
  try {
    trace = recorded(typeof json === "string" ? JSON.parse(json) : json, "trace");
  } catch (cause) {
    const where = cause instanceof ValidationError ? cause.message : "JSON";
    throw new CallError(
      "message-invalid",
      `The trace cannot be read (${where}). Record it again with recordTrace().`,
      { cause },
    );
  }
  // Derived from the name, so that a file cannot contain a step that contradicts it.
  const events = trace.events.map((event) => ({
    ...event,
    step: STEP_OF.get(event.name) || undefined,
  }));
  return { ...trace, events };
}
