/**
 * Remembers the epochs of the remote side that have ended, so that their late packets are dropped.
 *
 * The numbers of two epochs do not say which one is later: the remote side may return on a device
 * whose clock is behind. So any epoch that differs from the current one starts a new conversation,
 * unless it has been current before.
 *
 * A packet of an epoch that was never current can be late, too, and then it ends the live one. The
 * live epoch has the greater number, because both are of one device in that case. So an ended epoch
 * that is greater than the current one is accepted again when it sends a new message after
 * `LATE_PACKET_MS`. A lower one never is, so two devices that both stay do not alternate.
 */
import { monotonicNow } from "../lib/clock.ts";

/** How long a new message of an ended epoch counts as late. After that it shows that its sender lives. */
export const LATE_PACKET_MS = 30_000;
/** How many ended epochs are remembered. The oldest one is forgotten first. */
const MAX_EPOCHS = 32;

/** The ended epochs of one remote side. */
export interface RetiredEpochs {
  /** Records that `epoch` has ended, and the number of its last delivered message. */
  retire(epoch: number, delivered: number | undefined): void;
  /** Returns whether a packet belongs to an ended epoch and must be dropped. */
  isLate(packet: { s: number; m: readonly [number, unknown][] }, current: number): boolean;
}

export function createRetiredEpochs(): RetiredEpochs {
  const epochs = new Map<number, { delivered: number; endedAt: number }>();
  return {
    retire(epoch, delivered = -1) {
      epochs.delete(epoch);
      epochs.set(epoch, { delivered, endedAt: monotonicNow() });
      if (epochs.size <= MAX_EPOCHS) return;
      for (const oldest of epochs.keys()) {
        epochs.delete(oldest);
        return;
      }
    },
    isLate({ s, m }, current) {
      const ended = epochs.get(s);
      if (!ended) return false;
      const hasNews = (m.at(-1)?.[0] ?? -1) > ended.delivered;
      return s < current || !hasNews || monotonicNow() - ended.endedAt < LATE_PACKET_MS;
    },
  };
}
