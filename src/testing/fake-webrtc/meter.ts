/** Owns counters of packets and bytes that grow with the time, however it passes. */
import type { Sent } from "./network.ts";

/** Packets and bytes in a second. */
interface Rate {
  readonly packets: number;
  readonly bytes: number;
}

/** A pair of counters. */
export interface Meter {
  /** From now on they grow so fast; not at all without a rate. */
  run(rate: Rate | undefined): void;
  read(): Sent;
}

/** About what browsers send: 20 ms of Opus a packet; a small picture; and the black of a camera that is disabled. */
export const RATES = {
  audio: { packets: 50, bytes: 4_000 },
  video: { packets: 75, bytes: 75_000 },
  dark: { packets: 15, bytes: 1_500 },
} as const;

/** Makes counters that stand at zero. */
export function createMeter(): Meter {
  let rate: Rate | undefined;
  let since = 0;
  const total = { packets: 0, bytes: 0 };
  const advance = () => {
    const now = performance.now();
    const seconds = Math.max(0, now - since) / 1_000;
    since = now;
    if (!rate) return;
    total.packets += rate.packets * seconds;
    total.bytes += rate.bytes * seconds;
  };
  return {
    run(next) {
      advance();
      rate = next;
    },
    read() {
      advance();
      return {
        packets: Math.floor(total.packets),
        bytes: Math.floor(total.bytes),
        flowing: rate !== undefined,
      };
    },
  };
}
