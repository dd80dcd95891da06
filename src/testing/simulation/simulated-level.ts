import { createStore, type Store } from "../../core/lib/store.ts";

/** The interval in ms between two values. Real levels are measured at the same rate. */
const TICK_MS = 33;

/** The audio level of a participant, without any sound. */
export interface SimulatedLevel {
  readonly store: Store<number>;
  /** Sets the loudness, from 0 (silence) to 1. */
  speak(loudness: number): void;
}

/** Creates a level: 30 values a second, the same for the same seed, while it is watched and the loudness is above 0. */
export function createSimulatedLevel(seed: number): SimulatedLevel {
  let loudness = 0;
  let ticks = 0;
  let watched = false;
  let timer: ReturnType<typeof setInterval> | undefined;
  const store = createStore(0, {
    onWatched() {
      watched = true;
      settle();
      return () => {
        watched = false;
        settle();
      };
    },
  });

  const tick = () => {
    ticks += 1;
    store.set(Math.round(loudness * syllables(ticks * 0.033, seed) * 200) / 200);
  };
  function settle(): void {
    clearInterval(timer);
    if (!watched || loudness === 0) return store.set(0);
    tick();
    timer = setInterval(tick, TICK_MS);
  }

  return {
    store,
    speak(next) {
      if (next === loudness) return;
      loudness = next;
      settle();
    },
  };
}

/** From 0.4 to 1: about four syllables a second, grouped into phrases. Below 0.4 the speech would count as ended. */
function syllables(at: number, seed: number): number {
  return 0.4 + 0.6 * Math.abs(Math.sin(at * 12 + seed)) * Math.abs(Math.cos(at * 2.3 + seed * 3));
}
