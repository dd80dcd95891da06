/**
 * Owns what two peers say to each other: the packet, the messages in it, and the check that
 * everything from the wire passes before anything acts on it. docs/PROTOCOL.md is this file in prose.
 */
import * as v from "valibot";
import { CallError } from "./errors.ts";
import { MAX_PACKET, MAX_PEER_INFO, type PeerInfo } from "./signaling.ts";

/** The version of the protocol that this peer speaks. */
export const PROTOCOL_VERSION = 1;
/** How many messages one packet may carry. */
export const MAX_MESSAGES = 256;

const MAX_SDP = 65_536;
const MAX_SECTIONS = 16;
const MAX_CANDIDATES = 100;

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const text = (longest: number) => v.pipe(v.string(), v.maxLength(longest));

/** A description must be able to secure a connection, and stay small (RFC 8827, section 6.5). */
const sdp = v.pipe(
  text(MAX_SDP),
  v.startsWith("v=0"),
  v.includes("a=fingerprint:"),
  v.includes("a=setup:"),
  v.check((value) => value.split("\nm=").length <= MAX_SECTIONS),
);

const media = v.object({ microphone: v.boolean(), camera: v.boolean(), screen: v.boolean() });
const description = { connection: text(160), round: v.pipe(count, v.minValue(1)), sdp, media };

const candidate = v.object({
  candidate: text(1_024),
  sdpMid: v.nullish(text(16), null),
  sdpMLineIndex: v.nullish(v.pipe(count, v.maxValue(MAX_SECTIONS)), null),
  usernameFragment: v.nullish(text(256), null),
});

const message = v.variant("type", [
  v.object({ type: v.literal("offer"), ...description }),
  v.object({ type: v.literal("answer"), ...description }),
  /** The callee could not take the offer of that round; the running call goes on as it was. */
  v.object({ type: v.literal("reject"), connection: text(160), round: count }),
  v.object({
    type: v.literal("candidates"),
    connection: text(160),
    candidates: v.pipe(v.array(candidate), v.maxLength(MAX_CANDIDATES)),
    /** The last of this generation (RFC 8838, section 14). */
    end: v.boolean(),
  }),
  /** The callee asks the caller for an offer. */
  v.object({ type: v.literal("ask"), for: v.picklist(["negotiation", "restart", "rebuild"]) }),
  v.object({ type: v.literal("media"), media }),
  v.object({ type: v.literal("bye"), reason: v.picklist(["left", "room-full"]) }),
]);

const KNOWN_TYPES: readonly unknown[] = message.options.map(
  (option) => option.entries.type.literal,
);

/** Everything above travels in packets: all that the other has not acknowledged yet. */
const packet = v.object({
  v: v.literal(PROTOCOL_VERSION),
  /** The sender's stay, and the receiver's as the sender knows it (0: not yet). */
  s: count,
  r: count,
  /** The highest message number of stay `r` that the sender has got; -1 for none. */
  a: v.pipe(v.number(), v.safeInteger(), v.minValue(-1)),
  m: v.pipe(v.array(v.tuple([count, v.unknown()])), v.maxLength(MAX_MESSAGES)),
});

const peerInfo = v.object({
  id: v.pipe(text(160), v.regex(/^[\w.@:-]+$/)),
  name: v.optional(text(80)),
  metadata: v.optional(v.record(text(80), text(MAX_PEER_INFO))),
  joined: v.optional(count),
  replaces: v.optional(text(64)),
});

/** A packet that passed the check. */
export type Packet = v.InferOutput<typeof packet>;
/** A message that passed the check. */
export type PeerMessage = v.InferOutput<typeof message>;
/** A message of one kind. */
export type MessageOf<T extends PeerMessage["type"]> = Extract<PeerMessage, { type: T }>;
/** A candidate as it travels. */
export type WireCandidate = v.InferOutput<typeof candidate>;
/** What a person has switched on, by their own word. */
export type MediaState = v.InferOutput<typeof media>;

function invalid(what: string, issues: readonly { message: string }[]): CallError {
  return new CallError(
    "message-invalid",
    `${what} was dropped: ${issues[0]?.message ?? "it does not fit the protocol"}. The call goes on; check who can write to this room.`,
  );
}

/** The packet in `value`. @throws {CallError} `message-invalid`. */
export function parsePacket(value: unknown): Packet {
  if (jsonLength(value) > MAX_PACKET) throw invalid("A packet", [{ message: "it is too long" }]);
  const result = v.safeParse(packet, value);
  if (!result.success) throw invalid("A packet", result.issues);
  return result.output;
}

/** The message in `value`, or undefined for a kind that this version does not know. @throws {CallError} `message-invalid`. */
export function parseMessage(value: unknown): PeerMessage | undefined {
  const result = v.safeParse(message, value);
  if (result.success) return result.output;
  const type = (value as { type?: unknown } | null)?.type;
  if (typeof type === "string" && !KNOWN_TYPES.includes(type)) return undefined;
  throw invalid("A message", result.issues);
}

/** The description of a peer in `value`. @throws {CallError} `message-invalid`. */
export function parsePeerInfo(value: unknown): PeerInfo {
  if (jsonLength(value) > MAX_PEER_INFO) throw invalid("A peer", [{ message: "it is too long" }]);
  const result = v.safeParse(peerInfo, value);
  if (!result.success) throw invalid("A peer", result.issues);
  return result.output as PeerInfo;
}

/** How long `value` is as JSON; infinite where it cannot be written as JSON at all (a cycle). */
function jsonLength(value: unknown): number {
  try {
    return (JSON.stringify(value) ?? "").length;
  } catch {
    return Infinity;
  }
}
