import { act, cleanup, render } from "@testing-library/react";
import { StrictMode, useEffect } from "react";
import { useStore, VideoGrid } from "twocan";
import {
  syntheticCamera,
  syntheticScreen,
  simulateCall,
  type Simulation,
  type SimulationOptions,
} from "twocan/testing";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { audioLevel } from "../../../src/core/stats/audio-level.ts";
import { expectFrames } from "../../support/browser/media-support.ts";

const releases: (() => void)[] = [];
/** The resources that a test created. None may be left at its end. */
let tracks: MediaStreamTrack[] = [];
let contexts: AudioContext[] = [];
let timers: Set<unknown>;

const turn = () => new Promise<void>((resolve) => setTimeout(resolve));
const live = () => tracks.filter(({ readyState }) => readyState === "live");

beforeEach(() => {
  tracks = [];
  contexts = [];
  timers = new Set();
  const { setInterval, clearInterval } = globalThis;
  vi.spyOn(globalThis, "setInterval").mockImplementation((task: () => void, every?: number) => {
    const timer = setInterval(task, every);
    timers.add(timer);
    return timer;
  });
  vi.spyOn(globalThis, "clearInterval").mockImplementation((timer) => {
    timers.delete(timer);
    clearInterval(timer);
  });
  const { captureStream } = HTMLCanvasElement.prototype;
  vi.spyOn(HTMLCanvasElement.prototype, "captureStream").mockImplementation(function (
    this: HTMLCanvasElement,
    ...rate
  ) {
    const stream = captureStream.apply(this, rate);
    tracks.push(...stream.getTracks());
    return stream;
  });
  const { createMediaStreamDestination } = AudioContext.prototype;
  vi.spyOn(AudioContext.prototype, "createMediaStreamDestination").mockImplementation(function (
    this: AudioContext,
  ) {
    contexts.push(this);
    const node = createMediaStreamDestination.apply(this);
    tracks.push(...node.stream.getTracks());
    return node;
  });
});

afterEach(async () => {
  cleanup();
  for (const release of releases.splice(0)) release();
  await turn();
  expect(live()).toEqual([]);
  expect([...timers]).toEqual([]);
  await expect.poll(() => contexts.filter(({ state }) => state !== "closed")).toEqual([]);
  vi.restoreAllMocks();
});

/** A retained simulation with readers of its current snapshots. */
function simulate(options?: SimulationOptions) {
  const simulation = simulateCall(options);
  releases.push(simulation.call.retain(), simulation.media.retain());
  return {
    ...simulation,
    now: simulation.call.getSnapshot,
    mine: simulation.media.getSnapshot,
    person: (id: string) =>
      simulation.call.getSnapshot().participants.find((participant) => participant.id === id)!,
  };
}

/** Plays a stream in a video. `seen` reads the pixels of the current frame. */
async function watch(stream: MediaStream) {
  const video = document.createElement("video");
  Object.assign(video, { muted: true, playsInline: true, srcObject: stream });
  document.body.append(video);
  releases.push(() => video.remove());
  await video.play();
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d", { willReadFrequently: true })!;
  return {
    video,
    seen() {
      canvas.width = video.videoWidth;
      canvas.height = video.videoHeight;
      context.drawImage(video, 0, 0);
      return context.getImageData(0, 0, canvas.width, canvas.height).data;
    },
  };
}

const differ = (a: Uint8ClampedArray, b: Uint8ClampedArray) =>
  a.some((value, index) => Math.abs(value - b[index]!) > 40);
const isBlack = (pixels: Uint8ClampedArray) =>
  pixels.every((value, index) => index % 4 === 3 || value < 8);

/** Returns a reader of the measured audio level of a stream. */
function listen(stream: MediaStream | undefined): () => number {
  const store = audioLevel({ stream });
  releases.push(store.subscribe(() => {}));
  return store.getSnapshot;
}

/** The highest level during 500 ms, which is two syllables: it may be 0 between them. */
async function loudest(level: () => number): Promise<number> {
  let highest = 0;
  for (let sample = 0; sample < 25; sample += 1) {
    highest = Math.max(highest, level());
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return highest;
}

describe("video of simulateCall", () => {
  it("moves for all participants, the local one included, and differs for each", async () => {
    const { now, mine } = simulate({ participants: 2 });
    const streams = [now().self, ...now().participants].map(({ stream }) => stream!);
    expect(mine().stream).toBe(streams[0]);
    const pictures = await Promise.all(streams.map(watch));
    for (const stream of streams) await expectFrames(stream);
    for (const { seen } of pictures) {
      const before = seen();
      await expect.poll(() => differ(before, seen())).toBe(true);
    }
    expect(differ(pictures[0]!.seen(), pictures[1]!.seen())).toBe(true);
    expect(differ(pictures[1]!.seen(), pictures[2]!.seen())).toBe(true);
  });

  it("has the given aspect ratio, and another one after a change, in the same stream", async () => {
    const { person, change } = simulate({ participants: [{ id: "mina", aspectRatio: 9 / 16 }] });
    const { stream } = person("mina");
    const { video } = await watch(stream!);
    expect([video.videoWidth, video.videoHeight]).toEqual([360, 640]);
    change("mina", { aspectRatio: 1 });
    expect(person("mina").stream).toBe(stream);
    await expect.poll(() => [video.videoWidth, video.videoHeight]).toEqual([480, 480]);
  });

  it("is black while the camera is off, and still while the connection is lost", async () => {
    const { person, change, reconnect, recover } = simulate();
    const { seen } = await watch(person("person-1").stream!);
    change("person-1", { camera: false });
    await expect.poll(() => isBlack(seen())).toBe(true);
    change("person-1", { camera: true });
    reconnect();
    await expect.poll(() => isBlack(seen())).toBe(false);
    const before = seen();
    await expectFrames(person("person-1").stream);
    expect(differ(before, seen())).toBe(false);
    recover();
    await expect.poll(() => differ(before, seen())).toBe(true);
  });

  it("starts when the connection is established", () => {
    const { person, change, now, status } = simulate({
      participants: [{ id: "mina", status: "connecting", screen: true }],
    });
    expect([person("mina").stream, person("mina").screen]).toEqual([undefined, undefined]);
    change("mina", { status: "connected" });
    const { stream, screen } = person("mina");
    expect([stream?.getTracks().length, screen?.getTracks().length]).toEqual([2, 1]);
    status("left");
    expect(now().participants).toEqual([]);
    expect(stream?.getTracks().concat(screen!.getTracks()).every(ended)).toBe(true);
  });

  it("of a shared screen moves, the local one included", async () => {
    const { person, share, mine, now } = simulate();
    share("person-1");
    share("self");
    expect(now().self.screen).toBe(mine().screen);
    const shared = [person("person-1").screen!, mine().screen!];
    for (const screen of shared) await expectFrames(screen);
    share("person-1", false);
    mine().stopScreenShare();
    expect([person("person-1").screen, mine().screen]).toEqual([undefined, undefined]);
    expect(shared.flatMap((screen) => screen.getTracks()).every(ended)).toBe(true);
  });

  it("stutters on a lossy network, and is still while offline", () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    const drawn = vi.spyOn(CanvasRenderingContext2D.prototype, "ellipse");
    /** The number of different frames in one second. */
    const frames = () => {
      drawn.mockClear();
      vi.advanceTimersByTime(1_000);
      return new Set(drawn.mock.calls.map(([x, y]) => `${x} ${y}`)).size / OVALS;
    };
    const simulation = simulateCall({ self: { camera: false }, sound: false });
    const release = simulation.call.retain();
    expect(frames()).toBeGreaterThan(12);
    simulation.network("lossy");
    const stuttering = frames();
    expect(stuttering).toBeGreaterThan(1);
    expect(stuttering).toBeLessThan(6);
    simulation.network("offline");
    expect(frames()).toBe(1);
    vi.useRealTimers();
    releases.push(release);
  });

  it("of syntheticCamera and syntheticScreen is drawn while it is retained", async () => {
    for (const picture of [syntheticCamera({ seed: 2, aspectRatio: 4 / 3 }), syntheticScreen()]) {
      expect(picture.stream?.getTracks()).toEqual([]);
      picture.retain()();
      const release = picture.retain();
      await turn();
      await expectFrames(picture.stream);
      release();
      await turn();
      expect([live(), picture.stream?.getTracks()]).toEqual([[], []]);
      const again = picture.retain();
      await expectFrames(picture.stream);
      again();
      await turn();
    }
  });
});

/** The number of ellipses in one frame: coat, hair twice, skin, two eyes and a mouth. */
const OVALS = 7;

const ended = ({ readyState }: MediaStreamTrack) => readyState === "ended";

describe("audio of simulateCall", () => {
  it("sounds for the participant that speaks only", async () => {
    const { now, speak } = simulate({ participants: 2 });
    const [first, second] = now().participants.map(({ stream }) => listen(stream));
    const local = listen(now().self.stream);
    speak("person-1");
    await expect.poll(first!).toBeGreaterThan(0.02);
    expect(await Promise.all([loudest(second!), loudest(local)])).toEqual([0, 0]);
    speak("self");
    await expect.poll(local).toBeGreaterThan(0.02);
  });

  it("stops when the speech ends and when the microphone is off", async () => {
    const { person, speak, mute } = simulate();
    const level = listen(person("person-1").stream);
    speak("person-1");
    await expect.poll(level).toBeGreaterThan(0.02);
    mute("person-1");
    await expect.poll(() => loudest(level)).toBe(0);
    mute("person-1", false);
    await expect.poll(level).toBeGreaterThan(0.02);
    speak("person-1", false);
    await expect.poll(() => loudest(level)).toBe(0);
  });

  it("is not created with sound: false, and levels change all the same", async () => {
    const { person, speak, mine } = simulate({ sound: false });
    speak("person-1");
    expect(contexts).toEqual([]);
    expect(person("person-1").stream?.getAudioTracks()).toEqual([]);
    expect([mine().microphone.status, mine().microphone.track]).toEqual(["on", undefined]);
    const level = audioLevel(person("person-1"));
    releases.push(level.subscribe(() => {}));
    expect(level.getSnapshot()).toBeGreaterThan(0.02);
  });
});

describe("retaining simulateCall", () => {
  it("creates the tracks, and one task after the last release they are stopped", async () => {
    const simulation = simulateCall({ self: { screen: true } });
    expect([tracks, [...timers]]).toEqual([[], []]);
    const releaseOrder = [simulation.call.retain(), simulation.media.subscribe(() => {})];
    expect(live().length).toBe(5);
    releaseOrder[0]!();
    await turn();
    // The local media is still subscribed to.
    expect(
      simulation.media
        .getSnapshot()
        .stream?.getTracks()
        .map(({ kind }) => kind)
        .toSorted(),
    ).toEqual(["audio", "video"]);
    releaseOrder[1]!();
    await turn();
    expect(live()).toEqual([]);
    expect([...timers]).toEqual([]);
    expect(simulation.media.getSnapshot().stream).toBeUndefined();
  });

  it("twice, as StrictMode does, keeps the tracks and the snapshot", async () => {
    const simulation = simulateCall({ participants: 2 });
    const { container } = render(
      <StrictMode>
        <Screen simulation={simulation} />
      </StrictMode>,
    );
    const made = tracks.length;
    const before = simulation.call.getSnapshot();
    await turn();
    expect(live().length).toBe(made);
    expect(simulation.call.getSnapshot()).toBe(before);
    expect(made).toBe(6);
    const videos = [...container.querySelectorAll("video")];
    expect(videos.length).toBe(3);
    await expect.poll(() => videos.every(({ videoWidth }) => videoWidth > 0)).toBe(true);
    act(() => simulation.reconnect("person-1"));
    await expect.poll(() => container.textContent).toContain("Reconnecting");
  });
});

function Screen({ simulation }: { simulation: Simulation }) {
  const call = useStore(simulation.call);
  useEffect(() => simulation.call.retain(), [simulation]);
  return <VideoGrid call={call} audio={false} />;
}

describe("devices of simulateCall", () => {
  it("leave no live track when they are toggled, selected and unplugged", async () => {
    const { mine, unplug } = simulate();
    const { stream, camera, microphone } = mine();
    await camera.toggle();
    expect([camera.track?.readyState, mine().camera.track]).toEqual(["ended", undefined]);
    await camera.toggle();
    const second = mine().camera.track;
    expect(second?.readyState).toBe("live");
    await camera.select(mine().camera.devices[1]!.deviceId);
    expect([second?.readyState, mine().camera.track?.readyState]).toEqual(["ended", "live"]);
    unplug("videoinput", "USB camera");
    await expect.poll(() => mine().camera.deviceId).toBe("videoinput-built-in-camera");
    expect(mine().camera.track?.readyState).toBe("live");
    await microphone.toggle();
    expect([mine().microphone.track, microphone.track?.enabled]).toEqual([microphone.track, false]);
    expect(mine().stream).toBe(stream);
    expect(stream?.getTracks()).toEqual([mine().microphone.track, mine().camera.track]);
    mine().stop();
    expect(stream?.getTracks()).toEqual([]);
  });
});
