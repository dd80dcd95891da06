/** Reads from this page's media what a connection sends: the tracks, and which of them carry anything. */
import type { LocalMedia } from "./local-media.ts";
import { shallowEqual } from "../lib/store.ts";
import type { MediaState } from "../signaling/protocol.ts";

/** What a side of a connection sends: the track of each place, and whether it carries anything. */
export interface OutgoingMedia {
  readonly microphone: MediaStreamTrack | null;
  readonly camera: MediaStreamTrack | null;
  readonly screen: MediaStreamTrack | null;
  readonly state: MediaState;
}

/** Nothing to send: a side that only receives. */
export const NO_MEDIA: OutgoingMedia = {
  microphone: null,
  camera: null,
  screen: null,
  state: { microphone: false, camera: false, screen: false },
};

/** What a call sends. */
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
 * Whether a track carries sound or pictures (Media Capture, section 4.3.1). It does not while the
 * application has disabled it, nor while the system has muted it, as during an incoming phone call.
 */
function isFlowing(track: MediaStreamTrack | null | undefined): boolean {
  return !!track && track.enabled && !track.muted && track.readyState === "live";
}

/** What a connection sends: of the first stream the voice and the picture, of the second the screen. */
export function outgoingStreams([person, display]: readonly MediaStream[]): OutgoingMedia {
  const microphone = person?.getAudioTracks()[0] ?? null;
  const camera = person?.getVideoTracks()[0] ?? null;
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

/** The interval at which the media is read for changes that fire no event, in ms. */
const COMPARE_INTERVAL_MS = 500;

/** The media of one call or connection, compared with what was sent last. */
export interface MediaWatch {
  /** Reads the media now, and reports it if it differs. */
  compare(): void;
  /** Compares again and again, until the returned function is called. */
  start(): () => void;
}

/**
 * Reports changes of the media that `read` returns. An application may change its own stream by
 * script (`addTrack()`, `removeTrack()`, `enabled`, `stop()`), and none of these fires an event, so
 * the media is compared field by field.
 */
export function watchMedia(
  read: () => OutgoingMedia,
  onChange: (media: OutgoingMedia) => void,
): MediaWatch {
  let sent = read();
  function compare(): void {
    const next = read();
    const state = shallowEqual(next.state, sent.state) ? sent.state : next.state;
    if (shallowEqual({ ...next, state }, sent)) return;
    sent = next;
    onChange(next);
  }
  return {
    compare: compare,
    start() {
      const timer = setInterval(compare, COMPARE_INTERVAL_MS);
      return () => clearInterval(timer);
    },
  };
}

/** Whether the person is being asked for the devices right now. */
export function isPrompting(media: LocalMedia | MediaStream | undefined): boolean {
  return media !== undefined && !isStream(media) && media.status === "prompting";
}

/** Whether it is the browser's own stream, and not ours. */
export function isStream(media: LocalMedia | MediaStream | undefined): media is MediaStream {
  return media !== undefined && "getTracks" in media;
}
