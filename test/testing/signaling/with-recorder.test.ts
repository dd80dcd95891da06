import {
  createCall,
  createLocalMedia,
  type CallError,
  type CallOptions,
  type JoinOptions,
  type LocalMediaOptions,
  type Signaling,
} from "twocan/core";
import { createFakeNetwork } from "twocan/fake-webrtc";
import { memorySignaling, replay, withFaults, withRecorder, type Recording } from "twocan/testing";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { mockDigest } from "../../support/fake-time.ts";

const releases: (() => unknown)[] = [];

beforeEach(() => {
  vi.useFakeTimers();
  mockDigest();
});

afterEach(async () => {
  for (const release of releases.splice(0)) await release();
  await pass(1_000);
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

/** Advances the fake timers until the assertion holds. */
async function eventually(assertion: () => void, ms = 60_000): Promise<void> {
  for (let waited = 0; ; waited += 20) {
    try {
      assertion();
      return;
    } catch (error) {
      if (waited >= ms) throw error;
    }
    await pass(20);
  }
}

/** Serializes and parses, as a file does. */
const throughJson = (recording: Recording) => JSON.parse(JSON.stringify(recording)) as Recording;

/** Joins a call and records its snapshots. */
function joinCall(options: Partial<CallOptions>, wanted: LocalMediaOptions = {}) {
  const errors: string[] = [];
  const shown: string[] = [];
  const media = createLocalMedia(wanted);
  const settings = () => ({
    room: "standup",
    media: media.getSnapshot(),
    ...options,
    onError: ({ code }: CallError) => errors.push(code),
  });
  const call = createCall(settings());
  call.subscribe(() => {
    const { participants, signaling } = call.getSnapshot();
    const words = participants.map(
      ({ name, microphone, camera }) => `${name}${microphone ? " mic" : ""}${camera ? " cam" : ""}`,
    );
    const now = `${signaling}: ${words.join(", ")}`;
    if (shown.at(-1) !== now) shown.push(now);
  });
  const holds = [media.subscribe(() => call.configure(settings())), media.retain(), call.retain()];
  const leave = () => {
    for (const release of holds) release();
  };
  releases.push(leave);
  return { now: call.getSnapshot, errors, shown, leave };
}

/** Joins as a call does and records the callbacks. */
function enter(signaling: Signaling, id: string) {
  const callbacks: unknown[] = [];
  const scope = new AbortController();
  releases.push(() => scope.abort());
  const joining: JoinOptions = {
    room: "the secret room",
    self: { id, name: id, joinedAt: 1_000 },
    signal: scope.signal,
    onPeers: (peers) => callbacks.push({ peers: peers.map((peer) => peer.id) }),
    onMessage: (from, message) => callbacks.push({ from, message }),
    onStatus: (status) => callbacks.push({ status }),
    onError: ({ code }) => callbacks.push({ error: code }),
  };
  return { callbacks, scope, joined: signaling.join(joining) };
}

describe("withRecorder", () => {
  it("records each event with its time and session", async () => {
    const recorder = withRecorder(memorySignaling({ delay: 10 }));
    const mina = enter(recorder, "mina");
    await pass(100);
    const jun = enter(recorder, "jun");
    await pass(100);
    await (await mina.joined).send("jun", { hello: 1 });
    await pass(100);
    await (await jun.joined).leave();
    await pass(100);
    const { version, events } = throughJson(recorder.recording());
    expect(version).toBe(1);
    const brief = (of: number) =>
      events
        .filter(({ stay }) => stay === of)
        .map((event) => Object.assign({}, event, { at: Math.round(event.at / 10) * 10 }));
    const junPeer = { id: "jun", name: "jun", joinedAt: 1_000 };
    const minaPeer = { id: "mina", name: "mina", joinedAt: 1_000 };
    expect(brief(0)).toMatchObject([
      { at: 0, event: "join", self: minaPeer },
      { at: 10, event: "status", status: "connected" },
      { at: 10, event: "peers", peers: [] },
      { at: 10, event: "joined", id: "mina" },
      { at: 120, event: "peers", peers: [junPeer] },
      { at: 200, event: "sent", to: "jun", packet: { hello: 1 } },
      { at: 310, event: "peers", peers: [] },
    ]);
    expect(brief(1)).toMatchObject([
      { at: 100, event: "join", self: junPeer },
      { at: 110, event: "status", status: "connected" },
      { at: 110, event: "peers", peers: [minaPeer] },
      { at: 110, event: "joined", id: "jun" },
      { at: 210, event: "received", from: "mina", packet: { hello: 1 } },
      { at: 300, event: "left" },
    ]);
    expect(JSON.stringify(events)).not.toContain("the secret room");
  });

  it("records a rejection and passes it on", async () => {
    const memory = memorySignaling();
    const recorder = withRecorder(memory);
    const mina = enter(recorder, "mina");
    await pass(10);
    const session = await mina.joined;
    const again = enter(recorder, "mina");
    await expect(Promise.all([again.joined, pass(10)])).rejects.toMatchObject({
      code: "signaling-denied",
    });
    memory.disconnect("mina");
    await expect(session.send("jun", {})).rejects.toMatchObject({ code: "signaling-unavailable" });
    const { events } = recorder.recording();
    expect(events).toContainEqual(
      expect.objectContaining({
        event: "refused",
        stay: 1,
        error: expect.objectContaining({ code: "signaling-denied" }) as object,
      }),
    );
    expect(events.at(-1)).toMatchObject({
      event: "sent",
      to: "jun",
      error: { code: "signaling-unavailable" },
    });
  });

  it("records a copy that later changes of the object do not affect", async () => {
    const recorder = withRecorder(memorySignaling());
    const mina = enter(recorder, "mina");
    await pass(10);
    const packet = { text: "before" };
    await (await mina.joined).send("jun", packet);
    packet.text = "after";
    const recording = recorder.recording();
    expect(recording.events.at(-1)).toMatchObject({ packet: { text: "before" } });
    await (await mina.joined).send("jun", packet);
    expect(recording.events.at(-1)).toMatchObject({ packet: { text: "before" } });
  });

  const SDP = [
    "v=0",
    "o=- 4611731400430051336 2 IN IP4 203.0.113.7",
    "c=IN IP6 2001:db8::17",
    "a=fingerprint:sha-256 19:E2:1C:3B:4B:9F:81:E6:B8:5C:F4:A5:A8:D8:73:04",
    "a=candidate:1 1 udp 2122260223 203.0.113.7 61665 typ host generation 0",
    "a=candidate:2 1 udp 1686052607 2001:db8::17 61665 typ srflx raddr 10.0.0.17 rport 61665",
  ].join("\r\n");

  it.each([true, undefined])("keeps IP addresses only with addresses: %j", async (addresses) => {
    const recorder = withRecorder(memorySignaling(), addresses ? { addresses } : {});
    const mina = enter(recorder, "mina");
    await pass(10);
    const candidate = "candidate:3 1 udp 2122260223 0f8b6a.local 61665 typ host";
    await (await mina.joined).send("jun", { m: [[0, { sdp: SDP, candidates: [{ candidate }] }]] });
    const text = JSON.stringify(recorder.recording());
    for (const address of ["203.0.113.7", "2001:db8::17", "10.0.0.17", "0f8b6a.local"])
      expect(text.includes(address)).toBe(addresses === true);
    // Other parts stay, so that the description can still be parsed.
    for (const word of ["19:E2:1C:3B", "61665 typ srflx raddr ", "4611731400430051336 2 IN IP"])
      expect(text).toContain(word);
  });
});

describe("replay", () => {
  /** Records Mina's side of a call with many events. */
  async function recorded(): Promise<{ recording: Recording; shown: string[] }> {
    const network = createFakeNetwork();
    releases.push(network.peer().install());
    const faults = withFaults(network.signaling, {
      drop: 0.2,
      duplicate: 0.2,
      delay: [0, 40],
      seed: 3,
    });
    const recorder = withRecorder(faults);
    const mina = joinCall({ signaling: recorder, name: "Mina" });
    await eventually(() => expect(mina.now().status).toBe("waiting"));
    const jun = joinCall({ signaling: network.signaling, name: "Jun" });
    await eventually(() => expect(mina.shown.at(-1)).toBe("connected: Jun mic cam"));
    await pass(1_000);
    void faults.outage(500);
    await pass(1_000);
    const ada = joinCall({ signaling: network.signaling, name: "Ada" }, { video: false });
    await eventually(() => expect(mina.shown.at(-1)).toBe("connected: Jun mic cam, Ada mic"));
    await pass(1_000);
    jun.leave();
    await eventually(() => expect(mina.shown.at(-1)).toBe("connected: Ada mic"));
    ada.leave();
    await eventually(() => expect(mina.shown.at(-1)).toBe("connected: "));
    const recording = throughJson(recorder.recording());
    const shown = [...mina.shown];
    mina.leave();
    await pass(1_000);
    return { recording, shown };
  }

  it.each([1, 4])("gives a call the snapshots of the recorded one, at speed %d", async (speed) => {
    const { recording, shown } = await recorded();
    const signaling = replay(recording, { speed });
    const again = joinCall({ signaling, name: "Mina" });
    await eventually(() => expect(signaling.remaining).toEqual([]));
    await pass(10);
    expect(again.shown).toEqual(shown);
    expect(again.errors).toEqual([]);
    // The order of joining is kept, so the roles are the same.
    const sides = again
      .now()
      .trace.getSnapshot()
      .map(({ side }) => side);
    expect(new Set(sides)).toEqual(new Set(["callee"]));
  });

  it("ends as the recorded call did, at any speed", async () => {
    const { recording } = await recorded();
    const upTo = recording.events.findIndex(
      (event) => event.event === "peers" && event.peers.length === 2,
    );
    const part = { ...recording, events: recording.events.slice(0, upTo + 1) };
    const signaling = replay(part, { speed: Infinity });
    const again = joinCall({ signaling, name: "Mina" });
    await eventually(() => expect(again.shown.at(-1)).toBe("connected: Jun mic cam, Ada"));
    expect(signaling.remaining).toEqual([]);
  });

  it("takes the recorded time divided by the speed", async () => {
    const recorder = withRecorder(memorySignaling());
    const mina = enter(recorder, "mina");
    await pass(1_000);
    const jun = enter(recorder, "jun");
    await pass(1_000);
    await (await jun.joined).leave();
    await pass(10);
    await mina.joined;
    const [slow, fast, instant] = [1, 10, Infinity].map((speed) =>
      enter(replay(recorder.recording(), { speed }), "mina"),
    );
    await pass(0);
    const callbacks = [{ status: "connected" }, { peers: [] }, { peers: ["jun"] }, { peers: [] }];
    expect(instant!.callbacks).toEqual(callbacks);
    await pass(150);
    expect(fast!.callbacks).toEqual(callbacks.slice(0, 3));
    await pass(60);
    expect(fast!.callbacks).toEqual(callbacks);
    await pass(700);
    expect(slow!.callbacks).toEqual(callbacks.slice(0, 2));
    await pass(1_100);
    expect(slow!.callbacks).toEqual(callbacks);
  });

  it("waits for a packet that the call has not sent, and lists the remaining events", async () => {
    const network = createFakeNetwork();
    releases.push(network.peer().install());
    const mina = joinCall({ signaling: network.signaling, name: "Mina" });
    await eventually(() => expect(mina.now().status).toBe("waiting"));
    const recorder = withRecorder(network.signaling);
    const jun = joinCall({ signaling: recorder, name: "Jun" });
    await eventually(() => expect(jun.now().status).toBe("connected"));
    const signaling = replay(throughJson(recorder.recording()));
    const mute = enter(signaling, "jun");
    await pass(10_000);
    await mute.joined;
    expect(signaling.remaining[0]).toMatchObject({ event: "received" });
    // Once the call sends an offer, the answer is replayed.
    const again = joinCall({ signaling: replay(recorder.recording()), name: "Jun" });
    await eventually(() => expect(again.shown.at(-1)).toBe("connected: Mina mic cam"));
  });

  it("replays rejections, disconnections and errors", async () => {
    const recording: Recording = {
      version: 1,
      started: 0,
      events: [
        { at: 0, stay: 0, event: "join", self: { id: "mina" } },
        { at: 5, stay: 0, event: "refused", error: { code: "signaling-denied", message: "No." } },
        { at: 10, stay: 1, event: "join", self: { id: "mina" } },
        { at: 15, stay: 1, event: "joined", id: "user.mina" },
        { at: 25, stay: 1, event: "status", status: "disconnected" },
        { at: 25, stay: 1, event: "error", error: { code: "signaling-denied", message: "Quota." } },
        { at: 35, stay: 1, event: "status", status: "connected" },
      ],
    };
    const signaling = replay(recording);
    const refused = enter(signaling, "mina");
    await expect(Promise.all([refused.joined, pass(10)])).rejects.toMatchObject({
      code: "signaling-denied",
      message: "No.",
    });
    const mina = enter(signaling, "mina");
    await pass(5);
    const session = await mina.joined;
    expect(session.id).toBe("user.mina");
    await session.send("jun", { m: [] });
    await pass(10);
    expect(mina.callbacks).toEqual([{ status: "disconnected" }, { error: "signaling-denied" }]);
    await expect(session.send("jun", { m: [] })).rejects.toMatchObject({
      code: "signaling-unavailable",
    });
    await pass(10);
    await session.send("jun", { m: [] });
    await expect(enter(signaling, "mina").joined).rejects.toMatchObject({
      code: "signaling-unavailable",
    });
  });

  it("leaves no timer after leave() or a rejected join()", async () => {
    const recorder = withRecorder(memorySignaling({ delay: 50 }));
    const first = enter(recorder, "mina");
    await pass(100);
    await first.joined;
    const before = vi.getTimerCount();
    const mina = enter(replay(recorder.recording()), "mina");
    mina.joined.catch(() => undefined);
    expect(vi.getTimerCount()).toBe(before + 1);
    mina.scope.abort();
    expect(vi.getTimerCount()).toBe(before);
    await expect(mina.joined).rejects.toMatchObject({ code: "aborted" });
    expect(mina.callbacks).toEqual([]);
  });
});
