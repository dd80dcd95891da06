import { MAX_MESSAGES, type PeerMessage } from "./protocol.ts";
import { MAX_PACKET } from "./signaling.ts";

/** The messages that the remote peer has not acknowledged. An immutable value. */
export interface SendWindow {
  readonly entries: readonly SendWindowEntry[];
  /** The sequence number of the next message. */
  readonly nextSeq: number;
}

/** One message of the window. */
export interface SendWindowEntry {
  readonly seq: number;
  readonly message: PeerMessage;
  /** Its length in a packet, in UTF-16 code units. */
  readonly size: number;
  /** When it was added, in ms, on the monotonic clock. */
  readonly sentAt: number;
}

/** The longest window, in UTF-16 code units of JSON. The rest of `MAX_PACKET` is for other fields. */
export const MAX_WINDOW_SIZE = MAX_PACKET - 1_024;
/** The characters that a message takes in a packet besides its own JSON: brackets, commas and its sequence number. */
const ENTRY_OVERHEAD = 16;

/** The window before the first message. */
export const EMPTY_SEND_WINDOW: SendWindow = { entries: [], nextSeq: 0 };

/** Adds a message. Returns undefined if the window is full. */
export function addMessage(
  { entries, nextSeq }: SendWindow,
  message: PeerMessage,
  sentAt: number,
): SendWindow | undefined {
  const size = JSON.stringify(message).length + ENTRY_OVERHEAD;
  const total = entries.reduce((sum, entry) => sum + entry.size, size);
  if (entries.length >= MAX_MESSAGES || total > MAX_WINDOW_SIZE) return undefined;
  return { entries: [...entries, { seq: nextSeq, message, size, sentAt }], nextSeq: nextSeq + 1 };
}

/** Removes the messages up to a sequence number; `newest` is the last one that it removed. */
export function acknowledgeUpTo(
  window: SendWindow,
  seq: number,
): { window: SendWindow; newest: SendWindowEntry | undefined } {
  const newest = window.entries.findLast((entry) => entry.seq <= seq);
  if (!newest) return { window, newest };
  return {
    window: { ...window, entries: window.entries.filter((entry) => entry.seq > seq) },
    newest,
  };
}

/** Removes all messages. Sequence numbers go on, so that none is used twice. */
export function clearSendWindow({ nextSeq }: SendWindow): SendWindow {
  return { entries: [], nextSeq };
}

/** Returns the messages as a packet carries them. */
export function toPacketMessages({ entries }: SendWindow): [number, unknown][] {
  return entries.map(({ seq, message }) => [seq, message]);
}
