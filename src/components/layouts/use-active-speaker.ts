"use client";
/** Owns who speaks in a call: decided from everybody's level, calmly, apart from everything that renders. */
import { useEffect, useState } from "react";
import { audioLevel } from "../../core/stats/audio-level.ts";
import type { Participant } from "../../core/call/participants.ts";
import { createStore, type Store } from "../../core/lib/store.ts";
import { useStore } from "../../react/use-store.ts";

/** The ids of those who have spoken, the last one first. */
export interface ActiveSpeaker extends Store<readonly string[]> {
  /** Who takes part now. Whoever is muted, or not among them, does not take over. */
  listenTo(people: readonly Participant[]): void;
}

const EVERY = 100;
/** In levels: a voice in a quiet room lies between 0.02 and 0.3, breath and fans below. */
const VOICE = 0.02;
/** How much louder than the speaker somebody has to be, who takes over: 3.5 dB. */
const CLEARLY = 1.5;
/** How much of a new level counts at once. Slower down than up, so that a breath is not a chance for the others. */
const [RISE, FALL] = [0.3, 0.2];
/** So many times heard, which is a second: longer than a cough or a "mhm". */
const LONG_ENOUGH = 10;
/** So many times not heard is a pause between words. After it, and drowned out, a claim falls twice as fast as it rose. */
const PAUSE = 3;

interface Voice {
  level: Store<number>;
  /** The loudest since the last look: a look alone would miss most of a voice. */
  peak: number;
  average: number;
  claim: number;
  silence: number;
  stop(): void;
}

/** Decides who speaks while watched. The one who spoke last stays until somebody else takes over. */
export function createActiveSpeaker(): ActiveSpeaker {
  const voices = new Map<string, Voice>();
  let people: readonly Participant[] = [];
  let timer: ReturnType<typeof setInterval> | undefined;
  const store = createStore<readonly string[]>([], {
    onWatched() {
      timer = setInterval(decide, EVERY);
      listen();
      return () => {
        clearInterval(timer);
        timer = undefined;
        listen();
      };
    },
  });

  /** To everybody who is not muted, while watched. Who goes on keeps what was heard of them so far. */
  function listen(): void {
    const audible = timer === undefined ? [] : people.filter(({ microphone }) => microphone);
    for (const [id, voice] of voices) {
      const person = audible.find((one) => one.id === id);
      if (person && audioLevel(person) === voice.level) continue;
      voice.stop();
      voices.delete(id);
    }
    for (const person of audible) if (!voices.has(person.id)) voices.set(person.id, hear(person));
  }

  function decide(): void {
    const order = store.getSnapshot().filter((id) => people.some((one) => one.id === id));
    const [speaker] = order;
    const bar = CLEARLY * (speaker === undefined ? 0 : (voices.get(speaker)?.average ?? 0));
    let next: { id: string; average: number } | undefined;
    for (const [id, voice] of voices) {
      const peak = Math.max(voice.peak, voice.level.getSnapshot());
      voice.peak = 0;
      voice.average += (peak - voice.average) * (peak > voice.average ? RISE : FALL);
      const heard = peak >= VOICE;
      voice.silence = heard ? 0 : voice.silence + 1;
      if (heard && voice.average > bar) {
        voice.claim += 1;
        const ripe = id !== speaker && voice.claim >= LONG_ENOUGH;
        if (ripe && voice.average > (next?.average ?? 0)) next = { id, average: voice.average };
      } else if (heard || voice.silence > PAUSE) voice.claim = Math.max(0, voice.claim - 2);
    }
    if (!next) return;
    const { id } = next;
    store.set([id, ...order.filter((other) => other !== id)]);
  }

  return {
    getSnapshot: store.getSnapshot,
    subscribe: store.subscribe,
    listenTo(next) {
      people = next;
      listen();
    },
  };
}

function hear(person: Participant): Voice {
  const level = audioLevel(person);
  const voice: Voice = { level, peak: 0, average: 0, claim: 0, silence: 0, stop: () => {} };
  voice.stop = level.subscribe(() => {
    voice.peak = Math.max(voice.peak, level.getSnapshot());
  });
  return voice;
}

/**
 * The one of these people who speaks, or who spoke last; undefined until somebody has.
 *
 * Somebody takes over after being clearly louder for about a second; coughs, a "mhm" and people who
 * talk at the same time change nothing. The muted never take over. When the speaker leaves, it is
 * who spoke before. Renders only when the speaker changes.
 *
 * @example
 * const speaker = useActiveSpeaker(call.participants) ?? call.participants[0];
 */
export function useActiveSpeaker(participants: readonly Participant[]): Participant | undefined {
  const [speaker] = useState(createActiveSpeaker);
  useEffect(() => speaker.listenTo(participants), [speaker, participants]);
  const spoke = useStore(speaker);
  const id = spoke.find((one) => participants.some((person) => person.id === one));
  return participants.find((person) => person.id === id);
}
