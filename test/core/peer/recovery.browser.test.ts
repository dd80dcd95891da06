/** What a call survives, between two people in this page: real connections, fake devices, signaling in memory that fails on request. */
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

beforeEach(playScreen);
afterEach(async () => {
  vi.restoreAllMocks();
  for (const release of releases.splice(0)) await release();
  sessionStorage.clear();
  await expect.poll(() => opened.connections().length).toBe(0);
  await expect.poll(() => opened.liveTracks().length).toBe(0);
});

/** There is no screen to share here: it is drawn. */
function playScreen(): void {
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

/** Somebody with camera and microphone in the room. */
function enter(name: string, options: Partial<CallOptions>) {
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

type Person = ReturnType<typeof enter>;

/** Mina is there, Jun comes and calls; from then on every status of theirs is kept. */
async function talking(signaling: Signaling, options: Partial<CallOptions> = {}) {
  const mina = enter("Mina", { ...options, signaling });
  await expect.poll(() => mina.now().status, PATIENT).toBe("waiting");
  const jun = enter("Jun", { ...options, signaling });
  await expectTalking(mina, jun);
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
  const connections = [mina, jun].map((person) => person.other().connection!);
  return {
    mina,
    jun,
    connections: connections as [RTCPeerConnection, RTCPeerConnection],
    /** Neither has seen anything of it: not a word, and the connections are the same. */
    expectUndisturbed() {
      expect([...statuses].filter((status) => status !== "connected")).toEqual([]);
      expect([...left]).toEqual([]);
      expect([mina, jun].map((person) => person.other().connection)).toEqual(connections);
    },
    statuses,
    left,
  };
}

async function expectTalking(...people: Person[]): Promise<void> {
  for (const person of people) {
    await expect.poll(() => person.now().status, PATIENT).toBe("connected");
    await expectFrames(person.other().stream);
  }
}

/** The last round of offer and answer that Jun, who calls, has come through. */
const agreed = ({ now }: Person) =>
  Math.max(
    ...now()
      .trace.getSnapshot()
      .flatMap(({ step, round }) => (step === 13 ? round : 0)),
  );

/** Changes what only another round of offer and answer can change. */
function renegotiate(connection: RTCPeerConnection, screen: RTCRtpTransceiverDirection): void {
  connection.getTransceivers()[2]!.direction = screen;
}

const ufrag = ({ localDescription }: RTCPeerConnection) =>
  /^a=ice-ufrag:(\S+)/m.exec(localDescription?.sdp ?? "")?.[1];

/** What goes past the backend is lost, from the first message of that type on; one of them, or all until told. */
function losePastBackend(type: string, most = Infinity) {
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

/** An outage that lasts until it is told to end. */
function startOutage(signaling: ReturnType<typeof withFaults>): () => Promise<void> {
  let end = () => {};
  const over = signaling.outage(new Promise<void>((resolve) => (end = resolve)));
  releases.push(() => end());
  return () => {
    end();
    return over;
  };
}

describe("signaling that is lost in mid-call", () => {
  beforeEach(() => void releases.push(keepReportingBytes()));

  it("for good is not missed: switches, a shared screen, a renegotiation and an ICE restart go past it", async () => {
    const signaling = withFaults(memorySignaling());
    const { mina, jun, connections, expectUndisturbed } = await talking(signaling);
    startOutage(signaling);
    for (const person of [mina, jun]) expect(person.now().signaling).toBe("disconnected");

    await mina.media.getSnapshot().microphone.setEnabled(false);
    await expect.poll(() => jun.other().microphone).toBe(false);
    await jun.media.getSnapshot().camera.setEnabled(false);
    await expect.poll(() => mina.other().camera).toBe(false);
    await jun.media.getSnapshot().camera.setEnabled(true);
    await jun.media.getSnapshot().startScreenShare();
    await expect.poll(() => mina.other().screen).toBeDefined();
    await expectFrames(mina.other().screen);

    // From both sides: Mina, who was called, has to ask for it.
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

    await expectTalking(mina, jun);
    await expectFrames(mina.other().screen);
    for (const person of [mina, jun]) expect(person.now().signaling).toBe("disconnected");
    expectUndisturbed();
    expect([...mina.errors, ...jun.errors]).toEqual([]);
  });

  it.each(["offer", "answer"])(
    "together with the %s that was on its way: the renegotiation is finished past it",
    async (type) => {
      const signaling = withFaults(memorySignaling());
      const { mina, jun, connections, expectUndisturbed } = await talking(signaling);
      const wire = losePastBackend(type, 1);
      renegotiate(connections[1], "recvonly");
      await expect.poll(wire.lost).toBe(1);
      startOutage(signaling);
      await expect.poll(() => agreed(jun)).toBe(2);
      expect(connections[0].getTransceivers()[2]!.currentDirection).toBe("sendonly");
      await expectTalking(mina, jun);
      expectUndisturbed();
    },
  );

  it.each(["offer", "answer"])(
    "together with the way past it, while the %s is on its way: the renegotiation is finished when it is back",
    async (type) => {
      const signaling = withFaults(memorySignaling());
      const { mina, jun, connections, expectUndisturbed } = await talking(signaling);
      const wire = losePastBackend(type);
      const end = startOutage(signaling);
      renegotiate(connections[1], "recvonly");
      // Said again, and lost again.
      await expect.poll(wire.lost).toBeGreaterThan(1);
      expect(agreed(jun)).toBe(1);
      await end();
      await expect.poll(() => agreed(jun)).toBe(2);
      expect(connections[0].getTransceivers()[2]!.currentDirection).toBe("sendonly");
      await expectTalking(mina, jun);
      expectUndisturbed();
    },
  );
});

describe("a backend that denies in mid-call", () => {
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

  /** Everybody has heard of each time they asked: once more where the other took two seconds to acknowledge. */
  function expectTold(refused: readonly { from: string }[], ...people: Person[]): void {
    const askedBy = ({ now }: Person) => refused.filter(({ from }) => from === now().self.id);
    for (const person of people)
      expect(person.errors).toEqual(askedBy(person).map(() => "signaling-denied"));
  }

  it("is told once to who asked it for something, and the call goes on", async () => {
    const signaling = revocable(memorySignaling());
    const { mina, jun, expectUndisturbed } = await talking(signaling);
    signaling.deny();
    jun.configure({ name: "Jun Lee" });
    await expect.poll(() => jun.now().error?.code).toBe("signaling-denied");
    await jun.media.getSnapshot().microphone.setEnabled(false);
    await expect.poll(() => mina.other().microphone).toBe(false);
    await expectTalking(mina, jun);
    expectTold(signaling.refused, jun, mina);
    expect(signaling.refused.filter(({ what }) => what === "update").length).toBe(1);
    expectUndisturbed();
  });

  it("does not keep from the other what it refused to carry", async () => {
    const signaling = revocable(memorySignaling());
    const { mina, jun, expectUndisturbed } = await talking(signaling);
    signaling.deny();
    // Lost on the way past the backend, so the backend is asked as well.
    const wire = losePastBackend("media", 1);
    await jun.media.getSnapshot().microphone.setEnabled(false);
    await expect.poll(() => mina.other().microphone).toBe(false);
    expect(wire.lost()).toBe(1);
    await expectTalking(mina, jun);
    expectTold(signaling.refused, jun, mina);
    expect(jun.errors).toContain("signaling-denied");
    expectUndisturbed();
  });
});

describe("both sides failing at once", () => {
  it("two whose connections are gone come back to each other", async () => {
    const { mina, jun, connections, statuses, left } = await talking(memorySignaling());
    for (const connection of connections) connection.close();
    await expect.poll(() => [...statuses]).toContain("reconnecting");
    await expectTalking(mina, jun);
    expect([...statuses].toSorted()).toEqual(["connected", "reconnecting"]);
    expect([...left]).toEqual([]);
  });
});

describe("TURN credentials", () => {
  beforeEach(() => void releases.push(keepReportingBytes()));

  function freshServers() {
    let asked = 0;
    return async () => {
      asked += 1;
      return [{ urls: "turn:127.0.0.1:9", username: `user ${asked}`, credential: "secret" }];
    };
  }
  const userOf = (configuration?: RTCConfiguration) => configuration?.iceServers?.[0]?.username;

  it("are asked for anew for the connection that takes the place of one gone silent", async () => {
    const { mina, jun } = await talking(memorySignaling(), { iceServers: freshServers() });
    const users = () =>
      [mina, jun].map((person) => userOf(person.other().connection!.getConfiguration()));
    const before = users();
    expect(new Set(before)).toEqual(new Set(["user 1", "user 2"]));
    // Nothing arrives any more, as far as anybody can count.
    const counted = vi.spyOn(RTCPeerConnection.prototype, "getStats");
    counted.mockResolvedValue(new Map());
    for (const at of [0, 1]) await expect.poll(() => users()[at], PATIENT).not.toBe(before[at]);
    counted.mockRestore();
    for (const user of users()) expect(before).not.toContain(user);
    await expectTalking(mina, jun);
  });

  it("are asked for anew for an ICE restart, and set before it", async () => {
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
    // Asked for by the one who cannot do it.
    callee.restartIce();
    await expect.poll(() => ufrag(caller.getSnapshot().connection!)).not.toBe(before);
    expect(log).toEqual(["set user 2", "restart"]);
    await expect.poll(() => caller.getSnapshot().signalingState).toBe("stable");
  });
});
