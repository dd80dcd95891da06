import type { Packet } from "./protocol.ts";

/** The messages of one epoch of the remote peer that were delivered. An immutable value. */
export interface ReceiveWindow {
  /** The sequence number of the last message that was delivered; undefined for none. */
  readonly delivered: number | undefined;
  /** Whether messages have arrived that were addressed to this side's epoch (and not to any). */
  readonly addressed: boolean;
}

/** The window before the first message of an epoch. */
export const EMPTY_RECEIVE_WINDOW: ReceiveWindow = { delivered: undefined, addressed: false };

/** The result of {@link receiveMessages}. */
interface Received {
  readonly window: ReceiveWindow;
  /** The messages to deliver, in order, unchecked. */
  readonly fresh: readonly unknown[];
  /** Whether a message is missing before the rest of the packet, which is malformed then. */
  readonly gap: boolean;
}

/**
 * Accepts the messages of a packet that have not been delivered yet. `addressed` is whether the packet
 * names the current epoch of this side.
 *
 * The first messages of an epoch may start at any sequence number, because earlier ones were sent before
 * this side joined. So may the first ones that are addressed to this side: what arrived before them may
 * have been a delayed packet whose successors the remote peer has dropped since. After that, a gap means
 * that the packet is malformed.
 */
export function receiveMessages(
  { delivered, addressed: known }: ReceiveWindow,
  messages: Packet["m"],
  addressed: boolean,
): Received {
  const first = messages[0]?.[0];
  // A packet without messages does not count: the numbers that it skips are only seen in the next one.
  const isFirstAddressed = addressed && !known && first !== undefined;
  let last = delivered;
  if (first !== undefined && (last === undefined || (isFirstAddressed && first > last + 1)))
    last = first - 1;
  const fresh: unknown[] = [];
  let gap = false;
  for (const [seq, message] of messages) {
    if (last === undefined || seq <= last) continue;
    gap = seq > last + 1;
    if (gap) break;
    last = seq;
    fresh.push(message);
  }
  return { window: { delivered: last, addressed: known || isFirstAddressed }, fresh, gap };
}
