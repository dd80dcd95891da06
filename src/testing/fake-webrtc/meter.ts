import type { Sent } from "./network.ts";

/** Packets and bytes per second. */
interface Rate {
  readonly packets: number;
  readonly bytes: number;
}

/** Counters of packets and bytes that grow with time, real or simulated. */
export interface Meter {
  /** Sets the rate; undefined stops the counters. */
  run(rate: Rate | undefined): void;
  read(): Sent;
}

/** Typical rates of browsers: 20 ms of Opus per packet, a small video, and the black frames of a disabled track. */
export const RATES = {
  audio: { packets: 50, bytes: 4_000 },
  video: { packets: 75, bytes: 75_000 },
  dark: { packets: 15, bytes: 1_500 },
} as const;

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
