import { CallError } from "../lib/errors.ts";

/** The longest display name, in UTF-16 code units. */
export const MAX_NAME = 80;
/** The longest metadata, in UTF-16 code units of JSON. The rest of `MAX_PEER_INFO` is for other fields. */
const MAX_METADATA = 1_800;
/** The longest room name, in UTF-16 code units: the limit of the relay. */
const MAX_ROOM = 256;
/** The longest percent-encoded room name, in bytes: the limit of a Firestore document id. */
const MAX_ENCODED_ROOM = 1_500;

/** Cuts a name to {@link MAX_NAME}, between two user-perceived characters (grapheme clusters). */
export function fitName(name: string): string {
  if (name.length <= MAX_NAME) return name;
  const { Segmenter } = Intl as { Segmenter?: typeof Intl.Segmenter };
  const start = name.slice(0, 2 * MAX_NAME);
  const graphemes = Segmenter
    ? Array.from(new Segmenter().segment(start), ({ segment }) => segment)
    : start;
  // A single grapheme can be longer than the limit ("Zalgo" text). It is cut between two code points.
  return fit(graphemes) || fit(start);
}

function fit(characters: Iterable<string>): string {
  let fitted = "";
  for (const character of characters) {
    if (fitted.length + character.length > MAX_NAME) break;
    fitted += character;
  }
  return fitted;
}

/** Returns the error in a room name; undefined if every backend accepts it. */
export function roomError(room: unknown): CallError | undefined {
  const fault = roomFault(room);
  if (!fault) return undefined;
  return new CallError(
    "room-invalid",
    `The \`room\` ${fault}. Use another name, for example from createRoomId().`,
  );
}

function roomFault(room: unknown): string | undefined {
  if (typeof room !== "string" || !room.trim()) return "is missing or empty";
  if (room.length > MAX_ROOM) return `has ${room.length} characters; the limit is ${MAX_ROOM}`;
  // Firestore reserves these as document ids.
  if (/^(\.\.?|__.*__)$/s.test(room)) return `"${room}" is a reserved name`;
  try {
    const { length } = encodeURIComponent(room);
    return length > MAX_ENCODED_ROOM
      ? `has ${length} bytes percent-encoded; the limit is ${MAX_ENCODED_ROOM}`
      : undefined;
  } catch {
    return "contains half a character (a lone surrogate)";
  }
}

/** Returns the error in the metadata; undefined if they are valid. */
export function metadataError(metadata: unknown): CallError | undefined {
  if (!metadata) return undefined;
  let fault = "is not an object of strings";
  if (isStrings(metadata)) {
    const { length } = JSON.stringify(metadata);
    if (length <= MAX_METADATA) return undefined;
    fault = `has ${length} characters as JSON; the limit is ${MAX_METADATA}`;
  }
  return new CallError("message-invalid", `The \`metadata\` ${fault}.`);
}

/** Returns whether a value is an object whose values are all strings. */
export function isStrings(value: unknown): boolean {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((entry) => typeof entry === "string")
  );
}
