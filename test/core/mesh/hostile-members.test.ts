/** Members of a room who send what a call never sends, on a simulated network. */
import { createCall, MAX_PEERS, type CallError, type Signaling } from "twocan/core";
import { createFakeNetwork } from "twocan/fake-webrtc";
import { eventually, memorySignaling } from "twocan/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const cleanups: (() => unknown)[] = [];
let network = createFakeNetwork();

beforeEach(() => {
  network = createFakeNetwork();
  cleanups.push(network.peer().install());
});

afterEach(() => {
  for (const cleanUp of cleanups.splice(0).toReversed()) cleanUp();
});

function enter(name: string, signaling: Signaling) {
  const errors: CallError["code"][] = [];
  const call = createCall({
    room: "standup",
    name,
    signaling,
    iceServers: [],
    onError: ({ code }) => errors.push(code),
  });
  cleanups.push(call.retain());
  return { now: call.getSnapshot, errors };
}

/** A member that tells everyone who is listed, and everyone who sends it a packet, that the room is full. */
async function addRefuser(signaling: Signaling, id: string) {
  const told = new Set<string>();
  const tell = (to: string) => {
    told.add(to);
    const m = [[0, { type: "bye", reason: "room-full" }]];
    void session.send(to, { v: 1, s: 1, r: 0, a: -1, m });
  };
  const session = await signaling.join({
    room: "standup",
    self: { id, joinedAt: 1 },
    signal: new AbortController().signal,
    onPeers: (peers) => peers.forEach((peer) => told.has(peer.id) || setTimeout(tell, 0, peer.id)),
    onMessage: tell,
    onStatus() {},
    onError() {},
  });
  cleanups.push(() => session.leave());
  return { told, leave: session.leave };
}

/** Tells `victim` that the room is full, and leaves once the victim has taken that in. */
async function refuseAndLeave(
  signaling: Signaling,
  id: string,
  { now }: ReturnType<typeof enter>,
): Promise<void> {
  const { told, leave } = await addRefuser(signaling, id);
  await eventually(() => told.has(now().self.id) && now().participants.length === 0);
  await leave();
}

describe("a member who says that the room is full", () => {
  it("keeps no newcomer out", async () => {
    const signaling = memorySignaling();
    const { told } = await addRefuser(signaling, "refuser");
    const mina = enter("Mina", signaling);
    await eventually(() => told.has(mina.now().self.id) && mina.now().participants.length === 0);
    const jun = enter("Jun", signaling);
    await eventually(() => jun.now().participants.some(({ status }) => status === "connected"));
    expect(mina.now().status).toBe("connected");
    expect([...mina.errors, ...jun.errors]).toEqual([]);
  });

  it("does not end a call that is reconnecting", async () => {
    const signaling = memorySignaling();
    const mina = enter("Mina", signaling);
    const jun = enter("Jun", signaling);
    await eventually(() => mina.now().status === "connected" && jun.now().status === "connected");
    network.partition(mina.now().participants[0]!.connection!);
    await eventually(() => mina.now().status === "reconnecting", { timeoutMs: 10_000 });
    const { told } = await addRefuser(signaling, "refuser");
    await eventually(() => told.has(mina.now().self.id) && told.has(jun.now().self.id));
    // A later change of the roster is processed after the goodbye.
    enter("Ada", signaling);
    await eventually(() => mina.now().participants.some(({ name }) => name === "Ada"));
    for (const { now, errors } of [mina, jun]) {
      expect(["connected", "reconnecting"]).toContain(now().status);
      expect(errors).not.toContain("room-full");
    }
  });

  it("does not end a call that has lost its only participant, under seven ids one after the other", async () => {
    const signaling = memorySignaling();
    const mina = enter("Mina", signaling);
    const jun = enter("Jun", signaling);
    await eventually(() => mina.now().status === "connected" && jun.now().status === "connected");
    await jun.now().leave();
    await eventually(() => mina.now().status === "waiting");
    for (let at = 1; at < MAX_PEERS; at += 1)
      await refuseAndLeave(signaling, `refuser-${at}`, mina);
    const ada = enter("Ada", signaling);
    await eventually(() => ada.now().status === "connected" && mina.now().status === "connected");
    expect(mina.errors).toEqual([]);
  });

  it("keeps no newcomer out, under seven ids one after the other", async () => {
    const signaling = memorySignaling();
    const mina = enter("Mina", signaling);
    await eventually(() => mina.now().status === "waiting");
    for (let at = 1; at < MAX_PEERS; at += 1)
      await refuseAndLeave(signaling, `refuser-${at}`, mina);
    const ada = enter("Ada", signaling);
    await eventually(() => ada.now().status === "connected" && mina.now().status === "connected");
    expect(mina.errors).toEqual([]);
  });

  it(`keeps a newcomer out if ${MAX_PEERS - 1} members say so`, async () => {
    const signaling = memorySignaling();
    for (let at = 1; at < MAX_PEERS; at += 1) await addRefuser(signaling, `refuser-${at}`);
    const mina = enter("Mina", signaling);
    await eventually(() => mina.now().status === "failed");
    expect(mina.errors).toEqual(["room-full"]);
  });
});
