/** Owns how loud a simulated person is: the same numbers for the same seed, and no sound is needed for them. */
import { createStore, type Store } from "../../core/lib/store.ts";

/** As often as a real level is measured. */
const TICK = 33;

/** A level and the voice behind it. */
export interface SimulatedLevel {
  readonly store: Store<number>;
  /** 0 is silence. */
  speak(loudness: number): void;
}

/** Makes a level: 30 numbers a second while it is watched and somebody speaks, 0 while not. */
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
    timer = setInterval(tick, TICK);
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

/** 0.4 to 1: syllables four times a second in phrases, never so low that speech seems to end. */
function syllables(at: number, seed: number): number {
  return 0.4 + 0.6 * Math.abs(Math.sin(at * 12 + seed)) * Math.abs(Math.cos(at * 2.3 + seed * 3));
}
