import { primitive, optional, object } from "../lib/validate.ts";
import type { DeviceChoice } from "../media/device-control.ts";

const text = primitive<string>(
  (value) => typeof value === "string" && value !== "" && value.length <= 512,
);
const choice = optional(
  object({
    enabled: optional(
      primitive<boolean>((value) => typeof value === "boolean"),
      undefined,
    ),
    deviceId: optional(text, undefined),
  }),
  undefined,
);
/** Untrusted, because any script of this origin can write to the storage. */
const preferences = object({
  name: optional(text, undefined),
  microphone: choice,
  camera: choice,
  speaker: optional(text, undefined),
});

/** The name, devices and switches chosen in earlier calls on this device. Nothing else is stored. */
export interface CallPreferences {
  readonly name?: string | undefined;
  readonly microphone?: DeviceChoice | undefined;
  readonly camera?: DeviceChoice | undefined;
  /** The `deviceId` of the speaker. */
  readonly speaker?: string | undefined;
}

/** The version changes with the format. */
const KEY = "twocan:preferences:1";

/**
 * Reads what {@link writePreferences} stored. Empty where nothing is stored, the storage is disabled,
 * or it holds something invalid.
 *
 * @example
 * const media = createLocalMedia({ initial: readPreferences() });
 */
export function readPreferences(): CallPreferences {
  try {
    return preferences(JSON.parse(localStorage.getItem(KEY) ?? "{}"), "preferences");
  } catch {
    return {};
  }
}

/**
 * Stores the given fields in `localStorage` and keeps the others. A field that is `undefined` is
 * deleted. Nothing is stored where a field is invalid, or the storage is disabled or full.
 */
export function writePreferences(changes: CallPreferences): void {
  const before = readPreferences();
  const next = { ...before, ...changes };
  if (changes.microphone) next.microphone = { ...before.microphone, ...changes.microphone };
  if (changes.camera) next.camera = { ...before.camera, ...changes.camera };
  try {
    localStorage.setItem(KEY, JSON.stringify(preferences(next, "preferences")));
  } catch {
    // Disabled or full: the preferences are not stored.
  }
}
