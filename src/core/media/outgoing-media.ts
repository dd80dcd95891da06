import type { LocalMedia } from "./local-media.ts";
import { shallowEqual } from "../lib/store.ts";
import type { MediaState } from "../signaling/protocol.ts";

/** The tracks that a connection sends, and which of them carry media. */
export interface OutgoingMedia {
  /** The track of the microphone; null sends nothing. */
  readonly microphone: MediaStreamTrack | null;
  /** The track of the camera; null sends nothing. */
  readonly camera: MediaStreamTrack | null;
  /** The track of the shared screen; null sends nothing. */
  readonly screen: MediaStreamTrack | null;
  /** Which of the tracks carry media: not disabled, muted or ended. */
  readonly state: MediaState;
}

/** For a side that only receives. */
export const NO_MEDIA: OutgoingMedia = {
  microphone: null,
  camera: null,
  screen: null,
  state: { microphone: false, camera: false, screen: false },
};

/** Returns what a call sends of its `media`. */
export function outgoingMedia(media: LocalMedia | MediaStream | undefined): OutgoingMedia {
  if (!media) return NO_MEDIA;
  if (isStream(media)) return outgoingStreams([media]);
  const { microphone, camera } = media;
  const screen = media.screen?.getVideoTracks()[0] ?? null;
  return {
    microphone: microphone.track ?? null,
    camera: camera.track ?? null,
    screen,
    state: {
      microphone: microphone.enabled && isFlowing(microphone.track),
      camera: camera.enabled && isFlowing(camera.track),
      screen: screen !== null,
    },
  };
}

/**
 * Whether a track carries audio or video. It does not while the application has disabled it, or while
 * the system has muted it, for example during a phone call.
 *
 * @see Media Capture, section 4.3.1
 */
function isFlowing(track: MediaStreamTrack | null | undefined): boolean {
  return !!track && track.enabled && !track.muted && track.readyState === "live";
}

/** Returns what a connection sends: microphone and camera of the first stream, the screen of the second. */
export function outgoingStreams([user, display]: readonly MediaStream[]): OutgoingMedia {
  const microphone = user?.getAudioTracks()[0] ?? null;
  const camera = user?.getVideoTracks()[0] ?? null;
  const screen = display?.getVideoTracks()[0] ?? null;
  return {
    microphone,
    camera,
    screen,
    state: {
      microphone: isFlowing(microphone),
      camera: isFlowing(camera),
      screen: screen !== null,
    },
  };
}

/** Time in ms between two reads of the media, for changes that fire no event. */
const COMPARE_INTERVAL_MS = 500;

/** Watches the media of one call or connection. */
export interface MediaWatch {
  /** Reads the media now, and reports it if it has changed. */
  compare(): void;
  /** Compares at an interval. Returns the function that ends this. */
  start(): () => void;
}

/**
 * Reports changes of the media that `read` returns. Changes that an application makes to its own stream
 * (`addTrack()`, `removeTrack()`, `enabled`, `stop()`) fire no event, so the fields are compared.
 */
export function watchMedia(
  read: () => OutgoingMedia,
  onChange: (media: OutgoingMedia) => void,
): MediaWatch {
  let last = read();
  function compare(): void {
    const next = read();
    const state = shallowEqual(next.state, last.state) ? last.state : next.state;
    if (shallowEqual({ ...next, state }, last)) return;
    last = next;
    onChange(next);
  }
  return {
    compare,
    start() {
      const timer = setInterval(compare, COMPARE_INTERVAL_MS);
      return () => clearInterval(timer);
    },
  };
}

/** Whether the browser is asking the user for the devices. */
export function isPrompting(media: LocalMedia | MediaStream | undefined): boolean {
  return media !== undefined && !isStream(media) && media.status === "prompting";
}

/** Whether the media is a stream of the application. */
export function isStream(media: LocalMedia | MediaStream | undefined): media is MediaStream {
  return media !== undefined && "getTracks" in media;
}
