import { CallError } from "../lib/errors.ts";
import { shallowEqual } from "../lib/store.ts";
import { fitName, metadataError } from "../signaling/names.ts";
import { parsePeerInfo } from "../signaling/protocol.ts";
import type { PeerInfo } from "../signaling/signaling.ts";

/** The fields that a participant sets about itself. */
type Profile = Pick<PeerInfo, "name" | "metadata">;
type GivenProfile = { readonly [Key in keyof Profile]?: Profile[Key] | undefined };

/** Returns the settings with a name that fits. JavaScript may pass `null`: Firebase's `user.displayName`, for example. */
export function withFittingName<T extends GivenProfile>(settings: T): T {
  const name: unknown = settings.name;
  return { ...settings, name: typeof name === "string" ? fitName(name) : undefined };
}

/**
 * Returns the information that is announced to the other participants.
 *
 * @throws {CallError} `message-invalid`, if the metadata is invalid or too large.
 */
export function selfInfo(peer: PeerInfo, { name, metadata }: GivenProfile): PeerInfo {
  const invalid = metadataError(metadata);
  if (invalid) throw invalid;
  try {
    return parsePeerInfo({
      ...peer,
      ...(name !== undefined && { name }),
      ...(metadata && { metadata }),
    });
  } catch (cause) {
    throw new CallError("message-invalid", TOO_LARGE, { cause });
  }
}

/** Whether two settings announce the same. */
export function isSameSelf(a: GivenProfile, b: GivenProfile): boolean {
  return a.name === b.name && shallowEqual<object>(a.metadata ?? {}, b.metadata ?? {});
}

const TOO_LARGE =
  "The `metadata` and the name are too large together. Make the `metadata` smaller.";
