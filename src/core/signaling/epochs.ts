/**
 * Epochs distinguish two conversations of one pair of peers. Each side takes a number when it starts, and
 * sends its own and the remote peer's with every packet.
 *
 * A number that differs from the current one starts a new conversation: the remote peer was reloaded, or
 * gave up its unacknowledged messages. It is usually greater, but not always, because the clock from
 * which it is made can be set back. So the number alone does not show whether a packet was delayed;
 * instead, the epochs that were replaced are remembered, and their packets are dropped.
 *
 * One race remains. A delayed packet of an earlier epoch, the first one of it that arrives, looks like a
 * peer that came back with an earlier clock; the live epoch would be retired and ignored for ever.
 * Therefore this side takes a new epoch, too, when the remote one goes back. A peer that is alive learns
 * of it and addresses it, and this brings its epoch back; a delayed packet cannot.
 */
import type { Packet } from "./protocol.ts";

/** The epochs of both sides, as one of them sees them. */
export interface Epochs {
  readonly own: number;
  /** 0 until the first packet of the remote peer arrives. */
  readonly remote: number;
  /** The earlier epochs of the remote peer, oldest first. */
  readonly retired: readonly RetiredEpoch[];
}

interface RetiredEpoch {
  readonly epoch: number;
  /** The epoch of this side when that one was retired. */
  readonly own: number;
}

/** The meaning of a packet's epoch for the conversation. */
export type EpochChange =
  /** It belongs to the current conversation. */
  | "none"
  /** It starts the first conversation. */
  | "started"
  /** It starts a new conversation in place of the current one. */
  | "replaced"
  /** It belongs to an earlier conversation and is dropped. */
  | "stale";

/** How many earlier epochs of the remote peer are remembered. */
const MAX_RETIRED = 64;

/** Returns the epochs before the first packet. */
export function startEpochs(): Epochs {
  return { own: epochNow(), remote: 0, retired: [] };
}

/** Returns the epochs after this side has started a new conversation. */
export function renewOwnEpoch(epochs: Epochs): Epochs {
  return { ...epochs, own: Math.max(epochNow(), epochs.own + 1) };
}

/** The result of {@link receiveEpoch}. */
interface ReceivedEpoch {
  readonly epochs: Epochs;
  readonly change: EpochChange;
  /** Whether the remote peer may not know the current epoch of this side, because that has changed. */
  readonly announce: boolean;
}

/** Returns the epochs after a packet, and what it changed. */
export function receiveEpoch(
  epochs: Epochs,
  { s: epoch, r: addressed }: Pick<Packet, "s" | "r">,
): ReceivedEpoch {
  const { own, remote } = epochs;
  if (epoch === remote) return { epochs, change: "none", announce: false };
  if (remote === 0)
    return { epochs: { ...epochs, remote: epoch }, change: "started", announce: false };
  const earlier = epochs.retired.find((entry) => entry.epoch === epoch);
  const renewed = earlier !== undefined && earlier.own !== own;
  // It knows an epoch of this side that is younger than its own retirement, so it is alive.
  const revived = renewed && addressed === own;
  if (epoch === 0 || (earlier && !revived)) return { epochs, change: "stale", announce: renewed };
  const goesBack = epoch < remote && !revived;
  // Addressed to an earlier epoch of this side: most likely delayed. A live peer learns the current one.
  if (goesBack && addressed !== 0 && addressed !== own)
    return { epochs, change: "stale", announce: true };
  const next: Epochs = {
    own,
    remote: epoch,
    retired: [...epochs.retired.filter((entry) => entry !== earlier), { epoch: remote, own }].slice(
      -MAX_RETIRED,
    ),
  };
  return {
    epochs: goesBack ? renewOwnEpoch(next) : next,
    change: "replaced",
    announce: goesBack,
  };
}

/** Microseconds since 1970, by a clock that does not go back while the page is open. */
function epochNow(): number {
  return Math.floor((performance.timeOrigin + performance.now()) * 1_000);
}
