/*
 * A page records its own steps. It knows the steps of the remote peer only from the messages that
 * arrive, so a remote step is inferred when a later step proves it.
 */
import {
  HANDSHAKE_STEPS,
  type HandshakeEvent,
  type HandshakeEventName,
  type HandshakeStep,
} from "../../core/stats/handshake-trace.ts";

type TimelineSide =
  /** The peer that sends the offer. */
  | "caller"
  /** The peer that sends the answer. */
  | "callee";

/** One line of the diagram: one of the thirteen steps, or an event outside them. */
export interface TimelineRow {
  /** Undefined for an event outside the thirteen steps. */
  readonly step: HandshakeStep | undefined;
  readonly name: HandshakeEventName;
  readonly side: TimelineSide;
  /**
   * - `done`: the step was recorded
   * - `inferred`: a later step proves it
   * - `waiting`: it is the next step, and all others wait for it
   * - `pending`: it comes later
   */
  readonly state: "done" | "inferred" | "waiting" | "pending";
  /** The time since the beginning of the round, in ms; undefined unless it was recorded. */
  readonly at: number | undefined;
  /** The time since the event before, in ms. */
  readonly took: number | undefined;
}

/** One exchange of offer and answer. */
export interface TimelineRound {
  /**
   * - `first`: sets up the connection
   * - `change`: renegotiates the running connection
   * - `restart`: restarts ICE
   * - `rebuilt`: replaces the connection with a new one
   * - `discarded`: both peers sent an offer at once, and this one was dropped
   */
  readonly kind: "first" | "change" | "restart" | "rebuilt" | "discarded";
  /** The number of the offer in its connection, from 1. */
  readonly round: number;
  /** The time since the first event of the connection, in ms. */
  readonly at: number;
  /** The side of this page; undefined if the record contains both. */
  readonly you: TimelineSide | undefined;
  readonly rows: readonly TimelineRow[];
}

/** The handshakes of one connection. */
export interface Timeline {
  readonly rounds: readonly TimelineRound[];
  /** Whether both peers have agreed on the last offer, as far as this page knows. */
  readonly agreed: boolean;
  /** The time of the last event, in ms since 1970. A waiting step has been waited for since then. */
  readonly since: number | undefined;
}

/** Limits how much of a record is read. */
interface TimelineRange {
  /** Reads only the first events of the record, up to this number. */
  maxEvents?: number | undefined;
  /** Reads only the events until this time, in ms since 1970. */
  until?: number | undefined;
}

/** Configures {@link timelineOf}. */
export interface TimelineOptions extends TimelineRange {
  /**
   * The id of the remote peer, as in the events.
   *
   * @default the peer of the first event
   */
  peer?: string | undefined;
  /** Media is received, which proves to the callee that the caller has done its last step. */
  connected?: boolean | undefined;
}

const STEPS = Object.keys(HANDSHAKE_STEPS).map(Number) as HandshakeStep[];
const LAST: HandshakeStep = 13;
/** The steps that only a new connection is sure to have. */
const STEPS_OF_NEW_CONNECTIONS: ReadonlySet<HandshakeStep> = new Set([1, 2, 5, 8] as const);

/** Returns the events in a range. */
export function eventsIn(
  events: readonly HandshakeEvent[],
  { maxEvents = Infinity, until = Infinity }: TimelineRange,
): readonly HandshakeEvent[] {
  return events.slice(0, maxEvents).filter(({ timestamp }) => timestamp <= until);
}

/** Derives the rounds and steps of a connection from its events. Pure. */
export function timelineOf(
  events: readonly HandshakeEvent[],
  { peer = events[0]?.peer, connected = false, ...range }: TimelineOptions = {},
): Timeline {
  const known = eventsIn(events, range).filter((event) => event.peer === peer);
  const groups = split(known);
  const start = known[0]?.timestamp;
  const first = groups.findIndex((group, index) => !isDiscarded(group, groups[index + 1]));
  const kinds = groups.map((group, index) => kindOf(group, index, first));
  const rounds = groups.map((group, index): TimelineRound => {
    const kind = kinds[index] ?? "first";
    const next = kinds[index + 1];
    // A caller sends the next offer only after it has applied the answer.
    const agreed = next === "change" || next === "restart" || (!next && connected);
    const rolledBack = has(group, "rolled-back");
    return {
      kind,
      round: roundOf(group),
      at: since(group[0]?.timestamp, start),
      you: sideOf(group),
      rows: rowsOf(group, {
        proved: agreed && ownPartDone(group) && !rolledBack,
        last: !next && !rolledBack,
        fresh: kind !== "change" && kind !== "restart",
      }),
    };
  });
  const open = rounds.at(-1)?.rows.some(({ state }) => state === "waiting" || state === "pending");
  return { rounds, agreed: known.length > 0 && !open, since: known.at(-1)?.timestamp };
}

type Group = readonly HandshakeEvent[];

/** Splits the events into one group for each offer, which starts with the events that lead to it. Returns at least one group. */
function split(events: readonly HandshakeEvent[]): Group[] {
  const groups: HandshakeEvent[][] = [[]];
  for (const event of events) {
    const group = groups.at(-1) ?? [];
    if (group.length > 0 && beginsAnother(event, group)) groups.push([event]);
    else group.push(event);
  }
  return groups;
}

function beginsAnother({ step, name, side, round }: HandshakeEvent, group: Group): boolean {
  if (name === "rebuilt") return true;
  if (step === undefined)
    return (name === "ice-restarted" || name === "negotiation-asked") && ownPartDone(group);
  const steps = group.filter((event) => event.step !== undefined);
  // Gathering can start more than once for one offer.
  const again = step !== 5 && has(group, step);
  const another = steps.some((event) => event.round !== round);
  const adopts = has(group, "offer-discarded") && side === "callee" && sideOf(steps) === "caller";
  return again || another || adopts;
}

const has = (group: Group, what: HandshakeStep | HandshakeEventName) =>
  group.some(({ step, name }) => step === what || name === what);

/** Returns the side whose steps were recorded; undefined if both or none were. */
function sideOf(group: Group): TimelineSide | undefined {
  const side = group[0]?.side;
  return group.every((event) => event.side === side) ? side : undefined;
}

/** Whether the recording side has done its last step. */
function ownPartDone(group: Group): boolean {
  const answered = has(group, 11) && sideOf(group) === "callee";
  return answered || has(group, LAST) || has(group, "rolled-back");
}

function isDiscarded(group: Group, next: Group | undefined): boolean {
  return next !== undefined && has(group, "offer-discarded") && !ownPartDone(group);
}

function kindOf(group: Group, index: number, first: number): TimelineRound["kind"] {
  if (index < first) return "discarded";
  if (index === first) return "first";
  if (has(group, "rebuilt") || has(group, 1) || roundOf(group) === 1) return "rebuilt";
  return has(group, "ice-restarted") ? "restart" : "change";
}

function roundOf(group: Group): number {
  const [first] = group;
  // Events that lead to an offer are recorded with the number of the round before it.
  const leads = first?.step === undefined && first?.name !== "rebuilt" ? 1 : 0;
  return group.find(({ step }) => step !== undefined)?.round ?? (first?.round ?? 0) + leads;
}

interface RowOptions {
  /** The exchange is known to be complete. */
  proved: boolean;
  /** It is the last round, so missing steps are pending. */
  last: boolean;
  /** It belongs to a new connection. */
  fresh: boolean;
}

function rowsOf(group: Group, { proved, last, fresh }: RowOptions): TimelineRow[] {
  const you = sideOf(group);
  const latest = proved ? LAST : Math.max(0, ...group.map(({ step }) => step ?? 0));
  const over = ownPartDone(group);
  const rows: TimelineRow[] = [];
  for (const step of STEPS) {
    const event = group.find((one) => one.step === step);
    const row = { step, name: HANDSHAKE_STEPS[step], side: sideOfStep(step) };
    const unseen = { ...row, at: undefined, took: undefined };
    if (event) rows.push({ ...row, state: "done", ...timesOf(event, group) });
    else if (!fresh && STEPS_OF_NEW_CONNECTIONS.has(step)) continue;
    // A local step that was not recorded did not happen yet, so only remote ones are inferred.
    else if (step <= latest && row.side !== you) rows.push({ ...unseen, state: "inferred" });
    else if (last && (step > latest || !over)) rows.push({ ...unseen, state: "pending" });
  }
  return withEvents(group.length > 0 ? withWaiting(rows, you) : rows, group);
}

const sideOfStep = (step: HandshakeStep): TimelineSide =>
  step >= 7 && step <= 11 ? "callee" : "caller";

/** Marks the step that all others wait for: the next local one, as far as this page knows. */
function withWaiting(rows: readonly TimelineRow[], you: TimelineSide | undefined) {
  const pending = rows.filter(({ state }) => state === "pending");
  const next = pending.find(({ side, step }) => side === you && step !== 5) ?? pending[0];
  return rows.map((row): TimelineRow => (row === next ? { ...row, state: "waiting" } : row));
}

/** Inserts the events outside the thirteen steps at the position where they happened. */
function withEvents(rows: readonly TimelineRow[], group: Group): TimelineRow[] {
  const result = [...rows];
  let position = -1;
  for (const event of group) {
    const { step, name, side } = event;
    if (step === undefined) {
      const row = { step, name, side, state: "done", ...timesOf(event, group) } as const;
      result.splice((position += 1), 0, row);
    } else
      position = Math.max(
        position,
        result.findIndex((row) => row.step === step),
      );
  }
  return result;
}

function timesOf(event: HandshakeEvent, group: Group) {
  const before = group[group.indexOf(event) - 1];
  return {
    at: since(event.timestamp, group[0]?.timestamp),
    took: before && since(event.timestamp, before.timestamp),
  };
}

/** Returns the time between two timestamps. At least 0, because the clocks of an imported record may disagree. */
function since(at: number = 0, start: number = 0): number {
  return Math.max(0, Math.round(at - start));
}
