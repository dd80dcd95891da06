import {
  createCall,
  createLocalMedia,
  createPeer,
  type Call,
  type CallOptions,
  type JoinOptions,
  type LocalMediaOptions,
  type Participant,
  type SignalMessage,
  type Signaling,
} from "twocan/core";
import { createFakeNetwork, type FakeNetworkOptions, type FakePeer } from "twocan/fake-webrtc";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { connectionStats } from "../../../src/core/stats/connection-stats.ts";
import { mockDigest, advanceUntilSettled } from "../../support/fake-time.ts";

const releases: (() => unknown)[] = [];

beforeEach(() => {
  vi.useFakeTimers();
  mockDigest();
});

afterEach(async () => {
  for (const release of releases.splice(0).toReversed()) release();
  await vi.advanceTimersByTimeAsync(1_000);
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** Advances the fake timers until the assertion holds. */
async function eventually(assertion: () => void, ms = 60_000): Promise<void> {
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

/** Creates a network and installs a peer for the duration of the test. */
function install(options?: FakeNetworkOptions) {
  const network = createFakeNetwork(options);
  const page = network.peer({ name: "the page" });
  releases.push(page.install());
  return { network, page };
}

/** Joins a call with camera and microphone. */
function enter(options: Partial<CallOptions> & { name: string }) {
  const media = createLocalMedia();
  const settings = { room: "standup", ...options };
  const call = createCall({ ...settings, media: media.getSnapshot() });
  media.subscribe(() => call.configure({ ...settings, media: media.getSnapshot() }));
  const release = [media.retain(), call.retain()];
  const leave = () => {
    for (const end of release) end();
  };
  releases.push(leave);
  return { now: call.getSnapshot, media: media.getSnapshot, leave };
}

const statusesIn = ({ participants }: Call) =>
  participants.map(({ name, status }) => `${name} ${status}`);

describe("a call on createFakeNetwork", () => {
  async function connectedCall(options?: FakeNetworkOptions) {
    const { network, page } = install(options);
    const [mina, jun] = ["Mina", "Jun"].map((name) =>
      enter({ name, signaling: network.signaling }),
    );
    await eventually(() => {
      expect(statusesIn(mina!.now())).toEqual(["Jun connected"]);
      expect(statusesIn(jun!.now())).toEqual(["Mina connected"]);
    });
    return { network, page, mina: mina!, jun: jun! };
  }

  it("connects two participants, and leaves nothing open after they have left", async () => {
    const { network, page, mina, jun } = await connectedCall();
    expect(network.connections).toHaveLength(2);
    expect(page.liveTracks).toHaveLength(4);
    mina.leave();
    await eventually(() => expect(jun.now().status).toBe("waiting"));
    jun.leave();
    await eventually(() => {
      expect(network.connections).toEqual([]);
      expect(page.liveTracks).toEqual([]);
    });
  });

  it("reports a camera that is turned off and on to the remote participant", async () => {
    const { mina, jun } = await connectedCall();
    const track = () => jun.now().participants[0]?.stream?.getVideoTracks()[0];
    await eventually(() => expect(track()?.muted).toBe(false));
    void mina.media().camera.toggle();
    await eventually(() => expect(jun.now().participants[0]?.camera).toBe(false));
    void mina.media().camera.toggle();
    await eventually(() => expect(jun.now().participants[0]?.camera).toBe(true));
  });

  it("is reconnecting during a partition and connected after it", async () => {
    const { network, mina, jun } = await connectedCall();
    network.partition();
    await eventually(() => {
      expect(mina.now().status).toBe("reconnecting");
      expect(jun.now().status).toBe("reconnecting");
    });
    network.heal();
    await eventually(() => {
      expect(mina.now().status).toBe("connected");
      expect(jun.now().status).toBe("connected");
    });
  });

  it("replaces a lost connection once, whichever side notices the loss first", async () => {
    const { network } = install();
    const iceServers = async () => {
      await new Promise((resolve) => {
        setTimeout(resolve, 40);
      });
      return [];
    };
    const [mina, jun] = ["Mina", "Jun"].map((name) =>
      enter({ name, signaling: network.signaling, iceServers }),
    );
    const connected = async () =>
      eventually(() => {
        expect(statusesIn(mina!.now())).toEqual(["Jun connected"]);
        expect(statusesIn(jun!.now())).toEqual(["Mina connected"]);
      });
    await connected();
    const rebuilt = () =>
      [mina!, jun!].map(
        ({ now }) =>
          now()
            .trace.getSnapshot()
            .filter(({ name }) => name === "rebuilt").length,
      );
    for (let cut = 1; cut <= 12; cut += 1) {
      // The cuts are so far apart that the backoff of one recovery does not delay the next.
      await pass(61_000);
      network.partition();
      await pass(3_000 + 13 * cut);
      network.heal();
      await connected();
      expect(rebuilt()).toEqual([cut, cut]);
    }
  });

  it("cuts one pair of three participants and no other", async () => {
    const network = createFakeNetwork();
    const peers = ["Mina", "Jun", "Ada"].map((name) => network.peer({ name }));
    releases.push(peers[0]!.install());
    const participants = peers.map(({ name, signaling }) => enter({ name, signaling }));
    await eventually(() => {
      for (const { now } of participants)
        expect(now().participants.map(({ status }) => status)).toEqual(["connected", "connected"]);
    });
    network.partition(peers[0]!, peers[1]!);
    await eventually(() =>
      expect(statusesIn(participants[0]!.now())).toContain("Jun reconnecting"),
    );
    expect(statusesIn(participants[0]!.now())).toContain("Ada connected");
    expect(statusesIn(participants[2]!.now()).toSorted()).toEqual([
      "Jun connected",
      "Mina connected",
    ]);
    network.heal();
    await eventually(() => expect(statusesIn(participants[0]!.now())).toContain("Jun connected"));
  });

  it("cuts the route of one connection of the call", async () => {
    const { network, mina } = await connectedCall();
    network.partition(mina.now().participants[0]!.connection!, 8_000);
    await eventually(() => expect(mina.now().status).toBe("reconnecting"));
    await eventually(() => expect(mina.now().status).toBe("connected"));
  });

  it("is reconnecting after the remote page has crashed", async () => {
    const { network, mina, jun } = await connectedCall();
    network.crash(jun.now().participants[0]!.connection!);
    await eventually(() => expect(mina.now().status).toBe("reconnecting"), 3_000);
  });

  describe("over a backend that does not detect crashes", () => {
    /** Wraps a signaling. While `cutOff` is true, the backend accepts and delivers nothing, and still lists all peers. */
    function withoutPresence(signaling: Signaling): Signaling & { cutOff: boolean } {
      const line = { cutOff: false };
      return Object.assign(line, {
        async join(joining: JoinOptions) {
          const session = await signaling.join({
            ...joining,
            onMessage: (from, message) => line.cutOff || joining.onMessage(from, message),
          });
          return {
            ...session,
            presence: "stale" as const,
            send: (to: string, message: SignalMessage) =>
              line.cutOff ? new Promise<void>(() => {}) : session.send(to, message),
          };
        },
      });
    }

    async function connectedWithoutPresence() {
      const { network } = install();
      const lines = [
        withoutPresence(network.signaling),
        withoutPresence(network.signaling),
      ] as const;
      const [mina, jun] = [
        enter({ name: "Mina", signaling: lines[0] }),
        enter({ name: "Jun", signaling: lines[1] }),
      ];
      await eventually(() => {
        expect(statusesIn(mina.now())).toEqual(["Jun connected"]);
        expect(statusesIn(jun.now())).toEqual(["Mina connected"]);
      });
      return { network, mina, jun, lines };
    }

    it("removes a crashed participant within 15 s", async () => {
      const { network, mina, jun, lines } = await connectedWithoutPresence();
      network.crash(jun.now().participants[0]!.connection!);
      lines[1].cutOff = true;
      await eventually(() => expect(statusesIn(mina.now())).toEqual(["Jun reconnecting"]), 3_000);
      await eventually(() => expect(statusesIn(mina.now())).toEqual([]), 12_000);
      expect(mina.now().status).toBe("waiting");
      await pass(180_000);
      expect(statusesIn(mina.now())).toEqual([]);
    });

    it("keeps a participant that is cut off for 9 s, and restores the same one after 20 s", async () => {
      const { network, mina, lines } = await connectedWithoutPresence();
      const [{ id, stream }] = mina.now().participants as [Participant];
      const seen = new Set<string>();
      const cut = async (ms: number) => {
        seen.clear();
        network.partition(ms);
        lines[1].cutOff = true;
        for (let passed = 0; passed < ms; passed += 20) {
          await pass(20);
          seen.add(statusesIn(mina.now()).join());
        }
        lines[1].cutOff = false;
        await eventually(() => expect(statusesIn(mina.now())).toEqual(["Jun connected"]));
        expect(mina.now().participants[0]).toMatchObject({ id, stream });
      };
      await cut(9_000);
      expect([...seen]).toEqual(["Jun connected", "Jun reconnecting"]);
      await pass(61_000);
      await cut(20_000);
      expect([...seen]).toEqual(["Jun connected", "Jun reconnecting", ""]);
    });

    it("keeps a participant that still answers over signaling, however long the route is cut", async () => {
      const { network, mina, jun } = await connectedWithoutPresence();
      network.partition(80_000);
      for (let passed = 0; passed < 80_000; passed += 100) {
        await pass(100);
        expect([mina, jun].map(({ now }) => now().participants.length)).toEqual([1, 1]);
      }
      await eventually(() => expect(statusesIn(mina.now())).toEqual(["Jun connected"]));
    });

    it("keeps all participants while this side is the one that is cut off", async () => {
      const { network, mina, lines } = await connectedWithoutPresence();
      network.partition(60_000);
      lines[0].cutOff = true;
      await pass(60_000);
      expect(statusesIn(mina.now())).toEqual(["Jun reconnecting"]);
      lines[0].cutOff = false;
      await eventually(() => expect(statusesIn(mina.now())).toEqual(["Jun connected"]));
    });
  });

  it("connects over signaling that drops half of all messages", async () => {
    const { network } = install({ seed: 11 });
    network.lose(0.5);
    network.delay(300);
    const [mina] = ["Mina", "Jun"].map((name) => enter({ name, signaling: network.signaling }));
    await eventually(() => expect(mina!.now().status).toBe("connected"));
  });

  it("removes the silent participant while all signaling is lost, and connects when it is restored", async () => {
    const { network } = install();
    network.lose(1);
    const [mina] = ["Mina", "Jun"].map((name) => enter({ name, signaling: network.signaling }));
    await eventually(() => expect(statusesIn(mina!.now())).toEqual(["Jun connecting"]));
    await pass(20_000);
    expect(statusesIn(mina!.now())).toEqual([]);
    network.heal();
    await eventually(() => expect(mina!.now().status).toBe("connected"));
  });

  it("connects after two trips over slow signaling", async () => {
    const { network } = install();
    network.delay(5_000);
    const [mina] = ["Mina", "Jun"].map((name) => enter({ name, signaling: network.signaling }));
    await eventually(() => expect(statusesIn(mina!.now())).toEqual(["Jun connecting"]));
    // Offer and answer take one trip each.
    await pass(9_900);
    expect(statusesIn(mina!.now())).toEqual(["Jun connecting"]);
    await eventually(() => expect(mina!.now().status).toBe("connected"));
  });

  it("fails without a TURN server if only relayed candidates can connect", async () => {
    const { network } = install({ reach: "relay" });
    const without = enter({ name: "Mina", signaling: network.signaling });
    enter({ name: "Jun", signaling: network.signaling });
    await eventually(() => expect(statusesIn(without.now())).toEqual(["Jun failed"]), 300_000);
  });

  it("reports a relayed route in its statistics", async () => {
    const { network } = install({ reach: "relay", latency: 50 });
    const iceServers = [{ urls: "turn:turn.example.org", username: "u", credential: "c" }];
    const [mina] = ["Mina", "Jun"].map((name) =>
      enter({ name, signaling: network.signaling, iceServers }),
    );
    await eventually(() => expect(mina!.now().status).toBe("connected"));
    const stats = connectionStats(mina!.now().participants[0]!.connection);
    releases.push(stats.subscribe(() => undefined));
    await eventually(() =>
      expect(stats.getSnapshot()).toMatchObject({
        route: "relay",
        protocol: "udp",
        quality: "good",
        roundTripTime: 0.1,
        packetLoss: 0,
      }),
    );
    expect(stats.getSnapshot().inboundBitrate).toBeGreaterThan(300_000);
    network.partition();
    await eventually(() => expect(stats.getSnapshot().inboundBitrate).toBe(0));
  });
});

describe("two peers on channels() of createFakeNetwork", () => {
  it("resolve glare of two first offers", async () => {
    const { network } = install();
    network.glare();
    const [left, right] = network.channels();
    const peers = [
      createPeer({ channel: left, role: "caller", id: "a" }),
      createPeer({ channel: right, role: "caller", id: "b" }),
    ];
    for (const peer of peers) {
      releases.push(() => peer.close());
      peer.start();
    }
    await eventually(() =>
      expect(peers.map((peer) => peer.getSnapshot().status)).toEqual(["connected", "connected"]),
    );
    const discarded = peers.map((peer) =>
      peer.trace.getSnapshot().filter(({ name }) => name === "offer-discarded"),
    );
    expect(discarded.map((events) => events.length)).toEqual([1, 1]);
  });
});

describe("connections of createFakeNetwork", () => {
  /** Connects two connections with one data channel. */
  async function connected(options?: FakeNetworkOptions) {
    const network = createFakeNetwork(options);
    const peers = [network.peer({ name: "a" }), network.peer({ name: "b" })] as const;
    const [a, b] = peers.map((peer) => new peer.RTCPeerConnection()) as [
      RTCPeerConnection,
      RTCPeerConnection,
    ];
    releases.push(
      () => a.close(),
      () => b.close(),
    );
    const channels = [a, b].map((pc) => pc.createDataChannel("c", { negotiated: true, id: 0 }));
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const)
      from.addEventListener("icecandidate", ({ candidate }) => void to.addIceCandidate(candidate));
    const negotiate = async (offerer = a, answerer = b) => {
      await offerer.setLocalDescription();
      await answerer.setRemoteDescription(offerer.localDescription!);
      await answerer.setLocalDescription();
      await offerer.setRemoteDescription(answerer.localDescription!);
    };
    await advanceUntilSettled(negotiate());
    const states = () => [a.connectionState, b.connectionState];
    await eventually(() => {
      expect(states()).toEqual(["connected", "connected"]);
      expect(channels.map(({ readyState }) => readyState)).toEqual(["open", "open"]);
    });
    return { network, peers, a, b, channels, negotiate, states };
  }

  it("are disconnected 5 s after a cut, and failed after 20 s", async () => {
    const { network, states } = await connected();
    network.partition();
    await pass(4_990);
    expect(states()).toEqual(["connected", "connected"]);
    await pass(10);
    expect(states()).toEqual(["disconnected", "disconnected"]);
    await pass(14_990);
    expect(states()).toEqual(["disconnected", "disconnected"]);
    await pass(10);
    expect(states()).toEqual(["failed", "failed"]);
  });

  it("recover by themselves while they are disconnected", async () => {
    const { network, states, channels } = await connected();
    const received: unknown[] = [];
    channels[1]!.addEventListener("message", ({ data }) => received.push(data));
    network.partition(10_000);
    await pass(6_000);
    expect(states()).toEqual(["disconnected", "disconnected"]);
    channels[0]!.send("into the gap");
    expect(channels[0]!.bufferedAmount).toBe(12);
    await pass(3_000);
    expect(received).toEqual([]);
    await pass(1_100);
    expect(states()).toEqual(["connected", "connected"]);
    expect(received).toEqual(["into the gap"]);
    expect(channels[0]!.bufferedAmount).toBe(0);
  });

  it("count the bytes of a data channel as received", async () => {
    const { a, b, channels } = await connected();
    const received = async (pc: RTCPeerConnection) => {
      let bytes = 0;
      (await pc.getStats()).forEach((entry: { type: string; bytesReceived: number }) => {
        if (entry.type === "candidate-pair") bytes = entry.bytesReceived;
      });
      return bytes;
    };
    const before = [await received(a), await received(b)] as const;
    channels[0]!.send("x".repeat(1_000));
    await pass(1_000);
    expect((await received(b)) - before[1]).toBeGreaterThanOrEqual(1_000);
    expect(await received(a)).toBe(before[0]);
  });

  it("recover from failed only by an ICE restart", async () => {
    const { network, a, states, negotiate } = await connected();
    network.failIce();
    await pass(5);
    expect(states()).toEqual(["failed", "failed"]);
    network.heal();
    await pass(60_000);
    expect(states()).toEqual(["failed", "failed"]);
    const reported: string[] = [];
    a.addEventListener("iceconnectionstatechange", () => reported.push(a.iceConnectionState));
    a.restartIce();
    await advanceUntilSettled(negotiate());
    await eventually(() => expect(states()).toEqual(["connected", "connected"]));
    expect(reported).toEqual(["checking", "connected"]);
  });

  it("fail after 15 s without a remote agent", async () => {
    const network = createFakeNetwork();
    const [a, b, c] = ["a", "b", "c"].map((name) => {
      const { RTCPeerConnection } = network.peer({ name });
      return new RTCPeerConnection();
    }) as [RTCPeerConnection, RTCPeerConnection, RTCPeerConnection];
    a.createDataChannel("c");
    // The answer is for the offer of another connection, so no agent has matching credentials.
    c.createDataChannel("c");
    await advanceUntilSettled(a.setLocalDescription());
    await advanceUntilSettled(c.setLocalDescription());
    await advanceUntilSettled(b.setRemoteDescription(c.localDescription!));
    await advanceUntilSettled(b.setLocalDescription());
    await eventually(() => expect(b.iceGatheringState).toBe("complete"));
    await advanceUntilSettled(a.setRemoteDescription(b.localDescription!));
    expect(a.iceConnectionState).toBe("checking");
    await pass(14_980);
    expect(a.connectionState).toBe("connecting");
    await pass(20);
    expect(a.connectionState).toBe("failed");
    network.heal();
    await pass(1_000);
    expect(a.connectionState).toBe("failed");
  });

  it("fail if the fingerprint does not match the certificate", async () => {
    const network = createFakeNetwork();
    const { RTCPeerConnection } = network.peer();
    const [a, b] = [new RTCPeerConnection(), new RTCPeerConnection()];
    a.createDataChannel("c");
    const swap = (sdp: string) => sdp.replaceAll(/(a=fingerprint:sha-256) \S+/g, "$1 00:11:22");
    await advanceUntilSettled(a.setLocalDescription());
    await advanceUntilSettled(b.setRemoteDescription(a.localDescription!));
    await advanceUntilSettled(b.setLocalDescription());
    await eventually(() => expect(b.iceGatheringState).toBe("complete"));
    const sdp = swap(b.localDescription!.sdp);
    await advanceUntilSettled(a.setRemoteDescription({ type: "answer", sdp }));
    await eventually(() => expect(a.connectionState).toBe("failed"));
    expect(a.iceConnectionState).toBe("connected");
  });

  it("send nothing when their browser crashes", async () => {
    const { network, peers, a, b, states } = await connected();
    const reported: string[] = [];
    a.addEventListener("connectionstatechange", () => reported.push(a.connectionState));
    network.crash(peers[0]);
    await pass(5_000);
    expect(b.connectionState).toBe("disconnected");
    await pass(15_000);
    expect(states()[1]).toBe("failed");
    expect(reported).toEqual([]);
  });

  it("are disconnected while their browser is offline", async () => {
    const { peers, states } = await connected();
    peers[0].offline();
    await pass(5_000);
    expect(states()).toEqual(["disconnected", "disconnected"]);
    peers[0].online();
    await pass(10);
    expect(states()).toEqual(["connected", "connected"]);
  });

  it("are listed with the remote connection while they are open", async () => {
    const { network, a, b, peers } = await connected();
    expect(network.connections).toEqual([
      { connection: a, peer: peers[0], remote: b },
      { connection: b, peer: peers[1], remote: a },
    ]);
    a.close();
    expect(network.connections.map(({ connection }) => connection)).toEqual([b]);
  });

  it("have the same descriptions for the same seed, and others for another seed", async () => {
    const descriptions = async (seed: number) => {
      const { a, b } = await connected({ seed });
      return [a.localDescription!.sdp, b.localDescription!.sdp];
    };
    const first = await descriptions(3);
    expect(await descriptions(3)).toEqual(first);
    expect(await descriptions(4)).not.toEqual(first);
  });

  it("count media while it arrives", async () => {
    const { network, peers, a, b, negotiate } = await connected();
    const { mediaDevices } = peers[0].navigator;
    const stream = await advanceUntilSettled(mediaDevices.getUserMedia({ audio: true }));
    a.addTrack(stream.getAudioTracks()[0]!);
    await advanceUntilSettled(negotiate());
    await pass(1_000);
    const received = async () => {
      let packets = 0;
      (await b.getStats()).forEach((entry: { type: string; packetsReceived: number }) => {
        if (entry.type === "inbound-rtp") packets += entry.packetsReceived;
      });
      return packets;
    };
    const before = await received();
    await pass(1_000);
    expect((await received()) - before).toBe(50);
    network.partition();
    const cut = await received();
    await pass(1_000);
    expect(await received()).toBe(cut);
  });

  it("call handlers and listeners, also after one of them throws", async () => {
    const { RTCPeerConnection } = createFakeNetwork().peer();
    const pc = new RTCPeerConnection();
    const received: string[] = [];
    const uncaught = vi.fn<(error: Error) => void>();
    process.once("uncaughtException", uncaught);
    pc.onnegotiationneeded = function (event) {
      received.push(`handler ${event.type} ${this === pc} ${event.target === pc}`);
    };
    pc.addEventListener("negotiationneeded", () => {
      throw new Error("thrown by a listener");
    });
    pc.addEventListener("negotiationneeded", { handleEvent: () => received.push("object") });
    const scope = new AbortController();
    pc.addEventListener("negotiationneeded", () => received.push("aborted"), {
      signal: scope.signal,
    });
    scope.abort();
    pc.addTransceiver("audio");
    await pass(5);
    expect(received).toEqual(["handler negotiationneeded true true", "object"]);
    expect(uncaught.mock.calls.map(([error]) => error.message)).toEqual(["thrown by a listener"]);
  });
});

describe("devices of createFakeNetwork", () => {
  function retain(options?: LocalMediaOptions) {
    const media = createLocalMedia(options);
    releases.push(
      media.subscribe(() => undefined),
      media.retain(),
    );
    return media.getSnapshot;
  }

  const statuses = (now: ReturnType<typeof retain>) => [
    now().microphone.status,
    now().camera.status,
  ];

  async function live(page: FakePeer) {
    const now = retain();
    await eventually(() => expect(statuses(now)).toEqual(["on", "on"]));
    expect(page.liveTracks).toHaveLength(2);
    return now;
  }

  it("are blocked when the user denies the camera in the settings", async () => {
    const { page } = install();
    const now = await live(page);
    page.denyCamera();
    await eventually(() => expect(statuses(now)).toEqual(["on", "blocked"]));
    expect(now().camera.error?.code).toBe("permission-denied");
    page.denyCamera(false);
    void now().camera.toggle();
    await eventually(() => expect(statuses(now)).toEqual(["on", "on"]));
  });

  it("are blocked if the user has denied them before", async () => {
    const { page } = install();
    page.denyCamera();
    page.denyMicrophone();
    const now = retain();
    await eventually(() => expect(now().status).toBe("failed"));
    expect(now().error?.code).toBe("permission-denied");
    expect(page.liveTracks).toEqual([]);
  });

  it("wait for the answer to the prompt, which may be dismissed", async () => {
    const { page } = install();
    page.answer("wait");
    const now = retain();
    await pass(60_000);
    expect(now().status).toBe("prompting");
    page.dismiss();
    await eventually(() => expect(now().error?.code).toBe("permission-dismissed"));
    page.answer("allow");
    void now().start();
    await eventually(() => expect(statuses(now)).toEqual(["on", "on"]));
  });

  it("are replaced by another one when they are unplugged", async () => {
    const { page } = install();
    const now = await live(page);
    page.plug("videoinput", "Camera 2");
    await eventually(() => expect(now().camera.devices.map(({ label }) => label)).toHaveLength(2));
    page.unplug("Camera 1");
    await eventually(() => expect(now().camera.track?.label).toBe("Camera 2"));
    page.unplug("Camera 2");
    await eventually(() => expect(statuses(now)).toEqual(["on", "missing"]));
    page.plug("videoinput", "Camera 3");
    void now().camera.toggle();
    await eventually(() => expect(now().camera.track?.label).toBe("Camera 3"));
  });

  it("are busy while another program uses them", async () => {
    const { page } = install();
    page.busy("Camera 1");
    const now = retain();
    await eventually(() => expect(statuses(now)).toEqual(["on", "busy"]));
    page.busy("Camera 1", false);
    void now().camera.toggle();
    await eventually(() => expect(statuses(now)).toEqual(["on", "on"]));
  });

  it("are interrupted by a phone call and restored after it", async () => {
    const { page } = install();
    const now = await live(page);
    page.interrupt("Microphone 1");
    expect(statuses(now)).toEqual(["interrupted", "on"]);
    page.interrupt("Microphone 1", false);
    expect(statuses(now)).toEqual(["on", "on"]);
  });

  it("have no labels before the first capture", async () => {
    const { mediaDevices } = createFakeNetwork().peer().navigator;
    const list = async () => {
      const listed = await advanceUntilSettled(mediaDevices.enumerateDevices());
      return listed.map(({ kind, label, deviceId }) => [kind, label, deviceId !== ""]);
    };
    expect(await list()).toEqual([
      ["audioinput", "", false],
      ["videoinput", "", false],
      ["audiooutput", "", false],
    ]);
    await advanceUntilSettled(mediaDevices.getUserMedia({ video: true }));
    expect(await list()).toContainEqual(["videoinput", "Camera 1", true]);
    expect(await list()).toContainEqual(["audioinput", "", false]);
  });

  it("share a screen until the button of the browser ends it", async () => {
    const { page } = install();
    const now = await live(page);
    void now().startScreenShare();
    await eventually(() => expect(now().screen).toBeDefined());
    page.endScreenShare();
    await eventually(() => expect(now().screen).toBeUndefined());
  });

  it("throw an error that lists the known devices for an unknown one", () => {
    const page = createFakeNetwork().peer();
    expect(() => page.unplug("Camera 9")).toThrow(/no device "Camera 9".*"Camera 1"/);
  });
});

it("createFakeNetwork uninstalls everything that install() has defined", () => {
  const before = Object.getOwnPropertyNames(globalThis);
  const page = createFakeNetwork().peer();
  const uninstall = page.install();
  expect(new RTCPeerConnection()).toBeInstanceOf(page.RTCPeerConnection);
  expect(navigator.mediaDevices).toBe(page.navigator.mediaDevices);
  uninstall();
  expect(Object.getOwnPropertyNames(globalThis)).toEqual(before);
});
