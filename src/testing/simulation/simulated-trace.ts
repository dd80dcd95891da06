import { createStore, type Store } from "../../core/lib/store.ts";
import {
  HANDSHAKE_STEPS,
  type HandshakeEvent,
  type HandshakeStep,
} from "../../core/stats/handshake-trace.ts";

/** The handshake trace of a simulated call: the thirteen steps of both sides. */
export interface SimulatedTrace {
  readonly store: Store<readonly HandshakeEvent[]>;
  /** Records a pending offer: steps 1 to 6. */
  call(peer: string): void;
  /** Records the steps that are missing. */
  connect(peer: string): void;
  /** Records the ICE restart that restores a lost connection. */
  restart(peer: string): void;
}

/** The time of each step, in ms after the first. */
const TIMES_MS: Record<HandshakeStep, number> = {
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
const STEPS = Object.keys(TIMES_MS).map(Number) as HandshakeStep[];
/** The steps that an ICE restart does not repeat: tracks are captured and added once. */
const ONCE = new Set<HandshakeStep>([1, 2, 8]);

export function createSimulatedTrace(seed: number): SimulatedTrace {
  const store = createStore<readonly HandshakeEvent[]>([]);
  const of = (peer: string) => store.getSnapshot().filter((event) => event.peer === peer);

  /** Adds steps that end now, after all earlier events of this peer. */
  function add(peer: string, steps: readonly HandshakeStep[], round: number, restarted = false) {
    const [first = 1] = steps;
    const last = steps.at(-1) ?? first;
    // Each peer has a network of another speed.
    const factor =
      0.85 + (((seed + peer.length * 7 + (peer.at(-1)?.charCodeAt(0) ?? 0)) * 13) % 10) / 30;
    const when = (step: HandshakeStep) => (TIMES_MS[step] - TIMES_MS[first]) * factor;
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
