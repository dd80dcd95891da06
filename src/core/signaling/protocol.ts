/**
 * Owns what two peers say to each other: the packet, the messages in it, and the check that
 * everything from the wire passes before anything acts on it. docs/PROTOCOL.md is this file in prose.
 */
import {
  primitive,
  list,
  optional,
  object,
  ValidationError,
  type Check,
  type Checked,
} from "../lib/validate.ts";
import { CallError } from "../lib/errors.ts";
import { isStrings, MAX_NAME } from "./names.ts";
import { MAX_PACKET, MAX_PEER_INFO, type PeerInfo } from "./signaling.ts";

/** The version of the protocol that this peer speaks. */
export const PROTOCOL_VERSION = 1;
/** How many messages one packet may carry. */
export const MAX_MESSAGES = 256;

const MAX_SDP = 65_536;
const MAX_SECTIONS = 16;
const MAX_CANDIDATES = 100;
/** As long as an id of a peer may be, and the name of a connection, which has one in it. */
const MAX_ID = 160;

const flag = primitive<boolean>((value) => typeof value === "boolean");
const oneOf = <T extends string | number>(...words: readonly T[]) =>
  primitive<T>((value) => words.includes(value as T));
const text = (longest: number, test: (value: string) => boolean = () => true) =>
  primitive<string>((value) => typeof value === "string" && value.length <= longest && test(value));
const count = (least = 0, most = Number.MAX_SAFE_INTEGER) =>
  primitive<number>(
    (value) =>
      Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most,
  );

/** A description must be able to secure a connection, and stay small (RFC 8827, section 6.5). */
const sdp = text(
  MAX_SDP,
  (value) =>
    value.startsWith("v=0") &&
    value.includes("a=fingerprint:") &&
    value.includes("a=setup:") &&
    value.split("\nm=").length <= MAX_SECTIONS,
);

const media: Check<MediaState> = object({ microphone: flag, camera: flag, screen: flag });
const connection = text(MAX_ID);

const candidate = object({
  candidate: text(1_024),
  sdpMid: optional(text(16), null),
  sdpMLineIndex: optional(count(0, MAX_SECTIONS), null),
  usernameFragment: optional(text(256), null),
});

const messages = {
  offer: object({ type: oneOf("offer"), connection, round: count(1), sdp, media }),
  answer: object({ type: oneOf("answer"), connection, round: count(1), sdp, media }),
  /** The callee could not take the offer of that round; the running call goes on as it was. */
  reject: object({ type: oneOf("reject"), connection, round: count() }),
  candidates: object({
    type: oneOf("candidates"),
    connection,
    candidates: list(candidate, MAX_CANDIDATES),
    /** The last of this generation (RFC 8838, section 14). */
    end: flag,
  }),
  /** The callee asks the caller for an offer; because of that connection, and of no later one. */
  ask: object({
    type: oneOf("ask"),
    for: oneOf("negotiation", "restart", "rebuild"),
    connection: optional(connection, undefined),
  }),
  media: object({ type: oneOf("media"), media }),
  bye: object({ type: oneOf("bye"), reason: oneOf("left", "room-full") }),
};

/** Everything above travels in packets: all that the other has not acknowledged yet. */
const packet = object({
  v: oneOf(PROTOCOL_VERSION),
  /** The sender's stay, and the receiver's as the sender knows it (0: not yet). */
  s: count(),
  r: count(),
  /** The highest message number of stay `r` that the sender has got; -1 for none. */
  a: count(-1),
  m: list(
    primitive<[number, unknown]>(
      (entry) =>
        Array.isArray(entry) &&
        entry.length === 2 &&
        Number.isSafeInteger(entry[0]) &&
        entry[0] >= 0,
    ),
    MAX_MESSAGES,
  ),
});

const peerInfo = object({
  id: text(MAX_ID, (value) => /^[\w.@:-]+$/.test(value)),
  name: optional(text(MAX_NAME), undefined),
  metadata: optional(primitive<Record<string, string>>(isStrings), undefined),
  joinedAt: optional(count(), undefined),
  replaces: optional(text(64), undefined),
});

/** A packet that passed the check. */
export type Packet = Checked<typeof packet>;
/** A message that passed the check. */
export type PeerMessage = Checked<(typeof messages)[keyof typeof messages]>;
/** A message of one kind. */
export type MessageOf<T extends PeerMessage["type"]> = Extract<PeerMessage, { type: T }>;
/** A candidate as it travels. */
export type WireCandidate = Checked<typeof candidate>;
/** What a participant has switched on. Each side sends it with its media. */
export interface MediaState {
  microphone: boolean;
  camera: boolean;
  /** Whether a screen is shared. */
  screen: boolean;
}

/** `value`, if it fits. @throws {CallError} `message-invalid`. */
function parse<T>(check: Check<T>, value: unknown, what: string, longest: number): T {
  try {
    if (jsonLength(value) > longest) throw new ValidationError(`${what} length`);
    return check(value, what);
  } catch (cause) {
    throw invalid(cause instanceof ValidationError ? cause.message : what);
  }
}

/** What is said of a message that was dropped, wherever that was. */
export function invalid(where: string, options?: ErrorOptions): CallError {
  return new CallError(
    "message-invalid",
    `A message was dropped (${where}). The call goes on; check who can write to this room.`,
    options,
  );
}

/** The packet in `value`. @throws {CallError} `message-invalid`. */
export function parsePacket(value: unknown): Packet {
  return parse(packet, value, "packet", MAX_PACKET);
}

/** The message in `value`, or undefined for a kind that this version does not know. @throws {CallError} `message-invalid`. */
export function parseMessage(value: unknown): PeerMessage | undefined {
  const type = (value as { type?: unknown } | null | undefined)?.type;
  if (typeof type !== "string") throw invalid("type");
  if (!Object.hasOwn(messages, type)) return undefined;
  return parse<PeerMessage>(messages[type as PeerMessage["type"]], value, type, MAX_PACKET);
}

/** The description of a peer in `value`. @throws {CallError} `message-invalid`. */
export function parsePeerInfo(value: unknown): PeerInfo {
  return parse(peerInfo, value, "peer", MAX_PEER_INFO) as PeerInfo;
}

/** How long `value` is as JSON; infinite where it cannot be written as JSON at all (a cycle). */
function jsonLength(value: unknown): number {
  try {
    return (JSON.stringify(value) ?? "").length;
  } catch {
    return Infinity;
  }
}
