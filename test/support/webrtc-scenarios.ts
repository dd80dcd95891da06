/**
 * Scenarios that compare `createFakeNetwork` with real browsers. Each drives two connections and records the
 * events and errors of both sides in order.
 */

/** The WebRTC implementation that a scenario runs on: a real browser, or the fake network. */
export interface Stage {
  readonly RTCPeerConnection: typeof RTCPeerConnection;
  readonly MediaStream: typeof MediaStream;
  /** Captures a live track of a camera or a microphone. */
  capture(kind: "audio" | "video"): Promise<MediaStreamTrack>;
  wait(ms: number): Promise<void>;
}

/** The recorded lines of each heading, in order. */
export type Report = Readonly<Record<string, readonly string[]>>;

/** One side of a scenario, and its recorded lines. */
interface Side {
  readonly pc: RTCPeerConnection;
  /** Descriptions, tracks and the steps of the scenario, in order. */
  readonly events: string[];
  /** Gathering runs independently of the steps. */
  readonly gathering: string[];
  readonly ice: string[];
  readonly connection: string[];
  readonly channels: string[];
  readonly media: string[];
  /** ICE, connection and channels together, in order. */
  readonly transitions: string[];
  readonly candidates: (RTCIceCandidate | null)[];
}

interface Scene {
  readonly stage: Stage;
  readonly a: Side;
  readonly b: Side;
}

/** Returns lines to record in addition to the events, or `only` those if the order of the events varies. */
type Scenario = (scene: Scene) => Promise<Report | { readonly only: Report } | void>;

const NEVER = "never settled";
const STEP_MS = 10;
const LANES = [
  "events",
  "gathering",
  "ice",
  "connection",
  "channels",
  "media",
  "transitions",
] as const;

function watch(stage: Stage, configuration?: RTCConfiguration): Side {
  const pc = new stage.RTCPeerConnection({ bundlePolicy: "max-bundle", ...configuration });
  const side: Side = {
    pc,
    events: [],
    gathering: [],
    ice: [],
    connection: [],
    channels: [],
    media: [],
    transitions: [],
    candidates: [],
  };
  const { events, gathering } = side;
  const known = new Set<MediaStream>();
  pc.addEventListener("negotiationneeded", () => events.push("negotiationneeded"));
  pc.addEventListener("signalingstatechange", () => events.push(`signaling ${pc.signalingState}`));
  pc.addEventListener("track", ({ track, streams, transceiver }) => {
    const muted = track.muted ? "muted" : "unmuted";
    events.push(`track ${transceiver.mid} ${track.kind} ${muted}, streams ${streams.length}`);
    track.addEventListener("mute", () => events.push(`mute ${transceiver.mid}`));
    track.addEventListener("unmute", () => side.media.push(`unmute ${transceiver.mid}`));
    track.addEventListener("ended", () => events.push("a track ended"));
    for (const stream of streams) {
      if (known.has(stream)) continue;
      known.add(stream);
      for (const type of ["addtrack", "removetrack"])
        stream.addEventListener(type, (event) =>
          events.push(`${type} ${(event as MediaStreamTrackEvent).track.kind}`),
        );
    }
  });
  pc.addEventListener("iceconnectionstatechange", () => record(side, "ice", pc.iceConnectionState));
  pc.addEventListener("connectionstatechange", () =>
    record(side, "connection", pc.connectionState),
  );
  pc.addEventListener("icegatheringstatechange", () => gathering.push(pc.iceGatheringState));
  pc.addEventListener("icecandidate", ({ candidate }) => {
    // Firefox fires the end of candidates twice, first as an empty candidate.
    if (candidate?.candidate === "") return;
    side.candidates.push(candidate);
    const line = candidate ? "candidates" : "end of candidates";
    if (gathering.at(-1) !== line) gathering.push(line);
  });
  pc.addEventListener("datachannel", ({ channel }) => {
    record(side, "channels", `${channel.label} announced, ${channel.readyState}`);
    follow(side, channel);
  });
  return side;
}

function record(side: Side, lane: "ice" | "connection" | "channels", what: string): void {
  side[lane].push(what);
  side.transitions.push(`${lane}: ${what}`);
}

function follow(side: Side, channel: RTCDataChannel): RTCDataChannel {
  const { label } = channel;
  for (const type of ["open", "closing", "close", "error"])
    channel.addEventListener(type, () => record(side, "channels", `${label} ${type}`));
  channel.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
    const what =
      data instanceof ArrayBuffer ? `${data.byteLength} bytes` : String(data).slice(0, 20);
    record(side, "channels", `${label} got ${what}`);
  });
  return channel;
}

/** Runs a step and records its outcome. */
async function act(
  { stage }: Pick<Scene, "stage">,
  side: Side,
  what: string,
  step: () => unknown,
): Promise<void> {
  try {
    const done = Promise.resolve(step()).then(() => "done");
    side.events.push(`${what}: ${await Promise.race([done, stage.wait(1_500).then(() => NEVER)])}`);
  } catch (error) {
    side.events.push(`${what}: ${(error as Error).name}`);
  }
}

/** Waits in short steps, so that a stalled machine loses one step and not the whole time. */
export async function inSteps(ms: number): Promise<void> {
  for (let waited = 0; waited < ms; waited += STEP_MS)
    await new Promise<void>((resolve) => void setTimeout(resolve, STEP_MS));
}

async function until(stage: Stage, condition: () => boolean): Promise<void> {
  for (let waited = 0; waited < 10_000 && !condition(); waited += 20) await stage.wait(20);
}

/** Waits for further events. */
const rest = (stage: Stage) => stage.wait(300);

/** Adds the four sections of a call. */
function addLayout({ stage, a }: Scene): RTCDataChannel {
  const [person, screen] = [new stage.MediaStream(), new stage.MediaStream()];
  a.pc.addTransceiver("audio", { direction: "sendrecv", streams: [person] });
  a.pc.addTransceiver("video", { direction: "sendrecv", streams: [person] });
  a.pc.addTransceiver("video", { direction: "sendrecv", streams: [screen] });
  return follow(a, a.pc.createDataChannel("control", { negotiated: true, id: 0 }));
}

/** Answers the offered sections as a callee does. */
function adopt({ stage, b }: Scene): RTCDataChannel {
  const [person, screen] = [new stage.MediaStream(), new stage.MediaStream()];
  for (const [at, transceiver] of b.pc.getTransceivers().entries()) {
    transceiver.direction = "sendrecv";
    transceiver.sender.setStreams(at < 2 ? person : screen);
  }
  return follow(b, b.pc.createDataChannel("control", { negotiated: true, id: 0 }));
}

async function offer(scene: Scene, from: Side, to: Side): Promise<void> {
  await act(scene, from, "set local offer", () => from.pc.setLocalDescription());
  await act(scene, to, "set remote offer", () =>
    to.pc.setRemoteDescription(from.pc.localDescription!),
  );
}

async function answer(scene: Scene, from: Side, to: Side): Promise<void> {
  await act(scene, from, "set local answer", () => from.pc.setLocalDescription());
  await act(scene, to, "set remote answer", () =>
    to.pc.setRemoteDescription(from.pc.localDescription!),
  );
}

/** Adds all past and future candidates of one side to the other. */
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

/** Connects both sides as a call does, without media. */
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

/** Waits until gathering is complete and no further events follow. */
async function settled({ a, b, stage }: Scene): Promise<void> {
  await until(stage, () =>
    [a, b].every(({ gathering }) => gathering.at(-1) === "end of candidates"),
  );
  await rest(stage);
}

/** Discards the lines recorded so far. */
function forget({ a, b }: Scene): void {
  for (const side of [a, b]) for (const lane of LANES) side[lane].length = 0;
}

function transceiversOf({ pc }: Side): string[] {
  return pc
    .getTransceivers()
    .map(
      ({ mid, direction, currentDirection, sender, receiver }) =>
        `${mid} ${receiver.track.kind} ${direction}/${currentDirection}` +
        `, sends ${sender.track?.kind ?? "nothing"}, receives ${receiver.track.readyState}`,
    );
}

/** The parts of a description that do not depend on the browser. */
function outline(sdp: string | undefined): string[] {
  const named = (section: string, name: string) =>
    new RegExp(`^a=${name}:(\\S+)`, "m").exec(section)?.[1];
  const sections = (sdp ?? "").split("\r\nm=").slice(1);
  return sections.map((section) => {
    const [, kind, port] = /^(\w+) (\d+)/.exec(section) ?? [];
    const where = `${kind} ${named(section, "mid")}`;
    // A bundled section also has port 0 in an offer of Firefox.
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
  // Firefox has no `selectedCandidatePairId`, and marks the pair as `selected` instead.
  const pair = entries.find(
    ({ type, id, ...entry }) =>
      type === "candidate-pair" && (selected ? id === selected : entry["selected"] === true),
  );
  const own = entries.find(({ id }) => id === pair?.["localCandidateId"]);
  const trip = typeof pair?.["currentRoundTripTime"] === "number" ? "measured" : "unknown";
  return `${String(own?.["candidateType"])} ${String(own?.["protocol"])}, round trip ${trip}`;
}

const scenarios: Readonly<Record<string, Scenario>> = {
  async "the first offer and answer of a call"(scene) {
    const { a, b } = scene;
    await connect(scene);
    return {
      "the offer": outline(a.pc.localDescription?.sdp),
      "the answer": outline(b.pc.localDescription?.sdp),
      "transceivers of a": transceiversOf(a),
      "transceivers of b": transceiversOf(b),
      states: [states(a), states(b)],
    };
  },

  async "connection establishment"(scene) {
    const { a, b } = scene;
    await connect(scene);
    const steps = ({ transitions }: Side) =>
      transitions.filter((line) => !line.startsWith("channels"));
    const opens = ({ transitions }: Side) =>
      transitions.indexOf("channels: control open") > transitions.indexOf("ice: connected")
        ? "after"
        : "before";
    return {
      only: {
        "transitions of a": steps(a),
        "transitions of b": steps(b),
        "the data channel opens": [a, b].map((side) => `${opens(side)} ICE is connected`),
      },
    };
  },

  async "a local offer alone"(scene) {
    const { a, stage } = scene;
    addLayout(scene);
    await act(scene, a, "set local offer", () => a.pc.setLocalDescription());
    a.events.push(
      `pending ${a.pc.pendingLocalDescription?.type}, current ${a.pc.currentLocalDescription?.type}`,
    );
    await until(stage, () => a.gathering.at(-1) === "end of candidates");
    await rest(stage);
    return { states: [states(a)], "transceivers of a": transceiversOf(a) };
  },

  async "late candidates"(scene) {
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
    await act(scene, a, "set local offer", () => a.pc.setLocalDescription());
    await until(stage, () => a.candidates.length > 1);
    const [candidate] = a.candidates;
    const add = (what: string, given?: RTCIceCandidateInit | null) =>
      act(scene, b, what, () => b.pc.addIceCandidate(given ?? undefined));
    const init = candidate!.toJSON();
    await add("before the description", init);
    await add("end of candidates before the description");
    await act(scene, b, "set remote offer", () =>
      b.pc.setRemoteDescription(a.pc.localDescription!),
    );
    await add("after the description", init);
    await add("twice", init);
    await add("with another ufrag", { ...init, usernameFragment: "unknown" });
    await add("of an unknown section", { ...init, sdpMid: "unknown", sdpMLineIndex: null });
    await add("of a section beyond the last", { ...init, sdpMid: null, sdpMLineIndex: 9 });
    await add("of no section", { candidate: init.candidate! });
    await add("a malformed candidate", { ...init, candidate: "nonsense" });
    await add("end of candidates as an empty candidate", { ...init, candidate: "" });
    await add("end of candidates");
    await add("after the end of candidates", init);
    return { only: { "events of b": b.events } };
  },

  async "replaced tracks"(scene) {
    const { a, b, stage } = scene;
    await connect(scene);
    forget(scene);
    const [audio, video, screen] = a.pc.getTransceivers();
    const [microphone, camera] = [await stage.capture("audio"), await stage.capture("video")];
    await act(scene, a, "a camera without a previous track", () =>
      video!.sender.replaceTrack(camera),
    );
    await act(scene, a, "a microphone", () => audio!.sender.replaceTrack(microphone));
    await until(
      stage,
      () => !b.pc.getReceivers()[0]!.track.muted && !b.pc.getReceivers()[1]!.track.muted,
    );
    await act(scene, a, "a camera for a microphone", () => audio!.sender.replaceTrack(camera));
    await act(scene, a, "none", () => video!.sender.replaceTrack(null));
    await rest(stage);
    camera.enabled = false;
    await act(scene, a, "a disabled camera", () => video!.sender.replaceTrack(camera));
    await act(scene, a, "the same for the screen", () => screen!.sender.replaceTrack(camera));
    await rest(stage);
    camera.stop();
    microphone.stop();
    await rest(stage);
    b.media.sort();
    return { "transceivers of a": transceiversOf(a), "transceivers of b": transceiversOf(b) };
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
    make("without an id", { negotiated: true });
    make("with both limits", { maxRetransmits: 1, maxPacketLifeTime: 1 });
    const ours = addLayout(scene);
    make("with an id in use", { negotiated: true, id: 0 });
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
    ours.addEventListener("bufferedamountlow", () => channels.push("bufferedamountlow"));
    ours.send("x".repeat(1_000));
    channels.push(`buffered: ${ours.bufferedAmount} bytes`);
    await rest(stage);
    ours.close();
    channels.push(`after close(): ${ours.readyState}`);
    await act(scene, a, "send after it was closed", () => ours.send("late"));
    await until(stage, () => ours.readyState === "closed" && theirs.readyState === "closed");
    await rest(stage);
    channels.push(`later: ${ours.readyState} and ${theirs.readyState}`);
    return { channels, states: [states(a), states(b)] };
  },

  async "an announced channel"(scene) {
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
    return { "the id": numbers, "the announced channels": announced };
  },

  async "rollback of an offer"(scene) {
    const { a, b, stage } = scene;
    await act(scene, a, "rollback without an offer", () =>
      a.pc.setLocalDescription({ type: "rollback" }),
    );
    addLayout(scene);
    await rest(stage);
    await offer(scene, a, b);
    await until(stage, () => a.gathering.at(-1) === "end of candidates");
    await rest(stage);
    const during = [...transceiversOf(a), ...transceiversOf(b)];
    await act(scene, b, "rollback", () => b.pc.setRemoteDescription({ type: "rollback" }));
    await act(scene, a, "rollback", () => a.pc.setLocalDescription({ type: "rollback" }));
    await rest(stage);
    return {
      "transceivers during the offer": during,
      "transceivers of a": transceiversOf(a),
      "transceivers of b": transceiversOf(b),
      states: [states(a), states(b)],
    };
  },

  async "rollback of a change in a connected call"(scene) {
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
      "transceivers of a": transceiversOf(a),
      "transceivers of b": transceiversOf(b),
      states: [states(a), states(b), `same credentials ${frag === ufrag(a.pc)}`],
    };
  },

  async "glare with a rollback"(scene) {
    const { a, b, stage } = scene;
    addLayout(scene);
    b.pc.addTransceiver("audio");
    await rest(stage);
    await act(scene, a, "set local offer", () => a.pc.setLocalDescription());
    await act(scene, b, "set local offer", () => b.pc.setLocalDescription());
    const theirs = b.pc.localDescription!;
    await act(scene, b, "set remote offer, rolling back the local one", () =>
      b.pc.setRemoteDescription(a.pc.localDescription!),
    );
    await act(scene, b, "set local answer", () => b.pc.setLocalDescription());
    await act(scene, a, "set remote answer", () =>
      a.pc.setRemoteDescription(b.pc.localDescription!),
    );
    await act(scene, a, "set the rolled-back offer as an answer", () =>
      a.pc.setRemoteDescription({ type: "answer", sdp: theirs.sdp }),
    );
    await rest(stage);
    return {
      only: {
        "events of a": a.events,
        "events of b": b.events,
        "transceivers of a": transceiversOf(a),
        "transceivers of b": transceiversOf(b),
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

  async "rollback of an ICE restart"(scene) {
    const { a, stage } = scene;
    await connect(scene);
    forget(scene);
    const before = ufrag(a.pc);
    a.pc.restartIce();
    await rest(stage);
    await act(scene, a, "set local offer", () => a.pc.setLocalDescription());
    const during = ufrag(a.pc);
    await act(scene, a, "rollback", () => a.pc.setLocalDescription({ type: "rollback" }));
    const after = ufrag(a.pc);
    await rest(stage);
    return {
      only: {
        "events of a": a.events,
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
    a.events.push(
      `a pending createOffer: ${await Promise.race([pending, stage.wait(500).then(() => NEVER)])}`,
    );
    a.events.push(states(a));
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
    return { "transceivers of a": transceiversOf(a), "transceivers of b": transceiversOf(b) };
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
    await act(scene, a, "set remote answer without an offer", () =>
      a.pc.setRemoteDescription({ type: "answer", sdp: made.sdp! }),
    );
    await act(scene, a, "set local answer without an offer", () =>
      a.pc.setLocalDescription({ type: "answer", sdp: made.sdp! }),
    );
    await offer(scene, a, b);
    await act(scene, b, "createOffer in between", async () => void (await b.pc.createOffer()));
    await act(scene, b, "set local offer over a remote one", () =>
      b.pc.setLocalDescription({ type: "offer", sdp: made.sdp! }),
    );
    await act(scene, b, "set remote answer to a remote offer", () =>
      b.pc.setRemoteDescription({ type: "answer", sdp: made.sdp! }),
    );
    await answer(scene, b, a);
    await act(scene, a, "a second answer", () => a.pc.setRemoteDescription(b.pc.localDescription!));
    await act(scene, b, "a malformed description", () =>
      b.pc.setRemoteDescription({ type: "offer", sdp: "nonsense" }),
    );
    await settled(scene);
    return {
      only: { "events of a": a.events, "events of b": b.events, states: [states(a), states(b)] },
    };
  },

  async negotiationneeded(scene) {
    const { a, b, stage } = scene;
    a.pc.addTransceiver("audio");
    a.pc.addTransceiver("video");
    a.events.push("two transceivers");
    await rest(stage);
    a.pc.createDataChannel("more");
    a.events.push("a data channel");
    await rest(stage);
    await act(scene, a, "set local offer", () => a.pc.setLocalDescription());
    a.pc.addTransceiver("video");
    a.events.push("another transceiver during the negotiation");
    await rest(stage);
    await act(scene, b, "set remote offer", () =>
      b.pc.setRemoteDescription(a.pc.localDescription!),
    );
    await answer(scene, b, a);
    await rest(stage);
    await offer(scene, a, b);
    await answer(scene, b, a);
    await rest(stage);
    a.events.push("another direction");
    a.pc.getTransceivers()[0]!.direction = "inactive";
    await rest(stage);
    a.events.push("the previous direction");
    a.pc.getTransceivers()[0]!.direction = "sendrecv";
    await rest(stage);
    await offer(scene, a, b);
    await answer(scene, b, a);
    await rest(stage);
    a.events.push("setStreams");
    a.pc.getTransceivers()[0]!.sender.setStreams(new stage.MediaStream());
    await rest(stage);
    return { only: { "events of a": a.events, "events of b": b.events } };
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
    const removed = [...transceiversOf(a), ...transceiversOf(b)];
    a.pc.addTrack(camera, stream);
    await rest(stage);
    await offer(scene, a, b);
    await answer(scene, b, a);
    await rest(stage);
    microphone.stop();
    camera.stop();
    return {
      only: {
        "events of a": a.events,
        "events of b": b.events,
        "transceivers after removeTrack": removed,
        "transceivers of a": transceiversOf(a),
        "transceivers of b": transceiversOf(b),
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
    const [still] = [transceiversOf(b)];
    video.direction = "sendrecv";
    await rest(stage);
    await offer(scene, a, b);
    await answer(scene, b, a);
    await until(stage, () => !b.pc.getReceivers()[1]!.track.muted);
    camera.stop();
    return {
      only: {
        "events of a": a.events,
        "events of b": b.events,
        "transceivers of b in between": still,
        "transceivers of b": transceiversOf(b),
      },
    };
  },

  async "a transceiver is stopped"(scene) {
    const { a, b, stage } = scene;
    await connect(scene);
    forget(scene);
    const [, , screen] = a.pc.getTransceivers();
    screen!.stop();
    a.events.push(
      `${screen!.direction}/${screen!.currentDirection} ${screen!.receiver.track.readyState}`,
    );
    await rest(stage);
    await offer(scene, a, b);
    await answer(scene, b, a);
    await rest(stage);
    a.events.push(`${screen!.direction}/${screen!.currentDirection} ${screen!.mid}`);
    return {
      only: {
        "events of a": a.events,
        "events of b": b.events,
        "the offer": outline(a.pc.localDescription?.sdp),
        "transceivers of a": transceiversOf(a),
        "transceivers of b": transceiversOf(b),
      },
    };
  },

  async configurations(scene) {
    const { a } = scene;
    const { pc } = a;
    const { iceServers, iceTransportPolicy, bundlePolicy } = pc.getConfiguration();
    a.events.push(`${iceServers?.length} servers, ${iceTransportPolicy} ${bundlePolicy}`);
    await act(scene, a, "other servers", () =>
      pc.setConfiguration({
        bundlePolicy: "max-bundle",
        iceServers: [{ urls: "stun:127.0.0.1:3478" }],
      }),
    );
    const urls = pc.getConfiguration().iceServers?.map((server) => server.urls) ?? [];
    a.events.push(`servers ${urls.flat().join(" ")}`);
    await act(scene, a, "another bundle policy", () =>
      pc.setConfiguration({ bundlePolicy: "balanced" }),
    );
    await act(scene, a, "a malformed server URL", () =>
      pc.setConfiguration({ bundlePolicy: "max-bundle", iceServers: [{ urls: "nonsense" }] }),
    );
    await act(scene, a, "a TURN server without credentials", () =>
      pc.setConfiguration({
        bundlePolicy: "max-bundle",
        iceServers: [{ urls: "turn:127.0.0.1:3478" }],
      }),
    );
    return { only: { "events of a": a.events } };
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
      return second! > first! ? "grow" : "do not grow";
    };
    camera.stop();
    return {
      only: {
        "the selected pair": after.map((entries) => selectedPair(entries)),
        "the counters": [
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
export const SCENARIOS: readonly string[] = Object.keys(scenarios);

/** Runs one scenario and returns its report. */
export async function play(name: string, stage: Stage): Promise<Report> {
  const scene: Scene = { stage, a: watch(stage), b: watch(stage) };
  const result = (await scenarios[name]!(scene)) ?? {};
  const report: Record<string, string[]> = {};
  if (!("only" in result))
    for (const lane of LANES)
      for (const side of ["a", "b"] as const)
        if (lane !== "transitions" && scene[side][lane].length > 0)
          report[`${lane} of ${side}`] = [...scene[side][lane]];
  for (const [heading, lines] of Object.entries(
    "only" in result ? (result.only as Report) : result,
  ))
    report[heading] = [...lines];
  scene.a.pc.close();
  scene.b.pc.close();
  return report;
}

/** Formats reports as text: `## scenario`, `- heading`, and two spaces before each line. */
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

/** Parses the text of `written()`. */
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
