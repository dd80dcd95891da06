/** Owns what goes out of this page's media: the tracks, and the word on what the person has switched on. */
import { NO_MEDIA, type OutgoingMedia } from "./layout.ts";
import type { LocalMedia } from "./media.ts";

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
      microphone: microphone.enabled && microphone.track !== undefined,
      camera: camera.enabled && camera.track !== undefined,
      screen: screen !== null,
    },
  };
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
      microphone: microphone?.enabled ?? false,
      camera: camera?.enabled ?? false,
      screen: screen !== null,
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
