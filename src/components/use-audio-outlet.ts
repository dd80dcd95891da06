"use client";
/** Owns how the voices of a call are played: each in an element of its own, on the chosen speaker. */
import { useEffect, useState, type RefCallback } from "react";
import type { Call } from "../core/call.ts";
import type { Participant } from "../core/participants.ts";
import { playStream } from "./play-stream.ts";

/** Options of {@link useAudioOutlet}. */
export interface AudioOutletOptions {
  /**
   * The speaker: the `deviceId` of an `audiooutput`. Default: the system's, as where the browser offers
   * no choice (`setSinkId`), or the speaker is gone.
   */
  sinkId?: string | undefined;
}

/** A voice of a call. */
export interface Voice {
  key: string;
  participant: Participant;
  /** For its `<audio>`: it plays as long as that is there. */
  audioProps: { ref: RefCallback<HTMLAudioElement>; autoPlay: true };
}

/** The voices of a call, to be put on markup of one's own. */
export interface AudioOutletState {
  /** Whether the browser wants a click or a key first. Any on the page will do: then they play. */
  readonly blocked: boolean;
  readonly voices: readonly Voice[];
}

/**
 * Plays every remote voice. One for each call and page: two play everything twice.
 *
 * @example
 * const { blocked, voices } = useAudioOutlet(call, { sinkId });
 * return (
 *   <>
 *     {voices.map(({ key, audioProps }) => <audio key={key} {...audioProps} />)}
 *     {blocked && <button>Turn on the sound</button>}
 *   </>
 * );
 */
export function useAudioOutlet(
  call: Pick<Call, "participants">,
  { sinkId = "" }: AudioOutletOptions = {},
): AudioOutletState {
  const [refusals, setRefusals] = useState(0);
  // Each voice reports a refusal and its end in turns, so counting them is enough.
  const [outlet] = useState(() =>
    createOutlet((refused) => setRefusals((count) => count + (refused ? 1 : -1))),
  );
  useEffect(() => outlet.playOn(sinkId), [outlet, sinkId]);
  return {
    blocked: refusals > 0,
    voices: call.participants.map((participant) => ({
      key: participant.id,
      participant,
      audioProps: { ref: outlet.refTo(participant.stream), autoPlay: true },
    })),
  };
}

function createOutlet(onRefused: (refused: boolean) => void) {
  const elements = new Set<HTMLAudioElement>();
  const refs = new WeakMap<MediaStream, RefCallback<HTMLAudioElement>>();
  let speaker = "";
  return {
    playOn(sinkId: string) {
      speaker = sinkId;
      for (const element of elements) choose(element, sinkId);
    },
    /** The same function for the same stream: React takes another one for another element. */
    refTo(stream: MediaStream | undefined) {
      if (!stream) return silence;
      let ref = refs.get(stream);
      if (!ref) refs.set(stream, (ref = createRef(stream)));
      return ref;
    },
  };

  function createRef(stream: MediaStream): RefCallback<HTMLAudioElement> {
    let element: HTMLAudioElement | null = null;
    let stop: (() => void) | undefined;
    return (node) => {
      stop?.();
      stop = undefined;
      if (element) elements.delete(element);
      element = node;
      if (!node) return;
      elements.add(node);
      choose(node, speaker);
      stop = playStream(node, stream, onRefused);
    };
  }
}

/** What has no voice plays none, not the one from before either. */
function silence(element: HTMLAudioElement | null): void {
  if (element) playStream(element, undefined);
}

function choose(element: HTMLAudioElement, sinkId: string): void {
  if (!("setSinkId" in element) || element.sinkId === sinkId) return;
  // Refused, or unplugged meanwhile: it plays where it did.
  element.setSinkId(sinkId).catch(() => {});
}
