/** Owns the record of handshakes: the thirteen steps of HANDSHAKE, as they happen. */
import { createStore, type Store } from "../lib/store.ts";

/** The thirteen steps by number; `HandshakeEvent.name` is the word beside it. */
export const HANDSHAKE_STEPS = {
  1: "caller-captures",
  2: "caller-adds-tracks",
  3: "caller-creates-offer",
  4: "caller-sets-local-offer",
  5: "caller-gathers",
  6: "caller-sends-offer",
  7: "callee-sets-remote-offer",
  8: "callee-adds-tracks",
  9: "callee-creates-answer",
  10: "callee-sets-local-answer",
  11: "callee-sends-answer",
  12: "caller-receives-answer",
  13: "caller-sets-remote-answer",
} as const;

/** The number of a step. */
export type HandshakeStep = keyof typeof HANDSHAKE_STEPS;

/** The names of the thirteen steps, and of what happens outside them. */
export type HandshakeEventName =
  | (typeof HANDSHAKE_STEPS)[HandshakeStep]
  | "negotiation-asked"
  | "offer-discarded"
  | "rolled-back"
  | "ice-restarted"
  | "rebuilt";

/** One thing that happened in the handshake of a connection. */
export interface HandshakeEvent {
  /** 1 to 13, or undefined for the named events outside the thirteen. */
  readonly step: HandshakeStep | undefined;
  readonly name: HandshakeEventName;
  /** When, in ms since 1970 (`performance.timeOrigin + performance.now()`). */
  readonly timestamp: number;
  /** Which side of the connection did it. */
  readonly side: "caller" | "callee";
  /** Counts the offers of a connection from 1. */
  readonly round: number;
  /** The id of the other peer; empty for a connection outside a call. */
  readonly peer: string;
}

/** The longest record kept; the oldest events go first. */
const MAX_EVENTS = 1_000;

/** Where handshake events are written and read. */
export interface Trace extends Store<readonly HandshakeEvent[]> {
  record(event: Omit<HandshakeEvent, "timestamp">): void;
}

/** Makes an empty record. */
export function createTrace(): Trace {
  const store = createStore<readonly HandshakeEvent[]>([]);
  return {
    getSnapshot: () => store.getSnapshot(),
    subscribe: (listener) => store.subscribe(listener),
    record(event) {
      const timestamp = performance.timeOrigin + performance.now();
      store.set([...store.getSnapshot().slice(1 - MAX_EVENTS), { ...event, timestamp }]);
    },
  };
}
