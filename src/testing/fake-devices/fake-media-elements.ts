import { FakeMediaStream, FakeMediaStreamTrack } from "./fake-media-stream.ts";
import { replaceProperties } from "../fake-webrtc/install.ts";

/** The interval in ms between two frames of a fake video. */
const FRAME_MS = 33;

/**
 * Lets `<video>` and `<audio>` play fake streams, which real elements reject: without sound, and with
 * frame callbacks while media arrives. Other streams are played as before. Returns the function that
 * restores the elements.
 */
export function playInElements(): () => void {
  if (typeof HTMLMediaElement === "undefined") return () => undefined;
  const media = HTMLMediaElement.prototype;
  const video = HTMLVideoElement.prototype;
  const own = (name: string) => Object.getOwnPropertyDescriptor(media, name);
  const [srcObject, paused] = [own("srcObject"), own("paused")];
  const { play, pause } = media;
  const { requestVideoFrameCallback, cancelVideoFrameCallback } = video;
  const streams = new WeakMap<object, FakeMediaStream>();
  const playing = new WeakSet<object>();
  const frames = new Map<number, ReturnType<typeof setTimeout>>();
  let lastFrame = 1_000_000;

  const videoTrackOf = (element: object) =>
    streams
      .get(element)
      ?.getVideoTracks()
      .find((track) => FakeMediaStreamTrack.isFlowing(track));

  function onNextFrame(
    element: HTMLVideoElement,
    handle: number,
    callback: VideoFrameRequestCallback,
  ): void {
    const check = () => {
      const { width = 640, height = 480 } = videoTrackOf(element)?.getSettings() ?? {};
      if (!videoTrackOf(element) || !playing.has(element)) {
        onNextFrame(element, handle, callback);
        return;
      }
      frames.delete(handle);
      const now = performance.now();
      const times = { expectedDisplayTime: now, presentationTime: now, mediaTime: now / 1_000 };
      callback(now, { ...times, width, height, presentedFrames: 1 });
    };
    frames.set(handle, setTimeout(check, FRAME_MS));
  }

  const restore = [
    replaceProperties(media, {
      srcObject: {
        get(this: HTMLMediaElement): unknown {
          return streams.get(this) ?? (srcObject?.get?.call(this) as unknown) ?? null;
        },
        set(this: HTMLMediaElement, stream: unknown) {
          streams.delete(this);
          playing.delete(this);
          const isFake = stream instanceof FakeMediaStream;
          if (isFake) streams.set(this, stream);
          srcObject?.set?.call(this, isFake ? null : stream);
        },
      },
      paused: {
        get(this: HTMLMediaElement): unknown {
          return streams.has(this) ? !playing.has(this) : paused?.get?.call(this);
        },
      },
      play: {
        async value(this: HTMLMediaElement): Promise<void> {
          if (!streams.has(this)) {
            await play.call(this);
            return;
          }
          if (playing.has(this)) return;
          playing.add(this);
          for (const type of ["play", "playing"]) this.dispatchEvent(new Event(type));
        },
      },
      pause: {
        value(this: HTMLMediaElement) {
          if (!streams.has(this)) pause.call(this);
          else if (playing.delete(this)) this.dispatchEvent(new Event("pause"));
        },
      },
    }),
    replaceProperties(video, {
      requestVideoFrameCallback: {
        value(this: HTMLVideoElement, callback: VideoFrameRequestCallback): number {
          if (!streams.has(this) && requestVideoFrameCallback)
            return requestVideoFrameCallback.call(this, callback);
          lastFrame += 1;
          onNextFrame(this, lastFrame, callback);
          return lastFrame;
        },
      },
      cancelVideoFrameCallback: {
        value(this: HTMLVideoElement, handle: number) {
          clearTimeout(frames.get(handle));
          if (!frames.delete(handle) && cancelVideoFrameCallback)
            cancelVideoFrameCallback.call(this, handle);
        },
      },
    }),
  ];
  restore.push(acceptInAudioContexts(), defineResizeObserver());
  return () => {
    for (const timer of frames.values()) clearTimeout(timer);
    frames.clear();
    for (const undo of restore) undo();
  };
}

/** Lets `AudioContext` accept fake streams, as silence. */
function acceptInAudioContexts(): () => void {
  if (typeof AudioContext === "undefined") return () => undefined;
  const { createMediaStreamSource } = AudioContext.prototype;
  return replaceProperties(AudioContext.prototype, {
    createMediaStreamSource: {
      value(this: AudioContext, stream: MediaStream): AudioNode {
        return stream instanceof FakeMediaStream
          ? this.createGain()
          : createMediaStreamSource.call(this, stream);
      },
    },
  });
}

/** Defines a `ResizeObserver` that reports nothing where there is none (jsdom). */
function defineResizeObserver(): () => void {
  if ("ResizeObserver" in globalThis) return () => undefined;
  const noop = () => undefined;
  const value = function ResizeObserver() {
    return { observe: noop, unobserve: noop, disconnect: noop };
  };
  return replaceProperties(globalThis, { ResizeObserver: { value, writable: true } });
}
