/** Owns the record of handshakes that never were: all thirteen steps of both sides, at believable times. */
import { createStore, type Store } from "../../core/lib/store.ts";
import {
  HANDSHAKE_STEPS,
  type HandshakeEvent,
  type HandshakeStep,
} from "../../core/stats/handshake-trace.ts";

/** The record of one call. */
export interface SimulatedTrace {
  readonly store: Store<readonly HandshakeEvent[]>;
  /** The offer is under way, steps 1 to 6. */
  call(peer: string): void;
  /** The rest of the thirteen, or all of them. */
  connect(peer: string): void;
  /** A lost connection comes back: an ICE restart and its exchange. */
  restart(peer: string): void;
}

/** When each step happens, in ms after the first. */
const TIMES: Record<HandshakeStep, number> = {
  1: 0,
  2: 9,
  3: 16,
  4: 21,
  5: 74,
  6: 92,
  7: 171,
  8: 180,
  9: 187,
  10: 193,
  11: 262,
  12: 371,
  13: 384,
};
const STEPS = Object.keys(TIMES).map(Number) as HandshakeStep[];
/** Tracks are captured and added once. */
const ONCE = new Set<HandshakeStep>([1, 2, 8]);

/** Makes an empty record. */
export function createSimulatedTrace(seed: number): SimulatedTrace {
  const store = createStore<readonly HandshakeEvent[]>([]);
  const of = (peer: string) => store.getSnapshot().filter((event) => event.peer === peer);

  /** Just over now, and after whatever there was with this peer before. */
  function add(peer: string, steps: readonly HandshakeStep[], round: number, restarted = false) {
    const [first = 1] = steps;
    const last = steps.at(-1) ?? first;
    // Nobody's network is as fast as another's.
    const slowness =
      0.85 + (((seed + peer.length * 7 + (peer.at(-1)?.charCodeAt(0) ?? 0)) * 13) % 10) / 30;
    const when = (step: HandshakeStep) => (TIMES[step] - TIMES[first]) * slowness;
    const now = performance.timeOrigin + performance.now();
    const start = Math.max(now - when(last), (of(peer).at(-1)?.timestamp ?? 0) + 1);
    const fresh: HandshakeEvent[] = steps.map((step) => ({
      step,
      name: HANDSHAKE_STEPS[step],
      timestamp: start + when(step),
      side: HANDSHAKE_STEPS[step].startsWith("callee") ? "callee" : "caller",
      round,
      peer,
    }));
    const { timestamp: at } = fresh[0] ?? { timestamp: start };
    if (restarted)
      fresh.unshift({
        step: undefined,
        name: "ice-restarted",
        timestamp: at,
        side: "caller",
        round,
        peer,
      });
    store.set([...store.getSnapshot(), ...fresh].toSorted((a, b) => a.timestamp - b.timestamp));
  }

  return {
    store,
    call: (peer) => add(peer, STEPS.slice(0, 6), 1),
    connect(peer) {
      const waiting = of(peer).at(-1)?.step === 6;
      add(peer, waiting ? STEPS.slice(6) : STEPS, 1);
    },
    restart(peer) {
      const round = (of(peer).at(-1)?.round ?? 0) + 1;
      add(
        peer,
        STEPS.filter((step) => !ONCE.has(step)),
        round,
        true,
      );
    },
  };
}
