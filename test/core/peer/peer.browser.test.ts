import {
  createPeer,
  outgoingStreams,
  type Peer,
  type PeerChannel,
  type SignalMessage,
} from "twocan/core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { collectGarbage, inboundBytes, opened } from "../../support/browser/media-support.ts";
import { keepReportingBytes } from "../../support/keep-alive-stats.ts";
import { seededRandom } from "../../support/seeded-random.ts";

let person: MediaStream;
let stopKeepAlive: () => void;
const peers: Peer[] = [];

beforeAll(async () => {
  stopKeepAlive = keepReportingBytes();
  person = await navigator.mediaDevices.getUserMedia({
    audio: true,
    video: { width: 320, height: 240 },
  });
});

afterEach(async () => {
  for (const peer of peers.splice(0)) peer.close();
  await expect.poll(() => opened.connections().length).toBe(0);
});

afterAll(() => {
  stopKeepAlive();
  for (const track of person.getTracks()) track.stop();
});

/** Returns the ends of a channel that delays messages by up to 60 ms, reorders them, and duplicates every fifth. */
function badChannel(seed: number, longest = 60): [PeerChannel, PeerChannel] {
  const random = seededRandom(seed);
  const listeners: (((message: SignalMessage) => void) | undefined)[] = [];
  const end = (at: 0 | 1): PeerChannel => ({
    async send(message) {
      const copy = structuredClone(message);
      const deliver = () => listeners[at === 0 ? 1 : 0]?.(copy);
      setTimeout(deliver, random() * longest);
      if (random() < 0.2) setTimeout(deliver, random() * longest * 2);
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

type Kind = "audio" | "video";
const KINDS: readonly (readonly Kind[])[] = [[], ["audio"], ["video"], ["audio", "video"]];

function mediaOf(kinds: readonly Kind[]) {
  const tracks = person.getTracks().filter(({ kind }) => kinds.includes(kind as Kind));
  return outgoingStreams([new MediaStream(tracks)]);
}

function pair(
  seed: number,
  roles: readonly ["caller" | "callee", "caller" | "callee"],
  kinds: readonly [readonly Kind[], readonly Kind[]],
) {
  const channels = badChannel(seed);
  const errors: string[] = [];
  const both = ([0, 1] as const).map((at) =>
    createPeer({
      channel: channels[at],
      role: roles[at],
      media: mediaOf(kinds[at]),
      configuration: () => ({ iceServers: [] }),
      onError: ({ code, message, cause }) => errors.push(`${code}: ${message} (${String(cause)})`),
    }),
  ) as [Peer, Peer];
  peers.push(...both);
  return { both, errors };
}

const stateOf = (peer: Peer) => {
  const { status, connection } = peer.getSnapshot();
  return `${status} ${connection?.signalingState ?? ""}`;
};

const sections = (peer: Peer) => {
  const { connection } = peer.getSnapshot();
  return connection?.remoteDescription?.sdp.match(/^m=\w+/gm)?.join(" ");
};

async function expectSettled([a, b]: readonly [Peer, Peer]): Promise<void> {
  await expect
    .poll(() => [stateOf(a), stateOf(b)], { timeout: 20_000 })
    .toEqual(["connected stable", "connected stable"]);
  expect([sections(a), sections(b)]).toEqual(
    Array(2).fill("m=audio m=video m=video m=application"),
  );
}

/** Expects that every kind that one side sends arrives at the other, by counting bytes. */
async function expectFlow(from: readonly Kind[], to: Peer): Promise<void> {
  for (const kind of from) {
    const before = await inboundBytes(to.getSnapshot().connection!, kind);
    await expect
      .poll(async () => (await inboundBytes(to.getSnapshot().connection!, kind)) - before, {
        interval: 30,
      })
      .toBeGreaterThan(0);
  }
}

describe("createPeer", () => {
  const GLARES = 200;
  const AT_ONCE = 4;

  it(
    `settles ${GLARES} simultaneous first offers, with any media on each side`,
    { timeout: 600_000 },
    async () => {
      async function glare(seed: number): Promise<void> {
        const kinds = [KINDS[seed % 4]!, KINDS[Math.floor(seed / 4) % 4]!] as const;
        const { both, errors } = pair(seed, ["caller", "caller"], kinds);
        for (const peer of both) peer.start();
        await expectSettled(both);
        await expectFlow(kinds[0], both[1]);
        await expectFlow(kinds[1], both[0]);
        expect(errors, `seed ${seed}`).toEqual([]);
        const offers = both.map(
          (peer) => peer.trace.getSnapshot().filter(({ step }) => step === 6).length,
        );
        expect(Math.max(...offers), `seed ${seed}`).toBeLessThanOrEqual(1);
        for (const peer of both) peer.close();
      }
      for (let seed = 0; seed < GLARES; seed += AT_ONCE) {
        await Promise.all(Array.from({ length: AT_ONCE }, (_, at) => glare(seed + at)));
        await collectGarbage();
      }
    },
  );

  const BURSTS = 50;

  it(
    `settles ${BURSTS} bursts of changes requested by both sides, without an error or a loop`,
    { timeout: 600_000 },
    async () => {
      async function burst(seed: number): Promise<void> {
        const random = seededRandom(seed);
        const { both, errors } = pair(seed, ["caller", "callee"], [KINDS[3]!, KINDS[3]!]);
        for (const peer of both) peer.start();
        await expectSettled(both);
        for (let change = 0; change < 12; change += 1) {
          const peer = both[random() < 0.5 ? 0 : 1];
          const what = random();
          if (what < 0.4) peer.negotiate();
          else if (what < 0.6) peer.restartIce();
          else peer.setMedia(mediaOf(KINDS[Math.floor(random() * 4)]!));
          await new Promise((resolve) => setTimeout(resolve, random() * 60));
        }
        for (const peer of both) peer.setMedia(mediaOf(KINDS[3]!));
        await expectSettled(both);
        await expectFlow(KINDS[3]!, both[0]);
        await expectFlow(KINDS[3]!, both[1]);
        expect(errors, `seed ${seed}`).toEqual([]);
        expect(
          both.map(
            (peer) => peer.trace.getSnapshot().filter(({ name }) => name === "rebuilt").length,
          ),
          `seed ${seed}`,
        ).toEqual([0, 0]);
        for (const peer of both) peer.close();
      }
      for (let seed = 0; seed < BURSTS; seed += 2)
        await Promise.all([burst(seed), burst(seed + 1)]);
    },
  );
});

describe("createPeer: tracks that the application adds to `connection`", () => {
  const countOf = (peer: Peer, name: string) =>
    peer.trace.getSnapshot().filter((event) => event.name === name).length;

  it("reports a track that a callee adds once, without a loop of offers", async () => {
    const { both, errors } = pair(1, ["caller", "callee"], [KINDS[3]!, KINDS[3]!]);
    for (const peer of both) peer.start();
    await expectSettled(both);
    const [caller, callee] = both;
    const { connection } = callee.getSnapshot();
    const extra = person.getVideoTracks()[0]!.clone();
    connection!.addTrack(extra);
    await expect.poll(() => errors.length).toBe(1);
    expect(errors[0]).toMatch(/^unsupported: .*`connection`/);
    // The renegotiation that the application asks for is followed by the event of the browser again.
    callee.negotiate();
    await expect.poll(() => countOf(caller, "caller-sets-remote-answer")).toBe(2);
    caller.negotiate();
    await expect.poll(() => countOf(caller, "caller-sets-remote-answer")).toBe(3);
    await expectSettled(both);
    extra.stop();
    expect(errors.length).toBe(1);
    expect(callee.getSnapshot().error?.code).toBe("unsupported");
    expect(callee.getSnapshot().connection).toBe(connection);
    expect(countOf(callee, "negotiation-asked")).toBe(1);
    expect(countOf(caller, "ice-restarted")).toBe(0);
  });

  it("negotiates a track that a caller adds", async () => {
    const { both, errors } = pair(2, ["caller", "callee"], [KINDS[3]!, KINDS[0]!]);
    for (const peer of both) peer.start();
    await expectSettled(both);
    const extra = person.getVideoTracks()[0]!.clone();
    both[0].getSnapshot().connection!.addTrack(extra);
    await expect.poll(() => both[1].getSnapshot().connection!.getTransceivers().length).toBe(4);
    await expect.poll(() => both.map(stateOf)).toEqual(Array(2).fill("connected stable"));
    extra.stop();
    expect(errors).toEqual([]);
  });
});
