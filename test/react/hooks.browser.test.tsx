/** Runs in a real browser, in StrictMode. Each test ends by checking that no track and no connection is open. */
import { act, cleanup, render, renderHook } from "@testing-library/react";
import { StrictMode, useEffect, type ReactNode } from "react";
import {
  CallError,
  CallProvider,
  HANDSHAKE_STEPS,
  useCall,
  useHandshake,
  useLocalMedia,
  usePeerConnection,
  type Call,
  type CallOptions,
  type LocalMedia,
  type LocalMediaOptions,
  type PeerChannel,
  type PeerConnectionOptions,
  type SignalMessage,
  type Signaling,
} from "twocan";
import { createCall } from "twocan/core";
import { memorySignaling, type MemorySignalingOptions } from "twocan/testing";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { collectGarbage, expectFrames, opened } from "../support/browser/media-support.ts";
import { seededRandom } from "../support/seeded-random.ts";

/** Small, because all sides of a call run in this page. */
const SMALL: LocalMediaOptions = { video: { width: 160, height: 120, frameRate: 10 } };
const PATIENT = { timeout: 20_000 };

/** Releases what a test opens outside its components. */
const releases: (() => unknown)[] = [];
/** The unhandled rejections of this page. */
const uncaught: unknown[] = [];
const onUncaught = ({ reason }: PromiseRejectionEvent) => uncaught.push(reason);
let prompts = 0;
let made = 0;
/** Counts since the start of the test. */
const prompted = () => opened.prompts() - prompts;
const connectionsMade = () => opened.made() - made;

beforeEach(() => {
  prompts = opened.prompts();
  made = opened.made();
  window.addEventListener("unhandledrejection", onUncaught);
});

afterEach(async () => {
  vi.restoreAllMocks();
  cleanup();
  for (const release of releases.splice(0)) await release();
  await expectNothingOpen();
  window.removeEventListener("unhandledrejection", onUncaught);
  expect(uncaught.splice(0)).toEqual([]);
});

async function expectNothingOpen(): Promise<void> {
  await expect.poll(() => opened.connections().length).toBe(0);
  await expect.poll(() => opened.liveTracks().length).toBe(0);
}

/** Creates memory signaling that records joins, leaves and updates. */
function countingSignaling(options?: MemorySignalingOptions) {
  const memory = memorySignaling(options);
  const [joined, left, updated] = [[] as string[], [] as string[], [] as string[]];
  const signaling: Signaling = {
    async join(joining) {
      joined.push(joining.room);
      const session = await memory.join(joining);
      return {
        ...session,
        async update(self) {
          updated.push(joining.room);
          await session.update(self);
        },
        async leave() {
          left.push(joining.room);
          await session.leave();
        },
      };
    },
  };
  return { memory, signaling, joined, left, updated };
}

/** Joins another participant: a call without React and, by default, without media. */
function joinParticipant(options: Partial<CallOptions>) {
  const call = createCall({ room: "standup", iceServers: [], ...options });
  releases.push(call.retain(), () => call.getSnapshot().leave());
  return call.getSnapshot;
}

/** The current values of the hooks of a test component. */
interface Rendered {
  readonly media: LocalMedia;
  readonly call: Call;
}

type Props = Partial<CallOptions>;

/** Renders a component that captures the devices and joins. */
function mount(
  props: Props,
  wrapper = StrictMode as (props: { children: ReactNode }) => ReactNode,
) {
  return renderHook(
    (given: Props): Rendered => {
      const media = useLocalMedia(SMALL);
      const call = useCall({ room: "standup", name: "Mina", media, iceServers: [], ...given });
      return { media, call };
    },
    { initialProps: props, wrapper },
  );
}

async function expectStatus(
  page: { result: { current: Rendered } },
  status: Call["status"],
): Promise<void> {
  await expect.poll(() => page.result.current.call.status, PATIENT).toBe(status);
}

const othersOf = ({ participants }: Call) => participants.map(({ name, status }) => [name, status]);

/** Delays the answers of `getUserMedia` until `answer()`. */
function delayedPrompt() {
  const devices = navigator.mediaDevices;
  const ask = devices.getUserMedia.bind(devices);
  let answer = () => {};
  const answered = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const granted: Promise<MediaStream>[] = [];
  const spy = vi.spyOn(devices, "getUserMedia").mockImplementation((constraints) => {
    const grant = answered.then(() => ask(constraints));
    granted.push(grant);
    return grant;
  });
  return { spy, answer: () => answer(), settled: () => Promise.allSettled(granted) };
}

/** Creates a cheap video stream. */
function canvasStream(): MediaStream {
  const canvas = Object.assign(document.createElement("canvas"), { width: 64, height: 48 });
  const context = canvas.getContext("2d")!;
  const paint = setInterval(() => {
    context.fillStyle = `hsl(${performance.now() % 360} 80% 50%)`;
    context.fillRect(0, 0, 64, 48);
  }, 50);
  const stream = canvas.captureStream(20);
  releases.push(() => {
    clearInterval(paint);
    for (const track of stream.getTracks()) track.stop();
  });
  return stream;
}

describe("useLocalMedia", () => {
  it("prompts once in StrictMode, and stops every track on unmount", async () => {
    const page = renderHook(() => useLocalMedia(SMALL), { wrapper: StrictMode });
    expect(page.result.current.status).toBe("prompting");
    await expect.poll(() => page.result.current.status).toBe("live");
    const tracks = page.result.current.stream!.getTracks();
    expect(tracks.map(({ readyState }) => readyState)).toEqual(["live", "live"]);
    page.unmount();
    await expect.poll(() => tracks.map(({ readyState }) => readyState)).toEqual(["ended", "ended"]);
    await expectNothingOpen();
    expect(prompted()).toBe(1);
  });

  it("waits for start() with `autoStart: false`", async () => {
    const page = renderHook(() => useLocalMedia({ ...SMALL, autoStart: false }), {
      wrapper: StrictMode,
    });
    expect(page.result.current.status).toBe("idle");
    // Another component that starts automatically proves that there was time to prompt.
    const eager = renderHook(() => useLocalMedia(SMALL), { wrapper: StrictMode });
    await expect.poll(() => eager.result.current.status).toBe("live");
    eager.unmount();
    expect([page.result.current.status, prompted()]).toEqual(["idle", 1]);
    await act(() => page.result.current.start());
    expect(page.result.current.status).toBe("live");
    expect(prompted()).toBe(2);
  });

  it("passes an error to the `onError` of the latest render", async () => {
    const print = vi.spyOn(console, "error").mockReturnValue();
    const codes: string[] = [];
    vi.spyOn(navigator.mediaDevices, "getUserMedia").mockRejectedValue(
      new DOMException("Simulated.", "NotFoundError"),
    );
    const page = renderHook(
      ({ name }) =>
        useLocalMedia({ video: false, onError: ({ code }) => codes.push(`${name}: ${code}`) }),
      { initialProps: { name: "first" }, wrapper: StrictMode },
    );
    page.rerender({ name: "second" });
    await expect.poll(() => page.result.current.status).toBe("failed");
    expect(codes).toEqual(["second: device-missing"]);
    expect(print).not.toHaveBeenCalled();
  });

  it("prints a device error once when `onError` is missing, although a component renders it", async () => {
    const print = vi.spyOn(console, "error").mockReturnValue();
    vi.spyOn(navigator.mediaDevices, "getUserMedia").mockRejectedValue(
      new DOMException("Simulated.", "NotFoundError"),
    );
    const page = renderHook(() => useLocalMedia({ video: false }).error?.code, {
      wrapper: StrictMode,
    });
    await expect.poll(() => page.result.current).toBe("device-missing");
    await expect
      .poll(() => print.mock.calls.map(([text]) => String(text)))
      .toEqual([expect.stringMatching(/^twocan: .*\(device-missing\)$/)]);
  });
});

describe("useCall", () => {
  it("joins, connects and leaves once in StrictMode, and leaves nothing open", async () => {
    const { memory, signaling, joined, left } = countingSignaling();
    const jun = joinParticipant({ signaling: memory, name: "Jun" });
    await expect.poll(() => jun().status).toBe("waiting");
    const page = mount({ signaling });
    await expectStatus(page, "connected");
    await expect.poll(() => othersOf(jun())).toEqual([["Mina", "connected"]]);
    expect([prompted(), joined.length, connectionsMade()]).toEqual([1, 1, 2]);
    const senders = memory.log.filter(({ message }) =>
      (message["m"] as [number, { type: string }][]).some(([, { type }]) => type === "bye"),
    );
    expect(senders).toEqual([]);
    expect(new Set(memory.log.map(({ from }) => from)).size).toBe(2);
    expect(left).toEqual([]);
    page.unmount();
    await expect.poll(() => jun().participants).toEqual([]);
    await expectNothingOpen();
    expect([joined.length, left.length]).toEqual([1, 1]);
  });

  it("joins only after the user has answered the prompt", async () => {
    const { signaling, joined } = countingSignaling();
    const prompt = delayedPrompt();
    const page = mount({ signaling });
    await expect.poll(() => prompt.spy.mock.calls.length).toBe(1);
    // A participant without media, who is not prompted, joins in the same time.
    const jun = joinParticipant({ signaling, name: "Jun", room: "elsewhere" });
    await expect.poll(() => jun().status).toBe("waiting");
    expect(page.result.current.call.status).toBe("joining");
    expect(joined).toEqual(["elsewhere"]);
    prompt.answer();
    await expectStatus(page, "waiting");
    expect(joined).toEqual(["elsewhere", "standup"]);
  });

  it("joins without devices when the user refuses the prompt, and receives the other participants", async () => {
    vi.spyOn(navigator.mediaDevices, "getUserMedia").mockRejectedValue(
      new DOMException("Simulated by a test.", "NotAllowedError"),
    );
    const { signaling } = countingSignaling();
    const jun = joinParticipant({ signaling, name: "Jun", media: canvasStream() });
    await expect.poll(() => jun().status).toBe("waiting");
    const page = mount({ signaling });
    await expectStatus(page, "connected");
    expect(page.result.current.media.error?.code).toMatch(/^permission-/);
    expect(page.result.current.call.self).toMatchObject({ microphone: false, camera: false });
    await expectFrames(page.result.current.call.participants[0]?.stream);
    expect(prompted()).toBe(0);
  });

  it("restarts nothing in 100 renders with inline options", async () => {
    const { memory, signaling, joined, left, updated } = countingSignaling();
    const jun = joinParticipant({ signaling, name: "Jun", media: canvasStream() });
    const errors: string[] = [];
    const page = renderHook(
      ({ time }) => {
        const media = useLocalMedia({ audio: true, video: { width: 160, height: 120 } });
        const call = useCall({
          room: "standup",
          name: "Mina",
          media,
          signaling: { join: (options) => signaling.join(options) },
          iceServers: [{ urls: ["stun:127.0.0.1:9"] }],
          metadata: { colour: "red" },
          onError: ({ code }) => errors.push(`${time}: ${code}`),
        });
        return { media, call };
      },
      { initialProps: { time: 0 }, wrapper: StrictMode },
    );
    await expectStatus(page, "connected");
    await expect.poll(() => jun().participants[0]?.camera).toBe(true);
    // Candidates use the signaling until the control channel is open, which opens last.
    const channels = () =>
      [page.result.current.call, jun()].map(
        ({ participants: [other] }) => other?.connection?.sctp?.state,
      );
    await expect.poll(channels).toEqual(["connected", "connected"]);
    await act(() => page.result.current.media.camera.setEnabled(false));
    await expect.poll(() => jun().participants[0]?.camera).toBe(false);
    const [events, packets, connections] = [
      page.result.current.call.trace.getSnapshot().length,
      memory.log.length,
      connectionsMade(),
    ];
    const [someone] = page.result.current.call.participants;
    const before = page.result.current.call;
    for (let time = 1; time <= 100; time += 1) page.rerender({ time });
    expect(page.result.current.call).toBe(before);
    // A message in each direction proves that everything earlier has been processed.
    await act(() => page.result.current.media.microphone.setEnabled(false));
    await expect.poll(() => jun().participants[0]?.microphone).toBe(false);
    await expectFrames(page.result.current.call.participants[0]?.stream);
    expect(page.result.current.call.participants[0]).toBe(someone);
    expect([prompted(), joined.length, left.length, updated.length]).toEqual([1, 2, 0, 0]);
    expect(connectionsMade()).toBe(connections);
    expect(page.result.current.call.trace.getSnapshot().length).toBe(events);
    expect(memory.log.length).toBe(packets);
    expect(errors).toEqual([]);
  });

  it("keeps the identity of participants and streams until something in them changes", async () => {
    const { signaling } = countingSignaling();
    const people = ["Jun", "Noor"].map((name) =>
      joinParticipant({ signaling, name, media: canvasStream() }),
    );
    const page = mount({ signaling });
    const connected = () =>
      page.result.current.call.participants.filter(({ status }) => status === "connected").length;
    await expect.poll(connected, PATIENT).toBe(2);
    const names = () => page.result.current.call.participants.map(({ name }) => name);
    const [jun, noor] = ["Jun", "Noor"].map((name) =>
      page.result.current.call.participants.find((other) => other.name === name)!,
    );
    await act(() => page.result.current.media.camera.setEnabled(false));
    await people[0]!().leave();
    await expect.poll(names).toEqual(["Noor"]);
    page.rerender({ signaling, name: "Mina Park" });
    await expect.poll(() => people[1]!().participants[0]?.name).toBe("Mina Park");
    expect(page.result.current.call.participants[0]).toBe(noor);
    expect(page.result.current.call.participants[0]?.stream).toBe(noor?.stream);
    expect(jun?.stream).not.toBe(noor?.stream);
  });

  it("leaves the first room and joins the second when `room` changes", async () => {
    const { signaling, joined, left } = countingSignaling();
    const [jun, noor] = [
      joinParticipant({ signaling, name: "Jun" }),
      joinParticipant({ signaling, name: "Noor", room: "retro" }),
    ];
    const page = mount({ signaling });
    await expect
      .poll(() => othersOf(page.result.current.call), PATIENT)
      .toEqual([["Jun", "connected"]]);
    const { stream } = page.result.current.media;
    page.rerender({ signaling, room: "retro" });
    expect(page.result.current.call.participants).toEqual([]);
    await expect
      .poll(() => othersOf(page.result.current.call), PATIENT)
      .toEqual([["Noor", "connected"]]);
    await expect.poll(() => othersOf(noor())).toEqual([["Mina", "connected"]]);
    await expect.poll(() => jun().participants).toEqual([]);
    expect(joined.filter((room) => room === "retro").length).toBe(2);
    expect(left).toEqual(["standup"]);
    expect(prompted()).toBe(1);
    expect(page.result.current.media.stream).toBe(stream);
    await expect.poll(() => opened.connections().length).toBe(2);
  });

  it("sends a changed name and changed metadata to the other participants", async () => {
    const { signaling, joined, updated } = countingSignaling();
    const jun = joinParticipant({ signaling, name: "Jun" });
    const page = mount({ signaling, metadata: { hand: "down" } });
    await expect.poll(() => othersOf(jun()), PATIENT).toEqual([["Mina", "connected"]]);
    page.rerender({ signaling, name: "Mina Park", metadata: { hand: "up" } });
    await expect.poll(() => othersOf(jun())).toEqual([["Mina Park", "connected"]]);
    expect(jun().participants[0]?.metadata).toEqual({ hand: "up" });
    expect(page.result.current.call.self.name).toBe("Mina Park");
    expect([joined.length, updated.length, connectionsMade()]).toEqual([2, 1, 2]);
  });

  it("waits for join() with `autoJoin: false`", async () => {
    const { signaling, joined } = countingSignaling();
    const page = mount({ signaling, autoJoin: false });
    // Another component that joins automatically proves that there was time to join.
    const eager = mount({ signaling, room: "elsewhere" });
    await expectStatus(eager, "waiting");
    await expect.poll(() => page.result.current.media.status).toBe("live");
    expect([page.result.current.call.status, joined]).toEqual(["idle", ["elsewhere"]]);
    await act(() => page.result.current.call.join());
    expect([page.result.current.call.status, joined]).toEqual([
      "waiting",
      ["elsewhere", "standup"],
    ]);
  });

  it("passes an error to the `onError` of the latest render, and restarts nothing for it", async () => {
    const received: string[] = [];
    const failing: Signaling = {
      join: () => Promise.reject(new CallError("signaling-denied", "Simulated by a test.")),
    };
    const page = mount({ signaling: failing, autoJoin: false });
    for (const name of ["first", "second", "third"])
      page.rerender({
        signaling: failing,
        autoJoin: false,
        onError: ({ code }) => received.push(`${name}: ${code}`),
      });
    await expect(page.result.current.call.join()).rejects.toMatchObject({
      code: "signaling-denied",
    });
    expect(received).toEqual(["third: signaling-denied"]);
    await expectStatus(page, "failed");
  });

  it("joins with signaling that is passed after the first render", async () => {
    const { signaling, joined } = countingSignaling();
    const page = mount({});
    page.rerender({ signaling });
    await expect.poll(() => page.result.current.call.status, { timeout: 50_000 }).toBe("waiting");
    // Other objects in later renders restart nothing.
    page.rerender({ signaling: countingSignaling().signaling });
    await act(() => page.result.current.media.microphone.setEnabled(false));
    expect([page.result.current.call.status, joined]).toEqual(["waiting", ["standup"]]);
  }, 60_000);

  it("prints an error once in StrictMode when `onError` is missing", async () => {
    const print = vi.spyOn(console, "error").mockReturnValue();
    const denied = () => Promise.reject(new CallError("signaling-denied", "Sign in first."));
    const page = mount({ signaling: { join: denied } });
    await expectStatus(page, "failed");
    page.rerender({ signaling: { join: denied } });
    const texts = () => print.mock.calls.map(([text]) => String(text));
    expect(texts().filter((text) => text.startsWith("twocan:"))).toEqual([
      "twocan: Sign in first. (signaling-denied)",
    ]);
  });

  it("reports `no-signaling` with the remedy when there is no signaling", async () => {
    // This page has no Firebase app, so the default signaling fails.
    const errors: string[] = [];
    const page = renderHook(
      () => useCall({ room: "standup", iceServers: [], onError: ({ code }) => errors.push(code) }),
      { wrapper: StrictMode },
    );
    // Firebase is loaded on demand, which takes time.
    const status = () => page.result.current.status;
    await expect.poll(status, { timeout: 50_000 }).toBe("failed");
    const { error } = page.result.current;
    expect(error).toMatchObject({ name: "CallError", code: "no-signaling" });
    expect(error?.message).toMatch(/initializeApp.*`signaling`/);
    expect(errors).toEqual([error?.code]);
  }, 60_000);
});

describe("CallProvider", () => {
  it("provides signaling and ICE servers to calls below that do not set them", async () => {
    const [provided, own] = [countingSignaling(), countingSignaling()];
    const iceServers = vi.fn(async () => [{ urls: "stun:127.0.0.1:9" }]);
    const jun = joinParticipant({ signaling: provided.memory, name: "Jun" });
    const wrapper = ({ children }: { children: ReactNode }) => (
      <StrictMode>
        <CallProvider signaling={provided.signaling} iceServers={iceServers}>
          {children}
        </CallProvider>
      </StrictMode>
    );
    const page = mount({ iceServers: undefined }, wrapper);
    await expectStatus(page, "connected");
    expect(jun().participants[0]?.name).toBe("Mina");
    expect(iceServers).toHaveBeenCalledOnce();
    expect(
      opened.connections().flatMap((weak) => weak.deref()?.getConfiguration().iceServers ?? []),
    ).toMatchObject([{ urls: ["stun:127.0.0.1:9"] }]);
    const other = mount({ signaling: own.signaling }, wrapper);
    await expectStatus(other, "waiting");
    expect([provided.joined.length, own.joined.length]).toEqual([1, 1]);
  });
});

describe("useCall and useLocalMedia on unmount", () => {
  const ROUNDS = 15;

  it(`leave nothing open during the prompt, joining and connecting, ${ROUNDS} times`, async () => {
    const { memory, signaling, joined } = countingSignaling({ delay: [5, 40], seed: 5 });
    const jun = joinParticipant({ signaling: memory, name: "Jun", media: canvasStream() });
    await expect.poll(() => jun().status).toBe("waiting");
    const random = seededRandom(26);
    const moments = ["prompting", "joining", "connecting"] as const;
    for (let round = 0; round < ROUNDS; round += 1) {
      const moment = moments[round % moments.length]!;
      const prompt = delayedPrompt();
      const before = joined.length;
      const page = mount({ signaling });
      const reached = () =>
        moment === "prompting"
          ? prompt.spy.mock.calls.length > 0
          : moment === "joining"
            ? joined.length > before
            : page.result.current.call.status === "connecting";
      if (moment !== "prompting") prompt.answer();
      await expect.poll(reached, { interval: 2, ...PATIENT }).toBe(true);
      await new Promise((resolve) => setTimeout(resolve, random() * 40));
      page.unmount();
      // The user answers after the unmount.
      prompt.answer();
      await prompt.settled();
      prompt.spy.mockRestore();
      await expectNothingOpen();
      await expect.poll(() => jun().participants).toEqual([]);
      expect(page.result.current.call.status, `round ${round}, ${moment}`).not.toBe("failed");
    }
    // The next participant is not affected.
    const page = mount({ signaling });
    await expectStatus(page, "connected");
    expect(jun().participants.length).toBe(1);
  });

  it("leave nothing open after 20 quick mounts", async () => {
    const { memory, signaling } = countingSignaling();
    const jun = joinParticipant({ signaling: memory, name: "Jun" });
    await expect.poll(() => jun().status).toBe("waiting");
    for (let time = 0; time < 20; time += 1) {
      const page = mount({ signaling });
      // Half of them unmount at once, half one task later.
      if (time % 2) await new Promise((resolve) => setTimeout(resolve));
      page.unmount();
    }
    await expectNothingOpen();
    const last = mount({ signaling });
    await expectStatus(last, "connected");
    await expect.poll(() => othersOf(jun())).toEqual([["Mina", "connected"]]);
    await collectGarbage();
  });
});

/** Creates two connected channels. */
function channelPair(): [PeerChannel, PeerChannel] {
  const listeners: (((message: SignalMessage) => void) | undefined)[] = [];
  const end = (at: 0 | 1): PeerChannel => ({
    async send(message) {
      const copy = structuredClone(message);
      queueMicrotask(() => listeners[1 - at]?.(copy));
    },
    subscribe(listener) {
      listeners[at] = listener;
      return () => {
        listeners[at] = undefined;
      };
    },
  });
  return [end(0), end(1)];
}

/** Renders a component with one side of a connection. */
function mountSide(
  channel: PeerChannel,
  role: "caller" | "callee",
  initialProps: Partial<PeerConnectionOptions> = {},
) {
  return renderHook(
    (given: Partial<PeerConnectionOptions>) =>
      usePeerConnection({ channel, role, configuration: { iceServers: [] }, ...given }),
    { initialProps, wrapper: StrictMode },
  );
}

/** Renders two components that connect to each other: a caller and a callee. */
function mountPair(first: Partial<PeerConnectionOptions> = {}) {
  const channels = channelPair();
  const sides = [
    mountSide(channels[0], "caller", first),
    mountSide(channels[1], "callee"),
  ] as const;
  return Object.assign(sides, { channels });
}

type Side = ReturnType<typeof mountSide>;
type Pair = readonly [Side, Side];
async function expectConnected(pair: Pair): Promise<void> {
  await expect
    .poll(() => pair.map(({ result }) => result.current.status), PATIENT)
    .toEqual(["connected", "connected"]);
}
const roundsOf = ({ result }: Pair[number]) =>
  Math.max(...result.current.handshake.map(({ round }) => round));

describe("usePeerConnection", () => {
  it("connects two components, and receives the streams", async () => {
    const stream = canvasStream();
    const pair = mountPair({ streams: [stream] });
    const [caller, callee] = pair;
    await expectConnected(pair);
    expect(callee.result.current.remoteStreams.length).toBe(1);
    await expectFrames(callee.result.current.remoteStreams[0]);
    const { connection, signalingState, iceConnectionState, connectionState, error } =
      caller.result.current;
    expect(connection).toBeInstanceOf(RTCPeerConnection);
    expect([signalingState, connectionState, error]).toEqual(["stable", "connected", undefined]);
    expect(["connected", "completed"]).toContain(iceConnectionState);
    expect(connectionsMade()).toBe(2);
    caller.unmount();
    await expect.poll(() => callee.result.current.status).toBe("closed");
    expect(callee.result.current.remoteStreams).toEqual([]);
  });

  it("keeps streams and connection through 50 renders with new arrays", async () => {
    const stream = canvasStream();
    const pair = mountPair({ streams: [stream] });
    await expectConnected(pair);
    const [caller, callee] = pair;
    const before = callee.result.current;
    for (let time = 0; time < 50; time += 1) {
      caller.rerender({ streams: [stream], configuration: { iceServers: [] } });
      callee.rerender({ streams: [] });
    }
    expect(callee.result.current).toBe(before);
    await expectFrames(callee.result.current.remoteStreams[0]);
    expect([connectionsMade(), roundsOf(caller)]).toEqual([2, 1]);
  });

  it("sends what the application changes in its stream, without a render", async () => {
    const stream = canvasStream();
    const pair = mountPair({ streams: [stream] });
    const [caller, callee] = pair;
    await expectConnected(pair);
    const [first] = stream.getVideoTracks();
    const [second] = canvasStream().getVideoTracks();
    const sent = () =>
      caller.result.current.connection!.getSenders().flatMap(({ track }) => track ?? []);
    expect(sent()).toEqual([first]);
    stream.removeTrack(first!);
    await expect.poll(sent).toEqual([]);
    stream.addTrack(second!);
    await expect.poll(sent).toEqual([second]);
    await expectFrames(callee.result.current.remoteStreams[0]);
    caller.unmount();
    // The tracks belong to the application, so the hook does not stop them.
    expect([first!.readyState, second!.readyState]).toEqual(["live", "live"]);
  });

  it("receives a screen as the second stream, and removes it, without renegotiation", async () => {
    const [camera, display] = [canvasStream(), canvasStream()];
    const pair = mountPair({ streams: [camera] });
    const [caller, callee] = pair;
    await expectConnected(pair);
    const shown = callee.result.current.remoteStreams[0];
    for (let time = 0; time < 2; time += 1) {
      caller.rerender({ streams: [camera, display] });
      await expect.poll(() => callee.result.current.remoteStreams.length).toBe(2);
      await expectFrames(callee.result.current.remoteStreams[1]);
      caller.rerender({ streams: [camera] });
      await expect.poll(() => callee.result.current.remoteStreams.length).toBe(1);
    }
    expect(callee.result.current.remoteStreams[0]).toBe(shown);
    await expectFrames(shown);
    expect([connectionsMade(), roundsOf(caller), roundsOf(callee)]).toEqual([2, 1, 1]);
  });

  it.each([
    ["caller", 0],
    ["callee", 1],
  ] as const)("stays connected when the %s restarts ICE", async (_role, at) => {
    const pair = mountPair({ streams: [canvasStream()] });
    const [caller, callee] = pair;
    await expectConnected(pair);
    const ufrag = ({ result }: Pair[number]) =>
      /ice-ufrag:(\S+)/.exec(result.current.connection?.localDescription?.sdp ?? "")?.[1];
    const before = pair.map(ufrag);
    pair[at].result.current.restartIce();
    await expect.poll(() => roundsOf(caller), PATIENT).toBe(2);
    await expect
      .poll(() => pair.some((side, which) => ufrag(side) === before[which]), PATIENT)
      .toBe(false);
    await expectConnected(pair);
    await expectFrames(callee.result.current.remoteStreams[0]);
    expect(caller.result.current.handshake.map(({ name }) => name)).toContain("ice-restarted");
    expect(connectionsMade()).toBe(2);
  });

  it("reconnects when the component of the callee is mounted again", async () => {
    const pair = mountPair({ streams: [canvasStream()] });
    const [caller, former] = pair;
    await expectConnected(pair);
    former.unmount();
    await expect.poll(() => caller.result.current.status).toBe("closed");
    const callee = mountSide(pair.channels[1], "callee");
    await expectConnected([caller, callee]);
    await expectFrames(callee.result.current.remoteStreams[0]);
  });

  it("reports at once which entry of `iceServers` the browser rejects, without credentials", async () => {
    const iceServers = [{ urls: "turn:127.0.0.1:3478", username: "mina" }];
    const [, channel] = channelPair();
    const { result } = mountSide(channel, "callee", { configuration: { iceServers } });
    await expect.poll(() => result.current.error?.code).toBe("ice-servers-invalid");
    const { message } = result.current.error!;
    expect(message).toContain("`iceServers[0]` (turn:127.0.0.1:3478)");
    expect(message).not.toContain("mina");
  });

  it("reports more than two streams, and sends the first two", async () => {
    const streams = [canvasStream(), canvasStream(), canvasStream()];
    const pair = mountPair({ streams });
    const [caller, callee] = pair;
    await expectConnected(pair);
    expect(caller.result.current.error).toMatchObject({ name: "CallError", code: "unsupported" });
    await expect.poll(() => callee.result.current.remoteStreams.length).toBe(2);
    caller.rerender({ streams: streams.slice(0, 2) });
    expect(caller.result.current.error).toBeUndefined();
  });
});

describe("useHandshake", () => {
  it("returns the thirteen steps, split between both sides", async () => {
    const pair = mountPair({ streams: [canvasStream()] });
    const watched = pair.map(({ result }) =>
      renderHook(() => useHandshake(result.current), { wrapper: StrictMode }),
    );
    await expectConnected(pair);
    const events = watched.map(({ result }) => result.current);
    expect(events).toEqual(pair.map(({ result }) => result.current.handshake));
    const steps = events.map((side) => side.flatMap(({ step }) => step ?? []));
    expect(steps[0]?.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 12, 13]);
    expect(steps[1]).toEqual([7, 8, 9, 10, 11]);
    for (const { step, name, side, round } of events.flat())
      expect([name, side, round]).toEqual([
        HANDSHAKE_STEPS[step!],
        step! >= 7 && step! <= 11 ? "callee" : "caller",
        1,
      ]);
    // Events within one tick of the browser's clock have equal timestamps, so steps order them.
    const ordered = events
      .flat()
      .toSorted((a, b) => a.timestamp - b.timestamp || a.step! - b.step!);
    // Gathering starts independently, so it may come before or after sending the offer.
    expect(ordered.flatMap(({ step }) => (step === 5 ? [] : step))).toEqual([
      1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13,
    ]);
  });

  it("renders again only the component that uses it", async () => {
    const { signaling } = countingSignaling();
    const jun = joinParticipant({ signaling, name: "Jun", media: canvasStream() });
    await expect.poll(() => jun().status).toBe("waiting");
    const rendered = { call: 0, handshake: 0 };
    let events = 0;
    function Handshake({ call }: { call: Call }) {
      const { length } = useHandshake(call);
      useEffect(() => {
        rendered.handshake += 1;
        events = length;
      });
      return null;
    }
    let shown: Call | undefined;
    function Page() {
      const call = useCall({ room: "standup", name: "Mina", signaling, iceServers: [] });
      useEffect(() => {
        rendered.call += 1;
        shown = call;
      });
      return <Handshake call={call} />;
    }
    render(<Page />, { wrapper: StrictMode });
    await expect.poll(() => shown?.status, PATIENT).toBe("connected");
    await expect.poll(() => shown?.participants[0]?.camera).toBe(true);
    await expectFrames(shown?.participants[0]?.stream);
    const [calls, handshakes, known] = [rendered.call, rendered.handshake, events];
    // The browser requests another offer, which adds handshake events and does not change the call.
    const caller = opened
      .connections()
      .map((weak) => weak.deref()!)
      .find(({ localDescription }) => localDescription?.type === "offer");
    caller?.dispatchEvent(new Event("negotiationneeded"));
    const answered = () => shown!.trace.getSnapshot().filter(({ step }) => step === 13).length;
    await expect.poll(answered).toBe(2);
    // A second offer and answer add steps 3, 4, 6, 12 and 13.
    await expect.poll(() => events).toBe(known + 5);
    expect(rendered.handshake).toBeGreaterThan(handshakes);
    expect(rendered.call).toBe(calls);
  });
});
