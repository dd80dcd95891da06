/** Owns the made-up handshakes of the stories: what a page would have recorded. */
import {
  HANDSHAKE_STEPS,
  type HandshakeEvent,
  type HandshakeStep,
  type RecordedConnection,
  type RecordedTrace,
  type TimelineSubject,
} from "twocan";

/** When each step of a first exchange happens, in ms. */
const TIMES: Record<HandshakeStep, number> = {
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

interface Circumstances {
  round?: number;
  /** When it begins, in ms. */
  from?: number;
  peer?: string;
}

/** These steps of an exchange, as whoever did them has recorded them. */
export function steps(
  numbers: readonly HandshakeStep[],
  { round = 1, from = 0, peer = "" }: Circumstances = {},
): HandshakeEvent[] {
  const [first = 1] = numbers;
  return numbers.map((step) => ({
    step,
    name: HANDSHAKE_STEPS[step],
    timestamp: from + TIMES[step] - TIMES[first],
    side: step >= 7 && step <= 11 ? "callee" : "caller",
    round,
    peer,
  }));
}

/** An event outside the thirteen. */
export function occurrence(
  name: Exclude<HandshakeEvent["name"], (typeof HANDSHAKE_STEPS)[HandshakeStep]>,
  side: HandshakeEvent["side"],
  { round = 1, from = 0, peer = "" }: Circumstances = {},
): HandshakeEvent {
  return { step: undefined, name, side, round, peer, timestamp: from };
}

/** What the caller's page records of a first exchange; the callee's has the rest. */
export const CALLER: readonly HandshakeStep[] = [1, 2, 3, 4, 5, 6, 12, 13];
export const CALLEE: readonly HandshakeStep[] = [7, 8, 9, 10, 11];
export const BOTH: readonly HandshakeStep[] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13];

/** A record of these events, made a while after the last one. */
export function recorded(
  events: readonly HandshakeEvent[],
  connection: Partial<RecordedConnection> = {},
): RecordedTrace {
  const start = Date.UTC(2026, 1, 3, 9);
  return {
    version: 1,
    at: start + 60_000,
    events: events.map((one) => Object.assign({}, one, { at: start + one.timestamp })),
    connections: [
      { peer: events[0]?.peer ?? "", status: "connected", route: "direct", ...connection },
    ],
  };
}

/** The same, happening: the last event was `ago` ms before now. */
export function happening(
  events: readonly HandshakeEvent[],
  status: RecordedConnection["status"],
  ago: number,
): TimelineSubject {
  const start = Date.now() - ago - (events.at(-1)?.timestamp ?? 0);
  const moved = events.map((one) => Object.assign({}, one, { at: start + one.timestamp }));
  return { trace: { getSnapshot: () => moved, subscribe: () => () => {} }, status };
}
