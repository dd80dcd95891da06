import {
  HANDSHAKE_STEPS,
  type HandshakeEvent,
  type HandshakeStep,
  type RecordedConnection,
  type RecordedTrace,
  type TimelineSubject,
} from "twocan";

/** The time of each step of a first exchange, in ms. */
const TIMES_MS: Record<HandshakeStep, number> = {
  1: 0,
  2: 3,
  3: 5,
  4: 12,
  5: 13,
  6: 14,
  7: 71,
  8: 75,
  9: 76,
  10: 84,
  11: 86,
  12: 148,
  13: 156,
};

interface EventOptions {
  round?: number;
  /** The time of the first event, in ms. */
  from?: number;
  peer?: string;
}

/** Creates the events of these steps. */
export function steps(
  numbers: readonly HandshakeStep[],
  { round = 1, from = 0, peer = "" }: EventOptions = {},
): HandshakeEvent[] {
  const [first = 1] = numbers;
  return numbers.map((step) => ({
    step,
    name: HANDSHAKE_STEPS[step],
    timestamp: from + TIMES_MS[step] - TIMES_MS[first],
    side: step >= 7 && step <= 11 ? "callee" : "caller",
    round,
    peer,
  }));
}

/** Creates an event outside the thirteen steps. */
export function occurrence(
  name: Exclude<HandshakeEvent["name"], (typeof HANDSHAKE_STEPS)[HandshakeStep]>,
  side: HandshakeEvent["side"],
  { round = 1, from = 0, peer = "" }: EventOptions = {},
): HandshakeEvent {
  return { step: undefined, name, side, round, peer, timestamp: from };
}

/** The steps that the page of the caller records in a first exchange. */
export const CALLER: readonly HandshakeStep[] = [1, 2, 3, 4, 5, 6, 12, 13];
/** The steps that the page of the callee records. */
export const CALLEE: readonly HandshakeStep[] = [7, 8, 9, 10, 11];
/** The steps of both pages. */
export const BOTH: readonly HandshakeStep[] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13];

/** Creates a record of these events, taken a minute after the first one. */
export function recorded(
  events: readonly HandshakeEvent[],
  connection: Partial<RecordedConnection> = {},
): RecordedTrace {
  const start = Date.UTC(2026, 1, 3, 9);
  return {
    version: 1,
    at: start + 60_000,
    events: events.map((one) => Object.assign({}, one, { timestamp: start + one.timestamp })),
    connections: [
      { peer: events[0]?.peer ?? "", status: "connected", route: "direct", ...connection },
    ],
  };
}

/** Creates a live subject with these events. The last one was `ago` ms before now. */
export function live(
  events: readonly HandshakeEvent[],
  status: RecordedConnection["status"],
  ago: number,
): TimelineSubject {
  const start = Date.now() - ago - (events.at(-1)?.timestamp ?? 0);
  const shifted = events.map((one) => Object.assign({}, one, { timestamp: start + one.timestamp }));
  return { trace: { getSnapshot: () => shifted, subscribe: () => () => {} }, status };
}
