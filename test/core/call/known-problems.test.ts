/** Known problems of other libraries, listed in docs/KNOWN-PROBLEMS.md, on a simulated network. */
import { readdirSync, readFileSync } from "node:fs";
import {
  createCall,
  createLocalMedia,
  createPeer,
  outgoingStreams,
  type CallOptions,
  type Peer,
  type PeerOptions,
  type Signaling,
} from "twocan/core";
import { createFakeNetwork } from "twocan/fake-webrtc";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
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

/** Advances simulated time until the assertion holds. */
async function eventually(assertion: () => void, ms = 120_000): Promise<void> {
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

function play() {
  const network = createFakeNetwork();
  const page = network.peer();
  releases.push(page.install());
  return { network, page };
}

/** Signaling that counts the packets it is given. */
function counted(signaling: Signaling) {
  const count = { sent: 0 };
  const counting: Signaling = {
    async join(options) {
      const session = await signaling.join(options);
      return {
        ...session,
        send(to, message) {
          count.sent += 1;
          return session.send(to, message);
        },
      };
    },
  };
  return { signaling: counting, count };
}

function enter(options: Partial<CallOptions> & { name: string }) {
  const media = createLocalMedia();
  const settings = { room: "standup", ...options };
  const call = createCall({ ...settings, media: media.getSnapshot() });
  releases.push(
    media.subscribe(() => call.configure({ ...settings, media: media.getSnapshot() })),
    media.retain(),
    call.retain(),
  );
  return { now: call.getSnapshot, media: media.getSnapshot };
}

type Entered = ReturnType<typeof enter>;

const otherOf = ({ now }: Entered) => now().participants[0];
const roundsOf = ({ now }: Entered) =>
  Math.max(
    ...now()
      .trace.getSnapshot()
      .map(({ round }) => round),
  );

async function talking(signaling: Signaling): Promise<[Entered, Entered]> {
  const people = ["Mina", "Jun"].map((name) => enter({ name, signaling })) as [Entered, Entered];
  await eventually(() => {
    for (const person of people) expect(otherOf(person)?.status).toBe("connected");
  });
  return people;
}

/** Two peers over a channel of the network. The first is the caller; both send audio. */
async function pair(first: Partial<PeerOptions> = {}): Promise<[Peer, Peer]> {
  const { network } = play();
  const [left, right] = network.channels();
  const voice = await advanceUntilSettled(navigator.mediaDevices.getUserMedia({ audio: true }));
  const media = outgoingStreams([voice]);
  const peers: [Peer, Peer] = [
    createPeer({ channel: left, role: "caller", media, ...first }),
    createPeer({ channel: right, role: "callee", media }),
  ];
  for (const peer of peers) {
    releases.push(() => peer.close());
    peer.start();
  }
  return peers;
}

async function expectConnected(peers: readonly Peer[]): Promise<void> {
  await eventually(() =>
    expect(peers.map((peer) => peer.getSnapshot().status)).toEqual(["connected", "connected"]),
  );
}

const happened = (peer: Peer, event: string) =>
  peer.trace.getSnapshot().filter(({ name }) => name === event).length;

describe("a call that goes on", () => {
  it("sends nothing through the backend in ten minutes of switching and renegotiating", async () => {
    const { network } = play();
    const { signaling, count } = counted(network.signaling);
    const people = await talking(signaling);
    await pass(1_000);
    expect(count.sent).toBeGreaterThan(0);
    count.sent = 0;
    for (let minute = 0; minute < 10; minute += 1) {
      for (const { media } of people) {
        void media().camera.toggle();
        void media().microphone.toggle();
      }
      await pass(30_000);
      otherOf(people[0])?.connection?.dispatchEvent(new Event("negotiationneeded"));
      await pass(30_000);
    }
    for (const person of people) expect(otherOf(person)?.status).toBe("connected");
    expect(Math.max(...people.map(roundsOf))).toBeGreaterThan(5);
    expect(count.sent).toBe(0);
  });

  it("shows a camera that is allowed later, without another offer", async () => {
    const { network, page } = play();
    page.denyCamera();
    const [mina, jun] = await talking(network.signaling);
    expect(mina.media().camera.status).toBe("blocked");
    expect(otherOf(jun)).toMatchObject({ camera: false, microphone: true });
    page.denyCamera(false);
    void mina.media().camera.toggle();
    await eventually(() => {
      expect(otherOf(jun)?.camera).toBe(true);
      expect(otherOf(jun)?.stream?.getVideoTracks()[0]?.muted).toBe(false);
    });
    expect(roundsOf(jun)).toBe(1);
  });

  it("removes a screen that ends by the browser's button for all participants, and keeps the camera", async () => {
    const { network, page } = play();
    const [mina, jun] = await talking(network.signaling);
    void mina.media().startScreenShare();
    await eventually(() => expect(otherOf(jun)?.screen).toBeDefined());
    const { track } = mina.media().camera;
    page.endScreenShare();
    await eventually(() => expect(otherOf(jun)?.screen).toBeUndefined());
    expect(mina.media().screen).toBeUndefined();
    expect(mina.media().camera).toMatchObject({ status: "on", track });
    expect(otherOf(jun)?.camera).toBe(true);
    expect(roundsOf(jun)).toBe(1);
  });
});

it("a connection bundles all media on one transport and gathers no candidates ahead", async () => {
  const peers = await pair();
  await expectConnected(peers);
  for (const peer of peers) {
    const { connection } = peer.getSnapshot();
    expect(connection!.getConfiguration().bundlePolicy).toBe("max-bundle");
    expect(connection!.getConfiguration().iceCandidatePoolSize ?? 0).toBe(0);
    expect(connection!.localDescription!.sdp).toMatch(/^a=group:BUNDLE( \S+){4}\r?$/m);
  }
});

describe("an ICE restart", () => {
  /** A different username for each request. */
  const servers = () => {
    let asked = 0;
    return vi.fn(() => {
      asked += 1;
      return {
        iceServers: [{ urls: "turn:turn.example.org", username: `u${asked}`, credential: "c" }],
      };
    });
  };
  const userOf = (peer: Peer) =>
    peer.getSnapshot().connection?.getConfiguration().iceServers?.[0]?.username;

  it("gathers with credentials that were fetched for it", async () => {
    const configuration = servers();
    const peers = await pair({ configuration });
    await expectConnected(peers);
    expect(userOf(peers[0])).toBe("u1");
    const connection = peers[0].getSnapshot().connection!;
    const [set, restart] = [
      vi.spyOn(connection, "setConfiguration"),
      vi.spyOn(connection, "restartIce"),
    ];
    peers[0].restartIce();
    await eventually(() => expect(restart).toHaveBeenCalledOnce());
    expect(set.mock.invocationCallOrder[0]).toBeLessThan(restart.mock.invocationCallOrder[0]!);
    expect([userOf(peers[0]), configuration.mock.calls.length]).toEqual(["u2", 2]);
    await expectConnected(peers);
    expect(peers[0].getSnapshot().connection).toBe(connection);
  });

  it("uses the last credentials when fetching fresh ones fails", async () => {
    const configuration = servers();
    const peers = await pair({ configuration });
    await expectConnected(peers);
    configuration.mockImplementation(() => {
      throw new Error("The server for credentials is down.");
    });
    peers[0].restartIce();
    await eventually(() => expect(happened(peers[0], "ice-restarted")).toBe(1));
    await expectConnected(peers);
    expect(userOf(peers[0])).toBe("u1");
  });

  it("runs once at a time, however often it is requested", async () => {
    const peers = await pair();
    await expectConnected(peers);
    for (let time = 0; time < 5; time += 1) for (const peer of peers) peer.restartIce();
    await eventually(() => expect(happened(peers[0], "ice-restarted")).toBe(1));
    await expectConnected(peers);
    await pass(30_000);
    expect(happened(peers[0], "ice-restarted")).toBeLessThanOrEqual(2);
    expect(happened(peers[0], "rebuilt")).toBe(0);
    await expectConnected(peers);
  });

  it("does not happen before the first connection", async () => {
    const peers = await pair();
    for (const peer of peers) peer.restartIce();
    await expectConnected(peers);
    await pass(30_000);
    expect(happened(peers[0], "ice-restarted")).toBe(0);
    await expectConnected(peers);
  });
});

it("a call connects although the first request for credentials fails", async () => {
  const { network } = play();
  let asked = 0;
  const iceServers = async () => {
    asked += 1;
    if (asked === 1) throw new Error("The server for credentials is down.");
    return [];
  };
  const people = ["Mina", "Jun"].map((name) =>
    enter({ name, signaling: network.signaling, iceServers }),
  );
  await eventually(() => {
    for (const person of people) expect(otherOf(person)?.status).toBe("connected");
  });
  expect(asked).toBeGreaterThan(2);
});

it("the library never inserts text as markup", () => {
  const sources = readdirSync("src", { recursive: true, encoding: "utf8" }).filter((file) =>
    /\.tsx?$/.test(file),
  );
  expect(sources.length).toBeGreaterThan(100);
  const found = sources.filter((file) =>
    /dangerouslySetInnerHTML|(inner|outer)HTML|insertAdjacentHTML|document\.write|srcDoc/.test(
      readFileSync(`src/${file}`, "utf8"),
    ),
  );
  expect(found).toEqual([]);
});
