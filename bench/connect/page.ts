/** One side of the measurement: a camera, a call in either way, and the moment of the first picture. */
import { createCall } from "twocan/core";
import { webSocketSignaling } from "twocan/websocket";
import { allowLoopbackOnly } from "../../test/support/loopback-only.ts";
import { bare } from "./bare.ts";

allowLoopbackOnly();

/** One implementation of a call: created beforehand, joined once. */
export type Way = (options: {
  relay: string;
  room: string;
  stream: MediaStream;
  /** To be called with the other's stream as soon as there is one. */
  show(remote: MediaStream): void;
}) => { join(): Promise<void>; leave(): Promise<void> };

const twocan: Way = ({ relay, room, stream, show }) => {
  const signaling = webSocketSignaling(relay);
  const call = createCall({ room, media: stream, signaling, iceServers: [], autoJoin: false });
  call.subscribe(() => {
    const remote = call.getSnapshot().participants[0]?.stream;
    if (remote) show(remote);
  });
  return call.getSnapshot();
};

const ways = { twocan, bare };
let stream: MediaStream;
let call: ReturnType<Way>;
/** When this side first got how far, in ms since 1970. */
let stages: Record<string, number> = {};
const note = (stage: string) => (stages[stage] ??= performance.timeOrigin + performance.now());

/** Notes the browser's own states, so that both ways are looked at alike. */
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
  /** Starts the clock and joins; settles when this side is in the room. */
  async join(way: keyof typeof ways, relay: string, room: string): Promise<void> {
    const video = Object.assign(document.createElement("video"), { muted: true, autoplay: true });
    document.body.replaceChildren(video);
    video.requestVideoFrameCallback(() => note("picture"));
    const show = (remote: MediaStream) => {
      if (video.srcObject !== remote) video.srcObject = remote;
    };
    call = ways[way]({ relay, room, stream, show });
    stages = {};
    note("start");
    await call.join();
  },
  /** All stages once the first picture was here; until then nothing. */
  result: () => (stages["picture"] ? stages : undefined),
  leave: () => call.leave(),
};

declare global {
  interface Window {
    /** For the driver. */
    bench: typeof bench;
  }
}

window.bench = bench;
