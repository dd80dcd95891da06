/**
 * Callbacks of an application that throw, re-enter, unmount or never settle, against every entry of
 * the core, on a simulated network with simulated time.
 */
import {
  createCall,
  createLocalMedia,
  createPeer,
  type Call,
  type CallError,
  type CallOptions,
  type CallStore,
  type IceServers,
  type JoinOptions,
  type LocalMediaStore,
  type Peer,
  type PeerOptions,
  type Signaling,
  type SignalingSession,
} from "twocan/core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { memorySignaling } from "../../../src/adapters/memory/memory.ts";
import {
  createFakeNetwork,
  type FakeNetwork,
} from "../../../src/testing/fake-webrtc/fake-network.ts";
import { mockDigest, advanceUntilSettled } from "../../support/fake-time.ts";

const releases: (() => unknown)[] = [];
let network: FakeNetwork;
/** What the library has reported as uncaught. */
let uncaught: unknown[] = [];

beforeEach(() => {
  vi.useFakeTimers();
  mockDigest();
  uncaught = [];
  vi.stubGlobal("reportError", (error: unknown) => uncaught.push(error));
  network = createFakeNetwork();
  releases.push(network.peer().install());
});

afterEach(async () => {
  const [uninstall, ...others] = releases.splice(0);
  for (const release of others.toReversed()) release();
  await pass(60_000);
  expect(network.connections).toEqual([]);
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

const never = () => new Promise<never>(() => undefined);
const ignore = () => undefined;
const boom = () => {
  throw new Error("A bug of the application.");
};

/** A call that leaves its room at the end of the test. */
function create(options: Partial<CallOptions> = {}): CallStore {
  const call = createCall({
    room: "standup",
    signaling: network.signaling,
    iceServers: [],
    onError: ignore,
    ...options,
  });
  releases.push(() => void call.getSnapshot().leave().catch(ignore));
  return call;
}

/** A well-behaved participant in the room. */
function neighbor(name = "Jun"): CallStore {
  const call = create({ name });
  call.getSnapshot().join().catch(ignore);
  return call;
}

const statusesOf = (call: CallStore) => call.getSnapshot().participants.map(({ status }) => status);

async function expectConnected(...calls: CallStore[]): Promise<void> {
  await eventually(() => {
    for (const call of calls) expect(statusesOf(call)).toEqual(["connected"]);
  });
}

/** Signaling that lists its open sessions. */
function counting(signaling: Signaling = memorySignaling()) {
  const open = new Set<SignalingSession>();
  const counted: Signaling = {
    async join(joining) {
      const session = await signaling.join(joining);
      const wrapped: SignalingSession = {
        ...session,
        async leave() {
          open.delete(wrapped);
          await session.leave();
        },
      };
      open.add(wrapped);
      return wrapped;
    },
  };
  return { signaling: counted, open };
}

/** Signaling with some functions of its sessions replaced. */
function replacing(parts: Partial<SignalingSession>): Signaling {
  return {
    join: async (joining: JoinOptions) => ({
      ...(await network.signaling.join(joining)),
      ...parts,
    }),
  };
}

/** Does something with the call the first time its status is this. */
function onceIn(call: CallStore, status: Call["status"], act: () => unknown): void {
  let isDone = false;
  const stop = call.subscribe(() => {
    if (isDone || call.getSnapshot().status !== status) return;
    isDone = true;
    act();
  });
  releases.push(stop);
}

describe("createCall() with an application that re-enters", () => {
  it("joins once where a listener calls join() while it joins", async () => {
    const { signaling, open } = counting();
    const call = create({ signaling });
    onceIn(call, "joining", () => call.getSnapshot().join().catch(ignore));
    await advanceUntilSettled(call.getSnapshot().join());
    await pass(1_000);
    expect(open.size).toBe(1);
    await advanceUntilSettled(call.getSnapshot().leave());
    expect(open.size).toBe(0);
  });

  it("can be joined again after a listener left it while it joined", async () => {
    const { signaling, open } = counting();
    const call = create({ signaling });
    onceIn(call, "joining", () => call.getSnapshot().leave());
    await expect(advanceUntilSettled(call.getSnapshot().join())).rejects.toMatchObject({
      code: "aborted",
    });
    expect(call.getSnapshot().status).toBe("left");
    await advanceUntilSettled(call.getSnapshot().join());
    expect([call.getSnapshot().status, open.size]).toEqual(["waiting", 1]);
  });

  it("leaves nothing open where a listener leaves it the moment it is joined", async () => {
    const { signaling, open } = counting();
    const call = create({ signaling });
    onceIn(call, "waiting", () => call.getSnapshot().leave());
    await advanceUntilSettled(call.getSnapshot().join().catch(ignore));
    await pass(1_000);
    expect([call.getSnapshot().status, open.size]).toEqual(["left", 0]);
  });

  it("leaves nothing open where a listener leaves it the moment a participant is shown", async () => {
    neighbor();
    const call = create();
    onceIn(call, "connecting", () => call.getSnapshot().leave());
    await advanceUntilSettled(call.getSnapshot().join());
    await pass(1_000);
    expect(call.getSnapshot()).toMatchObject({ status: "left", participants: [] });
  });

  it("leaves nothing open where it is left in any microtask after the adapter has joined", async () => {
    for (let delay = 0; delay < 60; delay += 1) {
      const { signaling, open } = counting();
      const call = create({
        signaling: {
          async join(joining) {
            const session = await signaling.join(joining);
            void (async () => {
              for (let turn = 0; turn < delay; turn += 1) await Promise.resolve();
              await call.getSnapshot().leave();
            })();
            return session;
          },
        },
      });
      await advanceUntilSettled(call.getSnapshot().join().catch(ignore));
      await pass(100);
      expect([call.getSnapshot().status, open.size], `after ${delay}`).toEqual(["left", 0]);
    }
  });

  it("stops trying where onError leaves it", async () => {
    const join = vi.fn<Signaling["join"]>(() => Promise.reject(new Error("No route to host.")));
    const call = create({
      signaling: { join },
      onError: () => void call.getSnapshot().leave(),
    });
    await expect(advanceUntilSettled(call.getSnapshot().join())).rejects.toMatchObject({
      code: "aborted",
    });
    await pass(60_000);
    expect(join).toHaveBeenCalledOnce();
    expect(call.getSnapshot()).toMatchObject({ status: "left", error: undefined });
  });

  it("tries again where onError joins it after a failure", async () => {
    const { signaling, open } = counting();
    const call = create({
      room: "standup",
      signaling: undefined,
      onError() {
        call.configure({ signaling });
        call.getSnapshot().join().catch(ignore);
      },
    });
    await expect(advanceUntilSettled(call.getSnapshot().join())).rejects.toMatchObject({
      code: "no-signaling",
    });
    await eventually(() => expect(call.getSnapshot().status).toBe("waiting"));
    expect(open.size).toBe(1);
  });

  it("is left where a subscriber unmounts it", async () => {
    const { signaling, open } = counting();
    const call = create({ signaling });
    onceIn(call, "waiting", () => release());
    const release = call.retain();
    await eventually(() => expect(call.getSnapshot().status).toBe("left"));
    expect(open.size).toBe(0);
  });

  it("joins once where onError configures it", async () => {
    const call = create({
      metadata: { hand: "up" },
      onError: () => call.configure({ name: "Mina", metadata: { text: "x".repeat(2_000) } }),
    });
    await advanceUntilSettled(call.getSnapshot().join());
    call.configure({ metadata: { text: "x".repeat(1_900) } });
    expect(call.getSnapshot()).toMatchObject({
      status: "waiting",
      error: { code: "message-invalid" },
      self: { name: "Mina", metadata: { hand: "up" } },
    });
    call.configure({ metadata: { hand: "down" } });
    expect(call.getSnapshot()).toMatchObject({
      error: undefined,
      self: { name: "Mina", metadata: { hand: "down" } },
    });
  });
});

describe("createCall() with an application that throws", () => {
  it("keeps trying where onError throws, and reports what it threw", async () => {
    let isDown = true;
    const call = create({
      signaling: {
        async join(joining) {
          if (isDown) throw new Error("No route to host.");
          return network.signaling.join(joining);
        },
      },
      onError: boom,
    });
    const joined = call.getSnapshot().join();
    joined.catch(ignore);
    await pass(500);
    expect(call.getSnapshot()).toMatchObject({
      status: "joining",
      error: { code: "signaling-unavailable" },
    });
    isDown = false;
    await advanceUntilSettled(joined, 100);
    expect(call.getSnapshot()).toMatchObject({ status: "waiting", error: undefined });
    expect(uncaught).toMatchObject([{ message: "A bug of the application." }]);
  });

  it("rejects join() with its own error where onError throws", async () => {
    const call = create({ signaling: undefined, onError: boom });
    await expect(advanceUntilSettled(call.getSnapshot().join())).rejects.toMatchObject({
      code: "no-signaling",
    });
    expect(call.getSnapshot()).toMatchObject({ status: "failed", error: { code: "no-signaling" } });
    expect(uncaught.length).toBe(1);
  });

  it("applies the other settings where onError throws on invalid metadata", async () => {
    const call = create({ onError: boom });
    await advanceUntilSettled(call.getSnapshot().join());
    call.configure({ name: "Mina", metadata: { text: "x".repeat(2_000) } });
    expect(call.getSnapshot()).toMatchObject({ self: { name: "Mina" } });
  });

  it("connects where a subscriber throws each time", async () => {
    const call = create();
    releases.push(call.subscribe(boom));
    const told = vi.fn<() => void>();
    releases.push(call.subscribe(told));
    const joined = call.getSnapshot().join();
    await advanceUntilSettled(joined.catch(ignore));
    await expectConnected(call, neighbor());
    await expect(joined).resolves.toBeUndefined();
    expect(told).toHaveBeenCalled();
  });

  it("goes on where onError throws on a malformed message", async () => {
    let send = (_from: string) => {};
    const call = create({
      onError: boom,
      signaling: {
        join(joining) {
          send = (from) => joining.onMessage(from, { v: "junk" });
          return network.signaling.join(joining);
        },
      },
    });
    await advanceUntilSettled(call.getSnapshot().join());
    send("stranger");
    await pass(10_000);
    await expectConnected(call, neighbor());
    expect(uncaught.length).toBeGreaterThan(0);
  });

  it.each<[string, IceServers]>([
    ["throws", boom],
    ["rejects", () => Promise.reject(new Error("503"))],
    ["never settles", never],
    ["returns nonsense", () => ({ error: "unauthorized" }) as never],
  ])("connects where iceServers() %s", async (_what, iceServers) => {
    const errors: string[] = [];
    const call = create({ iceServers, onError: ({ code }) => errors.push(code) });
    await advanceUntilSettled(call.getSnapshot().join());
    await expectConnected(call, neighbor());
    expect(errors).toEqual(["ice-servers-invalid"]);
    expect(call.getSnapshot().error?.code).toBe("ice-servers-invalid");
  });
});

describe("createCall() with a signaling adapter that never settles", () => {
  it("rejects join() when it is left while signaling.join() is pending", async () => {
    const call = create({ signaling: { join: never } });
    const joined = call.getSnapshot().join();
    joined.catch(ignore);
    await pass(1_000);
    expect(call.getSnapshot().status).toBe("joining");
    await advanceUntilSettled(call.getSnapshot().leave());
    await expect(Promise.race([joined, pass(1_000)])).rejects.toMatchObject({ code: "aborted" });
    expect(call.getSnapshot().status).toBe("left");
  });

  it("leaves a session that signaling.join() returns after the call was left", async () => {
    const { signaling, open } = counting();
    let proceed = () => {};
    const call = create({
      signaling: {
        async join(joining) {
          await new Promise<void>((resolve) => (proceed = resolve));
          // Ignores `joining.signal`, as an adapter must not.
          return signaling.join({ ...joining, signal: new AbortController().signal });
        },
      },
    });
    call.getSnapshot().join().catch(ignore);
    await pass(100);
    await advanceUntilSettled(call.getSnapshot().leave());
    proceed();
    await pass(100);
    expect([call.getSnapshot().status, open.size]).toEqual(["left", 0]);
  });

  it("rejects leave() after 10 s, and can be joined again before", async () => {
    const call = create({ signaling: replacing({ leave: never }) });
    await advanceUntilSettled(call.getSnapshot().join());
    const left = vi.fn<(error: unknown) => void>();
    call.getSnapshot().leave().catch(left);
    expect(call.getSnapshot().status).toBe("left");
    await advanceUntilSettled(call.getSnapshot().join());
    // The backend still lists the session whose `leave()` did nothing.
    expect(call.getSnapshot().status).toBe("connecting");
    await pass(10_000);
    expect(left.mock.calls).toMatchObject([[{ code: "signaling-unavailable" }]]);
  });

  it("rejects join() to a full room although leaving it never settles", async () => {
    const full = Array.from({ length: 9 }, (_, at) => ({ id: `early-${at}`, joinedAt: at }));
    const call = create({
      signaling: {
        async join({ onPeers }) {
          onPeers(full);
          return { send: async () => {}, update: async () => {}, leave: never };
        },
      },
    });
    const joined = call.getSnapshot().join();
    await expect(advanceUntilSettled(joined, 1_000)).rejects.toMatchObject({ code: "room-full" });
  });

  it.each<[string, Partial<SignalingSession>]>([
    ["send()", { send: never }],
    ["update()", { update: never }],
  ])("leaves while %s is pending", async (_what, parts) => {
    neighbor();
    const call = create({ signaling: replacing(parts) });
    await advanceUntilSettled(call.getSnapshot().join());
    call.configure({ name: "Mina" });
    await pass(1_000);
    await advanceUntilSettled(call.getSnapshot().leave());
    expect(call.getSnapshot()).toMatchObject({ status: "left", error: undefined });
  });
});

describe("createCall() with a signaling adapter that throws", () => {
  it.each<[string, Partial<SignalingSession>]>([
    ["send()", { send: boom }],
    ["update()", { update: boom }],
    ["leave()", { leave: boom }],
  ])("goes on where %s throws", async (_what, parts) => {
    const jun = neighbor();
    await eventually(() => expect(jun.getSnapshot().status).toBe("waiting"));
    const call = create({ signaling: replacing(parts) });
    await advanceUntilSettled(call.getSnapshot().join());
    call.configure({ name: "Mina" });
    await pass(5_000);
    await advanceUntilSettled(call.getSnapshot().leave().catch(ignore));
    expect(call.getSnapshot()).toMatchObject({
      status: "left",
      participants: [],
      error: undefined,
    });
    expect(uncaught).toEqual([]);
  });

  it("goes on where an adapter lists nonsense", async () => {
    const errors: string[] = [];
    const call = create({
      onError: ({ code }) => errors.push(code),
      signaling: {
        async join(joining) {
          const session = await network.signaling.join(joining);
          joining.onPeers([null, 7, { id: "" }, { id: "a b" }] as never);
          return session;
        },
      },
    });
    await advanceUntilSettled(call.getSnapshot().join());
    await pass(1_000);
    expect(new Set(errors)).toEqual(new Set(["message-invalid"]));
    expect(call.getSnapshot()).toMatchObject({ status: "waiting", error: undefined });
  });

  it("takes no notice of an adapter that calls back after it was left", async () => {
    const onError = vi.fn<(error: CallError) => void>();
    let adapter: JoinOptions | undefined;
    const call = create({
      onError,
      signaling: {
        join(joining) {
          adapter = joining;
          return network.signaling.join(joining);
        },
      },
    });
    await advanceUntilSettled(call.getSnapshot().join());
    await advanceUntilSettled(call.getSnapshot().leave());
    const left = call.getSnapshot();
    adapter?.onPeers([{ id: "late" }]);
    adapter?.onMessage("late", { v: 1 });
    adapter?.onStatus("disconnected");
    adapter?.onError({ code: "signaling-denied" } as CallError);
    await pass(10_000);
    expect(call.getSnapshot()).toBe(left);
    expect(onError).not.toHaveBeenCalled();
  });
});

describe("createPeer() with a hostile application", () => {
  function pair(first: Partial<PeerOptions>): [Peer, Peer] {
    const [left, right] = network.channels();
    const peers: [Peer, Peer] = [
      createPeer({ channel: left, role: "caller", onError: ignore, ...first }),
      createPeer({ channel: right, role: "callee", onError: ignore }),
    ];
    for (const peer of peers) releases.push(() => peer.close());
    return peers;
  }

  const start = (peers: readonly Peer[]) => {
    for (const peer of peers) peer.start();
  };

  async function expectBothConnected(peers: readonly Peer[]): Promise<void> {
    await eventually(() =>
      expect(peers.map((peer) => peer.getSnapshot().status)).toEqual(["connected", "connected"]),
    );
  }

  it("connects where a subscriber throws each time", async () => {
    const peers = pair({});
    releases.push(peers[0].subscribe(boom));
    start(peers);
    await expectBothConnected(peers);
  });

  it.each<[string, PeerOptions["configuration"]]>([
    ["throws", boom],
    ["rejects", () => Promise.reject(new Error("503"))],
    ["never settles", never],
  ])("settles and closes where configuration() %s and onError throws", async (_what, given) => {
    const peers = pair({ configuration: given, onError: boom });
    start(peers);
    await pass(30_000);
    for (const peer of peers) peer.close();
    await pass(1_000);
    expect(peers.map((peer) => peer.getSnapshot().status)).toEqual(["closed", "closed"]);
  });

  it("leaves nothing open where a subscriber closes it as it connects", async () => {
    const peers = pair({});
    const stop = peers[0].subscribe(() => {
      if (peers[0].getSnapshot().status === "connecting") peers[0].close();
    });
    releases.push(stop);
    start(peers);
    await eventually(() => expect(peers[0].getSnapshot().status).toBe("closed"));
  });

  it("stays closed where onBye throws", async () => {
    const peers = pair({ onBye: boom });
    start(peers);
    await expectBothConnected(peers);
    peers[1].close();
    await eventually(() => expect(peers[0].getSnapshot().status).toBe("closed"));
  });
});

describe("createLocalMedia() with a hostile application", () => {
  const capture = (): LocalMediaStore => {
    const media = createLocalMedia();
    releases.push(media.retain());
    return media;
  };

  it("captures where a subscriber throws each time", async () => {
    const media = createLocalMedia();
    releases.push(media.subscribe(boom), media.retain());
    await eventually(() => expect(media.getSnapshot().status).toBe("live"));
  });

  it("stops what it has captured where a subscriber stops it as it goes live", async () => {
    const media = createLocalMedia();
    releases.push(
      media.subscribe(() => {
        if (media.getSnapshot().status === "live") media.getSnapshot().stop();
      }),
      media.retain(),
    );
    await eventually(() => expect(media.getSnapshot().status).toBe("idle"));
    await pass(1_000);
    expect(media.getSnapshot()).toMatchObject({ status: "idle", stream: undefined });
  });

  it("keeps one device where a subscriber toggles it again and again", async () => {
    const media = capture();
    let toggles = 0;
    releases.push(
      media.subscribe(() => {
        toggles += 1;
        if (toggles < 20) media.getSnapshot().camera.toggle().catch(ignore);
      }),
    );
    await eventually(() => expect(toggles).toBeGreaterThanOrEqual(20));
    await pass(5_000);
    expect(["on", "off"]).toContain(media.getSnapshot().camera.status);
  });
});
