/** Checks docs/PROTOCOL.md: a foreign peer that was written from that page alone connects to a call. */
import { createCall, createLocalMedia, type CallError, type CallStore } from "twocan/core";
import { memorySignaling, type MemorySignalingOptions } from "twocan/testing";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { joinAsForeigner, type ForeignPeer } from "../../support/foreign-peer.ts";
import { expectFrames, opened } from "../../support/browser/media-support.ts";
import { keepReportingBytes } from "../../support/keep-alive-stats.ts";

const room = "standup";
const releases: (() => void)[] = [];
let stopPulse: () => void;

beforeEach(() => {
  stopPulse = keepReportingBytes();
  releases.push(stopPulse);
});

afterEach(async () => {
  for (const release of releases.splice(0)) release();
  await expect.poll(() => opened.connections().length).toBe(0);
  await expect.poll(() => opened.liveTracks().length).toBe(0);
});

/** Creates a room with these network conditions, and functions with which both kinds of peers join it. */
function makeRoom(network?: MemorySignalingOptions) {
  const signaling = memorySignaling(network);
  const errors: CallError[] = [];
  return {
    signaling,
    errors,
    enterOurs(): CallStore {
      const media = createLocalMedia();
      const settings = {
        room,
        signaling,
        iceServers: [],
        name: "Mina",
        onError: (e: CallError) => errors.push(e),
      };
      const call = createCall({ ...settings, media: media.getSnapshot() });
      media.subscribe(() => call.configure({ ...settings, media: media.getSnapshot() }));
      releases.push(media.retain(), call.retain());
      return call;
    },
    async enterForeign(name = "Foreigner"): Promise<ForeignPeer> {
      const foreign = await joinAsForeigner(signaling, { room, name }, paintPictures());
      releases.push(() => foreign.leave());
      return foreign;
    },
  };
}

/** The track of a canvas whose picture changes continuously. */
function paintPictures(): MediaStreamTrack {
  const canvas = Object.assign(document.createElement("canvas"), { width: 320, height: 240 });
  const context = canvas.getContext("2d")!;
  let hue = 0;
  const paint = setInterval(() => {
    context.fillStyle = `hsl(${(hue += 7)} 80% 50%)`;
    context.fillRect(0, 0, canvas.width, canvas.height);
  }, 40);
  const [track] = canvas.captureStream(25).getVideoTracks();
  releases.push(
    () => clearInterval(paint),
    () => track!.stop(),
  );
  return track!;
}

type Room = ReturnType<typeof makeRoom>;
type Comer = "the foreign peer" | "our call";

/** Connects both peers. The later one is the caller. */
async function meet({ enterOurs, enterForeign }: Room, comer: Comer) {
  const earlier = comer === "our call" ? await enterForeign() : undefined;
  const call = enterOurs();
  await vi.waitUntil(() => earlier ?? call.getSnapshot().status === "waiting", { timeout: 20_000 });
  const foreign = earlier ?? (await enterForeign());
  await expectConnected(call, foreign);
  return { call, foreign };
}

async function expectConnected(call: CallStore, foreign: ForeignPeer): Promise<void> {
  // A packet that is lost each time is sent for the fifth time after half a minute.
  await expect.poll(() => call.getSnapshot().status, { timeout: 45_000 }).toBe("connected");
  await expect.poll(() => foreign.look().state).toBe("connected");
  await expect.poll(() => foreign.look().channel).toBe("open");
}

/** Expects a connection and a round with these numbers. */
async function expectRound(foreign: ForeignPeer, connection: number, round: number): Promise<void> {
  await expect.poll(() => foreign.look().connection).toMatch(new RegExp(`/${connection}$`));
  await expect.poll(() => foreign.look().round).toBe(round);
}

async function expectPictures(call: CallStore, foreign: ForeignPeer): Promise<void> {
  await expectFrames(call.getSnapshot().participants[0]?.stream);
  await expectFrames(foreign.look().stream);
}

async function expectAcknowledged(foreign: ForeignPeer): Promise<void> {
  await expect.poll(() => foreign.look().waiting).toBe(0);
}

const seen = (call: CallStore) => call.getSnapshot().participants;
const comers: Comer[] = ["the foreign peer", "our call"];

it.each(comers)("connects in both directions when %s is the later peer", async (comer) => {
  const place = makeRoom();
  const { call, foreign } = await meet(place, comer);
  expect(foreign.look().caller).toBe(comer === "the foreign peer");
  expect(foreign.heard[0]?.type).toBe(comer === "our call" ? "offer" : "answer");
  const { id } = foreign;
  const shown = { name: "Foreigner", microphone: false, camera: true, status: "connected" };
  expect(seen(call)).toMatchObject([{ id, ...shown }]);
  await expectPictures(call, foreign);
  await expectAcknowledged(foreign);
  expect(place.errors).toEqual([]);
});

it.each(comers.flatMap((comer) => [3, 5, 7].map((seed) => ({ comer, seed }))))(
  "connects over a backend that loses, duplicates and reorders: $comer is the later peer, seed $seed",
  async ({ comer, seed }) => {
    const place = makeRoom({ delay: [5, 60], loss: 0.4, duplicate: 0.4, reorder: 0.4, seed });
    const { call, foreign } = await meet(place, comer);
    await expectPictures(call, foreign);
    await expectAcknowledged(foreign);
    expect(place.errors).toEqual([]);
  },
);

it("shows the camera of a foreign peer as its media message says", async () => {
  const { call, foreign } = await meet(makeRoom(), "the foreign peer");
  for (const camera of [false, true]) {
    foreign.say({ type: "media", media: { microphone: false, camera, screen: false } });
    await expect.poll(() => seen(call)[0]?.camera).toBe(camera);
  }
});

it("removes a foreign peer after its bye, and ignores its later messages", async () => {
  const place = makeRoom();
  const { call, foreign } = await meet(place, "the foreign peer");
  foreign.say({ type: "bye", reason: "left" });
  await expect.poll(() => seen(call)).toEqual([]);
  await foreign.reconnect();
  await place.enterForeign("Another");
  await expect.poll(() => seen(call)[0]?.status).toBe("connected");
  expect(seen(call)).toMatchObject([{ name: "Another" }]);
});

it("sends a bye when the call is left", async () => {
  const { call, foreign } = await meet(makeRoom(), "the foreign peer");
  // An answer shows that the data channel is open at the other side, too.
  foreign.probe();
  await expect.poll(() => foreign.flow.back).toBe(1);
  await call.getSnapshot().leave();
  await expect.poll(() => foreign.heard.at(-1)).toMatchObject({ type: "bye", reason: "left" });
});

it("acknowledges and ignores unknown types and fields", async () => {
  const place = makeRoom();
  const { call, foreign } = await meet(place, "the foreign peer");
  await expectAcknowledged(foreign);
  const before = seen(call);
  const media = { microphone: false, camera: true, screen: false, extra: true };
  const unknown = { ...foreign.packet([[foreign.look().said, { type: "unknown" }]]), extra: true };
  foreign.sendByBackend(unknown);
  foreign.say({ type: "unknown" });
  foreign.say({ type: "other", field: 2 });
  foreign.say({ type: "media", media, extra: true });
  await expectAcknowledged(foreign);
  expect(seen(call)).toEqual(before);
  expect(place.errors).toEqual([]);
});

it("drops a packet of another version", async () => {
  const { call, foreign } = await meet(makeRoom(), "the foreign peer");
  await expectAcknowledged(foreign);
  const next = foreign.packet([[foreign.look().said, { type: "bye", reason: "left" }]]);
  foreign.sendByBackend({ ...next, v: 2 });
  foreign.say({ type: "other" });
  await expectAcknowledged(foreign);
  expect(seen(call)).toMatchObject([{ id: foreign.id, status: "connected" }]);
});

it("answers a probe of the data channel", async () => {
  const { foreign } = await meet(makeRoom(), "the foreign peer");
  for (const count of [1, 2]) {
    foreign.probe();
    await expect.poll(() => foreign.flow.back).toBe(count);
  }
});

it("keeps the connection if the foreign peer answers the probe after an ICE restart", async () => {
  const { call, foreign } = await meet(makeRoom(), "our call");
  foreign.say({ type: "ask", for: "restart" });
  await expectRound(foreign, 1, 2);
  await expect.poll(() => foreign.flow.theirs).toBeGreaterThan(0);
  await expectPictures(call, foreign);
  await expectRound(foreign, 1, 2);
});

it("makes a new connection if the foreign peer does not answer the probe after an ICE restart", async () => {
  const { call, foreign } = await meet(makeRoom(), "our call");
  foreign.flow.answers = false;
  foreign.say({ type: "ask", for: "restart" });
  await expect.poll(() => foreign.look().connection, { timeout: 20_000 }).toMatch(/\/2$/);
  foreign.flow.answers = true;
  await expectConnected(call, foreign);
  await expectPictures(call, foreign);
});

it.each(["restart", "reconnect"] as const)("follows a %s of a foreign caller", async (repair) => {
  const { call, foreign } = await meet(makeRoom(), "the foreign peer");
  await foreign[repair]();
  await expectRound(foreign, repair === "restart" ? 1 : 2, repair === "restart" ? 2 : 1);
  await expectConnected(call, foreign);
  await expectPictures(call, foreign);
});

it.each(["restart", "rebuild"])("makes the %s that a foreign callee asks for", async (kind) => {
  const { call, foreign } = await meet(makeRoom(), "our call");
  foreign.say({ type: "ask", for: kind });
  await expectRound(foreign, kind === "restart" ? 1 : 2, kind === "restart" ? 2 : 1);
  await expectConnected(call, foreign);
  await expectPictures(call, foreign);
});

it.each(comers)("replaces a lost connection when %s was the caller", async (comer) => {
  const { call, foreign } = await meet(makeRoom(), comer);
  stopPulse();
  foreign.die();
  await expect.poll(() => foreign.look().connection, { timeout: 30_000 }).toMatch(/\/2$/);
  await expectConnected(call, foreign);
  await expectPictures(call, foreign);
});
