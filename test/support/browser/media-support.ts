import { expect } from "vitest";

/** Records the connections, tracks and permission prompts of this page from the first import on. */
export const opened = record();

function record() {
  // Weak references, because Chromium counts closed connections against its limit until they are collected.
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
    /** Drops references to ended tracks, so that they can be collected. */
    liveTracks() {
      tracks = tracks.filter(({ readyState }) => readyState === "live");
      return [...tracks];
    },
    prompts: () => prompts,
  };
}

/** Collects closed connections. Chromium counts them against its limit of 500 per page until then. */
export async function collectGarbage(): Promise<void> {
  await (globalThis as { gc?: (options: { execution: "async" }) => Promise<void> }).gc?.({
    execution: "async",
  });
}

/** Counts the decoded frames of a stream with a hidden video element. */
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

/** Waits until new frames of the stream are decoded. */
export async function expectFrames(stream: MediaStream | undefined): Promise<void> {
  expect(stream).toBeDefined();
  const frames = watchFrames(stream!);
  const before = frames.count();
  await expect.poll(() => frames.count() - before, { timeout: 15_000 }).toBeGreaterThan(3);
  frames.stop();
}

/** Returns the received bytes of one kind on a connection. */
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
