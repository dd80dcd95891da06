import { CallError } from "../lib/errors.ts";
import { MAX_PACKET, type PeerInfo, type SignalMessage } from "./signaling.ts";

/**
 * Serializes a packet.
 *
 * @throws {CallError} `message-invalid` if its JSON is longer than {@link MAX_PACKET}. A backend may
 * close the connection for such a packet, and would do so on each retransmission.
 */
export function stringifyPacket(message: SignalMessage): string {
  const json = JSON.stringify(message);
  if (json.length <= MAX_PACKET) return json;
  throw new CallError(
    "message-invalid",
    `The packet has ${json.length} characters; the limit is ${MAX_PACKET}.`,
  );
}

/** Returns whether `value` is an object, and neither `null` nor an array. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Parses the JSON of an object. Returns `undefined` for anything else, and for a text that is longer
 * than `maxLength`. The fields are validated above the adapters.
 *
 * @param maxLength In UTF-16 code units. Default: {@link MAX_PACKET}.
 */
export function parseObject(
  text: unknown,
  maxLength = MAX_PACKET,
): Record<string, unknown> | undefined {
  if (typeof text !== "string" || text.length > maxLength) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Returns whether `value` is an object with an `id`. Its other fields are validated above the adapters. */
export function isPeerInfo(value: unknown): value is PeerInfo {
  return isObject(value) && typeof value["id"] === "string";
}

/** Compares peers by the time at which they joined, then by id. */
export function byJoinTime(a: PeerInfo, b: PeerInfo): number {
  return (a.joinedAt ?? 0) - (b.joinedAt ?? 0) || (a.id < b.id ? -1 : 1);
}
