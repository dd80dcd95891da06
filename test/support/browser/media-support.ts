/** What the browser tests look through: frames, sound, and what is still open in this page. */
import { expect } from "vitest";

/** Everything that was ever opened in this page, recorded from the first import on. */
export const opened = record();

function record() {
  // Weakly, because Chromium counts closed connections against its limit until they are collected.
  const connections: WeakRef<RTCPeerConnection>[] = [];
  let tracks: MediaStreamTrack[] = [];
  let prompts = 0;
  const Native = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Native {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      connections.push(new WeakRef(this));
    }
  };
  const devices = navigator.mediaDevices;
  const getUserMedia = devices.getUserMedia.bind(devices);
  devices.getUserMedia = async (constraints) => {
    prompts += 1;
    const stream = await getUserMedia(constraints);
    tracks.push(...stream.getTracks());
    return stream;
  };
  const getDisplayMedia = devices.getDisplayMedia.bind(devices);
  devices.getDisplayMedia = async (options) => {
    const stream = await getDisplayMedia(options);
    tracks.push(...stream.getTracks());
    return stream;
  };
  return {
    connections: () =>
      connections.filter(
        (connection) => (connection.deref()?.connectionState ?? "closed") !== "closed",
      ),
    made: () => connections.length,
    /** Those that have ended are let go of, so that they can be collected. */
    liveTracks() {
      tracks = tracks.filter(({ readyState }) => readyState === "live");
      return [...tracks];
    },
    prompts: () => prompts,
  };
}

/** Lets Chromium forget closed connections: it makes no more than 500 in a page otherwise. */
export async function collectGarbage(): Promise<void> {
  await (globalThis as { gc?: (options: { execution: "async" }) => Promise<void> }).gc?.({
    execution: "async",
  });
}

/** How many pictures of the stream have been decoded so far: watched by its own video element. */
function watchFrames(stream: MediaStream): { count(): number; stop(): void } {
  const video = document.createElement("video");
  video.muted = true;
  video.playsInline = true;
  video.srcObject = stream;
  document.body.append(video);
  void video.play().catch(() => undefined);
  return {
    count: () => video.getVideoPlaybackQuality().totalVideoFrames,
    stop() {
      video.srcObject = null;
      video.remove();
    },
  };
}

/** Waits until new pictures of the stream come in. */
export async function expectFrames(stream: MediaStream | undefined): Promise<void> {
  expect(stream).toBeDefined();
  const frames = watchFrames(stream!);
  const before = frames.count();
  await expect.poll(() => frames.count() - before, { timeout: 15_000 }).toBeGreaterThan(3);
  frames.stop();
}

/** The inbound bytes of one kind over all open connections of this page. */
export async function inboundBytes(
  connection: RTCPeerConnection,
  kind: "audio" | "video",
): Promise<number> {
  let bytes = 0;
  (await connection.getStats()).forEach(
    (entry: { type: string; kind?: string; bytesReceived?: number }) => {
      if (entry.type === "inbound-rtp" && entry.kind === kind) bytes += entry.bytesReceived ?? 0;
    },
  );
  return bytes;
}
