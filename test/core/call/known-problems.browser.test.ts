/**
 * Known problems of other libraries, listed in docs/KNOWN-PROBLEMS.md, that no other file covers. Real
 * connections, fake devices, signaling in memory.
 */
import {
  createCall,
  createLocalMedia,
  createPeer,
  outgoingStreams,
  type CallOptions,
  type Participant,
  type PeerChannel,
  type SignalMessage,
} from "twocan/core";
import { memorySignaling, type LoggedPacket } from "twocan/testing";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { joinAsForeigner } from "../../support/foreign-peer.ts";
import { expectFrames, opened } from "../../support/browser/media-support.ts";
import { keepReportingBytes } from "../../support/keep-alive-stats.ts";

const PATIENT = { timeout: 20_000 };
const releases: (() => unknown)[] = [];
/** Rejections that no code handled. */
const uncaught: unknown[] = [];
const onUncaught = ({ reason }: PromiseRejectionEvent) => uncaught.push(reason);

beforeEach(() => {
  releases.push(keepReportingBytes());
  window.addEventListener("unhandledrejection", onUncaught);
});

afterEach(async () => {
  vi.restoreAllMocks();
  for (const release of releases.splice(0).toReversed()) await release();
  await expect.poll(() => opened.connections().length).toBe(0);
  await expect.poll(() => opened.liveTracks().length).toBe(0);
  window.removeEventListener("unhandledrejection", onUncaught);
  expect(uncaught.splice(0)).toEqual([]);
});

/** A call with the given devices. */
function enter(
  options: Partial<CallOptions> & Pick<CallOptions, "signaling">,
  devices: { audio: boolean; video: boolean } = { audio: false, video: false },
) {
  const media = createLocalMedia(devices);
  const errors: string[] = [];
  const settings = () => ({
    room: "standup",
    iceServers: [],
    ...options,
    media: media.getSnapshot(),
    onError: ({ code }: { code: string }) => errors.push(code),
  });
  const call = createCall(settings());
  releases.push(
    media.subscribe(() => call.configure(settings())),
    media.retain(),
    call.retain(),
  );
  return { media: media.getSnapshot, now: call.getSnapshot, errors };
}

type Entered = ReturnType<typeof enter>;

async function expectConnected(...people: Entered[]): Promise<void> {
  for (const { now } of people)
    await expect
      .poll(() => now().participants.map(({ status }) => status), PATIENT)
      .toEqual(Array(people.length - 1).fill("connected"));
}

/** Mina waits, and Jun joins as the caller. */
async function talking(devices?: { audio: boolean; video: boolean }) {
  const signaling = memorySignaling();
  const mina = enter({ signaling, name: "Mina" }, devices);
  await expect.poll(() => mina.now().status).toBe("waiting");
  const jun = enter({ signaling, name: "Jun" }, devices);
  await expectConnected(mina, jun);
  return { signaling, mina, jun };
}

const connectionOf = ({ now }: Entered) => now().participants[0]!.connection!;
const streamOf = ({ now }: Entered) => now().participants[0]?.stream;

/** The audio energy received on a connection so far, and for how many seconds it was decoded. */
async function heardBy(connection: RTCPeerConnection) {
  const heard = { energy: 0, seconds: 0 };
  (await connection.getStats()).forEach(
    (entry: {
      type: string;
      kind?: string;
      totalAudioEnergy?: number;
      totalSamplesDuration?: number;
    }) => {
      if (entry.type !== "inbound-rtp" || entry.kind !== "audio") return;
      heard.energy += entry.totalAudioEnergy ?? 0;
      heard.seconds += entry.totalSamplesDuration ?? 0;
    },
  );
  return heard;
}

/** The energy of decoded silence, and of one beep of the fake microphone, in the unit of the statistics. */
const [FAINT, LOUD] = [1e-4, 1e-2];

/** Plays the audio of a participant, because a browser decodes only audio that is played. */
function listenTo(participant: Participant): void {
  const audio = document.createElement("audio");
  audio.srcObject = participant.stream ?? null;
  void audio.play().catch(() => undefined);
  releases.push(() => {
    audio.srcObject = null;
  });
}

/** Fires `negotiationneeded` so often that the connection is replaced. */
async function wearOut(caller: Entered, ...others: Entered[]): Promise<void> {
  const worn = connectionOf(caller);
  for (let time = 0; time < 30; time += 1) worn.dispatchEvent(new Event("negotiationneeded"));
  await expect.poll(() => connectionOf(caller) !== worn, PATIENT).toBe(true);
  await expectConnected(caller, ...others);
}

it(
  "a muted participant stays silent through another microphone, an ICE restart, a new connection and a newcomer",
  { timeout: 180_000 },
  async () => {
    const { signaling, mina, jun } = await talking({ audio: true, video: false });
    await jun.media().microphone.setEnabled(false);
    listenTo(jun.now().participants[0]!);
    const first = connectionOf(jun);
    await expect.poll(async () => (await heardBy(first)).energy, PATIENT).toBeGreaterThan(LOUD);

    await mina.media().microphone.setEnabled(false);
    // Audio sent before is still in flight: wait until an expected beep is missing.
    let last = await heardBy(first);
    await expect
      .poll(async () => {
        const now = await heardBy(first);
        if (now.energy - last.energy > FAINT) last = now;
        return now.seconds - last.seconds;
      }, PATIENT)
      .toBeGreaterThan(1.5);
    const { energy } = await heardBy(first);

    const { devices, deviceId } = mina.media().microphone;
    const other = devices.find((device) => device.deviceId !== deviceId)!;
    await mina.media().microphone.select(other.deviceId);
    const rounds = () =>
      Math.max(
        ...jun
          .now()
          .trace.getSnapshot()
          .map(({ round }) => round),
      );
    first.restartIce();
    await expect.poll(rounds, PATIENT).toBe(2);
    const restarted = await heardBy(first);
    await expect
      .poll(async () => (await heardBy(first)).seconds, PATIENT)
      .toBeGreaterThan(restarted.seconds + 2);
    expect((await heardBy(first)).energy - energy).toBeLessThan(FAINT);

    await wearOut(jun, mina);
    const noor = enter({ signaling, name: "Noor" });
    await expectConnected(mina, jun, noor);
    const minaSeenBy = ({ now }: Entered) =>
      now().participants.find(({ name }) => name === "Mina")!;
    listenTo(minaSeenBy(noor));
    const later = [jun, noor].map((person) => minaSeenBy(person).connection!);
    expect(later).not.toContain(first);
    for (const connection of later) {
      // Long enough for the beep that the fake microphone makes each second.
      await expect
        .poll(async () => (await heardBy(connection)).seconds, PATIENT)
        .toBeGreaterThan(2.5);
      expect((await heardBy(connection)).energy).toBeLessThan(FAINT);
    }

    await mina.media().microphone.setEnabled(true);
    for (const connection of later)
      await expect
        .poll(async () => (await heardBy(connection)).energy, PATIENT)
        .toBeGreaterThan(LOUD);
  },
);

it("no message of a remote peer switches a microphone or camera on", async () => {
  const signaling = memorySignaling();
  const mina = enter({ signaling, name: "Mina" }, { audio: true, video: true });
  await expect.poll(() => mina.now().status).toBe("waiting");
  await mina.media().microphone.setEnabled(false);
  await mina.media().camera.setEnabled(false);
  const canvas = document.createElement("canvas");
  canvas.getContext("2d");
  const [picture] = canvas.captureStream(5).getVideoTracks();
  releases.push(() => picture!.stop());
  const foreign = await joinAsForeigner(signaling, { room: "standup", name: "Eve" }, picture!);
  releases.push(() => foreign.leave());
  await expect.poll(() => mina.now().participants[0]?.status, PATIENT).toBe("connected");

  const asked = [
    vi.spyOn(navigator.mediaDevices, "getUserMedia"),
    vi.spyOn(navigator.mediaDevices, "getDisplayMedia"),
  ];
  const all = { microphone: true, camera: true, screen: true };
  foreign.say({ type: "media", media: all });
  foreign.say({ type: "ask", for: "negotiation" });
  foreign.say({ type: "ask", for: "restart" });
  foreign.say({ type: "ask", for: "rebuild" });
  foreign.say({ type: "unmute", microphone: true, camera: true });
  await foreign.reconnect();
  await expect.poll(() => foreign.look().connection).toMatch(/\/2$/);
  await expect.poll(() => mina.now().participants[0]?.status, PATIENT).toBe("connected");
  await expect.poll(() => foreign.look().waiting).toBe(0);

  for (const spy of asked) expect(spy).not.toHaveBeenCalled();
  expect(opened.liveTracks().map(({ kind, enabled }) => [kind, enabled])).toEqual([
    ["audio", false],
  ]);
  expect(mina.now().self).toMatchObject({ microphone: false, camera: false });
});

/** The addresses in the candidates and descriptions that were sent in a room so far. */
function addressesIn(log: readonly LoggedPacket[]): string[] {
  const text = log.map(({ message }) => JSON.stringify(message)).join();
  return [...text.matchAll(/candidate:[^"\\]* typ (\w+)|c=IN IP[46] ([^\\]+)/g)].map(
    ([, type, address]) => type ?? address ?? "",
  );
}

it("a call with iceTransportPolicy relay sends no local address", async () => {
  const iceServers = [{ urls: "turn:127.0.0.1:9", username: "u", credential: "c" }];
  const [hidden, open] = [memorySignaling(), memorySignaling()];
  for (const name of ["Mina", "Jun"])
    enter({ signaling: hidden, name, iceServers, iceTransportPolicy: "relay" });
  const answers = (log: readonly LoggedPacket[]) =>
    log.filter(({ message }) => JSON.stringify(message).includes('"answer"')).length;
  await expect.poll(() => answers(hidden.log), PATIENT).toBeGreaterThan(0);
  // Two others show what would be sent, and that there was enough time to send it.
  const others = ["Ada", "Noor"].map((name) => enter({ signaling: open, name, iceServers }));
  await expectConnected(...others);
  await expect.poll(() => addressesIn(open.log)).toContain("host");
  expect(new Set(addressesIn(hidden.log))).toEqual(new Set(["0.0.0.0"]));
});

it("no connection is created and no ICE server contacted before another participant is present", async () => {
  const signaling = memorySignaling();
  const iceServers = vi.fn(async () => [{ urls: "stun:127.0.0.1:9" }]);
  const made = opened.made();
  const mina = enter(
    { signaling, iceServers, name: "Mina", autoJoin: false },
    { audio: true, video: true },
  );
  await expect.poll(() => mina.media().status).toBe("live");
  await mina.now().join();
  expect(mina.now().status).toBe("waiting");
  expect([opened.made() - made, iceServers.mock.calls.length]).toEqual([0, 0]);
  const jun = enter({ signaling, name: "Jun" });
  await expectConnected(mina, jun);
  // One on each side, and one with which the servers are checked, closed at once.
  expect([opened.made() - made, iceServers.mock.calls.length]).toEqual([3, 1]);
  expect(opened.connections().length).toBe(2);
});

it("candidates of an unknown generation, or after the end of candidates, are ignored", async () => {
  const signaling = memorySignaling();
  const mina = enter({ signaling, name: "Mina" }, { audio: false, video: true });
  await expect.poll(() => mina.now().status).toBe("waiting");
  const canvas = document.createElement("canvas");
  canvas.getContext("2d");
  const [picture] = canvas.captureStream(5).getVideoTracks();
  releases.push(() => picture!.stop());
  const foreign = await joinAsForeigner(signaling, { room: "standup", name: "Eve" }, picture!);
  releases.push(() => foreign.leave());
  await expect.poll(() => mina.now().participants[0]?.status, PATIENT).toBe("connected");

  const { connection } = foreign.look();
  const pc = connectionOf(mina);
  const known = /a=ice-ufrag:(\S+)/.exec(pc.remoteDescription?.sdp ?? "")?.[1];
  const candidate = (usernameFragment: string | null | undefined, port: number) => ({
    candidate: `candidate:7 1 udp 2113937151 192.0.2.7 ${port} typ host generation 0`,
    sdpMid: "0",
    sdpMLineIndex: 0,
    usernameFragment,
  });
  const say = (candidates: unknown[], end: boolean) =>
    foreign.say({ type: "candidates", connection, candidates, end });
  say([], true);
  say([candidate(known, 40_001), candidate("nope", 40_002)], true);
  say([candidate(null, 40_003)], false);
  for (let burst = 0; burst < 5; burst += 1)
    say(
      Array.from({ length: 100 }, (_, at) => candidate(`none${at}`, 41_000 + at)),
      false,
    );
  await expect.poll(() => foreign.look().waiting).toBe(0);
  // Candidates of the next generation are accepted.
  await foreign.restart();
  await expect.poll(() => foreign.look().round).toBe(2);
  await expectFrames(foreign.look().stream);
  await expect.poll(() => pc.connectionState).toBe("connected");
  expect(connectionOf(mina)).toBe(pc);
  expect(mina.errors).toEqual([]);
});

type Described = (this: RTCPeerConnection, description: RTCSessionDescriptionInit) => Promise<void>;

/** Makes the browser reject the first description that `matches`. */
function refuseOnce(matches: (pc: RTCPeerConnection, type: RTCSdpType) => boolean, name: string) {
  const native = RTCPeerConnection.prototype.setRemoteDescription;
  let refused = 0;
  const refusing: Described = function (description) {
    if (refused > 0 || !matches(this, description.type))
      return Reflect.apply(native, this, [description]);
    refused += 1;
    return Promise.reject(new DOMException("Simulated by a test.", name));
  };
  vi.spyOn(RTCPeerConnection.prototype, "setRemoteDescription").mockImplementation(refusing);
  return () => refused;
}

it("an answer that the browser rejects leads to one new connection, not to another attempt", async () => {
  const refused = refuseOnce((_, type) => type === "answer", "OperationError");
  const made = opened.made();
  const { mina, jun } = await talking({ audio: false, video: true });
  expect([refused(), opened.made() - made]).toEqual([1, 4]);
  expect(opened.connections().length).toBe(2);
  await expectFrames(streamOf(mina));
  await expectFrames(streamOf(jun));
  expect([mina.errors, jun.errors]).toEqual([[], ["negotiation-failed"]]);
});

it("an offer that the remote peer cannot apply is rolled back, and the call goes on", async () => {
  const { mina, jun } = await talking({ audio: false, video: true });
  const made = opened.made();
  const [connection, streams] = [connectionOf(jun), [mina, jun].map(streamOf)];
  const refused = refuseOnce(
    (pc, type) => type === "offer" && pc.remoteDescription !== null,
    "InvalidAccessError",
  );
  connection.restartIce();
  await expect
    .poll(() => [...mina.errors, ...jun.errors])
    .toEqual(["negotiation-failed", "negotiation-failed"]);
  expect(refused()).toBe(1);
  await expect.poll(() => connection.signalingState).toBe("stable");
  // The next change is negotiated.
  connection.restartIce();
  const rounds = () =>
    Math.max(
      ...mina
        .now()
        .trace.getSnapshot()
        .map(({ round }) => round),
    );
  const agreed = () =>
    jun
      .now()
      .trace.getSnapshot()
      .filter(({ step }) => step === 13).length;
  connection.dispatchEvent(new Event("negotiationneeded"));
  await expect.poll(agreed, PATIENT).toBeGreaterThan(1);
  expect(rounds()).toBeGreaterThan(2);
  for (const person of [mina, jun]) await expectFrames(streamOf(person));
  expect([opened.made(), connectionOf(jun)]).toEqual([made, connection]);
  expect([mina, jun].map(streamOf)).toEqual(streams);
});

it("malformed messages on the data channel are dropped, and the call goes on", async () => {
  const created = vi.spyOn(RTCPeerConnection.prototype, "createDataChannel");
  const { mina, jun } = await talking({ audio: true, video: false });
  const channels = created.mock.results.map(({ value }) => value as RTCDataChannel);
  await expect.poll(() => channels.map(({ readyState }) => readyState)).toEqual(["open", "open"]);
  const junk: (string | ArrayBuffer)[] = [
    new ArrayBuffer(64_000),
    "{",
    "null",
    "x".repeat(200_000),
    JSON.stringify({ v: 1, s: 1, r: 0, a: -1, m: Array.from({ length: 300 }, () => [0, {}]) }),
    '{"__proto__":{"v":1}}',
    '{"flow":7}',
  ];
  // Invalid counters are ignored without a report.
  const counters = ['{"flow":[]}', '{"flow":["1",null]}', '{"flow":[-1,1e308]}', '{"flow":[{}]}'];
  for (const channel of channels)
    for (const piece of [...junk, ...counters]) channel.send(piece as string);
  for (const { errors } of [mina, jun])
    await expect.poll(() => errors).toEqual(Array(junk.length).fill("message-invalid"));
  await mina.media().microphone.setEnabled(false);
  await expect.poll(() => jun.now().participants[0]?.microphone).toBe(false);
  await expectConnected(mina, jun);
});

it("a hundred switches add no line to the description", { timeout: 60_000 }, async () => {
  const listeners: (((message: SignalMessage) => void) | undefined)[] = [];
  const channel = (at: 0 | 1): PeerChannel => ({
    async send(message) {
      queueMicrotask(() => listeners[1 - at]?.(message));
    },
    subscribe(listener) {
      listeners[at] = listener;
      return () => (listeners[at] = undefined);
    },
  });
  const person = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
  releases.push(() => person.getTracks().forEach((track) => track.stop()));
  const everything = outgoingStreams([person, new MediaStream(person.getVideoTracks())]);
  const nothing = outgoingStreams([]);
  const peers = (["caller", "callee"] as const).map((role, at) =>
    createPeer({
      channel: channel(at as 0 | 1),
      role,
      media: everything,
      configuration: () => ({ iceServers: [] }),
    }),
  );
  for (const peer of peers) {
    releases.push(() => peer.close());
    peer.start();
  }
  const both = <T>(ask: (connection: RTCPeerConnection) => T) =>
    peers.map((peer) => ask(peer.getSnapshot().connection!));
  await expect
    .poll(() => peers.map((peer) => peer.getSnapshot().status), PATIENT)
    .toEqual(["connected", "connected"]);
  const lines = () =>
    both(({ localDescription }) =>
      localDescription!.sdp.split("\r\n").filter((line) => !/^(a=candidate|o=)/.test(line)),
    );
  const agreed = () => peers[0]!.trace.getSnapshot().filter(({ step }) => step === 13).length;

  // The first renegotiation adds what the second one has as well.
  peers[0]!.negotiate();
  await expect.poll(agreed, PATIENT).toBe(2);
  const before = lines();
  for (let time = 1; time <= 100; time += 1)
    for (const peer of peers) peer.setMedia(time % 2 ? nothing : everything);
  peers[0]!.negotiate();
  await expect.poll(agreed, PATIENT).toBe(3);
  expect(lines().map((sdp) => sdp.length)).toEqual(before.map((sdp) => sdp.length));
  expect(both((connection) => connection.getTransceivers().length)).toEqual([3, 3]);
  for (const peer of peers) await expectFrames(peer.getSnapshot().screen);
});
