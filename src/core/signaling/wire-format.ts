/** Owns what every adapter does with the same few lines: packets as text within their limit, text as objects, peers in order. */
import { CallError } from "../lib/errors.ts";
import { MAX_PACKET, type PeerInfo, type SignalMessage } from "./signaling.ts";

/**
 * The packet as JSON.
 *
 * @throws {CallError} `message-invalid` where it is longer than {@link MAX_PACKET}: a backend would
 * cut the connection for it, again and again.
 */
export function packetText(message: SignalMessage): string {
  const text = JSON.stringify(message);
  if (text.length <= MAX_PACKET) return text;
  throw new CallError("message-invalid", `A packet has at most ${MAX_PACKET} characters.`);
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The object whose JSON `text` is; undefined where it is none, or too long. What is in it is checked above the adapters. */
export function readObject(
  text: unknown,
  longest = MAX_PACKET,
): Record<string, unknown> | undefined {
  if (typeof text !== "string" || text.length > longest) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Orders peers as they came; two of the same millisecond by id. */
export function byJoinTime(a: PeerInfo, b: PeerInfo): number {
  return (a.joinedAt ?? 0) - (b.joinedAt ?? 0) || (a.id < b.id ? -1 : 1);
}
