import { describe, expect, it } from "vitest";
import { fallback, swappable, withUsage, withUser } from "../../src/adapters/compose.ts";
import { memorySignaling } from "../../src/adapters/memory/memory.ts";
import { CallError, type CallErrorCode } from "../../src/core/lib/errors.ts";
import type { JoinOptions, Signaling, SignalingUsage } from "../../src/core/signaling/signaling.ts";
import { withFaults } from "../../src/testing/signaling/with-faults.ts";
import { withRecorder } from "../../src/testing/signaling/with-recorder.ts";
import { describeSignaling, visit } from "../../src/testing/conformance/describe-signaling.ts";
import { MEMORY_CAPABILITIES, memoryBackend } from "../support/memory-backend.ts";

/** A join that ignores every callback. */
const quiet = (): JoinOptions => ({
  room: "standup",
  self: { id: "mina" },
  signal: new AbortController().signal,
  onPeers() {},
  onMessage() {},
  onStatus() {},
  onError() {},
});

/** A promise that a test resolves. */
function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open: () => open() };
}

/** Signaling that the peer with that name can join once `opened` has resolved. */
const gated = (inner: Signaling, name: string, opened: Promise<void>): Signaling => ({
  async join(joining) {
    if (joining.self.name === name) await opened;
    return inner.join(joining);
  },
});

/** Signaling whose joins fail. */
function failing(code: CallErrorCode): Signaling & { readonly tried: number } {
  let tried = 0;
  return {
    get tried() {
      return tried;
    },
    async join() {
      tried += 1;
      throw new CallError(code, `It is ${code}.`);
    },
  };
}

for (const [name, compose] of [
  ["fallback()", (inner: Signaling) => fallback([failing("signaling-unavailable"), inner])],
  ["swappable()", swappable],
  ["withUsage()", withUsage],
] as const)
  describeSignaling(
    { describe, it },
    name,
    () => memoryBackend(memorySignaling(), compose),
    MEMORY_CAPABILITIES,
  );

describe("fallback()", () => {
  const room = "attic";

  it.each(["signaling-unavailable", "no-signaling", "unsupported"] as const)(
    "tries the next one after %s",
    async (code) => {
      const shared = memorySignaling();
      const mina = await visit(fallback([failing(code), shared]), { room, name: "mina" });
      const jun = await visit(shared, { room, name: "jun" });
      expect(jun.ids()).toEqual([mina.id]);
    },
  );

  it("uses the first one that works, and tries no other", async () => {
    const second = failing("signaling-unavailable");
    const mina = await visit(fallback([memorySignaling(), second]), { room, name: "mina" });
    expect([mina.statuses, second.tried]).toEqual([["connected"], 0]);
  });

  it.each(["signaling-denied", "room-full", "aborted"] as const)(
    "does not try another one after %s",
    async (code) => {
      const second = memorySignaling();
      const joining = visit(fallback([failing(code), second]), { room, name: "mina" });
      await expect(joining).rejects.toMatchObject({ code });
    },
  );

  it("rejects with the errors of all when none works", async () => {
    const parts = [failing("no-signaling"), failing("signaling-unavailable")];
    await expect(visit(fallback(parts), { room, name: "mina" })).rejects.toMatchObject({
      code: "signaling-unavailable",
      cause: [{ code: "no-signaling" }, { code: "signaling-unavailable" }],
    });
    await expect(visit(fallback([]), { room, name: "mina" })).rejects.toMatchObject({
      code: "no-signaling",
    });
  });
});

describe("swappable()", () => {
  const room = "attic";

  it("moves to another backend as the same peer, and leaves the previous one", async () => {
    const [here, there] = [memorySignaling(), memorySignaling()];
    const signaling = swappable(here);
    const mina = await visit(signaling, { room, name: "mina" });
    const jun = await visit(signaling, { room, name: "jun" });
    const old = await visit(here, { room, name: "old" });
    mina.say(jun, "here");
    await mina.update({ name: "Mina K." });
    await signaling.swap(there);
    mina.say(jun, "there");
    await expect.poll(() => jun.heard.map(({ text }) => text)).toEqual(["here", "there"]);
    await expect.poll(() => [mina.ids(), jun.ids()]).toEqual([[jun.id], [mina.id]]);
    expect(jun.peers[0]?.name).toBe("Mina K.");
    await expect.poll(old.ids).toEqual([]);
    const late = await visit(there, { room, name: "late" });
    expect(late.ids()).toEqual([mina.id, jun.id]);
    await mina.leave();
    await expect.poll(late.ids).toEqual([jun.id]);
  });

  it("joins later sessions at the new backend", async () => {
    const [here, there] = [memorySignaling(), memorySignaling()];
    const signaling = swappable(here);
    const swapped = signaling.swap(there);
    const mina = await visit(signaling, { room, name: "mina" });
    await swapped;
    const jun = await visit(there, { room, name: "jun" });
    expect(jun.ids()).toEqual([mina.id]);
  });

  it("moves a participant who joins during a swap", async () => {
    const [here, there] = [memorySignaling(), memorySignaling()];
    const [letMinaIn, letNoorMove] = [gate(), gate()];
    const signaling = swappable(gated(here, "mina", letMinaIn.opened));
    const noor = await visit(signaling, { room, name: "noor" });
    const coming = visit(signaling, { room, name: "mina" });
    const swapped = signaling.swap(gated(there, "noor", letNoorMove.opened));
    const jun = await visit(here, { room, name: "jun" });
    letMinaIn.open();
    letNoorMove.open();
    const [mina] = await Promise.all([coming, swapped]);
    const late = await visit(there, { room, name: "late" });
    expect(new Set(late.ids())).toEqual(new Set([mina.id, noor.id]));
    await expect.poll(jun.ids).toEqual([]);
  });

  it("moves a participant who is joining through two overlapping swaps to the last backend", async () => {
    const backends = [memorySignaling(), memorySignaling(), memorySignaling()] as const;
    const [first, second, third] = backends;
    const [joinFirst, joinSecond] = [gate(), gate()];
    const signaling = swappable(gated(first, "mina", joinFirst.opened));
    const observers = await Promise.all(
      backends.map((backend) => visit(backend, { room, name: "observer" })),
    );
    const namesSeen = () => observers.map(({ peers }) => peers.map(({ name }) => name));
    const nextTask = () => new Promise((resolve) => setTimeout(resolve, 20));

    const joining = visit(signaling, { room, name: "mina" });
    const swaps = [signaling.swap(gated(second, "mina", joinSecond.opened))];
    await nextTask();
    joinFirst.open();
    await expect.poll(namesSeen).toEqual([["mina"], [], []]);
    swaps.push(signaling.swap(third));
    await nextTask();
    joinSecond.open();
    const [mina] = await Promise.all([joining, ...swaps]);

    await expect.poll(namesSeen).toEqual([[], [], ["mina"]]);
    await mina.leave();
    await expect.poll(namesSeen).toEqual([[], [], []]);
  });

  it("publishes a name that changed during the move", async () => {
    const [here, there] = [memorySignaling(), memorySignaling()];
    const signaling = swappable(here);
    const mina = await visit(signaling, { room, name: "mina" });
    const jun = await visit(there, { room, name: "jun" });
    await signaling.swap({
      async join(joining) {
        const session = await there.join(joining);
        await mina.update({ name: "Mina K." });
        return session;
      },
    });
    await expect.poll(() => jun.peers.map(({ name }) => name)).toEqual(["Mina K."]);
  });

  it("keeps the responseTimeoutMs of the first backend", async () => {
    const here: Signaling = {
      join: async (joining) => ({
        ...(await memorySignaling().join(joining)),
        responseTimeoutMs: Infinity,
      }),
    };
    const session = await swappable(here).join(quiet());
    expect(session.responseTimeoutMs).toBe(Infinity);
    await session.leave();
  });

  it.each([
    ["on its own", (signaling: Signaling) => signaling],
    ["in withUser()", (signaling: Signaling) => withUser(signaling, "mina")],
    ["in fallback()", (signaling: Signaling) => fallback([signaling])],
    ["in withUsage()", withUsage],
    ["in withFaults()", withFaults],
    ["in withRecorder()", withRecorder],
  ])("reports the presence of the backend in use, %s", async (_, wrap) => {
    const here = memorySignaling();
    const stale: Signaling = {
      join: async (joining) => ({
        ...(await memorySignaling().join(joining)),
        presence: "stale",
      }),
    };
    const signaling = swappable(here);
    const session = await wrap(signaling).join(quiet());
    expect(session.presence ?? "live").toBe("live");
    await signaling.swap(stale);
    expect(session.presence).toBe("stale");
    await signaling.swap(here);
    expect(session.presence ?? "live").toBe("live");
    await session.leave();
  });

  it("stays when the other backend is unreachable", async () => {
    const here = memorySignaling();
    const signaling = swappable(here);
    const mina = await visit(signaling, { room, name: "mina" });
    const jun = await visit(here, { room, name: "jun" });
    const swap = signaling.swap(failing("signaling-unavailable"));
    await expect(swap).rejects.toMatchObject({ code: "signaling-unavailable" });
    await jun.send(mina, { text: "still here?" });
    await expect.poll(() => mina.packets.length).toBe(1);
    const there = memorySignaling();
    await signaling.swap(there);
    await expect.poll(jun.ids).toEqual([]);
  });

  it("does not move to a backend that assigns other ids", async () => {
    const [here, inner] = [memorySignaling(), memorySignaling()];
    const named: Signaling = {
      join: async (joining) => ({ ...(await inner.join(joining)), id: `u.${joining.self.id}` }),
    };
    const signaling = swappable(here);
    const mina = await visit(signaling, { room, name: "mina" });
    const jun = await visit(here, { room, name: "jun" });
    await expect(signaling.swap(named)).rejects.toMatchObject({ code: "unsupported" });
    expect(jun.ids()).toEqual([mina.id]);
    const there = await visit(inner, { room, name: "ada" });
    expect(there.ids()).toEqual([]);
  });

  it("moves to a backend that prefixes ids with the user, and back, with withUser()", async () => {
    const [here, there] = [memorySignaling(), memorySignaling()];
    /** Prefixes ids as Firestore does. */
    const vouching = (uid: string): Signaling => ({
      async join(joining) {
        const self = { ...joining.self, id: `${uid}.${joining.self.id}` };
        return { ...(await there.join({ ...joining, self })), id: self.id };
      },
    });
    const [hers, his] = ["u1", "u2"].map((uid) => swappable(withUser(here, uid)));
    const mina = await visit(hers!, { room, name: "mina" });
    const jun = await visit(his!, { room, name: "jun" });
    expect(mina.id).toMatch(/^u1\.mina/);
    await expect.poll(() => [mina.ids(), jun.ids()]).toEqual([[jun.id], [mina.id]]);
    await hers!.swap(vouching("u1"));
    await his!.swap(vouching("u2"));
    mina.say(jun, "signed in");
    await expect.poll(() => jun.heard.map(({ text }) => text)).toEqual(["signed in"]);
    await expect.poll(() => [mina.ids(), jun.ids()]).toEqual([[jun.id], [mina.id]]);
    await hers!.swap(withUser(here, "u1"));
    await his!.swap(withUser(here, "u2"));
    jun.say(mina, "and back");
    await mina.update({ name: "Mina K." });
    await expect.poll(() => mina.heard.map(({ text }) => text)).toEqual(["and back"]);
    await expect.poll(() => jun.peers.map(({ name }) => name)).toEqual(["Mina K."]);
  });
});

describe("withUser()", () => {
  it("prefixes the id in join() and update()", async () => {
    const shared = memorySignaling();
    const told: string[] = [];
    const inner: Signaling = {
      async join(joining) {
        const session = await shared.join(joining);
        told.push(joining.self.id);
        return {
          ...session,
          async update(self) {
            told.push(self.id);
            await session.update(self);
          },
        };
      },
    };
    const mina = await visit(withUser(inner, "u1"), { room: "attic", name: "mina" });
    await mina.update({ name: "Mina K." });
    expect(mina.id).toMatch(/^u1\.mina/);
    expect(told).toEqual([mina.id, mina.id]);
  });
});

describe("withUsage()", () => {
  it("counts packets and their bytes, of each session and of all", async () => {
    const signaling = withUsage(memorySignaling());
    expect(signaling.usage()).toEqual({});
    const mina = await visit(signaling, { room: "attic", name: "mina" });
    const jun = await visit(signaling, { room: "attic", name: "jun" });
    await mina.send(jun, { text: "안녕" });
    await expect.poll(() => jun.packets.length).toBe(1);
    const bytes = new TextEncoder().encode('{"text":"안녕"}').length;
    expect(signaling.usage()).toEqual({
      sent: 1,
      sentBytes: bytes,
      received: 1,
      receivedBytes: bytes,
    });
    await mina.leave();
    await expect(mina.send(jun, { text: "still there?" })).rejects.toMatchObject({
      code: "aborted",
    });
    expect(signaling.usage().sent).toBe(1);
  });

  it("adds what the adapter counts itself", async () => {
    const shared = memorySignaling();
    let usage: SignalingUsage = {};
    const counting: Signaling = {
      join: async (joining) => ({
        ...(await shared.join(joining)),
        id: `u.${joining.self.id}`,
        usage: () => usage,
      }),
    };
    const signaling = withUsage(counting);
    const mina = await visit(signaling, { room: "attic", name: "mina" });
    await visit(signaling, { room: "attic", name: "jun" });
    // The other fields of the session are kept.
    expect(mina.id).toMatch(/^u\.mina/);
    usage = { reads: 2, writes: 1, deletes: 0 };
    await mina.leave();
    expect(signaling.usage()).toMatchObject({ reads: 4, writes: 2, deletes: 0, sent: 0 });
  });
});
