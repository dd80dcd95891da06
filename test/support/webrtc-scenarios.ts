/**
 * Owns the scenarios by which the played WebRTC of `createFakeNetwork` is held against real browsers: each drives two
 * connections and writes down, in words, what happens on either side and in which order.
 */

/** Where a scenario is played: a real browser, or the fake network. */
export interface Stage {
  readonly RTCPeerConnection: typeof RTCPeerConnection;
  readonly MediaStream: typeof MediaStream;
  /** A live track of a camera or a microphone. */
  capture(kind: "audio" | "video"): Promise<MediaStreamTrack>;
  wait(ms: number): Promise<void>;
}

/** What happened: the lines of each heading, in order. */
export type Report = Readonly<Record<string, readonly string[]>>;

/** One side of a scenario, and what was written down of it. */
interface Side {
  readonly pc: RTCPeerConnection;
  /** Descriptions, tracks and what the scenario did, in one order. */
  readonly said: string[];
  /** What goes at a pace of its own. */
  readonly gathering: string[];
  readonly ice: string[];
  readonly connection: string[];
  readonly channels: string[];
  readonly media: string[];
  /** ICE, the connection and its channels once more, in one order. */
  readonly way: string[];
  readonly candidates: (RTCIceCandidate | null)[];
}

interface Scene {
  readonly stage: Stage;
  readonly a: Side;
  readonly b: Side;
}

/** What is told beside what was seen; or only what is told, where the rest is a matter of pace. */
type Play = (scene: Scene) => Promise<Report | { readonly only: Report } | void>;

const NEVER = "never settled";
const STEP = 10;
const LANES = ["said", "gathering", "ice", "connection", "channels", "media", "way"] as const;

function watch(stage: Stage, configuration?: RTCConfiguration): Side {
  const pc = new stage.RTCPeerConnection({ bundlePolicy: "max-bundle", ...configuration });
  const side: Side = {
    pc,
    said: [],
    gathering: [],
    ice: [],
    connection: [],
    channels: [],
    media: [],
    way: [],
    candidates: [],
  };
  const { said, gathering } = side;
  const known = new Set<MediaStream>();
  pc.addEventListener("negotiationneeded", () => said.push("negotiationneeded"));
  pc.addEventListener("signalingstatechange", () => said.push(`signaling ${pc.signalingState}`));
  pc.addEventListener("track", ({ track, streams, transceiver }) => {
    const muted = track.muted ? "muted" : "unmuted";
    said.push(`track ${transceiver.mid} ${track.kind} ${muted}, streams ${streams.length}`);
    track.addEventListener("mute", () => said.push(`mute ${transceiver.mid}`));
    track.addEventListener("unmute", () => side.media.push(`unmute ${transceiver.mid}`));
    track.addEventListener("ended", () => said.push("a track ended"));
    for (const stream of streams) {
      if (known.has(stream)) continue;
      known.add(stream);
      for (const type of ["addtrack", "removetrack"])
        stream.addEventListener(type, (event) =>
          said.push(`${type} ${(event as MediaStreamTrackEvent).track.kind}`),
        );
    }
  });
  pc.addEventListener("iceconnectionstatechange", () => tell(side, "ice", pc.iceConnectionState));
  pc.addEventListener("connectionstatechange", () => tell(side, "connection", pc.connectionState));
  pc.addEventListener("icegatheringstatechange", () => gathering.push(pc.iceGatheringState));
  pc.addEventListener("icecandidate", ({ candidate }) => {
    // Firefox says the end twice, first as an empty candidate.
    if (candidate?.candidate === "") return;
    side.candidates.push(candidate);
    const line = candidate ? "candidates" : "end of candidates";
    if (gathering.at(-1) !== line) gathering.push(line);
  });
  pc.addEventListener("datachannel", ({ channel }) => {
    tell(side, "channels", `${channel.label} announced, ${channel.readyState}`);
    follow(side, channel);
  });
  return side;
}

function tell(side: Side, lane: "ice" | "connection" | "channels", what: string): void {
  side[lane].push(what);
  side.way.push(`${lane}: ${what}`);
}

function follow(side: Side, channel: RTCDataChannel): RTCDataChannel {
  const { label } = channel;
  for (const type of ["open", "closing", "close", "error"])
    channel.addEventListener(type, () => tell(side, "channels", `${label} ${type}`));
  channel.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
    const what =
      data instanceof ArrayBuffer ? `${data.byteLength} bytes` : String(data).slice(0, 20);
    tell(side, "channels", `${label} got ${what}`);
  });
  return channel;
}

/** Does a thing, and writes down how it ended. */
async function act(
  { stage }: Pick<Scene, "stage">,
  side: Side,
  what: string,
  doing: () => unknown,
): Promise<void> {
  try {
    const done = Promise.resolve(doing()).then(() => "done");
    side.said.push(`${what}: ${await Promise.race([done, stage.wait(1_500).then(() => NEVER)])}`);
  } catch (error) {
    side.said.push(`${what}: ${(error as Error).name}`);
  }
}

/** In steps, so that a machine that stands still in the middle loses one of them and not all. */
export async function inSteps(ms: number): Promise<void> {
  for (let waited = 0; waited < ms; waited += STEP)
    await new Promise<void>((resolve) => void setTimeout(resolve, STEP));
}

async function until(stage: Stage, condition: () => boolean): Promise<void> {
  for (let waited = 0; waited < 10_000 && !condition(); waited += 20) await stage.wait(20);
}

/** Whatever else is coming. */
const rest = (stage: Stage) => stage.wait(300);

/** The four sections of a call. */
function addLayout({ stage, a }: Scene): RTCDataChannel {
  const [person, screen] = [new stage.MediaStream(), new stage.MediaStream()];
  a.pc.addTransceiver("audio", { direction: "sendrecv", streams: [person] });
  a.pc.addTransceiver("video", { direction: "sendrecv", streams: [person] });
  a.pc.addTransceiver("video", { direction: "sendrecv", streams: [screen] });
  return follow(a, a.pc.createDataChannel("control", { negotiated: true, id: 0 }));
}

/** Takes the sections that came, as a callee does. */
function adopt({ stage, b }: Scene): RTCDataChannel {
  const [person, screen] = [new stage.MediaStream(), new stage.MediaStream()];
  for (const [at, transceiver] of b.pc.getTransceivers().entries()) {
    transceiver.direction = "sendrecv";
    transceiver.sender.setStreams(at < 2 ? person : screen);
  }
  return follow(b, b.pc.createDataChannel("control", { negotiated: true, id: 0 }));
}

async function offer(scene: Scene, from: Side, to: Side): Promise<void> {
  await act(scene, from, "set own offer", () => from.pc.setLocalDescription());
  await act(scene, to, "set their offer", () =>
    to.pc.setRemoteDescription(from.pc.localDescription!),
  );
}

async function answer(scene: Scene, from: Side, to: Side): Promise<void> {
  await act(scene, from, "set own answer", () => from.pc.setLocalDescription());
  await act(scene, to, "set their answer", () =>
    to.pc.setRemoteDescription(from.pc.localDescription!),
  );
}

/** Hands over every candidate that was found so far, and those to come. */
function trickle(from: Side, to: Side): void {
  const pass = (candidate: RTCIceCandidate | null) =>
    void to.pc.addIceCandidate(candidate ?? undefined).catch(() => undefined);
  for (const candidate of from.candidates.splice(0)) pass(candidate);
  from.pc.addEventListener("icecandidate", ({ candidate }) => {
    if (candidate?.candidate !== "") pass(candidate);
  });
}

const connected = ({ a, b, stage }: Scene) =>
  until(stage, () => a.pc.connectionState === "connected" && b.pc.connectionState === "connected");

/** A call as the library makes it; nobody sends anything yet. */
async function connect(scene: Scene): Promise<{ a: RTCDataChannel; b: RTCDataChannel }> {
  const { a, b, stage } = scene;
  const ours = addLayout(scene);
  await offer(scene, a, b);
  const theirs = adopt(scene);
  await answer(scene, b, a);
  trickle(a, b);
  trickle(b, a);
  await connected(scene);
  await until(stage, () => ours.readyState === "open" && theirs.readyState === "open");
  await settled(scene);
  return { a: ours, b: theirs };
}

/** Until nothing is on its way any more. */
async function settled({ a, b, stage }: Scene): Promise<void> {
  await until(stage, () =>
    [a, b].every(({ gathering }) => gathering.at(-1) === "end of candidates"),
  );
  await rest(stage);
}

/** From here on only what follows is written down. */
function forget({ a, b }: Scene): void {
  for (const side of [a, b]) for (const lane of LANES) side[lane].length = 0;
}

function places({ pc }: Side): string[] {
  return pc
    .getTransceivers()
    .map(
      ({ mid, direction, currentDirection, sender, receiver }) =>
        `${mid} ${receiver.track.kind} ${direction}/${currentDirection}` +
        `, sends ${sender.track?.kind ?? "nothing"}, receives ${receiver.track.readyState}`,
    );
}

/** What can be read of a description by everybody. */
function outline(sdp: string | undefined): string[] {
  const named = (section: string, name: string) =>
    new RegExp(`^a=${name}:(\\S+)`, "m").exec(section)?.[1];
  const sections = (sdp ?? "").split("\r\nm=").slice(1);
  return sections.map((section) => {
    const [, kind, port] = /^(\w+) (\d+)/.exec(section) ?? [];
    const where = `${kind} ${named(section, "mid")}`;
    // A section that shares the way of another has port 0 too, in an offer of Firefox.
    if (port === "0" && !section.includes("a=bundle-only")) return `${where} rejected`;
    if (kind === "application") return `${where} ${named(section, "setup")}`;
    const direction = /^a=(sendrecv|sendonly|recvonly|inactive)/m.exec(section)?.[1];
    const streams = [...section.matchAll(/^a=msid:(\S+)/gm)].filter(([, id]) => id !== "-");
    return `${where} ${direction} ${named(section, "setup")}, streams ${streams.length}`;
  });
}

const ufrag = (pc: RTCPeerConnection) =>
  /a=ice-ufrag:(\S+)/.exec(pc.localDescription?.sdp ?? "")?.[1];

const states = ({ pc }: Side) =>
  `signaling ${pc.signalingState}, gathering ${pc.iceGatheringState}, ice ${pc.iceConnectionState}, connection ${pc.connectionState}`;

type Entry = Readonly<Record<string, unknown>> & { readonly id: string; readonly type: string };

async function entriesOf({ pc }: Side): Promise<Entry[]> {
  const entries: Entry[] = [];
  (await pc.getStats()).forEach((entry: Entry) => entries.push(entry));
  return entries;
}

function selectedPair(entries: readonly Entry[]): string {
  const transport = entries.find(({ type }) => type === "transport");
  const selected = transport?.["selectedCandidatePairId"];
  // Firefox has no word for it on the transport, and marks the pair instead.
  const pair = entries.find(
    ({ type, id, ...entry }) =>
      type === "candidate-pair" && (selected ? id === selected : entry["selected"] === true),
  );
  const own = entries.find(({ id }) => id === pair?.["localCandidateId"]);
  const trip = typeof pair?.["currentRoundTripTime"] === "number" ? "measured" : "unknown";
  return `${String(own?.["candidateType"])} ${String(own?.["protocol"])}, round trip ${trip}`;
}

const plays: Readonly<Record<string, Play>> = {
  async "the first offer and answer of a call"(scene) {
    const { a, b } = scene;
    await connect(scene);
    return {
      "the offer": outline(a.pc.localDescription?.sdp),
      "the answer": outline(b.pc.localDescription?.sdp),
      "places of a": places(a),
      "places of b": places(b),
      states: [states(a), states(b)],
    };
  },

  async "how a connection comes up"(scene) {
    const { a, b } = scene;
    await connect(scene);
    const steps = ({ way }: Side) => way.filter((line) => !line.startsWith("channels"));
    const opens = ({ way }: Side) =>
      way.indexOf("channels: control open") > way.indexOf("ice: connected") ? "after" : "before";
    return {
      only: {
        "way of a": steps(a),
        "way of b": steps(b),
        "its channel opens": [a, b].map((side) => `${opens(side)} ICE is connected`),
      },
    };
  },

  async "an offer is set, and nothing more"(scene) {
    const { a, stage } = scene;
    addLayout(scene);
    await act(scene, a, "set own offer", () => a.pc.setLocalDescription());
    a.said.push(
      `pending ${a.pc.pendingLocalDescription?.type}, current ${a.pc.currentLocalDescription?.type}`,
    );
    await until(stage, () => a.gathering.at(-1) === "end of candidates");
    await rest(stage);
    return { states: [states(a)], "places of a": places(a) };
  },

  async "candidates that come late"(scene) {
    const { a, b, stage } = scene;
    addLayout(scene);
    await offer(scene, a, b);
    adopt(scene);
    await answer(scene, b, a);
    await settled(scene);
    const before = [states(a), states(b)];
    forget(scene);
    trickle(a, b);
    trickle(b, a);
    await connected(scene);
    await rest(stage);
    return { "states before": before };
  },

  async "candidates of one side only"(scene) {
    const { a, b } = scene;
    addLayout(scene);
    await offer(scene, a, b);
    adopt(scene);
    await answer(scene, b, a);
    trickle(b, a);
    await connected(scene);
    await settled(scene);
    return { states: [states(a), states(b)] };
  },

  async "addIceCandidate and its errors"(scene) {
    const { a, b, stage } = scene;
    addLayout(scene);
    await act(scene, a, "set own offer", () => a.pc.setLocalDescription());
    await until(stage, () => a.candidates.length > 1);
    const [candidate] = a.candidates;
    const add = (what: string, given?: RTCIceCandidateInit | null) =>
      act(scene, b, what, () => b.pc.addIceCandidate(given ?? undefined));
    const init = candidate!.toJSON();
    await add("before the description", init);
    await add("the end, before the description");
    await act(scene, b, "set their offer", () => b.pc.setRemoteDescription(a.pc.localDescription!));
    await add("in time", init);
    await add("twice", init);
    await add("of another generation", { ...init, usernameFragment: "unknown" });
    await add("of an unknown section", { ...init, sdpMid: "nobody", sdpMLineIndex: null });
    await add("of a section beyond the last", { ...init, sdpMid: null, sdpMLineIndex: 9 });
    await add("of no section", { candidate: init.candidate! });
    await add("no candidate at all", { ...init, candidate: "nonsense" });
    await add("the end as an empty candidate", { ...init, candidate: "" });
    await add("the end");
    await add("after the end", init);
    return { only: { "said of b": b.said } };
  },

  async "a track takes another's place"(scene) {
    const { a, b, stage } = scene;
    await connect(scene);
    forget(scene);
    const [audio, video, screen] = a.pc.getTransceivers();
    const [microphone, camera] = [await stage.capture("audio"), await stage.capture("video")];
    await act(scene, a, "a camera where none was", () => video!.sender.replaceTrack(camera));
    await act(scene, a, "a microphone", () => audio!.sender.replaceTrack(microphone));
    await until(
      stage,
      () => !b.pc.getReceivers()[0]!.track.muted && !b.pc.getReceivers()[1]!.track.muted,
    );
    await act(scene, a, "a camera for a microphone", () => audio!.sender.replaceTrack(camera));
    await act(scene, a, "none", () => video!.sender.replaceTrack(null));
    await rest(stage);
    camera.enabled = false;
    await act(scene, a, "a dark camera", () => video!.sender.replaceTrack(camera));
    await act(scene, a, "the same for the screen", () => screen!.sender.replaceTrack(camera));
    await rest(stage);
    camera.stop();
    microphone.stop();
    await rest(stage);
    b.media.sort();
    return { "places of a": places(a), "places of b": places(b) };
  },

  async "a negotiated channel"(scene) {
    const { a, b, stage } = scene;
    const { pc } = a;
    const channels: string[] = [];
    const make = (what: string, init: RTCDataChannelInit) => {
      try {
        channels.push(`${what}: ${pc.createDataChannel(what, init).readyState}`);
      } catch (error) {
        channels.push(`${what}: ${(error as Error).name}`);
      }
    };
    make("without a number", { negotiated: true });
    make("with both limits", { maxRetransmits: 1, maxPacketLifeTime: 1 });
    const ours = addLayout(scene);
    make("with a number that is taken", { negotiated: true, id: 0 });
    await act(scene, a, "send before it is open", () => ours.send("early"));
    await offer(scene, a, b);
    const theirs = adopt(scene);
    await answer(scene, b, a);
    trickle(a, b);
    trickle(b, a);
    await until(stage, () => ours.readyState === "open" && theirs.readyState === "open");
    await connected(scene);
    await settled(scene);
    forget(scene);
    ours.binaryType = theirs.binaryType = "arraybuffer";
    ours.send("hello");
    ours.send(new Uint8Array(5));
    theirs.send("hello to you");
    await rest(stage);
    ours.addEventListener("bufferedamountlow", () => channels.push("nothing waits any more"));
    ours.send("x".repeat(1_000));
    channels.push(`waiting: ${ours.bufferedAmount} bytes`);
    await rest(stage);
    ours.close();
    channels.push(`just closed: ${ours.readyState}`);
    await act(scene, a, "send after it was closed", () => ours.send("late"));
    await until(stage, () => ours.readyState === "closed" && theirs.readyState === "closed");
    await rest(stage);
    channels.push(`a while later: ${ours.readyState} and ${theirs.readyState}`);
    return { channels, states: [states(a), states(b)] };
  },

  async "a channel that is announced"(scene) {
    const { a, b, stage } = scene;
    const channel = follow(
      a,
      a.pc.createDataChannel("chat", { ordered: false, protocol: "words" }),
    );
    const numbers = [`before: id ${channel.id}`];
    const announced: string[] = [];
    await offer(scene, a, b);
    await answer(scene, b, a);
    trickle(a, b);
    trickle(b, a);
    b.pc.addEventListener("datachannel", (event) => {
      const { id, label, ordered, protocol, negotiated } = event.channel;
      announced.push(`${label} id ${id} ordered ${ordered} ${protocol} negotiated ${negotiated}`);
      if (label === "chat") event.channel.send("welcome");
    });
    await until(stage, () => channel.readyState === "open");
    numbers.push(`open: id ${channel.id}`);
    channel.send("hello");
    await rest(stage);
    // A second one needs no negotiation.
    follow(a, a.pc.createDataChannel("files"));
    await rest(stage);
    return { "its number": numbers, "what b is told": announced };
  },

  async "an offer is taken back"(scene) {
    const { a, b, stage } = scene;
    await act(scene, a, "rollback of nothing", () =>
      a.pc.setLocalDescription({ type: "rollback" }),
    );
    addLayout(scene);
    await rest(stage);
    await offer(scene, a, b);
    await until(stage, () => a.gathering.at(-1) === "end of candidates");
    await rest(stage);
    const during = [...places(a), ...places(b)];
    await act(scene, b, "rollback", () => b.pc.setRemoteDescription({ type: "rollback" }));
    await act(scene, a, "rollback", () => a.pc.setLocalDescription({ type: "rollback" }));
    await rest(stage);
    return {
      "places during": during,
      "places of a": places(a),
      "places of b": places(b),
      states: [states(a), states(b)],
    };
  },

  async "a change is taken back in a running call"(scene) {
    const { a, b, stage } = scene;
    await connect(scene);
    forget(scene);
    const frag = ufrag(a.pc);
    a.pc.addTransceiver("audio");
    await rest(stage);
    await offer(scene, a, b);
    await act(scene, b, "rollback", () => b.pc.setRemoteDescription({ type: "rollback" }));
    await act(scene, a, "rollback", () => a.pc.setLocalDescription({ type: "rollback" }));
    await rest(stage);
    return {
      "places of a": places(a),
      "places of b": places(b),
      states: [states(a), states(b), `same credentials ${frag === ufrag(a.pc)}`],
    };
  },

  async "two offers at once, of which one gives way"(scene) {
    const { a, b, stage } = scene;
    addLayout(scene);
    b.pc.addTransceiver("audio");
    await rest(stage);
    await act(scene, a, "set own offer", () => a.pc.setLocalDescription());
    await act(scene, b, "set own offer", () => b.pc.setLocalDescription());
    const theirs = b.pc.localDescription!;
    await act(scene, b, "set their offer, giving way", () =>
      b.pc.setRemoteDescription(a.pc.localDescription!),
    );
    await act(scene, b, "set own answer", () => b.pc.setLocalDescription());
    await act(scene, a, "set their answer", () =>
      a.pc.setRemoteDescription(b.pc.localDescription!),
    );
    await act(scene, a, "set the offer that gave way as an answer", () =>
      a.pc.setRemoteDescription({ type: "answer", sdp: theirs.sdp }),
    );
    await rest(stage);
    return {
      only: {
        "said of a": a.said,
        "said of b": b.said,
        "places of a": places(a),
        "places of b": places(b),
      },
    };
  },

  async "an ICE restart"(scene) {
    const { a, b, stage } = scene;
    const { a: channel } = await connect(scene);
    forget(scene);
    const before = [ufrag(a.pc), ufrag(b.pc)];
    a.pc.restartIce();
    await rest(stage);
    await offer(scene, a, b);
    await answer(scene, b, a);
    await stage.wait(500);
    await connected(scene);
    channel.send("still here");
    await settled(scene);
    return {
      credentials: [
        `a ${before[0] === ufrag(a.pc) ? "kept" : "new"}`,
        `b ${before[1] === ufrag(b.pc) ? "kept" : "new"}`,
      ],
      states: [states(a), states(b)],
    };
  },

  async "an ICE restart that is taken back"(scene) {
    const { a, stage } = scene;
    await connect(scene);
    forget(scene);
    const before = ufrag(a.pc);
    a.pc.restartIce();
    await rest(stage);
    await act(scene, a, "set own offer", () => a.pc.setLocalDescription());
    const during = ufrag(a.pc);
    await act(scene, a, "rollback", () => a.pc.setLocalDescription({ type: "rollback" }));
    const after = ufrag(a.pc);
    await rest(stage);
    return {
      only: {
        "said of a": a.said,
        credentials: [
          `during ${before === during ? "kept" : "new"}`,
          `after ${before === after ? "kept" : "new"}`,
        ],
      },
    };
  },

  async "one side closes"(scene) {
    const { a, b, stage } = scene;
    const { a: channel } = await connect(scene);
    forget(scene);
    const pending = a.pc.createOffer().then(
      () => "done",
      (error: Error) => error.name,
    );
    const [transceiver] = a.pc.getTransceivers();
    channel.send("last words");
    a.pc.close();
    a.said.push(
      `an offer under way: ${await Promise.race([pending, stage.wait(500).then(() => NEVER)])}`,
    );
    a.said.push(states(a));
    await act(scene, a, "setLocalDescription", () => a.pc.setLocalDescription());
    await act(scene, a, "createOffer", () => a.pc.createOffer());
    await act(scene, a, "setRemoteDescription", () =>
      a.pc.setRemoteDescription(b.pc.localDescription!),
    );
    await act(scene, a, "addIceCandidate", () => a.pc.addIceCandidate(undefined));
    await act(scene, a, "addTransceiver", () => void a.pc.addTransceiver("audio"));
    await act(scene, a, "createDataChannel", () => void a.pc.createDataChannel("late"));
    await act(scene, a, "setConfiguration", () => a.pc.setConfiguration({}));
    await act(scene, a, "replaceTrack", () => transceiver!.sender.replaceTrack(null));
    await act(scene, a, "restartIce", () => a.pc.restartIce());
    await act(scene, a, "close", () => a.pc.close());
    await act(scene, a, "getStats", async () => void (await a.pc.getStats()));
    return { "places of a": places(a), "places of b": places(b) };
  },

  async "descriptions in the wrong state"(scene) {
    const { a, b, stage } = scene;
    const other = new stage.RTCPeerConnection();
    other.createDataChannel("control");
    const made = await other.createOffer();
    other.close();
    addLayout(scene);
    await rest(stage);
    await act(scene, a, "createAnswer without an offer", () => a.pc.createAnswer());
    await act(scene, a, "set their answer without an offer", () =>
      a.pc.setRemoteDescription({ type: "answer", sdp: made.sdp! }),
    );
    await act(scene, a, "set own answer without an offer", () =>
      a.pc.setLocalDescription({ type: "answer", sdp: made.sdp! }),
    );
    await offer(scene, a, b);
    await act(scene, b, "createOffer in between", async () => void (await b.pc.createOffer()));
    await act(scene, b, "set own offer over theirs", () =>
      b.pc.setLocalDescription({ type: "offer", sdp: made.sdp! }),
    );
    await act(scene, b, "set their answer to their own offer", () =>
      b.pc.setRemoteDescription({ type: "answer", sdp: made.sdp! }),
    );
    await answer(scene, b, a);
    await act(scene, a, "a second answer", () => a.pc.setRemoteDescription(b.pc.localDescription!));
    await act(scene, b, "nonsense", () =>
      b.pc.setRemoteDescription({ type: "offer", sdp: "nonsense" }),
    );
    await settled(scene);
    return { only: { "said of a": a.said, "said of b": b.said, states: [states(a), states(b)] } };
  },

  async "wishes to negotiate"(scene) {
    const { a, b, stage } = scene;
    a.pc.addTransceiver("audio");
    a.pc.addTransceiver("video");
    a.said.push("two transceivers");
    await rest(stage);
    a.pc.createDataChannel("more");
    a.said.push("and a channel");
    await rest(stage);
    await act(scene, a, "set own offer", () => a.pc.setLocalDescription());
    a.pc.addTransceiver("video");
    a.said.push("one more while it is under way");
    await rest(stage);
    await act(scene, b, "set their offer", () => b.pc.setRemoteDescription(a.pc.localDescription!));
    await answer(scene, b, a);
    await rest(stage);
    await offer(scene, a, b);
    await answer(scene, b, a);
    await rest(stage);
    a.said.push("another direction");
    a.pc.getTransceivers()[0]!.direction = "inactive";
    await rest(stage);
    a.said.push("and back");
    a.pc.getTransceivers()[0]!.direction = "sendrecv";
    await rest(stage);
    await offer(scene, a, b);
    await answer(scene, b, a);
    await rest(stage);
    a.said.push("streams are named");
    a.pc.getTransceivers()[0]!.sender.setStreams(new stage.MediaStream());
    await rest(stage);
    return { only: { "said of a": a.said, "said of b": b.said } };
  },

  async "tracks are added and removed"(scene) {
    const { a, b, stage } = scene;
    const [microphone, camera] = [await stage.capture("audio"), await stage.capture("video")];
    const stream = new stage.MediaStream([microphone, camera]);
    a.pc.addTrack(microphone, stream);
    const sender = a.pc.addTrack(camera, stream);
    await act(scene, a, "the same track twice", () => void a.pc.addTrack(camera, stream));
    await rest(stage);
    await offer(scene, a, b);
    await answer(scene, b, a);
    trickle(a, b);
    trickle(b, a);
    await connected(scene);
    await until(stage, () => b.pc.getReceivers().every(({ track }) => !track.muted));
    await rest(stage);
    b.media.length = 0;
    a.pc.removeTrack(sender);
    await rest(stage);
    await offer(scene, a, b);
    await answer(scene, b, a);
    await rest(stage);
    const removed = [...places(a), ...places(b)];
    a.pc.addTrack(camera, stream);
    await rest(stage);
    await offer(scene, a, b);
    await answer(scene, b, a);
    await rest(stage);
    microphone.stop();
    camera.stop();
    return {
      only: {
        "said of a": a.said,
        "said of b": b.said,
        "places after removing": removed,
        "places of a": places(a),
        "places of b": places(b),
      },
    };
  },

  async "directions change"(scene) {
    const { a, b, stage } = scene;
    await connect(scene);
    const camera = await stage.capture("video");
    const video = a.pc.getTransceivers()[1]!;
    await video.sender.replaceTrack(camera);
    await until(stage, () => !b.pc.getReceivers()[1]!.track.muted);
    forget(scene);
    video.direction = "recvonly";
    await rest(stage);
    await offer(scene, a, b);
    await answer(scene, b, a);
    await rest(stage);
    const [still] = [places(b)];
    video.direction = "sendrecv";
    await rest(stage);
    await offer(scene, a, b);
    await answer(scene, b, a);
    await until(stage, () => !b.pc.getReceivers()[1]!.track.muted);
    camera.stop();
    return {
      only: {
        "said of a": a.said,
        "said of b": b.said,
        "places of b in between": still,
        "places of b": places(b),
      },
    };
  },

  async "a transceiver is stopped"(scene) {
    const { a, b, stage } = scene;
    await connect(scene);
    forget(scene);
    const [, , screen] = a.pc.getTransceivers();
    screen!.stop();
    a.said.push(
      `${screen!.direction}/${screen!.currentDirection} ${screen!.receiver.track.readyState}`,
    );
    await rest(stage);
    await offer(scene, a, b);
    await answer(scene, b, a);
    await rest(stage);
    a.said.push(`${screen!.direction}/${screen!.currentDirection} ${screen!.mid}`);
    return {
      only: {
        "said of a": a.said,
        "said of b": b.said,
        "the offer": outline(a.pc.localDescription?.sdp),
        "places of a": places(a),
        "places of b": places(b),
      },
    };
  },

  async configurations(scene) {
    const { a } = scene;
    const { pc } = a;
    const { iceServers, iceTransportPolicy, bundlePolicy } = pc.getConfiguration();
    a.said.push(`${iceServers?.length} servers, ${iceTransportPolicy} ${bundlePolicy}`);
    await act(scene, a, "other servers", () =>
      pc.setConfiguration({
        bundlePolicy: "max-bundle",
        iceServers: [{ urls: "stun:127.0.0.1:3478" }],
      }),
    );
    const urls = pc.getConfiguration().iceServers?.map((server) => server.urls) ?? [];
    a.said.push(`servers ${urls.flat().join(" ")}`);
    await act(scene, a, "another bundle policy", () =>
      pc.setConfiguration({ bundlePolicy: "balanced" }),
    );
    await act(scene, a, "a server that is none", () =>
      pc.setConfiguration({ bundlePolicy: "max-bundle", iceServers: [{ urls: "nonsense" }] }),
    );
    await act(scene, a, "a relay without a password", () =>
      pc.setConfiguration({
        bundlePolicy: "max-bundle",
        iceServers: [{ urls: "turn:127.0.0.1:3478" }],
      }),
    );
    return { only: { "said of a": a.said } };
  },

  async statistics(scene) {
    const { a, b, stage } = scene;
    await connect(scene);
    const camera = await stage.capture("video");
    await a.pc.getTransceivers()[1]!.sender.replaceTrack(camera);
    await until(stage, () => !b.pc.getReceivers()[1]!.track.muted);
    const before = await Promise.all([entriesOf(a), entriesOf(b)]);
    await stage.wait(1_000);
    const after = await Promise.all([entriesOf(a), entriesOf(b)]);
    const grows = (side: 0 | 1, type: string, field: string) => {
      const [first, second] = [before, after].map((entries) =>
        entries[side]
          .filter((entry) => entry.type === type && entry["kind"] === "video")
          .reduce((sum, entry) => sum + Number(entry[field] ?? 0), 0),
      );
      return second! > first! ? "grow" : "stand still";
    };
    camera.stop();
    return {
      only: {
        "the pair that carries": after.map((entries) => selectedPair(entries)),
        "what is counted": [
          `bytes sent by a ${grows(0, "outbound-rtp", "bytesSent")}`,
          `bytes received by b ${grows(1, "inbound-rtp", "bytesReceived")}`,
          `packets received by b ${grows(1, "inbound-rtp", "packetsReceived")}`,
          `packets received by a ${grows(0, "inbound-rtp", "packetsReceived")}`,
        ],
      },
    };
  },
};

/** The names of the scenarios. */
export const SCENARIOS: readonly string[] = Object.keys(plays);

/** Plays one: all that was seen of both sides, and what it tells. */
export async function play(name: string, stage: Stage): Promise<Report> {
  const scene: Scene = { stage, a: watch(stage), b: watch(stage) };
  const told = (await plays[name]!(scene)) ?? {};
  const report: Record<string, string[]> = {};
  if (!("only" in told))
    for (const lane of LANES)
      for (const side of ["a", "b"] as const)
        if (lane !== "way" && scene[side][lane].length > 0)
          report[`${lane} of ${side}`] = [...scene[side][lane]];
  for (const [heading, lines] of Object.entries("only" in told ? (told.only as Report) : told))
    report[heading] = [...lines];
  scene.a.pc.close();
  scene.b.pc.close();
  return report;
}

/** Reports as text, and back: `## scenario`, `- heading`, and two spaces before each line. */
export function written(reports: Readonly<Record<string, Report>>): string {
  return Object.entries(reports)
    .map(([name, report]) => {
      const parts = Object.entries(report).map(([heading, lines]) =>
        [`- ${heading}`, ...lines.map((line) => `  ${line}`)].join("\n"),
      );
      return [`## ${name}`, ...parts].join("\n");
    })
    .join("\n\n");
}

/** What `written` has written. */
export function read(text: string): Record<string, Report> {
  const reports: Record<string, Record<string, string[]>> = {};
  let report: Record<string, string[]> = {};
  let lines: string[] = [];
  for (const line of text.split("\n")) {
    if (line.startsWith("## ")) reports[line.slice(3)] = report = {};
    else if (line.startsWith("- ")) report[line.slice(2)] = lines = [];
    else if (line.startsWith("  ")) lines.push(line.slice(2));
  }
  return reports;
}
