"use client";
/** Owns how the voices of a call are played: each in an element of its own, on the chosen speaker. */
import { useEffect, useState, type RefCallback } from "react";
import type { Call } from "../../core/call/call.ts";
import type { Participant } from "../../core/call/participants.ts";
import { after } from "../../core/lib/abort.ts";
import { useCurrentCall } from "../../react/call-provider.tsx";
import { playStream } from "./play-stream.ts";

/** Options of {@link useCallAudio}. */
export interface CallAudioOptions {
  /**
   * The speaker: the `deviceId` of an `audiooutput`. Default: the system's, as where the browser offers
   * no choice (`setSinkId`), or the speaker is gone.
   */
  sinkId?: string | undefined;
}

/** A voice of a call. */
export interface RemoteAudio {
  key: string;
  participant: Participant;
  /** For its `<audio>`: it plays as long as that is there. */
  audioProps: { ref: RefCallback<HTMLAudioElement>; autoPlay: true };
}

/** The voices of a call, to be put on markup of one's own. */
export interface CallAudioState {
  /** Whether the browser wants a click or a key first. Any on the page will do: then they play. */
  readonly blocked: boolean;
  readonly voices: readonly RemoteAudio[];
}

/**
 * Plays every remote voice. One for each call and page: two play everything twice. In a hidden
 * `<Activity>` it plays none. The call is by default that of the nearest `CallProvider`.
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
  const [refusals, setRefusals] = useState(0);
  // Each voice reports a refusal and its end in turns, so counting them is enough.
  const [outlet] = useState(() =>
    createOutlet(sinkId, (refused) => setRefusals((count) => count + (refused ? 1 : -1))),
  );
  useEffect(() => outlet.playOn(sinkId), [outlet, sinkId]);
  useEffect(() => outlet.show(), [outlet]);
  return {
    blocked: refusals > 0,
    voices: participants.map((participant) => ({
      key: participant.id,
      participant,
      audioProps: { ref: outlet.refTo(participant.stream), autoPlay: true },
    })),
  };
}

function createOutlet(sinkId: string, onRefused: (refused: boolean) => void) {
  const elements = new Map<HTMLAudioElement, Routing>();
  /** In the page, but hidden by React, which has taken their refs back: by an `<Activity>` or a `<Suspense>`. */
  const hidden = new Set<HTMLAudioElement>();
  let shown = false;
  const refs = new WeakMap<MediaStream, RefCallback<HTMLAudioElement>>();
  let speaker = sinkId;
  const wanted = () => speaker;
  return {
    /**
     * Called in an effect; returns its cleanup. React runs the cleanup when the component is unmounted or
     * hidden by an `<Activity>`, but not when a `<Suspense>` hides it: then the voices go on.
     * StrictMode runs the effect again within the same task.
     */
    show() {
      shown = true;
      return () => {
        shown = false;
        setTimeout(() => {
          if (shown) return;
          for (const element of hidden) element.srcObject = null;
          hidden.clear();
        });
      };
    },
    playOn(chosen: string) {
      speaker = chosen;
      for (const routing of elements.values()) void routing.follow();
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
    const routing = createRouting(element, wanted, signal);
    let stop: (() => void) | undefined;
    const play = () => {
      if (!signal.aborted) stop = playStream(element, stream, onRefused);
    };
    elements.set(element, routing);
    hidden.delete(element);
    // First the speaker, then the voice: else the whole room hears it for a moment, and in Chromium a
    // voice that begins meanwhile stays where it began.
    if (routing.isRight()) play();
    else void routing.follow().then(play);
    // As long as there is no voice in it, Chromium refuses.
    stream.addEventListener("addtrack", () => void routing.follow(), { signal });
    return () => {
      scope.abort();
      stop?.();
    };
  }
}

/** How one element comes to the speaker that is wanted. */
interface Routing {
  isRight(): boolean;
  /** Resolves as soon as it is there, or was refused; it is tried a few times more then. */
  follow(): Promise<void>;
}

/** How often, and after how many ms, a speaker is tried again: one just plugged in is listed before it can be used. */
const RETRIES = 3;
const RETRY_AFTER = 1_000;

/** One change after the other: a browser compares what is asked with what is done, not with what is under way. */
function createRouting(
  element: HTMLAudioElement,
  wanted: () => string,
  signal: AbortSignal,
): Routing {
  let changing: Promise<void> | undefined;
  const isRight = () => !("setSinkId" in element) || element.sinkId === wanted();

  async function change(retries: number): Promise<void> {
    const target = wanted();
    try {
      await element.setSinkId(target);
    } catch {
      // Refused, or unplugged meanwhile: it plays where it did.
      if (retries > 0) after(signal, RETRY_AFTER, () => void follow(retries - 1));
    }
    if (wanted() !== target && !isRight()) await change(RETRIES);
  }

  async function follow(retries = RETRIES): Promise<void> {
    if (isRight()) return changing;
    changing ??= change(retries).finally(() => {
      changing = undefined;
    });
    return changing;
  }

  return { isRight, follow: () => follow() };
}

/** What has no voice plays none, not the one from before either. */
function silence(element: HTMLAudioElement | null): void {
  if (element) playStream(element, undefined);
}
