import {
  CallError,
  createCall,
  type CallOptions,
  type CallStore,
  type JoinOptions,
  type PeerInfo,
  type RemoteParticipant,
  type Signaling,
  type Transport,
  type TransportOptions,
} from "twocan/core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  createFakeNetwork,
  type FakeNetwork,
} from "../../../src/testing/fake-webrtc/fake-network.ts";
import { mockDigest, advanceUntilSettled } from "../../support/fake-time.ts";

const releases: (() => unknown)[] = [];
let network: FakeNetwork;

beforeEach(() => {
  vi.useFakeTimers();
  mockDigest();
  network = createFakeNetwork();
  releases.push(network.peer().install());
});

afterEach(async () => {
  const [uninstall, ...others] = releases.splice(0);
  for (const release of others.toReversed()) release();
  await pass(60_000);
  expect(vi.getTimerCount()).toBe(0);
  uninstall?.();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

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

function create(options: Partial<CallOptions> = {}) {
  const errors: string[] = [];
  const call = createCall({
    room: "standup",
    signaling: network.signaling,
    iceServers: [],
    onError: ({ code }) => errors.push(code),
    ...options,
  });
  releases.push(
    () =>
      void call
        .getSnapshot()
        .leave()
        .catch(() => undefined),
  );
  return { call, errors, now: call.getSnapshot };
}

async function joined(options: Partial<CallOptions> = {}) {
  const created = create(options);
  await advanceUntilSettled(created.now().join());
  return created;
}

/** Signaling whose callbacks and `update()` a test controls. */
function controlled() {
  const control = {
    joining: undefined as JoinOptions | undefined,
    updates: [] as PeerInfo[],
    isDenied: false,
  };
  const signaling: Signaling = {
    async join(joining) {
      control.joining = joining;
      const session = await network.signaling.join(joining);
      return {
        ...session,
        async update(self) {
          if (control.isDenied) throw new CallError("signaling-denied", "No.");
          control.updates.push(self);
          await session.update(self);
        },
      };
    },
  };
  return { signaling, control };
}

/** A transport whose participants a test sets. */
function fakeTransport() {
  const joins: TransportOptions[] = [];
  const state = { remote: [] as RemoteParticipant[], left: 0 };
  const transport: Transport = {
    async join(options) {
      joins.push(options);
      return {
        id: "me",
        participants: () => state.remote,
        status: () => "connected",
        setMedia() {},
        update: async () => {},
        async leave() {
          state.left += 1;
        },
      };
    },
  };
  const show = (...remote: RemoteParticipant[]) => {
    state.remote = remote;
    joins.at(-1)?.onChange();
  };
  return { transport, joins, state, show };
}

const remote = (changes: Partial<RemoteParticipant> = {}): RemoteParticipant => ({
  id: "jun",
  name: "Jun",
  status: "connected",
  stream: undefined,
  screen: undefined,
  media: { microphone: true, camera: true },
  ...changes,
});

describe("the status of this page's own participant", () => {
  it("follows the call, and is not connecting before joining and after leaving", async () => {
    const { now } = create();
    const statuses = [now().self.status];
    const joining = now().join();
    statuses.push(now().self.status);
    await advanceUntilSettled(joining);
    statuses.push(now().self.status);
    await advanceUntilSettled(now().leave());
    statuses.push(now().self.status);
    expect(statuses).toEqual(["disconnected", "connecting", "connected", "disconnected"]);
  });

  it("is failed after joining has failed", async () => {
    const { now } = create({ signaling: undefined });
    await advanceUntilSettled(
      now()
        .join()
        .catch(() => undefined),
    );
    expect(now().self.status).toBe("failed");
  });
});

describe("join() without WebRTC", () => {
  it("rejects with the remedy, and joins once there is", async () => {
    const { RTCPeerConnection } = globalThis;
    vi.stubGlobal("RTCPeerConnection", undefined);
    const { signaling, control } = controlled();
    const { now, errors } = create({ signaling });
    await expect(advanceUntilSettled(now().join())).rejects.toMatchObject({
      code: "unsupported",
      message: expect.stringMatching(/RTCPeerConnection.*Use a recent Chrome/s) as string,
    });
    expect(now()).toMatchObject({ status: "failed", error: { code: "unsupported" } });
    expect([errors, control.joining]).toEqual([["unsupported"], undefined]);
    vi.stubGlobal("RTCPeerConnection", RTCPeerConnection);
    await advanceUntilSettled(now().join());
    expect(now()).toMatchObject({ status: "waiting", error: undefined });
  });
});

describe("Call.error", () => {
  it("names why the last attempt failed while the call joins, and is cleared by leaving", async () => {
    const signaling = { join: () => Promise.reject(new Error("No route to host.")) };
    const { now } = create({ signaling });
    now()
      .join()
      .catch(() => undefined);
    await pass(5_000);
    expect(now()).toMatchObject({ status: "joining", error: { code: "signaling-unavailable" } });
    await advanceUntilSettled(now().leave());
    expect(now()).toMatchObject({ status: "left", error: undefined });
  });

  it("has nothing of an error that the call survived", async () => {
    const { signaling, control } = controlled();
    const { now, errors } = await joined({ signaling });
    control.joining!.onError(new CallError("message-invalid", "A message was dropped."));
    expect([now().error, errors]).toEqual([undefined, ["message-invalid"]]);
  });

  it("names why the backend is unreachable, until it is reachable", async () => {
    const { signaling, control } = controlled();
    const { now, errors } = await joined({ signaling });
    control.joining!.onStatus("disconnected");
    control.joining!.onError(new CallError("signaling-denied", "The token has expired."));
    expect(now()).toMatchObject({
      signaling: "disconnected",
      error: { code: "signaling-denied" },
    });
    control.joining!.onStatus("connected");
    expect([now().error, errors]).toEqual([undefined, ["signaling-denied"]]);
  });

  it("names why a name was not announced, until one is", async () => {
    const { signaling, control } = controlled();
    const { call, now } = await joined({ signaling });
    control.isDenied = true;
    call.configure({ name: "Mina" });
    await pass(0);
    expect(now()).toMatchObject({ status: "waiting", error: { code: "signaling-denied" } });
    control.isDenied = false;
    call.configure({ name: "Mina Kim" });
    await pass(0);
    expect(now().error).toBeUndefined();
  });

  it("names invalid metadata until it is corrected, also to what it was before", async () => {
    const metadata = { hand: "up" };
    const { call, now, errors } = await joined({ metadata });
    call.configure({ metadata: { text: "x".repeat(2_000) } });
    expect(now().error?.code).toBe("message-invalid");
    call.configure({ name: "Mina" });
    expect(now()).toMatchObject({ error: { code: "message-invalid" }, self: { metadata } });
    call.configure({ metadata });
    expect([now().error, errors]).toEqual([undefined, ["message-invalid"]]);
  });

  it("names why no participant could be connected, and of a failed call is never undefined", async () => {
    const { transport, show } = fakeTransport();
    const { now } = await joined({ transport });
    const error = new CallError("ice-failed", "No TURN server.");
    show(remote({ status: "failed", error }));
    expect(now()).toMatchObject({ status: "failed", error });
    show(remote({ status: "failed" }));
    expect(now()).toMatchObject({ status: "failed", error: { code: "ice-failed" } });
    show(remote());
    expect(now()).toMatchObject({ status: "connected", error: undefined });
  });

  it("is up to date when onError is called", async () => {
    const seen: unknown[] = [];
    const call: CallStore = create({
      signaling: undefined,
      onError: (error) => seen.push(call.getSnapshot().error === error),
    }).call;
    await advanceUntilSettled(
      call
        .getSnapshot()
        .join()
        .catch(() => undefined),
    );
    expect(seen).toEqual([true]);
  });
});

describe("configure()", () => {
  it("keeps the settings that are not given", async () => {
    const metadata = { hand: "up" };
    const { call, now, errors } = await joined({ name: "Mina", metadata });
    call.configure({ iceServers: [] });
    expect(now().self).toMatchObject({ name: "Mina", metadata });
    call.configure({ metadata: { hand: "down" } });
    expect(now().self).toMatchObject({ name: "Mina", metadata: { hand: "down" } });
    call.configure({ metadata: { text: "x".repeat(2_000) } });
    expect(errors).toEqual(["message-invalid"]);
  });

  it("resets a setting that is undefined", async () => {
    const { call, now } = await joined({ name: "Mina", metadata: { hand: "up" } });
    call.configure({ name: undefined, metadata: undefined });
    expect(now().self).toMatchObject({ name: undefined, metadata: {} });
  });

  it("takes another transport for the next join(), and signaling again where it is reset", async () => {
    const { transport, joins, state } = fakeTransport();
    const { call, now } = await joined();
    call.configure({ transport });
    expect(joins.length).toBe(0);
    await advanceUntilSettled(now().leave());
    await advanceUntilSettled(now().join());
    expect([joins.length, now().self.id]).toEqual([1, "me"]);
    await advanceUntilSettled(now().leave());
    call.configure({ transport: undefined });
    await advanceUntilSettled(now().join());
    expect([joins.length, state.left]).toEqual([1, 1]);
  });
});

describe("CallOptions.transport", () => {
  it("carries a call without signaling", async () => {
    const { transport, joins, show } = fakeTransport();
    const { now } = await joined({ signaling: undefined, transport, name: "Mina" });
    expect(joins[0]).toMatchObject({ room: "standup", self: { name: "Mina" } });
    expect(now()).toMatchObject({ status: "waiting", signaling: "connected" });
    show(remote({ metadata: { hand: "up" } }), remote({ id: "ada", status: "connecting" }));
    expect(now()).toMatchObject({
      status: "connected",
      participants: [
        { id: "jun", name: "Jun", metadata: { hand: "up" }, microphone: true, isSelf: false },
        { id: "ada", status: "connecting" },
      ],
    });
    const [jun, ada] = now().participants;
    show(remote({ metadata: { hand: "up" } }), remote({ id: "ada" }));
    expect(now().participants[0]).toBe(jun);
    expect(now().participants[1]).not.toBe(ada);
  });

  it("fails the call where the session ends by itself, and leaves it", async () => {
    const { transport, joins, state } = fakeTransport();
    const { now, errors } = await joined({ transport });
    joins[0]!.onEnded(new CallError("signaling-denied", "Removed by the host."));
    await pass(0);
    expect(now()).toMatchObject({ status: "failed", error: { code: "signaling-denied" } });
    expect([state.left, errors]).toEqual([1, ["signaling-denied"]]);
    joins[0]!.onEnded(new CallError("signaling-denied", "Removed by the host."));
    joins[0]!.onError(new CallError("message-invalid", "Late."));
    expect(errors).toEqual(["signaling-denied"]);
  });

  it("leaves a session that a transport returns after the call was left", async () => {
    const { transport, state } = fakeTransport();
    let proceed = () => {};
    const { now } = create({
      transport: {
        async join(options, signal) {
          await new Promise<void>((resolve) => (proceed = resolve));
          return transport.join(options, signal);
        },
      },
    });
    const joining = now().join();
    joining.catch(() => undefined);
    await pass(10);
    await advanceUntilSettled(now().leave());
    await expect(joining).rejects.toMatchObject({ code: "aborted" });
    proceed();
    await pass(10);
    expect([state.left, now().status]).toEqual([1, "left"]);
  });
});

describe("CallOptions.transport with a bug", () => {
  it("is left all the same where leave() throws", async () => {
    const { transport } = fakeTransport();
    const { now } = await joined({
      transport: {
        join: async (options, signal) => ({
          ...(await transport.join(options, signal)),
          leave() {
            throw new TypeError("undefined is not a function");
          },
        }),
      },
    });
    await expect(advanceUntilSettled(now().leave())).rejects.toMatchObject({
      code: "adapter-failed",
    });
    expect(now()).toMatchObject({ status: "left", signaling: undefined, error: undefined });
  });
});

describe("a participant who is slow to connect", () => {
  it.each([
    ["forwards", 3_600_000],
    ["back", -3_600_000],
  ])("stays in the call when the clock of the page is set %s", async (_what, ms) => {
    const { signaling } = network;
    // Packets take 10 s, so that the response timeout elapses before the connection is up.
    const slow: Signaling = {
      join: (joining) =>
        signaling.join({
          ...joining,
          onMessage: (from, message) =>
            void setTimeout(() => joining.onMessage(from, message), 10_000),
        }),
    };
    const mina = await joined({ signaling: slow });
    await pass(1_000);
    const jun = await joined({ signaling: slow });
    await eventually(() => expect(mina.now().participants.length).toBe(1));
    // The last packet has arrived 2 s ago, and the timeout elapses in 1 s.
    await pass(14_000);
    vi.setSystemTime(Date.now() + ms);
    for (let waited = 0; waited < 60_000; waited += 100) {
      expect(mina.now().participants.length).toBe(1);
      await pass(100);
    }
    expect([mina, jun].map(({ now }) => now().status)).toEqual(["connected", "connected"]);
  });
});
