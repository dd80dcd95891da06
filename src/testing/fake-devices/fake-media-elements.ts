/** Owns media elements that play played streams, in a page or in a DOM without one: real elements refuse what is no `MediaStream` of theirs. */
import { FakeMediaStream, FakeMediaStreamTrack } from "./fake-media-stream.ts";
import { replaceProperties } from "../fake-webrtc/install.ts";

/** How often a played picture changes, in ms. */
const FRAME = 33;

/**
 * Lets `<video>` and `<audio>` take played streams: they play them without a sound, and frames come
 * while something flows. Other streams go the element's own way. Returns the way back.
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

  const pictureOf = (element: object) =>
    streams
      .get(element)
      ?.getVideoTracks()
      .find((track) => FakeMediaStreamTrack.isFlowing(track));

  function onNextFrame(
    element: HTMLVideoElement,
    handle: number,
    callback: VideoFrameRequestCallback,
  ): void {
    const look = () => {
      const { width = 640, height = 480 } = pictureOf(element)?.getSettings() ?? {};
      if (!pictureOf(element) || !playing.has(element)) {
        onNextFrame(element, handle, callback);
        return;
      }
      frames.delete(handle);
      const now = performance.now();
      const times = { expectedDisplayTime: now, presentationTime: now, mediaTime: now / 1_000 };
      callback(now, { ...times, width, height, presentedFrames: 1 });
    };
    frames.set(handle, setTimeout(look, FRAME));
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
          const played = stream instanceof FakeMediaStream;
          if (played) streams.set(this, stream);
          srcObject?.set?.call(this, played ? null : stream);
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
  restore.push(listenInContexts(), observeSizes());
  return () => {
    for (const timer of frames.values()) clearTimeout(timer);
    frames.clear();
    for (const back of restore) back();
  };
}

/** What listens to a played stream hears silence, where the page's own contexts would refuse it. */
function listenInContexts(): () => void {
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

/** jsdom has none, and nothing in it has a size. */
function observeSizes(): () => void {
  if ("ResizeObserver" in globalThis) return () => undefined;
  const nothing = () => undefined;
  const value = function ResizeObserver() {
    return { observe: nothing, unobserve: nothing, disconnect: nothing };
  };
  return replaceProperties(globalThis, { ResizeObserver: { value, writable: true } });
}
