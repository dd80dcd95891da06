import {
  createCall,
  createLocalMedia,
  type CallError,
  type CallOptions,
  type PeerInfo,
  type Signaling,
} from "twocan/core";
import { checksFor, runCheck, visit, type SignalingBackend } from "twocan/conformance";
import { createFakeNetwork } from "twocan/fake-webrtc";
import { memorySignaling, withFaults, type FaultOptions } from "twocan/testing";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { mockDigest, advanceUntilSettled } from "../../support/fake-time.ts";

const FAULTS: FaultOptions = { drop: 0.2, duplicate: 0.3, reorder: 0.3, delay: [0, 30] };

beforeEach(() => {
  vi.useFakeTimers();
  mockDigest();
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** A backend in memory that all peers share, with separate faults for each peer. */
function disturbedBackend(): SignalingBackend {
  const memory = memorySignaling();
  let seed = 0;
  return {
    peer() {
      const signaling = withFaults(memory, { ...FAULTS, seed: (seed += 1) });
      let mend = () => {};
      return {
        signaling,
        disconnect() {
          void signaling.outage(new Promise<void>((resolve) => void (mend = resolve)));
        },
        reconnect: () => mend(),
      };
    },
  };
}

describe("withFaults around an adapter keeps the signaling contract through the reliable channel", () => {
  const proved = checksFor({
    lacks: {
      garbage: "no other client can write to it",
      cleanup: "nothing outlives its object",
      vanishing: "it is the adapter inside that has to notice",
      sender: "it is the adapter inside that vouches",
    },
  });
  // Checks that count raw packets do not apply, because some packets arrive twice.
  // Under fake timers the same packets are lost in each run, on a machine of any speed.
  it.each(proved.filter(({ promise }) => promise === "delivery" || promise === "reconnect"))(
    "$name",
    async (check) => {
      await expect(advanceUntilSettled(runCheck(check, disturbedBackend))).resolves.toBeUndefined();
    },
  );
});

describe("withFaults", () => {
  const releases: (() => unknown)[] = [];

  afterEach(async () => {
    for (const release of releases.splice(0)) await release();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(vi.getTimerCount()).toBe(0);
  });

  const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

  /** Joins the room as a client that records its callbacks. */
  async function enter(signaling: Signaling, name: string) {
    const entered = await advanceUntilSettled(
      visit(signaling, { room: "standup", name, self: { id: name } }),
    );
    releases.push(() => entered.leave());
    return entered;
  }

  /** Sends packets from Mina to Jun, one every 10 ms, and returns those that arrived. */
  async function receivedBy(options: FaultOptions, count: number): Promise<number[]> {
    const signaling = withFaults(memorySignaling(), options);
    const mina = await enter(signaling, "mina");
    const jun = await enter(signaling, "jun");
    for (let number = 0; number < count; number += 1) {
      await mina.send(jun, { number });
      await pass(10);
    }
    await pass(1_000);
    await mina.leave();
    await jun.leave();
    return jun.packets.map(({ message }) => message["number"] as number);
  }

  const inOrder = (count: number) => Array.from({ length: count }, (_, number) => number);

  it("without faults delivers all packets at once and in order", async () => {
    expect(await receivedBy({}, 50)).toEqual(inOrder(50));
  });

  it("drops the given fraction of packets, the same ones for the same seed", async () => {
    const received = await receivedBy({ drop: 0.3, seed: 5 }, 200);
    expect(received.length).toBeGreaterThan(110);
    expect(received.length).toBeLessThan(170);
    expect(await receivedBy({ drop: 0.3, seed: 5 }, 200)).toEqual(received);
    expect(await receivedBy({ drop: 0.3, seed: 6 }, 200)).not.toEqual(received);
    // One option does not change the faults of another.
    expect(new Set(await receivedBy({ drop: 0.3, seed: 5, duplicate: 0.5 }, 200))).toEqual(
      new Set(received),
    );
  });

  it("duplicates packets", async () => {
    const received = await receivedBy({ duplicate: 0.3 }, 200);
    expect(new Set(received).size).toBe(200);
    expect(received.length).toBeGreaterThan(230);
    expect(received.length).toBeLessThan(290);
  });

  it("reorders packets without losing one", async () => {
    const received = await receivedBy({ reorder: 0.3 }, 200);
    expect(received).not.toEqual(inOrder(200));
    expect(received.toSorted((a, b) => a - b)).toEqual(inOrder(200));
    for (const [place, number] of received.entries())
      expect(Math.abs(place - number)).toBeLessThanOrEqual(1);
  });

  it("delivers a held packet after 500 ms if no other one overtakes it", async () => {
    expect(await receivedBy({ reorder: 1 }, 1)).toEqual([0]);
  });

  it("delays packets by the given time", async () => {
    const signaling = withFaults(memorySignaling(), { delay: [100, 200] });
    const mina = await enter(signaling, "mina");
    const jun = await enter(signaling, "jun");
    await mina.send(jun, {});
    await pass(99);
    expect(jun.packets).toEqual([]);
    await pass(102);
    expect(jun.packets).toHaveLength(1);
  });

  it("delivers nothing after leave()", async () => {
    const signaling = withFaults(memorySignaling(), { delay: 100 });
    const mina = await enter(signaling, "mina");
    const jun = await enter(signaling, "jun");
    await mina.send(jun, {});
    await pass(50);
    await jun.leave();
    await pass(1_000);
    expect(jun.packets).toEqual([]);
  });

  describe("during an outage", () => {
    async function both() {
      const signaling = withFaults(memorySignaling());
      const [mina, jun] = [await enter(signaling, "mina"), await enter(signaling, "jun")];
      await pass(0);
      return { signaling, mina, jun };
    }

    it("reports disconnected to all sessions, and connected after it", async () => {
      const { signaling, mina, jun } = await both();
      void signaling.outage(500);
      for (const { statuses } of [mina, jun])
        expect(statuses).toEqual(["connected", "disconnected"]);
      await pass(499);
      for (const { statuses } of [mina, jun]) expect(statuses.at(-1)).toBe("disconnected");
      await pass(2);
      for (const { statuses } of [mina, jun])
        expect(statuses).toEqual(["connected", "disconnected", "connected"]);
    });

    it("rejects send() and join(), and drops packets in flight", async () => {
      const memory = memorySignaling({ delay: 20 });
      const signaling = withFaults(memory);
      const [mina, jun] = [await enter(signaling, "mina"), await enter(signaling, "jun")];
      await mina.send(jun, { on: "its way" });
      const over = signaling.outage(100);
      const unavailable = { name: "CallError", code: "signaling-unavailable" };
      await expect(mina.send(jun, {})).rejects.toMatchObject(unavailable);
      await expect(mina.update({ name: "Mina" })).rejects.toMatchObject(unavailable);
      await expect(enter(signaling, "ada")).rejects.toMatchObject(unavailable);
      await pass(100);
      await over;
      expect(jun.packets).toEqual([]);
      await mina.send(jun, { on: "time" });
      await pass(20);
      expect(jun.packets.map(({ message }) => message)).toEqual([{ on: "time" }]);
    });

    it("delivers roster changes only after it", async () => {
      const memory = memorySignaling();
      const signaling = withFaults(memory);
      const mina = await enter(signaling, "mina");
      const jun = await enter(withFaults(memory), "jun");
      await pass(0);
      expect(mina.ids()).toEqual(["jun"]);
      void signaling.outage(100);
      await jun.leave();
      await enter(withFaults(memory), "ada");
      await pass(50);
      expect(mina.ids()).toEqual(["jun"]);
      await pass(51);
      expect(mina.ids()).toEqual(["ada"]);
    });

    it("extends it by an overlapping outage", async () => {
      const { signaling, mina } = await both();
      void signaling.outage(100);
      await pass(50);
      void signaling.outage(100);
      await pass(60);
      expect(mina.statuses.at(-1)).toBe("disconnected");
      await pass(50);
      expect(mina.statuses).toEqual(["connected", "disconnected", "connected"]);
    });

    it("rejects a pending join() and leaves nothing open", async () => {
      const memory = memorySignaling({ delay: 50 });
      const signaling = withFaults(memory);
      const joining = enter(signaling, "mina");
      joining.catch(() => undefined);
      void signaling.outage(100);
      await pass(200);
      await expect(joining).rejects.toMatchObject({ code: "signaling-unavailable" });
      expect((await enter(withFaults(memory), "jun")).ids()).toEqual([]);
    });

    it("does not report connected while the backend itself is disconnected", async () => {
      const memory = memorySignaling();
      const signaling = withFaults(memory);
      const mina = await enter(signaling, "mina");
      void signaling.outage(100);
      memory.disconnect("mina");
      await pass(200);
      expect(mina.statuses).toEqual(["connected", "disconnected"]);
      memory.reconnect("mina");
      expect(mina.statuses).toEqual(["connected", "disconnected", "connected"]);
    });
  });

  it("has periodic outages only while a peer is in a room", async () => {
    const signaling = withFaults(memorySignaling(), { outage: { every: 1_000, for: 100 } });
    await pass(10_000);
    expect(vi.getTimerCount()).toBe(0);
    const mina = await enter(signaling, "mina");
    await pass(3_500);
    expect(mina.statuses).toEqual([
      "connected",
      ...Array.from({ length: 3 }, () => ["disconnected", "connected"]).flat(),
    ]);
  });

  describe("around a call", () => {
    function joinCall(options: Partial<CallOptions> & { name: string }) {
      const errors: string[] = [];
      const media = createLocalMedia();
      const settings = () => ({
        room: "standup",
        media: media.getSnapshot(),
        ...options,
        onError: ({ code }: CallError) => errors.push(code),
      });
      const call = createCall(settings());
      releases.push(
        media.subscribe(() => call.configure(settings())),
        media.retain(),
        call.retain(),
      );
      return { now: call.getSnapshot, errors };
    }

    async function connectedCall(faults: FaultOptions) {
      const network = createFakeNetwork();
      releases.push(network.peer().install());
      const signaling = withFaults(network.signaling, faults);
      const participants = ["Mina", "Jun", "Ada"].map((name) => joinCall({ name, signaling }));
      const statuses = () =>
        participants.map(({ now }) => now().participants.map(({ status }) => status));
      for (let waited = 0; waited < 60_000; waited += 100) {
        if (statuses().every(([a, b]) => a === "connected" && b === "connected")) break;
        await pass(100);
      }
      expect(statuses()).toEqual(participants.map(() => ["connected", "connected"]));
      return { signaling, participants };
    }

    it.each([1, 2, 3, 4, 5])(
      "connects three participants despite all faults, seed %d",
      async (seed) => {
        const { participants } = await connectedCall({
          ...FAULTS,
          seed,
          outage: { every: 4_000, for: 800 },
        });
        // Keep the call for a few more outages.
        await pass(15_000);
        for (const { now, errors } of participants) {
          expect(now().participants.map(({ status }) => status)).toEqual([
            "connected",
            "connected",
          ]);
          expect(errors).toEqual([]);
        }
      },
    );

    it("keeps a connected call connected through an outage, and reports the disconnected backend", async () => {
      const { signaling, participants } = await connectedCall({});
      void signaling.outage(30_000);
      await pass(15_000);
      for (const { now } of participants) {
        expect(now().signaling).toBe("disconnected");
        expect(now().status).toBe("connected");
        expect(now().participants.map(({ status }) => status)).toEqual(["connected", "connected"]);
      }
      await pass(15_001);
      for (const { now, errors } of participants) {
        expect(now().signaling).toBe("connected");
        expect(errors).toEqual([]);
      }
    });
  });

  it("passes on optional members of a session", async () => {
    const self: PeerInfo = { id: "mina" };
    const signaling = withFaults({
      join: async () => ({
        id: "user.mina",
        usage: () => ({ sent: 3 }),
        send: async () => undefined,
        update: async () => undefined,
        leave: async () => undefined,
      }),
    });
    const { signal } = new AbortController();
    const nothing = () => undefined;
    const session = await signaling.join({
      room: "standup",
      self,
      signal,
      onPeers: nothing,
      onMessage: nothing,
      onStatus: nothing,
      onError: nothing,
    });
    expect(session.id).toBe("user.mina");
    expect(session).toHaveProperty("usage");
    await session.leave();
  });
});
