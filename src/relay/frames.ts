/** Owns the shape of the relay's frames, and the check of what clients send. Their meaning is told in `index.ts`. */
import {
  MAX_PACKET,
  MAX_PEER_INFO,
  type PeerInfo,
  type SignalMessage,
} from "../core/signaling/signaling.ts";

/** What a client sends. */
export type ClientFrame =
  | { type: "join"; room: string; peer: PeerInfo; secret: string }
  | { type: "send"; to: string; message: SignalMessage }
  | { type: "update"; peer: PeerInfo }
  | { type: "leave" };

/** What the relay sends. */
export type RelayFrame =
  | { type: "peers"; peers: readonly PeerInfo[] }
  | { type: "message"; from: string; message: SignalMessage }
  | { type: "beat" }
  | { type: "error"; code: RelayErrorCode; message: string };

/** The codes of `CallError` that a relay gives. */
export type RelayErrorCode = "signaling-denied" | "room-full" | "message-invalid";

/** The longest frame, in bytes: a packet of {@link MAX_PACKET} characters of three bytes each, and what is around it. */
export const MAX_FRAME = 3 * MAX_PACKET + 1_024;

const ID = /^[\w.@:-]{1,160}$/;
const MAX_ROOM = 256;

/** The frame in `text`, or undefined where it fits none. Never throws. */
export function parseClientFrame(text: string): ClientFrame | undefined {
  let frame: unknown;
  try {
    frame = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(frame)) return undefined;
  const { room, peer, secret, to, message } = frame;
  switch (frame["type"]) {
    case "join":
      return isText(room, 1, MAX_ROOM) && isPeer(peer) && isText(secret, 16, 128)
        ? { type: "join", room, peer, secret }
        : undefined;
    case "send":
      return isId(to) && isRecord(message) ? { type: "send", to, message } : undefined;
    case "update":
      return isPeer(peer) ? { type: "update", peer } : undefined;
    case "leave":
      return { type: "leave" };
    default:
      return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isText(value: unknown, shortest: number, longest: number): value is string {
  return typeof value === "string" && value.length >= shortest && value.length <= longest;
}

function isId(value: unknown): value is string {
  return typeof value === "string" && ID.test(value);
}

function isPeer(value: unknown): value is PeerInfo & Record<string, unknown> {
  if (!isRecord(value) || !isId(value["id"])) return false;
  const { joinedAt } = value;
  if (joinedAt !== undefined && typeof joinedAt !== "number") return false;
  try {
    return JSON.stringify(value).length <= MAX_PEER_INFO;
  } catch {
    // Nested too deep to be written again.
    return false;
  }
}
