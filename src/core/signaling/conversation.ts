import { receiveEpoch, renewOwnEpoch, startEpochs, type Epochs } from "./epochs.ts";
import { PROTOCOL_VERSION, type Packet, type PeerMessage } from "./protocol.ts";
import { EMPTY_RECEIVE_WINDOW, receiveMessages, type ReceiveWindow } from "./receive-window.ts";
import {
  acknowledgeUpTo,
  addMessage,
  clearSendWindow,
  EMPTY_SEND_WINDOW,
  toPacketMessages,
  type SendWindow,
  type SendWindowEntry,
} from "./send-window.ts";

/** The state of the exchange with one remote peer, as one side sees it. An immutable value. */
export interface Conversation {
  readonly epochs: Epochs;
  readonly outgoing: SendWindow;
  readonly incoming: ReceiveWindow;
}

/** The meaning of a packet, and the conversation after it. */
export interface ReceivedPacket {
  readonly conversation: Conversation;
  /** Whether it starts a new conversation in place of the one before. */
  readonly reset: boolean;
  /** Whether the remote peer does not know the current epoch of this side, and so has to be informed. */
  readonly announce: boolean;
  /** Its content; undefined if it belongs to an earlier conversation, seen from either side. */
  readonly accepted: AcceptedPacket | undefined;
}

/** The content of a packet of the current conversation. */
export interface AcceptedPacket {
  /** The newest message that it acknowledges. */
  readonly acknowledged: SendWindowEntry | undefined;
  /** The messages to deliver, in order, unchecked. */
  readonly fresh: readonly unknown[];
  /** Whether a message is missing before the rest of the packet, which is malformed then. */
  readonly gap: boolean;
}

/** Returns the conversation before the first packet. */
export function startConversation(): Conversation {
  return { epochs: startEpochs(), outgoing: EMPTY_SEND_WINDOW, incoming: EMPTY_RECEIVE_WINDOW };
}

/** Returns the packet to send: the current window. */
export function toPacket({ epochs, outgoing, incoming }: Conversation): Packet {
  return {
    v: PROTOCOL_VERSION,
    s: epochs.own,
    r: epochs.remote,
    a: incoming.delivered ?? -1,
    m: toPacketMessages(outgoing),
  };
}

/** Adds a message to the window. `reset` is whether this started a new conversation. */
export function sendMessage(
  conversation: Conversation,
  message: PeerMessage,
  sentAt: number,
): { conversation: Conversation; reset: boolean } {
  const outgoing = addMessage(conversation.outgoing, message, sentAt);
  if (outgoing) return { conversation: { ...conversation, outgoing }, reset: false };
  // The remote peer has not responded for hundreds of messages, so they no longer matter. A new epoch
  // makes both sides start over once it responds. It drops its own unacknowledged messages then, so
  // its next one may have any number.
  const restarted = restart(conversation, renewOwnEpoch(conversation.epochs));
  const window = addMessage(restarted.outgoing, message, sentAt) ?? restarted.outgoing;
  return { conversation: { ...restarted, outgoing: window }, reset: true };
}

/** Takes a packet in. */
export function receivePacket(conversation: Conversation, packet: Packet): ReceivedPacket {
  const { epochs, change, announce } = receiveEpoch(conversation.epochs, packet);
  if (change === "stale") return { conversation, reset: false, announce, accepted: undefined };
  const reset = change === "replaced";
  const current = reset ? restart(conversation, epochs) : { ...conversation, epochs };
  const addressed = packet.r === epochs.own;
  if (!addressed && packet.r !== 0)
    return { conversation: current, reset, announce: true, accepted: undefined };
  const { window: outgoing, newest: acknowledged } = addressed
    ? acknowledgeUpTo(current.outgoing, packet.a)
    : { window: current.outgoing };
  const { window: incoming, fresh, gap } = receiveMessages(current.incoming, packet.m, addressed);
  return {
    conversation: { epochs, outgoing, incoming },
    reset,
    announce,
    accepted: { acknowledged, fresh, gap },
  };
}

/** Drops both windows. Sequence numbers go on. */
function restart({ outgoing }: Conversation, epochs: Epochs): Conversation {
  return { epochs, outgoing: clearSendWindow(outgoing), incoming: EMPTY_RECEIVE_WINDOW };
}
