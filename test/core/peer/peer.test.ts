import {
  createPeer,
  outgoingStreams,
  type CallError,
  type Peer,
  type PeerChannel,
  type PeerOptions,
} from "twocan/core";
import { createFakeNetwork } from "twocan/fake-webrtc";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { advanceUntilSettled } from "../../support/fake-time.ts";

const releases: (() => unknown)[] = [];

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(async () => {
  for (const release of releases.splice(0).toReversed()) release();
  await vi.advanceTimersByTimeAsync(1_000);
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

/** Advances the fake clock until the assertion holds. */
async function eventually(assertion: () => void, ms = 20_000): Promise<void> {
  for (let waited = 0; ; waited += 20) {
    try {
      assertion();
      return;
    } catch (error) {
      if (waited >= ms) throw error;
    }
    await vi.advanceTimersByTimeAsync(20);
  }
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

function installNetwork() {
  const network = createFakeNetwork();
  releases.push(network.peer().install());
  return network;
}

/** Creates a peer that is closed after the test, and records its errors. */
function createRecordedPeer(options: PeerOptions) {
  const errors: CallError[] = [];
  const peer = createPeer({
    configuration: () => ({ iceServers: [] }),
    onError: (error) => errors.push(error),
    ...options,
  });
  releases.push(() => peer.close());
  return { peer, errors };
}

function createPair(more: [Partial<PeerOptions>, Partial<PeerOptions>] = [{}, {}]) {
  const network = installNetwork();
  const [left, right] = network.channels();
  const caller = createRecordedPeer({ channel: left, role: "caller", ...more[0] });
  const callee = createRecordedPeer({ channel: right, role: "callee", ...more[1] });
  const start = async () => {
    caller.peer.start();
    callee.peer.start();
    await expectConnected(caller.peer, callee.peer);
  };
  return { network, caller, callee, start };
}

async function expectConnected(...peers: Peer[]): Promise<void> {
  await eventually(() =>
    expect(peers.map((peer) => peer.getSnapshot().status)).toEqual(peers.map(() => "connected")),
  );
}

const countOf = (peer: Peer, name: string) =>
  peer.trace.getSnapshot().filter((event) => event.name === name).length;

/** The microphone and the camera of the fake browser. */
async function captureStream(): Promise<MediaStream> {
  const stream = await advanceUntilSettled(
    navigator.mediaDevices.getUserMedia({ audio: true, video: true }),
  );
  releases.push(() => {
    for (const track of stream.getTracks()) track.stop();
  });
  return stream;
}

describe("createPeer: listeners of the application that throw", () => {
  it("connects while a subscriber of the trace throws, and rejects no offer", async () => {
    const reported = vi.fn();
    vi.stubGlobal("reportError", reported);
    const { caller, callee, start } = createPair();
    const failure = new Error("The debug panel has a bug.");
    callee.peer.trace.subscribe(() => {
      throw failure;
    });
    await start();
    expect(countOf(callee.peer, "rolled-back")).toBe(0);
    expect([caller.errors, callee.errors]).toEqual([[], []]);
    expect(reported).toHaveBeenCalledWith(failure);
  });

  it("connects while a subscriber of the peer and onError throw", async () => {
    const reported = vi.fn();
    vi.stubGlobal("reportError", reported);
    const failure = new Error("The application has a bug.");
    const { caller, callee, start } = createPair([
      {
        configuration: () => ({ iceServers: [{ urls: "turn:turn.example.org" }] }),
        onError() {
          throw failure;
        },
      },
      {},
    ]);
    caller.peer.subscribe(() => {
      throw failure;
    });
    await start();
    expect(callee.errors).toEqual([]);
    expect(reported).toHaveBeenCalledWith(failure);
  });

  it("closes for the remote goodbye while onBye throws", async () => {
    const reported = vi.fn();
    vi.stubGlobal("reportError", reported);
    const failure = new Error("The application has a bug.");
    const { caller, callee, start } = createPair([
      {
        onBye() {
          throw failure;
        },
      },
      {},
    ]);
    await start();
    callee.peer.close();
    await eventually(() => expect(caller.peer.getSnapshot().status).toBe("closed"));
    expect(caller.errors).toEqual([]);
    expect(reported).toHaveBeenCalledWith(failure);
  });
});

describe("createPeer: a channel that throws", () => {
  const failure = new TypeError("The channel has a bug.");
  const fail = () => {
    throw failure;
  };

  it.each([
    ["subscribe", { send: async () => {}, subscribe: fail }],
    ["send", { send: fail, subscribe: () => () => {} }],
  ])("reports adapter-failed once if %s() throws", async (name, channel) => {
    installNetwork();
    const { peer, errors } = createRecordedPeer({ channel, role: "caller" });
    peer.start();
    await pass(60_000);
    expect(errors).toMatchObject([{ code: "adapter-failed", cause: failure }]);
    expect(errors[0]!.message).toContain(`${name}()`);
    peer.close();
    await pass(1_000);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("closes if the function that ends the subscription throws", async () => {
    const reported = vi.fn();
    vi.stubGlobal("reportError", reported);
    installNetwork();
    const channel = { send: async () => {}, subscribe: () => fail };
    const { peer } = createRecordedPeer({ channel, role: "callee" });
    peer.start();
    peer.close();
    expect(peer.getSnapshot().status).toBe("closed");
    expect(reported.mock.calls).toEqual([[failure]]);
  });
});

describe("createPeer: a remote peer that returns on another device", () => {
  /** Runs `action` with the clock of the device set back. */
  function onSlowClock(action: () => void): void {
    const { timeOrigin } = performance;
    const slow = vi.spyOn(performance, "timeOrigin", "get");
    slow.mockReturnValue(timeOrigin - 3_600_000);
    action();
    slow.mockRestore();
  }

  /** A channel whose end can be handed to another device. */
  function createUnpluggable(channel: PeerChannel) {
    let plugged = true;
    return {
      channel: {
        send: async (message: Parameters<PeerChannel["send"]>[0]) =>
          plugged ? channel.send(message) : undefined,
        subscribe: (listener: Parameters<PeerChannel["subscribe"]>[0]) =>
          channel.subscribe((message) => plugged && listener(message)),
      },
      unplug: () => (plugged = false),
    };
  }

  it.each(["caller", "callee"] as const)(
    "connects to a %s whose clock is slower",
    async (returning) => {
      const network = installNetwork();
      const [left, right] = network.channels();
      const device = createUnpluggable(right);
      const role = returning === "caller" ? "callee" : "caller";
      const { peer, errors } = createRecordedPeer({ channel: left, role });
      const former = createRecordedPeer({ channel: device.channel, role: returning });
      peer.start();
      former.peer.start();
      await expectConnected(peer, former.peer);
      device.unplug();
      network.crash(former.peer.getSnapshot().connection!);
      const next = createRecordedPeer({ channel: right, role: returning });
      onSlowClock(() => next.peer.start());
      await expectConnected(next.peer, peer);
      await pass(5_000);
      expect([peer, next.peer].map((each) => each.getSnapshot().status)).toEqual([
        "connected",
        "connected",
      ]);
      expect([errors, next.errors]).toEqual([[], []]);
    },
  );
});

describe("createPeer: tracks that the application adds to `connection`", () => {
  it("reports a transceiver that a callee adds once, without a loop of offers", async () => {
    const { caller, callee, start } = createPair();
    const stream = await captureStream();
    callee.peer.setMedia(outgoingStreams([stream]));
    await start();
    const { connection } = callee.peer.getSnapshot();
    const extra = await captureStream();
    connection!.addTransceiver(extra.getVideoTracks()[0]!);
    await pass(30_000);
    expect(callee.errors).toMatchObject([{ code: "unsupported" }]);
    expect(callee.errors[0]!.message).toContain("`connection`");
    expect(callee.peer.getSnapshot().error).toBe(callee.errors[0]);
    expect(caller.errors).toEqual([]);
    for (const name of ["rebuilt", "ice-restarted", "negotiation-asked"])
      expect([name, countOf(caller.peer, name), countOf(callee.peer, name)]).toEqual([name, 0, 0]);
    expect(callee.peer.getSnapshot().connection).toBe(connection);
    expect(callee.peer.getSnapshot().status).toBe("connected");
    // A renegotiation that the callee asks for still happens, once.
    callee.peer.negotiate();
    await pass(30_000);
    expect(countOf(callee.peer, "negotiation-asked")).toBe(1);
    expect(countOf(caller.peer, "ice-restarted")).toBe(0);
    expect(callee.errors.length).toBe(1);
  });

  it("connects a callee that adds a transceiver before its first answer", async () => {
    const { caller, callee, start } = createPair();
    const [track] = (await captureStream()).getVideoTracks();
    const extended = new Set<RTCPeerConnection>();
    callee.peer.subscribe(() => {
      const { connection } = callee.peer.getSnapshot();
      if (!connection || extended.has(connection)) return;
      extended.add(connection);
      connection.addTransceiver(track!);
    });
    await start();
    await pass(30_000);
    expect(extended.size).toBe(1);
    expect(callee.errors).toMatchObject([{ code: "unsupported" }]);
    expect(caller.errors).toEqual([]);
  });

  it("negotiates a transceiver that a caller adds", async () => {
    const { caller, callee, start } = createPair();
    await start();
    const stream = await captureStream();
    caller.peer.getSnapshot().connection!.addTransceiver(stream.getVideoTracks()[0]!);
    await pass(5_000);
    expect(callee.peer.getSnapshot().connection!.getTransceivers().length).toBe(4);
    expect([caller.errors, callee.errors]).toEqual([[], []]);
  });
});

describe("PeerSnapshot.error", () => {
  it("has no transient error once the connection works", async () => {
    const network = installNetwork();
    const [left, right] = network.channels();
    let inject: Parameters<PeerChannel["subscribe"]>[0] = () => {};
    const caller = createRecordedPeer({
      role: "caller",
      channel: {
        send: left.send,
        subscribe(listener) {
          inject = listener;
          return left.subscribe(listener);
        },
      },
    });
    const callee = createRecordedPeer({ channel: right, role: "callee" });
    caller.peer.start();
    inject({ nonsense: true });
    await pass(0);
    expect(caller.peer.getSnapshot().error).toMatchObject({ code: "message-invalid" });
    callee.peer.start();
    await expectConnected(caller.peer, callee.peer);
    expect(caller.peer.getSnapshot().error).toBeUndefined();
    inject({ nonsense: true });
    await pass(100);
    expect(caller.peer.getSnapshot().error).toBeUndefined();
    expect(caller.errors.map(({ code }) => code)).toEqual(["message-invalid", "message-invalid"]);
  });
});

describe("PeerSnapshot.stream", () => {
  it("has no stream while the remote peer is closed, and live tracks when it is back", async () => {
    const { caller, callee, start } = createPair();
    await start();
    expect(caller.peer.getSnapshot().stream).toBeDefined();
    callee.peer.close();
    await eventually(() => expect(caller.peer.getSnapshot().status).toBe("closed"));
    expect(caller.peer.getSnapshot()).toMatchObject({ stream: undefined, screen: undefined });
    callee.peer.start();
    await expectConnected(caller.peer, callee.peer);
    const tracks = caller.peer.getSnapshot().stream!.getTracks();
    expect(tracks.map(({ readyState }) => readyState)).toEqual(["live", "live"]);
  });
});

describe("createPeer without WebRTC", () => {
  it.each(["caller", "callee"] as const)("reports unsupported once as a %s", async (role) => {
    const network = createFakeNetwork();
    const [channel] = network.channels();
    const { peer, errors } = createRecordedPeer({ channel, role });
    peer.start();
    await pass(120_000);
    expect(errors).toMatchObject([{ code: "unsupported" }]);
    expect(errors[0]!.message).toContain("`RTCPeerConnection`");
    expect(peer.getSnapshot()).toMatchObject({ status: "failed", error: errors[0] });
    peer.close();
    expect(peer.getSnapshot()).toMatchObject({ status: "closed", error: undefined });
    expect(vi.getTimerCount()).toBe(0);
  });
});
