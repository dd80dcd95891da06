"use client";
/** Owns `useAudioLevel` and `useSpeaking`: how loud somebody is, and whether they speak. */
import { useMemo } from "react";
import { audioLevel, createSpeaking, type AudioSource } from "../core/stats/audio-level.ts";
import { useStore } from "./use-store.ts";

/**
 * How loud a person or a stream is: 0 to 1, linear. Renders its component up to 30 times a second,
 * so use it in a component of its own, as small as a meter.
 *
 * @example
 * function Meter({ participant }: { participant: Participant }) {
 *   return <meter value={useAudioLevel(participant)} />;
 * }
 */
export function useAudioLevel(subject: AudioSource): number {
  return useStore(audioLevel(subject));
}

/** Whether a person or a stream is speaking. Renders only when that changes; 0.7 s of silence end it. */
export function useSpeaking(subject: AudioSource): boolean {
  const level = audioLevel(subject);
  return useStore(useMemo(() => createSpeaking(level), [level]));
}
