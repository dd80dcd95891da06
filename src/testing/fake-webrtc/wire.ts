/** Owns the wire of signaling in the played network: what is lost, late, or held until two messages have crossed. */
import type { Random } from "./random.ts";

/** Where messages of signaling go through. */
export interface Wire {
  /** Hands a message over, unless it is lost; now, later, or when two have crossed. */
  carry(from: string, to: string, deliver: () => void): void;
  /** So many of them never arrive, 0 to 1. */
  lose(fraction: number): void;
  /** So long each takes, in ms. */
  delay(ms: number): void;
  /** Holds all until both of two sides have said something, and then lets them cross. */
  glare(): void;
  /** None is lost, late or held any more. */
  heal(): void;
}

/** Makes a wire without faults. */
export function createWire(chance: Random): Wire {
  let loss = 0;
  let lateness = 0;
  let held: { from: string; to: string; deliver: () => void }[] | undefined;

  function release(): void {
    const messages = held ?? [];
    held = undefined;
    for (const { deliver } of messages) later(deliver);
  }

  // A task of its own, even without a delay: what arrives never interrupts what sends.
  const later = (deliver: () => void) => setTimeout(deliver, lateness);

  return {
    carry(from, to, deliver) {
      if (chance.number() < loss) return;
      if (!held) {
        later(deliver);
        return;
      }
      held.push({ from, to, deliver });
      if (held.some((other) => other.from === to && other.to === from)) release();
    },
    lose(fraction) {
      loss = fraction;
    },
    delay(ms) {
      lateness = ms;
    },
    glare() {
      held ??= [];
    },
    heal() {
      loss = 0;
      lateness = 0;
      release();
    },
  };
}
