/** The baseline: a call written by hand, with a plain WebSocket and one RTCPeerConnection. */
import type { Implementation } from "./page.ts";

type Message =
  | { description: RTCSessionDescriptionInit }
  | { candidate: RTCIceCandidateInit | RTCIceCandidate };

/** A frame of the relay (src/relay/index.ts). */
type Frame =
  | { type: "peers"; peers: { id: string }[] }
  | { type: "message"; from: string; message: Message }
  | { type: "beat" | "error" };

/** The second peer sends the offer to the first. Each candidate is sent when it is gathered. */
export const bare: Implementation = ({ relay, room, stream, show }) => {
  const self = crypto.randomUUID();
  let socket: WebSocket;
  let pc: RTCPeerConnection | undefined;

  function connectTo(to: string) {
    const made = new RTCPeerConnection({ iceServers: [] });
    const send = (message: Message) => socket.send(JSON.stringify({ type: "send", to, message }));
    for (const track of stream.getTracks()) made.addTrack(track, stream);
    made.addEventListener("icecandidate", ({ candidate }) => {
      if (candidate) send({ candidate });
    });
    made.addEventListener("track", ({ streams: [remote] }) => remote && show(remote));
    pc = made;
    return { pc: made, send };
  }

  async function sendOffer(other: string): Promise<void> {
    const { pc: caller, send } = connectTo(other);
    const offer = await caller.createOffer();
    await caller.setLocalDescription(offer);
    send({ description: offer });
  }

  async function answerOffer(from: string, offer: RTCSessionDescriptionInit): Promise<void> {
    const { pc: callee, send } = connectTo(from);
    await callee.setRemoteDescription(offer);
    const answer = await callee.createAnswer();
    await callee.setLocalDescription(answer);
    send({ description: answer });
  }

  async function receive(from: string, message: Message): Promise<void> {
    // The browser queues candidates while a description is being set.
    if ("candidate" in message) await pc?.addIceCandidate(message.candidate);
    else if (message.description.type === "offer") await answerOffer(from, message.description);
    else await pc?.setRemoteDescription(message.description);
  }

  return {
    join: () =>
      new Promise((resolve, reject) => {
        let entered = false;
        socket = new WebSocket(relay);
        socket.addEventListener("error", () =>
          reject(new Error(`Could not connect to the relay at ${relay}.`)),
        );
        socket.addEventListener("open", () => {
          const peer = { id: self, joinedAt: Date.now() };
          socket.send(JSON.stringify({ type: "join", room, peer, secret: crypto.randomUUID() }));
        });
        socket.addEventListener("message", ({ data }: MessageEvent<string>) => {
          const frame = JSON.parse(data) as Frame;
          // A rejection becomes an error of the page, which connect.mjs prints.
          if (frame.type === "message") void receive(frame.from, frame.message);
          if (frame.type !== "peers" || entered) return;
          entered = true;
          const [other] = frame.peers;
          if (other) void sendOffer(other.id);
          resolve();
        });
      }),
    async leave() {
      pc?.close();
      socket.close();
    },
  };
};
