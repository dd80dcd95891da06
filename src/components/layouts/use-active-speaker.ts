"use client";
import { useEffect, useState } from "react";
import { audioLevel } from "../../core/stats/audio-level.ts";
import type { Participant } from "../../core/call/participants.ts";
import { createStore, type Store } from "../../core/lib/store.ts";
import { useStore } from "../../react/use-store.ts";

/** Contains the ids of the participants who have spoken, the latest speaker first. */
export interface ActiveSpeaker extends Store<readonly string[]> {
  /** Sets the participants of the call. Those with a muted microphone never become the speaker. */
  setParticipants(participants: readonly Participant[]): void;
}

const SAMPLE_INTERVAL_MS = 100;
/** As an audio level: speech in a quiet room is between 0.02 and 0.3, breath and fans are below. */
const SPEECH_LEVEL = 0.02;
/** How much louder than the speaker another participant must be to take over: 3.5 dB. */
const TAKEOVER_FACTOR = 1.5;
/** The weight of a new level in the average. Smaller for a fall, so that the average survives a breath. */
const [RISE, FALL] = [0.3, 0.2];
/** Samples with speech until a participant takes over: one second, longer than a cough or a "mhm". */
const TAKEOVER_SAMPLES = 10;
/** Samples without speech that are a pause between words. After more, the claim falls twice as fast as it rose. */
const PAUSE_SAMPLES = 3;

interface Voice {
  level: Store<number>;
  /** The greatest level since the last sample. Levels change more often than they are sampled. */
  peak: number;
  average: number;
  /** Counts the samples towards a takeover. */
  claim: number;
  /** Counts the samples since the last one with speech. */
  silence: number;
  stop(): void;
}

/** Detects the speaker while it is subscribed to. The last speaker stays until another one takes over. */
export function createActiveSpeaker(): ActiveSpeaker {
  const voices = new Map<string, Voice>();
  let participants: readonly Participant[] = [];
  let timer: ReturnType<typeof setInterval> | undefined;
  const store = createStore<readonly string[]>([], {
    onWatched() {
      timer = setInterval(detect, SAMPLE_INTERVAL_MS);
      updateVoices();
      return () => {
        clearInterval(timer);
        timer = undefined;
        updateVoices();
      };
    },
  });

  /** Measures every unmuted participant while subscribed to. A voice that stays keeps its samples. */
  function updateVoices(): void {
    const audible = timer === undefined ? [] : participants.filter(({ microphone }) => microphone);
    for (const [id, voice] of voices) {
      const person = audible.find((one) => one.id === id);
      if (person && audioLevel(person) === voice.level) continue;
      voice.stop();
      voices.delete(id);
    }
    for (const person of audible)
      if (!voices.has(person.id)) voices.set(person.id, createVoice(person));
  }

  function detect(): void {
    const order = store.getSnapshot().filter((id) => participants.some((one) => one.id === id));
    const [speaker] = order;
    const average = speaker === undefined ? 0 : (voices.get(speaker)?.average ?? 0);
    let loudest: { id: string; average: number } | undefined;
    for (const [id, voice] of voices) {
      sample(voice, TAKEOVER_FACTOR * average);
      const takesOver = id !== speaker && voice.silence === 0 && voice.claim >= TAKEOVER_SAMPLES;
      if (takesOver && voice.average > (loudest?.average ?? TAKEOVER_FACTOR * average))
        loudest = { id, average: voice.average };
    }
    if (!loudest) return;
    const { id } = loudest;
    store.set([id, ...order.filter((other) => other !== id)]);
  }

  return {
    getSnapshot: store.getSnapshot,
    subscribe: store.subscribe,
    setParticipants(next) {
      participants = next;
      updateVoices();
    },
  };
}

/** Updates the average and the claim of a voice. The claim grows while its average is above `threshold`. */
function sample(voice: Voice, threshold: number): void {
  const peak = Math.max(voice.peak, voice.level.getSnapshot());
  voice.peak = 0;
  voice.average += (peak - voice.average) * (peak > voice.average ? RISE : FALL);
  const hasSpeech = peak >= SPEECH_LEVEL;
  voice.silence = hasSpeech ? 0 : voice.silence + 1;
  if (hasSpeech && voice.average > threshold) voice.claim += 1;
  else if (hasSpeech || voice.silence > PAUSE_SAMPLES) voice.claim = Math.max(0, voice.claim - 2);
}

function createVoice(participant: Participant): Voice {
  const level = audioLevel(participant);
  const voice: Voice = { level, peak: 0, average: 0, claim: 0, silence: 0, stop: () => {} };
  voice.stop = level.subscribe(() => {
    voice.peak = Math.max(voice.peak, level.getSnapshot());
  });
  return voice;
}

/**
 * Returns the participant who speaks, or the last one who did; undefined until one has spoken.
 *
 * Another participant takes over after being clearly louder for about a second. Coughs, short replies
 * and participants who talk at the same time change nothing. A muted participant never takes over.
 * When the speaker leaves, the speaker before takes over. Renders only when the speaker changes.
 *
 * @example
 * const speaker = useActiveSpeaker(call.participants) ?? call.participants[0];
 */
export function useActiveSpeaker(participants: readonly Participant[]): Participant | undefined {
  const [speaker] = useState(createActiveSpeaker);
  useEffect(() => speaker.setParticipants(participants), [speaker, participants]);
  const speakers = useStore(speaker);
  const id = speakers.find((one) => participants.some((person) => person.id === one));
  return participants.find((person) => person.id === id);
}
