"use client";
import { useEffect, useRef } from "react";
import type { LocalMedia } from "../core/media/local-media.ts";
import { writePreferences, type CallPreferences } from "../core/call/preferences.ts";

/** Selects what {@link useSavePreferences} saves. A field that is left out is not saved. */
export interface SavePreferencesOptions {
  name?: string | undefined;
  /** Saves whether its microphone and its camera are on, and which devices are selected. */
  media?: Pick<LocalMedia, "microphone" | "camera"> | undefined;
  /** The `selectedDeviceId` of {@link useAudioOutputSelect}. */
  speaker?: string | undefined;
}

/**
 * Saves what the user changes while the component is mounted. `readPreferences()` returns it in the
 * next call. Initial values are not saved.
 *
 * @example
 * const [saved] = useState(readPreferences);
 * const media = useLocalMedia({ initial: saved });
 * const speakers = useAudioOutputSelect(media, { initial: saved.speaker });
 * useSavePreferences({ media, speaker: speakers.selectedDeviceId });
 */
export function useSavePreferences({ name, media, speaker }: SavePreferencesOptions): void {
  const { microphone, camera } = media ?? {};
  useChange(name, () => ({ name }));
  // The default speaker has an empty id.
  useChange(speaker, () => ({ speaker: speaker || undefined }));
  useChange(microphone?.enabled, (enabled) => ({ microphone: { enabled } }));
  useChange(microphone?.selectedDeviceId, (deviceId) => ({ microphone: { deviceId } }));
  useChange(camera?.enabled, (enabled) => ({ camera: { enabled } }));
  useChange(camera?.selectedDeviceId, (deviceId) => ({ camera: { deviceId } }));
}

function useChange<T>(value: T, changesOf: (value: T) => CallPreferences): void {
  const before = useRef(value);
  useEffect(() => {
    if (Object.is(before.current, value)) return;
    before.current = value;
    writePreferences(changesOf(value));
  });
}
