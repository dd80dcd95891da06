import {
  CallError,
  createCall,
  createLocalMedia,
  createPeer,
  type Call,
  type CallOptions,
  type CallSettings,
  type Peer,
  type Signaling,
  type SignalMessage,
} from "twocan/core";
import { memorySignaling, withFaults } from "twocan/testing";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { expectFrames, opened } from "../../support/browser/media-support.ts";
import { keepReportingBytes } from "../../support/keep-alive-stats.ts";

/** Light, because both sides of a call are this one page. */
const SMALL = { video: { width: 160, height: 120, frameRate: 10 } } as const;
const PATIENT = { timeout: 20_000 };

const releases: (() => unknown)[] = [];

beforeEach(fakeScreen);
afterEach(async () => {
  vi.restoreAllMocks();
  for (const release of releases.splice(0)) await release();
  sessionStorage.clear();
  await expect.poll(() => opened.connections().length).toBe(0);
  await expect.poll(() => opened.liveTracks().length).toBe(0);
});

/** Replaces the screen picker by a canvas: a headless browser has no screen. */
function fakeScreen(): void {
  vi.spyOn(navigator.mediaDevices, "getDisplayMedia").mockImplementation(async () => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 64, height: 48 });
    const pen = canvas.getContext("2d")!;
    const paint = setInterval(() => {
      pen.fillStyle = `hsl(${performance.now() % 360} 80% 50%)`;
      pen.fillRect(0, 0, 64, 48);
    }, 100);
    releases.push(() => clearInterval(paint));
    return canvas.captureStream(10);
  });
}

/** Joins the room with camera and microphone. */
function joinCall(name: string, options: Partial<CallOptions>) {
  const errors: string[] = [];
  const media = createLocalMedia(SMALL);
  let settings: CallSettings = {
    iceServers: [],
    ...options,
    name,
    media: media.getSnapshot(),
    onError: ({ code }) => errors.push(code),
  };
  const call = createCall({ room: "standup", ...options, ...settings });
  const configure = (changes: CallSettings) => {
    settings = { ...settings, ...changes };
    call.configure(settings);
  };
  releases.push(
    () => call.getSnapshot().leave(),
    media.subscribe(() => configure({ media: media.getSnapshot() })),
    media.retain(),
    call.retain(),
  );
  const other = () => call.getSnapshot().participants[0]!;
  return { call, media, errors, configure, now: call.getSnapshot, other };
}

type Client = ReturnType<typeof joinCall>;

/** Connects Mina and Jun, who is the caller, and records every status from then on. */
async function connectTwo(signaling: Signaling, options: Partial<CallOptions> = {}) {
  const mina = joinCall("Mina", { ...options, signaling });
  await expect.poll(() => mina.now().status, PATIENT).toBe("waiting");
  const jun = joinCall("Jun", { ...options, signaling });
  await expectConnected(mina, jun);
  const statuses = new Set<Call["status"]>();
  const left = new Set<string>();
  for (const { call } of [mina, jun])
    releases.push(
      call.subscribe(() => {
        const { status, participants } = call.getSnapshot();
        statuses.add(status);
        if (participants.length !== 1) left.add(participants.map(({ name }) => name).join());
      }),
    );
  const connections = [mina, jun].map((client) => client.other().connection!);
  return {
    mina,
    jun,
    connections: connections as [RTCPeerConnection, RTCPeerConnection],
    /** Expects that neither side changed its status, its participants or its connection. */
    expectUndisturbed() {
      expect([...statuses].filter((status) => status !== "connected")).toEqual([]);
      expect([...left]).toEqual([]);
      expect([mina, jun].map((client) => client.other().connection)).toEqual(connections);
    },
    statuses,
    left,
  };
}

async function expectConnected(...clients: Client[]): Promise<void> {
  for (const client of clients) {
    await expect.poll(() => client.now().status, PATIENT).toBe("connected");
    await expectFrames(client.other().stream);
  }
}

/** Returns the last round of offer and answer that the caller has completed. */
const agreed = ({ now }: Client) =>
  Math.max(
    ...now()
      .trace.getSnapshot()
      .flatMap(({ step, round }) => (step === 13 ? round : 0)),
  );

/** Makes a change that needs a renegotiation. */
function renegotiate(connection: RTCPeerConnection, screen: RTCRtpTransceiverDirection): void {
  connection.getTransceivers()[2]!.direction = screen;
}

const ufrag = ({ localDescription }: RTCPeerConnection) =>
  /^a=ice-ufrag:(\S+)/m.exec(localDescription?.sdp ?? "")?.[1];

/** Drops packets on the control channel, from the first message of that type on: at most `most`, until `stop()`. */
function loseOnControlChannel(type: string, most = Infinity) {
  const native = RTCDataChannel.prototype.send;
  let lost = 0;
  const spy = vi.spyOn(RTCDataChannel.prototype, "send").mockImplementation(function send(
    this: RTCDataChannel,
    data: unknown,
  ) {
    const isPacket = String(data).includes('"m":');
    if (lost < most && isPacket && (lost > 0 || String(data).includes(`"type":"${type}"`)))
      lost += 1;
    else native.call(this, data as never);
  });
  return { lost: () => lost, stop: () => spy.mockRestore() };
}

/** Starts an outage of signaling, and returns the function that ends it. */
function startOutage(signaling: ReturnType<typeof withFaults>): () => Promise<void> {
  let end = () => {};
  const over = signaling.outage(new Promise<void>((resolve) => (end = resolve)));
  releases.push(() => end());
  return () => {
    end();
    return over;
  };
}

describe("a call whose signaling is lost", () => {
  beforeEach(() => void releases.push(keepReportingBytes()));

  it("switches devices, shares a screen, renegotiates and restarts ICE over the control channel", async () => {
    const signaling = withFaults(memorySignaling());
    const { mina, jun, connections, expectUndisturbed } = await connectTwo(signaling);
    startOutage(signaling);
    for (const client of [mina, jun]) expect(client.now().signaling).toBe("disconnected");

    await mina.media.getSnapshot().microphone.setEnabled(false);
    await expect.poll(() => jun.other().microphone).toBe(false);
    await jun.media.getSnapshot().camera.setEnabled(false);
    await expect.poll(() => mina.other().camera).toBe(false);
    await jun.media.getSnapshot().camera.setEnabled(true);
    await jun.media.getSnapshot().startScreenShare();
    await expect.poll(() => mina.other().screen).toBeDefined();
    await expectFrames(mina.other().screen);

    // From both sides: Mina is the callee and has to ask for an offer.
    renegotiate(connections[1], "sendonly");
    await expect.poll(() => agreed(jun)).toBe(2);
    renegotiate(connections[0], "inactive");
    await expect.poll(() => agreed(jun)).toBe(3);
    renegotiate(connections[0], "recvonly");
    await expect.poll(() => agreed(jun)).toBe(4);

    const before = ufrag(connections[1]);
    connections[1].restartIce();
    await expect.poll(() => agreed(jun)).toBe(5);
    expect(ufrag(connections[1])).not.toBe(before);

    await expectConnected(mina, jun);
    await expectFrames(mina.other().screen);
    for (const client of [mina, jun]) expect(client.now().signaling).toBe("disconnected");
    expectUndisturbed();
    expect([...mina.errors, ...jun.errors]).toEqual([]);
  });

  it.each(["offer", "answer"])(
    "completes a renegotiation over the control channel if the %s is lost with it",
    async (type) => {
      const signaling = withFaults(memorySignaling());
      const { mina, jun, connections, expectUndisturbed } = await connectTwo(signaling);
      const wire = loseOnControlChannel(type, 1);
      renegotiate(connections[1], "recvonly");
      await expect.poll(wire.lost).toBe(1);
      startOutage(signaling);
      await expect.poll(() => agreed(jun)).toBe(2);
      expect(connections[0].getTransceivers()[2]!.currentDirection).toBe("sendonly");
      await expectConnected(mina, jun);
      expectUndisturbed();
    },
  );

  it.each(["offer", "answer"])(
    "completes a renegotiation when signaling is back if the %s and the control channel are lost with it",
    async (type) => {
      const signaling = withFaults(memorySignaling());
      const { mina, jun, connections, expectUndisturbed } = await connectTwo(signaling);
      const wire = loseOnControlChannel(type);
      const end = startOutage(signaling);
      renegotiate(connections[1], "recvonly");
      // Sent again, and lost again.
      await expect.poll(wire.lost).toBeGreaterThan(1);
      expect(agreed(jun)).toBe(1);
      await end();
      await expect.poll(() => agreed(jun)).toBe(2);
      expect(connections[0].getTransceivers()[2]!.currentDirection).toBe("sendonly");
      await expectConnected(mina, jun);
      expectUndisturbed();
    },
  );
});

describe("a call whose backend starts to deny requests", () => {
  beforeEach(() => void releases.push(keepReportingBytes()));

  /** Accepts everything until `deny()`. */
  function revocable(signaling: Signaling) {
    let denied = false;
    const refused: { what: "send" | "update"; from: string }[] = [];
    const gate = {
      refused,
      deny: () => (denied = true),
      async join(joining: Parameters<Signaling["join"]>[0]) {
        const session = await signaling.join(joining);
        const check = (what: "send" | "update") => {
          if (!denied) return;
          refused.push({ what, from: joining.self.id });
          throw new CallError("signaling-denied", "The rules have changed. Sign in again.");
        };
        return {
          ...session,
          send: async (to: string, message: Parameters<typeof session.send>[1]) => {
            check("send");
            await session.send(to, message);
          },
          update: async (self: Parameters<typeof session.update>[0]) => {
            check("update");
            await session.update(self);
          },
        };
      },
    };
    return gate;
  }

  /** Expects one error per denied request. There are two if the acknowledgement took 2 s. */
  function expectReported(refused: readonly { from: string }[], ...clients: Client[]): void {
    const askedBy = ({ now }: Client) => refused.filter(({ from }) => from === now().self.id);
    for (const client of clients)
      expect(client.errors).toEqual(askedBy(client).map(() => "signaling-denied"));
  }

  it("reports one error to the participant whose request was denied, and goes on", async () => {
    const signaling = revocable(memorySignaling());
    const { mina, jun, expectUndisturbed } = await connectTwo(signaling);
    signaling.deny();
    jun.configure({ name: "Jun Lee" });
    await expect.poll(() => jun.now().error?.code).toBe("signaling-denied");
    await jun.media.getSnapshot().microphone.setEnabled(false);
    await expect.poll(() => mina.other().microphone).toBe(false);
    await expectConnected(mina, jun);
    expectReported(signaling.refused, jun, mina);
    expect(signaling.refused.filter(({ what }) => what === "update").length).toBe(1);
    expectUndisturbed();
  });

  it("delivers over the control channel what the backend refused to carry", async () => {
    const signaling = revocable(memorySignaling());
    const { mina, jun, expectUndisturbed } = await connectTwo(signaling);
    signaling.deny();
    // Lost on the control channel, so the backend is tried as well.
    const wire = loseOnControlChannel("media", 1);
    await jun.media.getSnapshot().microphone.setEnabled(false);
    await expect.poll(() => mina.other().microphone).toBe(false);
    expect(wire.lost()).toBe(1);
    await expectConnected(mina, jun);
    expectReported(signaling.refused, jun, mina);
    expect(jun.errors).toContain("signaling-denied");
    expectUndisturbed();
  });
});

describe("a call in which both sides fail at once", () => {
  it("reconnects two participants whose connections are closed", async () => {
    const { mina, jun, connections, statuses, left } = await connectTwo(memorySignaling());
    for (const connection of connections) connection.close();
    await expect.poll(() => [...statuses]).toContain("reconnecting");
    await expectConnected(mina, jun);
    expect([...statuses].toSorted()).toEqual(["connected", "reconnecting"]);
    expect([...left]).toEqual([]);
  });
});

describe("a call with TURN credentials", () => {
  beforeEach(() => void releases.push(keepReportingBytes()));

  function freshServers() {
    let requests = 0;
    return async () => {
      requests += 1;
      return [{ urls: "turn:127.0.0.1:9", username: `user ${requests}`, credential: "secret" }];
    };
  }
  const userOf = (configuration?: RTCConfiguration) => configuration?.iceServers?.[0]?.username;

  it("requests ICE servers again for the connection that replaces a silent one", async () => {
    const { mina, jun } = await connectTwo(memorySignaling(), { iceServers: freshServers() });
    const users = () =>
      [mina, jun].map((client) => userOf(client.other().connection!.getConfiguration()));
    const before = users();
    expect(new Set(before)).toEqual(new Set(["user 1", "user 2"]));
    // The counters report that nothing arrives any more.
    const counted = vi.spyOn(RTCPeerConnection.prototype, "getStats");
    counted.mockResolvedValue(new Map());
    for (const at of [0, 1]) await expect.poll(() => users()[at], PATIENT).not.toBe(before[at]);
    counted.mockRestore();
    for (const user of users()) expect(before).not.toContain(user);
    await expectConnected(mina, jun);
  });

  it("requests ICE servers again for an ICE restart, and sets them before it", async () => {
    const log: string[] = [];
    const { setConfiguration, restartIce } = RTCPeerConnection.prototype;
    vi.spyOn(RTCPeerConnection.prototype, "setConfiguration").mockImplementation(function set(
      this: RTCPeerConnection,
      configuration,
    ) {
      log.push(`set ${userOf(configuration)}`);
      setConfiguration.call(this, configuration);
    });
    vi.spyOn(RTCPeerConnection.prototype, "restartIce").mockImplementation(function restart(
      this: RTCPeerConnection,
    ) {
      log.push("restart");
      restartIce.call(this);
    });
    const listeners: ((message: SignalMessage) => void)[] = [];
    const servers = freshServers();
    const [caller, callee] = (["caller", "callee"] as const).map((role, at) =>
      createPeer({
        role,
        channel: {
          send: async (message) => void setTimeout(() => listeners[1 - at]?.(message)),
          subscribe(listener) {
            listeners[at] = listener;
            return () => (listeners[at] = () => {});
          },
        },
        configuration: async () => ({ iceServers: role === "caller" ? await servers() : [] }),
      }),
    ) as [Peer, Peer];
    for (const peer of [callee, caller]) {
      peer.start();
      releases.push(() => peer.close());
    }
    for (const peer of [callee, caller])
      await expect.poll(() => peer.getSnapshot().status, PATIENT).toBe("connected");
    const before = ufrag(caller.getSnapshot().connection!);
    // Requested by the callee, which cannot make the offer.
    callee.restartIce();
    await expect.poll(() => ufrag(caller.getSnapshot().connection!)).not.toBe(before);
    expect(log).toEqual(["set user 2", "restart"]);
    await expect.poll(() => caller.getSnapshot().signalingState).toBe("stable");
  });
});
