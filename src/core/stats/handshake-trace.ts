import { createStore, type Store } from "../lib/store.ts";

/** Maps the numbers of the thirteen handshake steps to the names of their events. */
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

/** The number of a handshake step, 1 to 13. */
export type HandshakeStep = keyof typeof HANDSHAKE_STEPS;

/** Names an event of a handshake: one of the thirteen steps, or an event outside them. */
export type HandshakeEventName =
  /** One of the thirteen steps. */
  | (typeof HANDSHAKE_STEPS)[HandshakeStep]
  /** The callee asked the caller for a new offer. */
  | "negotiation-asked"
  /** Both sides sent a first offer, and this side dropped one of them. */
  | "offer-discarded"
  /** An offer could not be applied, and the connection went back to the state before it. */
  | "rolled-back"
  /** New ICE credentials were created. */
  | "ice-restarted"
  /** A new connection replaced the current one. */
  | "rebuilt";

/** An event in the handshake of a connection. */
export interface HandshakeEvent {
  /** The number of the step, 1 to 13; undefined for an event outside the steps. */
  readonly step: HandshakeStep | undefined;
  /** The name of the event. */
  readonly name: HandshakeEventName;
  /** When it happened, in ms since 1970 (`performance.timeOrigin + performance.now()`). */
  readonly timestamp: number;
  /** The side of the connection that caused it. */
  readonly side: "caller" | "callee";
  /** The number of the offer within its connection, from 1. */
  readonly round: number;
  /** The id of the remote peer; empty for a connection outside a call. */
  readonly peer: string;
}

/** The most events that are kept. Older ones are dropped. */
const MAX_EVENTS = 1_000;

/** Records handshake events, and is a store of them. */
export interface Trace extends Store<readonly HandshakeEvent[]> {
  /** Adds an event with the current time. */
  record(event: Omit<HandshakeEvent, "timestamp">): void;
}

/** Creates an empty trace. */
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
