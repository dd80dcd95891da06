import type { Random } from "./random.ts";

/** Transports the signaling messages of a fake network, with faults. */
export interface Wire {
  /** Delivers a message in a later task, unless it is lost or held. */
  carry(from: string, to: string, deliver: () => void): void;
  /** Drops this fraction of the messages, from 0 to 1. */
  lose(fraction: number): void;
  /** Delays each message by `ms`. */
  delay(ms: number): void;
  /** Holds all messages until two peers have both sent one, then delivers them. */
  glare(): void;
  /** Stops loss, delay and holding, and delivers held messages. */
  heal(): void;
}

export function createWire(random: Random): Wire {
  let loss = 0;
  let delayMs = 0;
  let held: { from: string; to: string; deliver: () => void }[] | undefined;

  function release(): void {
    const messages = held ?? [];
    held = undefined;
    for (const { deliver } of messages) later(deliver);
  }

  // Always in another task: a delivery never runs inside the call that sends.
  const later = (deliver: () => void) => setTimeout(deliver, delayMs);

  return {
    carry(from, to, deliver) {
      if (random.number() < loss) return;
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
      delayMs = ms;
    },
    glare() {
      held ??= [];
    },
    heal() {
      loss = 0;
      delayMs = 0;
      release();
    },
  };
}
