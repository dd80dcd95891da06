/**
 * A second implementation of the protocol, written from docs/PROTOCOL.md alone. Of `src` it uses only the
 * types of the signaling contract. It connects to one remote peer. "Section" refers to docs/PROTOCOL.md.
 */
import type { PeerInfo, Signaling } from "../../src/core/signaling/signaling.ts";

/** A message of section 3. The fields are not validated. */
export type Message = Record<string, any> & { type: string };
interface Packet {
  v: number;
  s: number;
  r: number;
  a: number;
  m: [number, Message][];
}
/** `best` is the channel if it is open, otherwise the backend. */
type Route = "best" | "both" | "channel";

/** Section 2: ordered, once-only messages. */
function createReliableChannel(
  carry: (packet: Packet, by: Route) => void,
  deliver: (message: Message) => void,
  beginAgain: () => void,
) {
  let [s, r, got, next, waitMs] = [Date.now() * 1000, 0, -1, 0, 2000];
  let [begun, answered, hadChannel] = [false, false, false];
  let open: Packet["m"] = [];
  let [soon, later]: (ReturnType<typeof setTimeout> | undefined)[] = [];
  const packet = (m = open): Packet => ({ v: 1, s, r, a: got, m });

  function stop() {
    clearTimeout(soon);
    clearTimeout(later);
    soon = undefined;
  }

  function send(by: Route = "best") {
    stop();
    carry(packet(), by);
    later = setTimeout(sendAgain, waitMs);
  }

  function sendAgain() {
    if (open.length === 0) return;
    waitMs = Math.min(2 * waitMs, 16_000);
    send("both");
  }

  function say(message: Message) {
    open.push([next++, message]);
    soon ??= setTimeout(() => send(), 15);
    if (open.length <= 256 && JSON.stringify(packet()).length <= 130_048) return;
    [s, open, answered] = [Math.max(s + 1, Date.now() * 1000), [], false];
    beginAgain();
  }

  function receive({ v, m, ...theirs }: Packet) {
    if (v !== 1 || theirs.s < r) return;
    if (theirs.s > r) {
      const renewed = r > 0;
      [r, got, begun, answered] = [theirs.s, -1, false, false];
      if (renewed) {
        open = [];
        beginAgain();
      }
    }
    if (theirs.r !== 0 && theirs.r !== s) return carry(packet(), "best");
    if (theirs.r === s && open[0] && open[0][0] <= theirs.a) {
      open = open.filter(([number]) => number > theirs.a);
      waitMs = 2000;
    }
    if (!m[0] || (begun && (answered || theirs.r !== s) && m[0][0] > got + 1)) return;
    [begun, answered] = [true, answered || theirs.r === s];
    const fresh = m.filter(([number]) => number > got);
    got = Math.max(got, m.at(-1)![0]);
    for (const [, message] of fresh) deliver(message);
    carry(packet([]), fresh.length === 0 || hadChannel ? "best" : "channel");
  }

  function opened() {
    hadChannel = true;
    send();
  }

  return { say, send, opened, receive, stop, packet, waiting: () => open.length, said: () => next };
}

/** Sections 3 to 6: one connection, identified by the name that the caller chose. */
interface Connection {
  readonly name: string;
  readonly pc: RTCPeerConnection;
  readonly channel: RTCDataChannel;
  round: number;
  agreed: boolean;
  early: RTCIceCandidateInit[];
}

export type ForeignPeer = Awaited<ReturnType<typeof joinAsForeigner>>;

export async function joinAsForeigner(
  signaling: Signaling,
  { room, name }: { room: string; name: string },
  camera: MediaStreamTrack,
) {
  const self: PeerInfo = { id: await makeId(), name, joinedAt: Date.now() };
  const [person, screen] = [new MediaStream(), new MediaStream()];
  const early = new Map<string, Packet>();
  const heard: Message[] = [];
  /** Numbers of probes: sent, answered by the remote peer, and received from it. */
  const flow = { sent: 0, back: 0, theirs: 0, answers: true };
  let other: PeerInfo | undefined;
  let now: Connection | undefined;
  let [caller, count, gone] = [false, 0, false];
  let stream = new MediaStream();
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = (task: () => unknown) => (turn = turn.then(task).catch(console.error));
  const messages = createReliableChannel(carry, receiveMessage, beginAgain);

  function carry(packet: Packet, by: Route) {
    const text = JSON.stringify(packet);
    const fits = now?.channel.readyState === "open" && text.length <= 16_384;
    if (fits) now!.channel.send(text);
    if (by === "both" || (by === "best" && !fits)) sendByBackend(packet);
  }

  function sendByBackend(packet: Packet) {
    if (other) void session.then(({ send }) => send(other!.id, { ...packet })).catch(console.error);
  }

  function meet(peers: readonly PeerInfo[]) {
    if (other || !peers[0]) return;
    other = peers[0];
    const [mine, theirs] = [self.joinedAt ?? 0, other.joinedAt ?? 0];
    caller = mine === theirs ? self.id > other.id : mine > theirs;
    if (caller) void inTurn(connect);
    const kept = early.get(other.id);
    if (kept) messages.receive(kept);
  }

  function beginAgain() {
    now?.pc.close();
    now = undefined;
    if (caller) void inTurn(connect);
  }

  function open(connection: string): Connection {
    now?.pc.close();
    const pc = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
    const channel = pc.createDataChannel("twocan", { negotiated: true, id: 0 });
    pc.onicecandidate = ({ candidate }) => {
      if (now?.pc !== pc || candidate?.candidate === "") return;
      const candidates = candidate ? [candidate.toJSON()] : [];
      messages.say({ type: "candidates", connection, candidates, end: !candidate });
    };
    channel.onopen = () => messages.opened();
    channel.onmessage = ({ data }) => receiveFromChannel(JSON.parse(data), channel);
    return (now = { name: connection, pc, channel, round: 0, agreed: false, early: [] });
  }

  function receiveFromChannel(piece: Packet | { flow: [number, number] }, channel: RTCDataChannel) {
    if (!("flow" in piece)) return messages.receive(piece);
    const [sent, received] = piece.flow;
    flow.back = Math.max(flow.back, received);
    flow.theirs = Math.max(flow.theirs, sent);
    if (sent > 0 && flow.answers) channel.send(JSON.stringify({ flow: [0, flow.theirs] }));
  }

  async function connect() {
    const { pc } = open(`${self.id}/${++count}`);
    pc.addTransceiver("audio", { streams: [person] });
    pc.addTransceiver(camera, { streams: [person] });
    pc.addTransceiver("video", { streams: [screen] });
    await describe("offer");
  }

  async function describe(type: "offer" | "answer", round = now!.round + 1) {
    const { pc, name: connection } = now!;
    await pc.setLocalDescription();
    now!.round = round;
    const media = { microphone: false, camera: true, screen: false };
    messages.say({ type, connection, round, sdp: pc.localDescription!.sdp, media });
  }

  async function takeOffer({ connection, round, sdp }: Message) {
    if (caller && (now?.agreed || self.id < connection.split("/")[0])) return;
    caller = false;
    const first = now?.name !== connection;
    const at = first ? open(connection) : now!;
    if (round <= at.round) return;
    at.round = round;
    try {
      const kinds = [...sdp.matchAll(/^m=(\w+)/gm)].map(([, kind]) => kind).join(" ");
      if (first && kinds !== "audio video video application") throw new Error(`Layout: ${kinds}`);
      await at.pc.setRemoteDescription({ type: "offer", sdp });
      if (first) await adopt(at.pc);
      await describe("answer", round);
      await agree(at);
    } catch {
      messages.say({ type: "reject", connection, round });
      if (at.pc.signalingState === "have-remote-offer")
        await at.pc.setRemoteDescription({ type: "rollback" });
    }
  }

  async function adopt(pc: RTCPeerConnection) {
    for (const [section, transceiver] of pc.getTransceivers().entries()) {
      transceiver.direction = "sendrecv";
      transceiver.sender.setStreams(section === 2 ? screen : person);
    }
    await pc.getTransceivers()[1]!.sender.replaceTrack(camera);
  }

  async function agree(at: Connection) {
    at.agreed = true;
    stream = new MediaStream(at.pc.getTransceivers().map(({ receiver }) => receiver.track));
    for (const candidate of at.early.splice(0)) await takeCandidate(at, candidate);
  }

  async function takeCandidate(at: Connection, candidate: RTCIceCandidateInit) {
    const [described, fragment] = [at.pc.remoteDescription?.sdp, candidate.usernameFragment];
    if (described && (!fragment || described.includes(`a=ice-ufrag:${fragment}\r\n`)))
      await at.pc.addIceCandidate(candidate);
    else at.early.push(candidate);
  }

  function receiveMessage(message: Message) {
    heard.push(message);
    void inTurn(() => (gone ? undefined : take(message)));
  }

  async function take(message: Message) {
    const { type, connection, round } = message;
    if (type === "offer") return takeOffer(message);
    if (type === "bye") {
      gone = true;
      now?.pc.close();
    }
    if (type === "ask" && caller) return message["for"] === "rebuild" ? connect() : restart();
    if (!now || connection !== now.name) return;
    if (type === "candidates")
      for (const candidate of message["candidates"]) await takeCandidate(now, candidate);
    if (round !== now.round || now.pc.signalingState !== "have-local-offer") return;
    if (type === "answer") {
      await now.pc.setRemoteDescription({ type, sdp: message["sdp"] });
      await agree(now);
    } else if (type === "reject") {
      if (!now.agreed) return connect();
      await now.pc.setLocalDescription({ type: "rollback" });
    }
  }

  async function restart() {
    now?.pc.restartIce();
    if (now?.pc.signalingState === "stable") await describe("offer");
  }

  const session = signaling.join({
    room,
    self,
    signal: new AbortController().signal,
    onPeers: meet,
    onMessage(from, message) {
      if (from === other?.id) messages.receive(message as unknown as Packet);
      else if (!other) early.set(from, message as unknown as Packet);
    },
    onStatus: (status) =>
      void (status === "connected" && messages.waiting() > 0 && messages.send()),
    onError: console.error,
  });
  const { leave } = await session;

  return {
    id: self.id,
    heard,
    flow,
    say: messages.say,
    /** The next packet with these messages, for a test to corrupt and send. */
    packet: messages.packet,
    sendByBackend,
    probe: () => now?.channel.send(JSON.stringify({ flow: [++flow.sent, flow.theirs] })),
    restart: () => inTurn(restart),
    reconnect: () => inTurn(connect),
    /** Closes the connection without a `bye`. */
    die: () => now?.pc.close(),
    look: () => ({
      caller,
      stream,
      connection: now?.name,
      round: now?.round,
      state: now?.pc.connectionState,
      channel: now?.channel.readyState,
      waiting: messages.waiting(),
      said: messages.said(),
    }),
    leave() {
      messages.stop();
      now?.pc.close();
      void leave();
    },
  };
}

/** Section 7. */
async function makeId(): Promise<string> {
  const secret = base64url(crypto.getRandomValues(new Uint8Array(24)));
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(secret));
  return base64url(new Uint8Array(hash)).slice(0, 16);
}

function base64url(bytes: Uint8Array): string {
  const text = btoa(String.fromCharCode(...bytes));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
