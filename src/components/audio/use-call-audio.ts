"use client";
import { useEffect, useState, type RefCallback } from "react";
import type { Call } from "../../core/call/call.ts";
import type { Participant } from "../../core/call/participants.ts";
import { after } from "../../core/lib/abort.ts";
import { useCurrentCall } from "../../react/call-provider.tsx";
import { playStream } from "./play-stream.ts";

/** Configures {@link useCallAudio}. */
export interface CallAudioOptions {
  /**
   * The speaker, as the `deviceId` of an `audiooutput`. The default output of the system is used in a
   * browser without `setSinkId`, or if the speaker is unplugged.
   *
   * @default the default output of the system
   */
  sinkId?: string | undefined;
}

/** The audio of one remote participant. */
export interface RemoteAudio {
  /** The React key of the `<audio>`. */
  key: string;
  participant: Participant;
  /** The props of the `<audio>`, which plays while it is mounted. */
  audioProps: { ref: RefCallback<HTMLAudioElement>; autoPlay: true };
}

/** The audio of all remote participants. */
export interface CallAudioState {
  /** Whether the autoplay policy blocks playback. A click or a key anywhere on the page starts it. */
  readonly blocked: boolean;
  /** One entry for each remote participant. Render an `<audio>` for each. */
  readonly voices: readonly RemoteAudio[];
}

/**
 * Returns the props of one `<audio>` for each remote participant, and routes them to a speaker. Use it
 * once for each call: two of them play everything twice. Inside a hidden `<Activity>` it plays nothing.
 *
 * @param given Default: the call of the nearest `CallProvider`.
 *
 * @example
 * const { blocked, voices } = useCallAudio(call, { sinkId });
 * return (
 *   <>
 *     {voices.map(({ key, audioProps }) => <audio key={key} {...audioProps} />)}
 *     {blocked && <button>Turn on the sound</button>}
 *   </>
 * );
 */
export function useCallAudio(
  given?: Pick<Call, "participants">,
  { sinkId = "" }: CallAudioOptions = {},
): CallAudioState {
  const { participants } = useCurrentCall(given);
  const [blockedCount, setBlockedCount] = useState(0);
  // Each element reports a block and its end alternately, so counting them is enough.
  const [player] = useState(() =>
    createPlayer(sinkId, (blocked) => setBlockedCount((count) => count + (blocked ? 1 : -1))),
  );
  useEffect(() => player.setSinkId(sinkId), [player, sinkId]);
  useEffect(() => player.mount(), [player]);
  return {
    blocked: blockedCount > 0,
    voices: participants.map((participant) => ({
      key: participant.id,
      participant,
      audioProps: { ref: player.refFor(participant.stream), autoPlay: true },
    })),
  };
}

function createPlayer(sinkId: string, onBlocked: (blocked: boolean) => void) {
  const elements = new Map<HTMLAudioElement, Routing>();
  /** In the document, but hidden by an `<Activity>` or a `<Suspense>`: React has called their refs with null. */
  const hidden = new Set<HTMLAudioElement>();
  let mounted = false;
  const refs = new WeakMap<MediaStream, RefCallback<HTMLAudioElement>>();
  let selected = sinkId;
  const selectedSinkId = () => selected;
  return {
    /**
     * Called in an effect; returns its cleanup. React runs the cleanup when the component is unmounted or
     * hidden by an `<Activity>`, which stops playback. A `<Suspense>` that hides the component does not
     * run it, and playback goes on. StrictMode runs the effect again within the same task.
     */
    mount() {
      mounted = true;
      return () => {
        mounted = false;
        setTimeout(() => {
          if (mounted) return;
          for (const element of hidden) element.srcObject = null;
          hidden.clear();
        });
      };
    },
    setSinkId(next: string) {
      selected = next;
      for (const routing of elements.values()) void routing.update();
    },
    /** Returns the same function for the same stream: React detaches and attaches the element for another one. */
    refFor(stream: MediaStream | undefined) {
      if (!stream) return clearStream;
      let ref = refs.get(stream);
      if (!ref) refs.set(stream, (ref = createRef(stream)));
      return ref;
    },
  };

  function createRef(stream: MediaStream): RefCallback<HTMLAudioElement> {
    let element: HTMLAudioElement | null = null;
    let end: (() => void) | undefined;
    return (node) => {
      end?.();
      end = undefined;
      if (element) {
        elements.delete(element);
        hide(element);
      }
      element = node;
      if (node) end = attach(node, stream);
    };
  }

  function hide(element: HTMLAudioElement): void {
    hidden.add(element);
    setTimeout(() => {
      if (!element.isConnected || elements.has(element)) hidden.delete(element);
    });
  }

  function attach(element: HTMLAudioElement, stream: MediaStream): () => void {
    const scope = new AbortController();
    const { signal } = scope;
    const routing = createRouting(element, selectedSinkId, signal);
    let stop: (() => void) | undefined;
    const play = () => {
      if (!signal.aborted) stop = playStream(element, stream, onBlocked);
    };
    elements.set(element, routing);
    hidden.delete(element);
    // The speaker is set before the stream. Otherwise the default output would play for a moment, and in
    // Chromium a stream that starts during the change would stay on it.
    if (routing.isCurrent()) play();
    else void routing.update().then(play);
    // Chromium rejects setSinkId() while the stream has no audio track, so set it when one is added.
    stream.addEventListener("addtrack", () => void routing.update(), { signal });
    return () => {
      scope.abort();
      stop?.();
    };
  }
}

/** Routes one element to the selected speaker. */
interface Routing {
  /** Whether the element plays on the selected speaker. */
  isCurrent(): boolean;
  /** Sets the speaker. Resolves after the first attempt; a failed attempt is repeated. */
  update(): Promise<void>;
}

/** A speaker that was just plugged in is listed before it can be used, so setSinkId() is tried again. */
const MAX_RETRIES = 3;
const RETRY_DELAY_MS = 1_000;

/**
 * Runs one setSinkId() at a time. The selection can change while a call is pending. Browsers compare a
 * request with the current speaker, not with the pending one, so a request to return to the current
 * speaker would be ignored. A pending call is therefore awaited, and the selection checked again.
 */
function createRouting(
  element: HTMLAudioElement,
  selectedSinkId: () => string,
  signal: AbortSignal,
): Routing {
  let pending: Promise<void> | undefined;
  const isCurrent = () => !("setSinkId" in element) || element.sinkId === selectedSinkId();

  async function change(retries: number): Promise<void> {
    const target = selectedSinkId();
    try {
      await element.setSinkId(target);
    } catch {
      // Rejected, or unplugged before it was set: the element goes on playing on its previous speaker.
      if (retries > 0) after(signal, RETRY_DELAY_MS, () => void update(retries - 1));
    }
    if (selectedSinkId() !== target && !isCurrent()) await change(MAX_RETRIES);
  }

  async function update(retries = MAX_RETRIES): Promise<void> {
    if (isCurrent()) return pending;
    pending ??= change(retries).finally(() => {
      pending = undefined;
    });
    return pending;
  }

  return { isCurrent, update: () => update() };
}

/** For a participant without a stream: also removes the stream from before. */
function clearStream(element: HTMLAudioElement | null): void {
  if (element) playStream(element, undefined);
}
