/**
 * Owns how a record of handshakes is read: its rounds, what each step of the thirteen is known to
 * be, and what is being waited for.
 *
 * A page records what it does itself. Of the other side it learns only by what arrives, so a step
 * over there is inferred when a later one proves it.
 */
import {
  HANDSHAKE_STEPS,
  type HandshakeEvent,
  type HandshakeEventName,
  type HandshakeStep,
} from "../../core/stats/handshake-trace.ts";

/** One line of the diagram: a step of the thirteen, or an event outside them. */
export interface TimelineRow {
  /** Undefined for an event outside the thirteen. */
  readonly step: HandshakeStep | undefined;
  readonly name: HandshakeEventName;
  readonly side: "caller" | "callee";
  /** `inferred` is proved by a later step; `waiting` is the one that holds everything up now. */
  readonly state: "done" | "inferred" | "waiting" | "pending";
  /** When, in ms since the round began; undefined for what was not recorded. */
  readonly at: number | undefined;
  /** How long after the event before it, in ms. */
  readonly took: number | undefined;
}

/** One exchange of offer and answer. */
export interface TimelineRound {
  /** Why it takes place. `discarded`: both called at once, and this offer lost. */
  readonly kind: "first" | "change" | "restart" | "rebuilt" | "discarded";
  /** Counts the offers of a connection from 1. */
  readonly round: number;
  /** When it began, in ms since the first event of the connection. */
  readonly at: number;
  /** Which side this page is; undefined where the record knows both. */
  readonly you: "caller" | "callee" | undefined;
  readonly rows: readonly TimelineRow[];
}

/** What a record says of one connection. */
export interface Timeline {
  readonly rounds: readonly TimelineRound[];
  /** Whether both sides have agreed on the last offer, so far as can be known here. */
  readonly agreed: boolean;
  /** When the last event was, in ms since 1970: since then is waited. */
  readonly since: number | undefined;
}

/** Of which connection, and how much of it. */
export interface TimelineOptions {
  /** The other peer's id, as in the events. Default: that of the first event. */
  peer?: string | undefined;
  /** Read only the first `upTo` events of the record; above 1,000, those until then in ms since 1970. */
  upTo?: number | undefined;
  /** Media flows: with its own part done, the callee may take it that the caller's is too. */
  connected?: boolean | undefined;
}

/** Longer records are not kept, so a greater number is a time. */
const MAX_COUNT = 1_000;

const STEPS = Object.keys(HANDSHAKE_STEPS).map(Number) as HandshakeStep[];
const LAST: HandshakeStep = 13;
/** Only a new connection has these for certain. */
const FOR_NEW_CONNECTIONS: ReadonlySet<HandshakeStep> = new Set([1, 2, 5, 8] as const);

/** The part of a record that `upTo` means. */
export function until(events: readonly HandshakeEvent[], upTo: number): readonly HandshakeEvent[] {
  return upTo > MAX_COUNT
    ? events.filter(({ timestamp: at }) => at <= upTo)
    : events.slice(0, upTo);
}

/** Reads a record. Pure: the same events give the same lines. */
export function timelineOf(
  events: readonly HandshakeEvent[],
  { peer = events[0]?.peer, upTo = Infinity, connected = false }: TimelineOptions = {},
): Timeline {
  const known = until(events, upTo).filter((event) => event.peer === peer);
  const groups = split(known);
  const start = known[0]?.timestamp;
  const first = groups.findIndex((group, index) => !isDiscarded(group, groups[index + 1]));
  const kinds = groups.map((group, index) => kindOf(group, index, first));
  const rounds = groups.map((group, index): TimelineRound => {
    const kind = kinds[index] ?? "first";
    const next = kinds[index + 1];
    // A caller offers again only after it took the answer.
    const agreed = next === "change" || next === "restart" || (!next && connected);
    const takenBack = has(group, "rolled-back");
    return {
      kind,
      round: roundOf(group),
      at: since(group[0]?.timestamp, start),
      you: sideOf(group),
      rows: rowsOf(group, {
        proved: agreed && ownPartDone(group) && !takenBack,
        last: !next && !takenBack,
        fresh: kind !== "change" && kind !== "restart",
      }),
    };
  });
  const open = rounds.at(-1)?.rows.some(({ state }) => state === "waiting" || state === "pending");
  return { rounds, agreed: known.length > 0 && !open, since: known.at(-1)?.timestamp };
}

type Group = readonly HandshakeEvent[];

/** One group for each offer; the events that lead to one stand at its beginning. Always at least one. */
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
  // Gathering can begin more than once for the same offer.
  const again = step !== 5 && has(group, step);
  const another = steps.some((event) => event.round !== round);
  const adopts = has(group, "offer-discarded") && side === "callee" && sideOf(steps) === "caller";
  return again || another || adopts;
}

const has = (group: Group, what: HandshakeStep | HandshakeEventName) =>
  group.some(({ step, name }) => step === what || name === what);

/** The side whose steps were recorded; undefined when both (or neither) were. */
function sideOf(group: Group): "caller" | "callee" | undefined {
  const side = group[0]?.side;
  return group.every((event) => event.side === side) ? side : undefined;
}

/** Whether nothing is left to do for whoever recorded it. */
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
  // What leads to an offer is recorded with the round before it.
  const leads = first?.step === undefined && first?.name !== "rebuilt" ? 1 : 0;
  return group.find(({ step }) => step !== undefined)?.round ?? (first?.round ?? 0) + leads;
}

interface RowOptions {
  /** The whole exchange is known to be over. */
  proved: boolean;
  /** Nothing came after it, so what is missing is still to come. */
  last: boolean;
  /** Of a new connection. */
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
    else if (!fresh && FOR_NEW_CONNECTIONS.has(step)) continue;
    // A step of one's own without a record did not happen, or not yet.
    else if (step <= latest && row.side !== you) rows.push({ ...unseen, state: "inferred" });
    else if (last && (step > latest || !over)) rows.push({ ...unseen, state: "pending" });
  }
  return withEvents(group.length > 0 ? withWaiting(rows, you) : rows, group);
}

const sideOfStep = (step: HandshakeStep): TimelineRow["side"] =>
  step >= 7 && step <= 11 ? "callee" : "caller";

/** What holds things up is, as far as one can see, the next step of one's own. */
function withWaiting(rows: readonly TimelineRow[], you: TimelineRow["side"] | undefined) {
  const pending = rows.filter(({ state }) => state === "pending");
  const next = pending.find(({ side, step }) => side === you && step !== 5) ?? pending[0];
  return rows.map((row): TimelineRow => (row === next ? { ...row, state: "waiting" } : row));
}

/** Puts the events outside the thirteen where they happened. */
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

/** An imported record may run backwards; time does not. */
function since(at: number = 0, start: number = 0): number {
  return Math.max(0, Math.round(at - start));
}
