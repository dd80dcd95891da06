/**
 * The schemas of everything that arrives from a remote peer. Each value is checked before it is used.
 * docs/PROTOCOL.md describes the same in prose.
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

/** The version of the protocol. Packets of another version are dropped. */
export const PROTOCOL_VERSION = 1;
/** The most messages of a packet. */
export const MAX_MESSAGES = 256;

/** The longest session description, in UTF-16 code units. */
export const MAX_SDP = 65_536;
/** The most media sections of a session description. */
export const MAX_SECTIONS = 15;
/** The most candidates of a message. */
export const MAX_CANDIDATES = 100;
/** The longest candidate, in UTF-16 code units. */
export const MAX_CANDIDATE = 1_024;
/** The longest id of a peer, and the longest name of a connection, which contains one. */
export const MAX_ID = 160;

const flag = primitive<boolean>((value) => typeof value === "boolean");
const oneOf = <T extends string | number>(...options: readonly T[]) =>
  primitive<T>((value) => options.includes(value as T));
const text = (longest: number, test: (value: string) => boolean = () => true) =>
  primitive<string>((value) => typeof value === "string" && value.length <= longest && test(value));
const count = (least = 0, most = Number.MAX_SAFE_INTEGER) =>
  primitive<number>(
    (value) =>
      Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most,
  );

/** Without a fingerprint and a setup line, DTLS could not secure the connection (RFC 8827, section 6.5). */
const sdp = text(
  MAX_SDP,
  (value) =>
    value.startsWith("v=0") &&
    value.includes("a=fingerprint:") &&
    value.includes("a=setup:") &&
    value.split("\nm=").length - 1 <= MAX_SECTIONS,
);

const media: Check<MediaState> = object({ microphone: flag, camera: flag, screen: flag });
const connection = text(MAX_ID);

const candidate = object({
  candidate: text(MAX_CANDIDATE),
  sdpMid: optional(text(16), null),
  sdpMLineIndex: optional(count(0, MAX_SECTIONS + 1), null),
  usernameFragment: optional(text(256), null),
});

const messages = {
  offer: object({ type: oneOf("offer"), connection, round: count(1), sdp, media }),
  answer: object({ type: oneOf("answer"), connection, round: count(1), sdp, media }),
  /** The callee could not apply the offer of that round. The connection goes on as it was. */
  reject: object({ type: oneOf("reject"), connection, round: count() }),
  candidates: object({
    type: oneOf("candidates"),
    connection,
    candidates: list(candidate, MAX_CANDIDATES),
    /** Whether it is the last batch of this generation (RFC 8838, section 14). */
    end: flag,
  }),
  /** The callee asks the caller for an offer, on account of the connection that it names. */
  ask: object({
    type: oneOf("ask"),
    for: oneOf("negotiation", "restart", "rebuild"),
    connection: optional(connection, undefined),
  }),
  media: object({ type: oneOf("media"), media }),
  bye: object({ type: oneOf("bye"), reason: oneOf("left", "room-full") }),
};

/** Carries all messages that the receiver has not acknowledged. */
const packet = object({
  v: oneOf(PROTOCOL_VERSION),
  /** The epoch of the sender. */
  s: count(),
  /** The epoch of the receiver, as far as the sender knows it; 0 for unknown. */
  r: count(),
  /** The last message of epoch `r` that the sender has received; -1 for none. */
  a: count(-1),
  /** The messages with their sequence numbers. */
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

/** The types of the messages that this version knows. */
export const MESSAGE_TYPES = Object.keys(messages);

/** A packet that passed the check. */
export type Packet = Checked<typeof packet>;
/** A message that passed the check. */
export type PeerMessage = Checked<(typeof messages)[keyof typeof messages]>;
/** A message of one type. */
export type MessageOf<T extends PeerMessage["type"]> = Extract<PeerMessage, { type: T }>;
/** An ICE candidate as a message carries it. */
export type WireCandidate = Checked<typeof candidate>;
/** The devices that a participant has switched on. Each side sends it with its media. */
export interface MediaState {
  /** Whether the microphone is on. */
  microphone: boolean;
  /** Whether the camera is on. */
  camera: boolean;
  /** Whether a screen is shared. */
  screen: boolean;
}

/**
 * Returns the value if it matches.
 *
 * @throws {CallError} `message-invalid`
 */
function parse<T>(check: Check<T>, value: unknown, what: string, longest: number): T {
  try {
    if (jsonLength(value) > longest) throw new ValidationError(`${what} length`);
    return check(value, what);
  } catch (cause) {
    throw invalid(cause instanceof ValidationError ? cause.message : what);
  }
}

/** Creates the error for a message that was dropped. `where` names the place at which it does not match. */
export function invalid(where: string, options?: ErrorOptions): CallError {
  return new CallError(
    "message-invalid",
    `A message was dropped (${where}). The call goes on; check who can write to this room.`,
    options,
  );
}

/**
 * Returns a packet with its known fields only.
 *
 * @throws {CallError} `message-invalid`
 */
export function parsePacket(value: unknown): Packet {
  return parse(packet, value, "packet", MAX_PACKET);
}

/**
 * Returns a message with its known fields only, or undefined for a type that this version does not know.
 *
 * @throws {CallError} `message-invalid`
 */
export function parseMessage(value: unknown): PeerMessage | undefined {
  const type = (value as { type?: unknown } | null | undefined)?.type;
  if (typeof type !== "string") throw invalid("type");
  if (!Object.hasOwn(messages, type)) return undefined;
  return parse<PeerMessage>(messages[type as PeerMessage["type"]], value, type, MAX_PACKET);
}

/**
 * Returns the information about a peer with its known fields only.
 *
 * @throws {CallError} `message-invalid`
 */
export function parsePeerInfo(value: unknown): PeerInfo {
  return parse(peerInfo, value, "peer", MAX_PEER_INFO) as PeerInfo;
}

/** Returns the length of a value as JSON; infinity if it has none, because of a cycle for example. */
function jsonLength(value: unknown): number {
  try {
    return (JSON.stringify(value) ?? "").length;
  } catch {
    return Infinity;
  }
}
