import type { Call, CallStatus, LocalMedia, Store } from "twocan/core";
import {
  eventually,
  simulateCall,
  type SimulatedPermission,
  type SimulationOptions,
} from "twocan/testing";
import { afterEach, describe, expect, it, vi } from "vitest";
import { audioLevel } from "../../../src/core/stats/audio-level.ts";
import { connectionStats, type ConnectionStats } from "../../../src/core/stats/connection-stats.ts";

/** A simulation with readers of its current snapshots. */
function simulate(options?: SimulationOptions) {
  const simulation = simulateCall(options);
  return {
    ...simulation,
    now: simulation.call.getSnapshot,
    mine: simulation.media.getSnapshot,
    person: (id: string) =>
      simulation.call.getSnapshot().participants.find((person) => person.id === id)!,
  };
}

/** Records each different value of a store. */
function record<T, V>(store: Store<T>, of: (snapshot: T) => V): V[] {
  const seen = [of(store.getSnapshot())];
  store.subscribe(() => {
    const next = of(store.getSnapshot());
    if (next !== seen.at(-1)) seen.push(next);
  });
  return seen;
}

const idsOf = (call: Call) => call.participants.map(({ id }) => id);
const statusesOf = (call: Call) => call.participants.map(({ status }) => status);

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("simulateCall", () => {
  it("is joined and connected with its devices on before it is retained", () => {
    const { now, mine } = simulate({ participants: 2 });
    expect(now().status).toBe("connected");
    expect(idsOf(now())).toEqual(["person-1", "person-2"]);
    expect([now().self.microphone, now().self.camera]).toEqual([true, true]);
    expect([mine().status, mine().microphone.status, mine().camera.status]).toEqual([
      "live",
      "on",
      "on",
    ]);
    expect([mine().stream, now().self.stream, now().participants[0]?.stream]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it("returns the same participants for the same seed, and others for another seed", () => {
    const names = (seed: number) => {
      const { now } = simulate({ participants: 4, seed });
      return [now().self, ...now().participants].map(({ name }) => name);
    };
    expect(names(3)).toEqual(names(3));
    expect(names(4)).not.toEqual(names(3));
    expect(new Set(names(3)).size).toBe(5);
  });

  it("shows the participants of the options", () => {
    const { person } = simulate({
      participants: [
        { id: "mina", name: "Mina", microphone: false, metadata: { role: "host" } },
        { id: "unnamed", name: undefined, camera: false, status: "reconnecting" },
      ],
    });
    expect(person("mina")).toMatchObject({
      name: "Mina",
      microphone: false,
      camera: true,
      status: "connected",
      metadata: { role: "host" },
      isSelf: false,
    });
    expect(person("unnamed")).toMatchObject({
      name: undefined,
      camera: false,
      status: "reconnecting",
    });
  });

  it.each<CallStatus>([
    "idle",
    "joining",
    "waiting",
    "connecting",
    "connected",
    "reconnecting",
    "left",
    "failed",
  ])("starts with the status %s, and changes to it later", (status) => {
    const begun = simulate({ status }).now();
    const { now, ...simulation } = simulate();
    simulation.status(status);
    const inRoom = ["connecting", "connected", "reconnecting"].includes(status);
    for (const call of [begun, now()]) {
      expect(call.status).toBe(status);
      expect(statusesOf(call)).toEqual(inRoom ? [status] : []);
      expect(call.error?.code).toBe(status === "failed" ? "signaling-unavailable" : undefined);
    }
    simulation.status("connected");
    expect([now().status, statusesOf(now()), now().error]).toEqual([
      "connected",
      ["connected"],
      undefined,
    ]);
  });

  it("waits for join() if it starts as idle, and can be left and joined again", async () => {
    const { now, call } = simulate({ status: "idle" });
    const seen = record(call, ({ status }) => status);
    await now().join();
    await now().join();
    await now().leave();
    expect(now().participants).toEqual([]);
    await now().join();
    expect(seen).toEqual(["idle", "joining", "connected", "left", "joining", "connected"]);
  });

  it("joins after the prompt for the devices is answered", async () => {
    const { now, permission } = simulate({ status: "idle", permission: "prompting" });
    const joining = now().join();
    await Promise.resolve();
    expect(now().status).toBe("joining");
    permission("denied");
    await joining;
    expect(now().status).toBe("connected");
  });

  it("rejects join() if the call is left before it has joined", async () => {
    const { now } = simulate({ status: "idle", permission: "prompting" });
    const joining = now().join();
    await now().leave();
    await expect(joining).rejects.toMatchObject({ code: "aborted" });
    expect(now().status).toBe("left");
  });

  it("leaves one task after the last release, and joins again when it is retained", async () => {
    vi.useFakeTimers();
    const { call, now, media, mine } = simulate();
    call.retain()();
    const releases = [call.retain(), media.retain()];
    vi.runAllTimers();
    expect([now().status, mine().status]).toEqual(["connected", "live"]);
    for (const release of releases) release();
    vi.runAllTimers();
    expect([now().status, mine().status]).toEqual(["left", "idle"]);
    expect(vi.getTimerCount()).toBe(0);
    releases.push(call.retain(), media.retain());
    await vi.runAllTimersAsync();
    expect([now().status, mine().status]).toEqual(["connected", "live"]);
  });

  it("applies name and metadata of configure() to the local participant", () => {
    const { call, now } = simulate();
    call.configure({ name: "Jo", metadata: { role: "guest" } });
    expect(now().self).toMatchObject({ name: "Jo", metadata: { role: "guest" } });
  });
});

describe("participants of simulateCall", () => {
  it("join and leave", () => {
    const { now, join, leave } = simulate({ participants: 0 });
    expect(now().status).toBe("waiting");
    expect(join()).toBe("person-1");
    expect(join({ id: "mina", status: "connecting" })).toBe("mina");
    expect(statusesOf(now())).toEqual(["connected", "connecting"]);
    leave("person-1");
    expect(idsOf(now())).toEqual(["mina"]);
    leave("self");
    expect(now().status).toBe("left");
  });

  it("keep each field that a change leaves undefined, except the name", () => {
    const { change, person } = simulate({ participants: [{ name: "Mina", screen: true }] });
    change("person-1", { camera: undefined, microphone: undefined, status: undefined });
    expect(person("person-1")).toMatchObject({ camera: true, microphone: true, name: "Mina" });
    expect(person("person-1").status).toBe("connected");
    change("person-1", { name: undefined });
    expect(person("person-1").name).toBeUndefined();
  });

  it("apply every field of a change, and so does the local participant", async () => {
    const { now, change, mute, person, mine } = simulate();
    change("person-1", { name: "Mina", camera: false, metadata: { role: "host" } });
    mute("person-1");
    expect(person("person-1")).toMatchObject({
      name: "Mina",
      camera: false,
      microphone: false,
      metadata: { role: "host" },
    });
    change("self", { name: "Jo", camera: false });
    mute("self");
    expect(now().self).toMatchObject({ name: "Jo", camera: false, microphone: false });
    await eventually(() =>
      expect([mine().camera.status, mine().microphone.status]).toEqual(["off", "off"]),
    );
    mute("self", false);
    change("self", { camera: true });
    await eventually(() => expect(now().self).toMatchObject({ camera: true, microphone: true }));
  });

  it("keep their identity until one of their fields changes", () => {
    const { now, mine, ...simulation } = simulate({ participants: 2 });
    const [before, media] = [now(), mine()];
    simulation.change("person-1", { camera: true, metadata: {} });
    simulation.network("good");
    simulation.mute("self", false);
    simulation.status("connected");
    expect(now()).toBe(before);
    expect(mine()).toBe(media);
    simulation.mute("person-1");
    const after = now();
    expect(after).not.toBe(before);
    expect(after.participants[0]).not.toBe(before.participants[0]);
    expect(after.participants[1]).toBe(before.participants[1]);
    expect([after.self, after.join, after.leave, after.trace]).toEqual([
      before.self,
      before.join,
      before.leave,
      before.trace,
    ]);
    expect(after.self).toBe(before.self);
    expect(before.participants[0]?.microphone).toBe(true);
  });

  it("an unknown name throws an error that lists the known names", () => {
    const { mute, measure, join, unplug, plug } = simulate({ participants: 2 });
    expect(() => mute("mina")).toThrow(
      'There is no participant "mina" in this simulation. Known names: "self", "person-1", "person-2".',
    );
    expect(() => measure("mina", {})).toThrow('"person-1"');
    expect(() => join({ id: "person-1" })).toThrow("already");
    expect(() => join({ id: "self" })).toThrow("already");
    expect(() => unplug("videoinput", "Webcam")).toThrow('"Built-in camera", "USB camera"');
    expect(() => plug("videoinput", "USB camera")).toThrow("already");
  });
});

describe("speak() of simulateCall", () => {
  it.each(["person-1", "self"])(
    "%s: changes the level 30 times a second while it is watched, with the same values each time",
    (id) => {
      vi.useFakeTimers();
      const levels = () => {
        const { speak, now } = simulate();
        const participant = id === "self" ? now().self : now().participants[0]!;
        const level = audioLevel(participant);
        speak(id);
        expect(level.getSnapshot()).toBe(0);
        const seen: number[] = [];
        const stop = level.subscribe(() => seen.push(level.getSnapshot()));
        vi.advanceTimersByTime(1_000);
        stop();
        expect(level.getSnapshot()).toBe(0);
        expect(vi.getTimerCount()).toBe(0);
        return seen;
      };
      const once = levels();
      expect(once.length).toBeGreaterThan(20);
      expect(once.length).toBeLessThan(33);
      expect(Math.min(...once)).toBeGreaterThan(0.05);
      expect(Math.max(...once)).toBeLessThan(0.3);
      expect(levels()).toEqual(once);
    },
  );

  it("turns the microphone on, and mute() sets the level to 0", () => {
    const { speak, mute, person } = simulate({ participants: [{ id: "mina", microphone: false }] });
    const level = audioLevel(person("mina"));
    const stop = level.subscribe(() => {});
    speak("mina", 1);
    expect(person("mina").microphone).toBe(true);
    expect(level.getSnapshot()).toBeGreaterThan(0.3);
    mute("mina");
    expect(level.getSnapshot()).toBe(0);
    mute("mina", false);
    expect(level.getSnapshot()).toBeGreaterThan(0.3);
    speak("mina", false);
    expect([level.getSnapshot(), person("mina").microphone]).toEqual([0, true]);
    stop();
  });

  it("sets no level while the connection is lost", () => {
    const { speak, reconnect, recover, person } = simulate();
    const level = audioLevel(person("person-1"));
    const stop = level.subscribe(() => {});
    speak("person-1");
    reconnect();
    expect(level.getSnapshot()).toBe(0);
    recover();
    expect(level.getSnapshot()).toBeGreaterThan(0);
    stop();
  });
});

describe("connections of simulateCall", () => {
  it("to one participant are lost, restored, and fail", () => {
    const { now, ...simulation } = simulate({ participants: 2 });
    simulation.reconnect("person-1");
    expect([now().status, statusesOf(now())]).toEqual(["connected", ["reconnecting", "connected"]]);
    simulation.recover("person-1");
    expect(statusesOf(now())).toEqual(["connected", "connected"]);
    simulation.fail("person-1");
    expect(statusesOf(now())).toEqual(["failed", "connected"]);
    expect(now().error?.code).toBe("ice-failed");
  });

  it("to all participants are lost and restored; without participants, it is the one to the room", () => {
    const { now, ...simulation } = simulate({ participants: 2 });
    simulation.reconnect();
    expect([now().status, statusesOf(now())]).toEqual([
      "reconnecting",
      ["reconnecting", "reconnecting"],
    ]);
    simulation.recover();
    expect(now().status).toBe("connected");
    const alone = simulate({ participants: 0 });
    alone.reconnect();
    expect(alone.now().status).toBe("reconnecting");
    alone.recover();
    expect(alone.now().status).toBe("waiting");
  });

  it("fail with the whole call, and onError is called", () => {
    const { now, call, ...simulation } = simulate();
    const onError = vi.fn<(error: Error) => void>();
    call.configure({ onError });
    simulation.fail();
    expect([now().status, now().participants, now().self.status]).toEqual(["failed", [], "failed"]);
    expect(onError).toHaveBeenCalledExactlyOnceWith(now().error);
    simulation.recover();
    expect([now().status, now().error]).toEqual(["connected", undefined]);
  });

  it("follow network()", () => {
    const { now, network } = simulate({ participants: 2 });
    network("offline");
    expect(now().status).toBe("reconnecting");
    network("good");
    expect(statusesOf(now())).toEqual(["connected", "connected"]);
  });

  it("report the statistics of measure(), and a direct route before that", async () => {
    vi.useFakeTimers();
    const { person, measure, network } = simulate();
    const store = connectionStats(person("person-1").connection);
    const stop = store.subscribe(() => {});
    const measured = async (): Promise<ConnectionStats> => {
      await vi.advanceTimersByTimeAsync(2_000);
      return store.getSnapshot();
    };
    const atFirst = { route: "direct", protocol: "udp", roundTripTime: 0.04, packetLoss: 0 };
    expect(await measured()).toEqual({
      quality: "good",
      ...atFirst,
      inboundBitrate: 1_500_000,
      outboundBitrate: 1_500_000,
    });
    measure("person-1", { route: "relay", protocol: "tcp", inboundBitrate: 300_000 });
    expect(await measured()).toMatchObject({
      route: "relay",
      protocol: "tcp",
      inboundBitrate: 300_000,
    });
    measure("person-1", { packetLoss: 0.05, roundTripTime: 0.1 });
    expect(await measured()).toMatchObject({ quality: "fair", packetLoss: 0.05 });
    for (const quality of ["poor", "fair", "good"] as const) {
      measure("person-1", { quality });
      expect((await measured()).quality).toBe(quality);
    }
    network("lossy");
    expect(await measured()).toMatchObject({ quality: "poor" });
    network("good");
    expect(await measured()).toMatchObject({ quality: "good", inboundBitrate: 1_500_000 });
    network("offline");
    expect((await measured()).inboundBitrate).toBe(0);
    stop();
  });

  it("record thirteen ordered steps for each participant, within 600 ms", () => {
    const { now, join } = simulate({ participants: 2 });
    join({ id: "mina" });
    const trace = now().trace.getSnapshot();
    for (const peer of ["person-1", "person-2", "mina"]) {
      const events = trace.filter((event) => event.peer === peer);
      expect(events.map(({ step }) => step)).toEqual(Array.from({ length: 13 }, (_, n) => n + 1));
      for (const { name, side } of events) expect(name.startsWith(side)).toBe(true);
      const times = events.map(({ timestamp: at }) => at);
      expect(times).toEqual([...new Set(times)].toSorted((a, b) => a - b));
      expect(times.at(-1)! - times[0]!).toBeGreaterThan(250);
      expect(times.at(-1)! - times[0]!).toBeLessThan(600);
    }
  });

  it("record a pending offer, its answer, and an ICE restart", () => {
    const { now, change, reconnect, recover } = simulate({
      participants: [{ id: "mina", status: "connecting" }],
    });
    const steps = (round: number) =>
      now()
        .trace.getSnapshot()
        .filter((event) => event.round === round)
        .map(({ step, name }) => step ?? name);
    expect(steps(1)).toEqual([1, 2, 3, 4, 5, 6]);
    change("mina", { status: "connected" });
    expect(steps(1)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
    reconnect("mina");
    recover("mina");
    expect(steps(2)).toEqual(["ice-restarted", 3, 4, 5, 6, 7, 9, 10, 11, 12, 13]);
  });
});

describe("devices of simulateCall", () => {
  const REFUSED: [SimulatedPermission, string, LocalMedia["camera"]["status"]][] = [
    ["denied", "permission-denied", "blocked"],
    ["dismissed", "permission-dismissed", "blocked"],
    ["missing", "device-missing", "missing"],
    ["busy", "device-busy", "busy"],
    ["insecure", "insecure-context", "blocked"],
  ];

  it.each(REFUSED)("fail with permission %s as %s", async (permission, code, status) => {
    const { mine, now, ...simulation } = simulate({ permission });
    await eventually(() => expect([mine().status, mine().error?.code]).toEqual(["failed", code]));
    for (const control of [mine().microphone, mine().camera])
      expect([control.status, control.error?.code]).toEqual([status, code]);
    expect([now().self.camera, now().status]).toEqual([false, "connected"]);
    await expect(mine().start()).rejects.toMatchObject({ code });
    await expect(mine().camera.toggle()).rejects.toMatchObject({ code });
    simulation.permission("granted");
    expect(mine().status).toBe("failed");
    await mine().start();
    expect([mine().status, mine().error]).toEqual(["live", undefined]);
    expect([now().self.camera, now().self.microphone]).toEqual([true, true]);
  });

  it("are blocked when the permission is revoked", async () => {
    const { mine, now, permission } = simulate();
    permission("denied");
    await eventually(() =>
      expect([mine().microphone.status, mine().camera.status]).toEqual(["blocked", "blocked"]),
    );
    expect(now().self.camera).toBe(false);
  });

  it("wait for one open prompt, however often start() is called", async () => {
    const { media, mine, permission } = simulate({ permission: "prompting" });
    const seen = record(media, ({ status }) => status);
    const starts = Promise.all([mine().start(), mine().start()]);
    expect([mine().microphone.status, mine().microphone.devices]).toEqual(["starting", []]);
    await mine().camera.setEnabled(false);
    permission("granted");
    await starts;
    expect(seen).toEqual(["prompting", "live"]);
    expect([mine().microphone.status, mine().camera.status]).toEqual(["on", "off"]);
  });

  it("reject start() if stop() is called while the prompt is open", async () => {
    const { mine } = simulate({ permission: "prompting" });
    const start = mine().start();
    mine().stop();
    await expect(start).rejects.toMatchObject({ code: "aborted" });
    expect([mine().status, mine().camera.status]).toEqual(["idle", "off"]);
  });

  it("wait for start() with autoStart: false", async () => {
    const { mine } = simulate({ autoStart: false });
    expect([mine().status, mine().camera.status]).toEqual(["idle", "off"]);
    await mine().start();
    expect([mine().status, mine().camera.status]).toEqual(["live", "on"]);
  });

  it("wait with start({ prompt: false }) until access was granted once", async () => {
    const { mine } = simulate({ autoStart: false });
    await mine().start({ prompt: false });
    expect(mine().status).toBe("idle");
    await mine().start();
    mine().stop();
    await mine().start({ prompt: false });
    expect(mine().status).toBe("live");
  });

  it("are three microphones, two cameras and two speakers", async () => {
    const { mine, devices } = simulate();
    expect([mine().microphone.devices.length, mine().camera.devices.length]).toEqual([3, 2]);
    expect(devices.getSnapshot().filter(({ kind }) => kind === "audiooutput").length).toBe(2);
    const [, second] = mine().camera.devices;
    await mine().camera.select(second!.deviceId);
    expect(mine().camera).toMatchObject({ deviceId: second!.deviceId, status: "on" });
    await expect(mine().camera.select("none")).rejects.toMatchObject({
      code: "constraints-unsatisfied",
    });
    expect(mine().camera).toMatchObject({ deviceId: second!.deviceId, status: "on" });
  });

  it("are plugged in and unplugged; another one replaces the captured one, or it is missing", async () => {
    const { mine, plug, unplug, devices } = simulate();
    const labels = () => mine().camera.devices.map(({ label }) => label);
    const before = mine().microphone;
    plug("videoinput", "Document camera");
    expect(labels()).toEqual(["Built-in camera", "USB camera", "Document camera"]);
    expect(mine().microphone).toBe(before);
    unplug("videoinput", "Built-in camera");
    await eventually(() =>
      expect(mine().camera).toMatchObject({ status: "on", deviceId: "videoinput-usb-camera" }),
    );
    unplug("videoinput", "USB camera");
    unplug("videoinput", "Document camera");
    await eventually(() =>
      expect(mine().camera).toMatchObject({ status: "missing", deviceId: undefined }),
    );
    expect(mine().camera.error?.code).toBe("device-missing");
    expect(mine().microphone.status).toBe("on");
    expect(devices.getSnapshot().map(({ kind }) => kind)).not.toContain("videoinput");
  });

  it("are captured again when one is plugged in while it is missing, as by the real local media", async () => {
    const { mine, plug, unplug } = simulate();
    await mine().start();
    for (const { label } of mine().camera.devices) unplug("videoinput", label);
    await eventually(() => expect(mine().camera.status).toBe("missing"));
    plug("videoinput", "Document camera");
    await eventually(() => expect(mine().camera.status).toBe("on"));
    expect(mine().camera.deviceId).toBe("videoinput-document-camera");
  });

  it("share a screen only if the dialog is answered", async () => {
    const { mine, permission } = simulate();
    await mine().startScreenShare();
    permission("dismissed");
    await expect(mine().startScreenShare()).rejects.toMatchObject({ code: "permission-dismissed" });
    permission("prompting");
    const sharing = mine().startScreenShare();
    mine().stopScreenShare();
    permission("granted");
    await expect(sharing).rejects.toMatchObject({ code: "aborted" });
  });
});

describe("the page of simulateCall", () => {
  it("is not read before the call is retained", () => {
    const read = vi.fn<(name: string) => void>();
    const names = ["document", "navigator", "window", "MediaStream", "AudioContext"];
    const descriptors = names.map((name) => Object.getOwnPropertyDescriptor(globalThis, name));
    for (const name of names)
      Object.defineProperty(globalThis, name, { configurable: true, get: () => read(name) });
    const { mute, share, speak, join, media } = simulate({ self: { screen: true } });
    mute("self");
    share(join());
    speak("person-1");
    expect(read).not.toHaveBeenCalled();
    const release = media.retain();
    expect(read).toHaveBeenCalled();
    release();
    for (const [index, name] of names.entries()) {
      Reflect.deleteProperty(globalThis, name);
      const descriptor = descriptors[index];
      if (descriptor) Object.defineProperty(globalThis, name, descriptor);
    }
  });

  it("may have MediaStream without a canvas to draw on, as happy-dom does", () => {
    vi.useFakeTimers();
    vi.stubGlobal("MediaStream", Object);
    vi.stubGlobal("document", {
      createElement: () => ({ captureStream: () => {}, getContext: () => null }),
    });
    const { call, now, mine, share } = simulate();
    const release = call.retain();
    share("person-1");
    const [person] = now().participants;
    expect([person?.stream, person?.camera]).toEqual([undefined, true]);
    // A shared screen is a stream even if nothing can be drawn.
    expect(person?.screen).toBeDefined();
    expect([mine().stream, mine().camera.status]).toEqual([undefined, "on"]);
    release();
    vi.runAllTimers();
  });
});
