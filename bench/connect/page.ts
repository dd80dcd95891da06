import { createCall } from "twocan/core";
import { webSocketSignaling } from "twocan/websocket";
import { allowLoopbackOnly } from "../../test/support/loopback-only.ts";
import { bare } from "./bare.ts";

allowLoopbackOnly();

/** Creates a call that is joined once. */
export type Implementation = (options: {
  relay: string;
  room: string;
  stream: MediaStream;
  /** Must be called with the remote stream when it is available. */
  show(remote: MediaStream): void;
}) => { join(): Promise<void>; leave(): Promise<void> };

const twocan: Implementation = ({ relay, room, stream, show }) => {
  const signaling = webSocketSignaling(relay);
  const call = createCall({ room, media: stream, signaling, iceServers: [], autoJoin: false });
  call.subscribe(() => {
    const remote = call.getSnapshot().participants[0]?.stream;
    if (remote) show(remote);
  });
  return call.getSnapshot();
};

const implementations = { twocan, bare };
let stream: MediaStream;
let call: ReturnType<Implementation>;
/** When this side first reached each stage, in ms since 1970. */
let stages: Record<string, number> = {};
const note = (stage: string) => (stages[stage] ??= performance.timeOrigin + performance.now());

// Record the states of the browser's connection, so that both implementations are measured alike.
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(configuration?: RTCConfiguration) {
    note("connection made");
    super(configuration);
    this.addEventListener("signalingstatechange", () => note(`signaling ${this.signalingState}`));
    this.addEventListener("iceconnectionstatechange", () => note(`ice ${this.iceConnectionState}`));
    this.addEventListener("connectionstatechange", () => note(this.connectionState));
  }
};

const bench = {
  async capture(): Promise<void> {
    const video = { width: 320, height: 240, frameRate: 30 };
    stream = await navigator.mediaDevices.getUserMedia({ audio: true, video });
  },
  /** Starts the clock and joins. Resolves when this side is in the room. */
  async join(name: keyof typeof implementations, relay: string, room: string): Promise<void> {
    const video = Object.assign(document.createElement("video"), { muted: true, autoplay: true });
    document.body.replaceChildren(video);
    video.requestVideoFrameCallback(() => note("frame"));
    const show = (remote: MediaStream) => {
      if (video.srcObject !== remote) video.srcObject = remote;
    };
    call = implementations[name]({ relay, room, stream, show });
    stages = {};
    note("start");
    await call.join();
  },
  /** Returns all stages after the first frame was shown; undefined before. */
  result: () => (stages["frame"] ? stages : undefined),
  leave: () => call.leave(),
};

declare global {
  interface Window {
    /** Called by connect.mjs. */
    bench: typeof bench;
  }
}

window.bench = bench;
