"use client";
import { useMemo } from "react";
import { audioLevel, createSpeaking, type AudioSource } from "../core/stats/audio-level.ts";
import { useStore } from "./use-store.ts";

/**
 * Returns the audio level of a participant or a stream: 0 to 1, linear. Renders up to 30 times a second,
 * so use it in a separate, small component.
 *
 * @example
 * function Meter({ participant }: { participant: Participant }) {
 *   return <meter value={useAudioLevel(participant)} />;
 * }
 */
export function useAudioLevel(subject: AudioSource): number {
  return useStore(audioLevel(subject));
}

/** Returns whether a participant or a stream is speaking. Renders when that changes. Speech ends after 0.7 s of silence. */
export function useSpeaking(subject: AudioSource): boolean {
  const level = audioLevel(subject);
  return useStore(useMemo(() => createSpeaking(level), [level]));
}
