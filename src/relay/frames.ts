/**
 * The frames of the relay and their validation, shared by the relay and its client in
 * `adapters/websocket.ts`. docs/RELAY.md describes the protocol.
 */
import {
  MAX_PACKET,
  MAX_PEER_INFO,
  type PeerInfo,
  type SignalMessage,
} from "../core/signaling/signaling.ts";
import { isObject, isPeerInfo, parseObject } from "../core/signaling/wire-format.ts";

/** A frame from a client to the relay. */
export type ClientFrame =
  | { type: "join"; room: string; peer: PeerInfo; secret: string }
  | { type: "send"; to: string; message: SignalMessage }
  | { type: "update"; peer: PeerInfo }
  | { type: "leave" };

/** A frame from the relay to a client. */
export type RelayFrame =
  | { type: "peers"; peers: readonly PeerInfo[] }
  | { type: "message"; from: string; message: SignalMessage }
  | { type: "beat" }
  | { type: "error"; code: RelayErrorCode; message: string };

const ERROR_CODES = ["signaling-denied", "room-full", "message-invalid"] as const;
/** The codes of `CallError` that a relay sends. */
export type RelayErrorCode = (typeof ERROR_CODES)[number];

/** The longest frame, in bytes: a packet of {@link MAX_PACKET} characters of three bytes each, and its envelope. */
export const MAX_FRAME = 3 * MAX_PACKET + 1_024;
/** The relay's close code if reconnecting is pointless (RFC 6455: policy violation). */
export const CLOSE_REFUSED = 1008;
/** The relay's close code when it restarts and the client should reconnect (IANA: service restart). */
export const CLOSE_RESTART = 1012;

const ID = /^[\w.@:-]{1,160}$/;
const MAX_ROOM = 256;

/** Parses a frame from a client. Returns `undefined` if it is malformed; never throws. */
export function parseClientFrame(text: string): ClientFrame | undefined {
  const { type, room, peer, secret, to, message } = parseObject(text, MAX_FRAME) ?? {};
  switch (type) {
    case "join":
      return isText(room, 1, MAX_ROOM) && isValidPeer(peer) && isText(secret, 16, 128)
        ? { type, room, peer, secret }
        : undefined;
    case "send":
      return isId(to) && isObject(message) ? { type, to, message } : undefined;
    case "update":
      return isValidPeer(peer) ? { type, peer } : undefined;
    case "leave":
      return { type };
    default:
      return undefined;
  }
}

/**
 * Parses a frame from the relay. Returns `undefined` if it is malformed; never throws. The peers and
 * the packet are validated above the adapters.
 */
export function parseRelayFrame(text: unknown): RelayFrame | undefined {
  const { type, peers, from, message, code } = parseObject(text, Infinity) ?? {};
  switch (type) {
    case "beat":
      return { type };
    case "peers":
      return Array.isArray(peers) ? { type, peers: peers.filter(isPeerInfo) } : undefined;
    case "message":
      return typeof from === "string" && isObject(message) ? { type, from, message } : undefined;
    case "error":
      return {
        type,
        // A later version of the relay may send another code.
        code: ERROR_CODES.find((known) => known === code) ?? "signaling-denied",
        message: typeof message === "string" ? message : "no reason given",
      };
    default:
      return undefined;
  }
}

function isText(value: unknown, minLength: number, maxLength: number): value is string {
  return typeof value === "string" && value.length >= minLength && value.length <= maxLength;
}

function isId(value: unknown): value is string {
  return typeof value === "string" && ID.test(value);
}

function isValidPeer(value: unknown): value is PeerInfo {
  if (!isPeerInfo(value) || !isId(value.id)) return false;
  const { joinedAt } = value as { joinedAt?: unknown };
  if (joinedAt !== undefined && typeof joinedAt !== "number") return false;
  try {
    return JSON.stringify(value).length <= MAX_PEER_INFO;
  } catch {
    // Nested too deep to be serialized.
    return false;
  }
}
