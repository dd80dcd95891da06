/** Signaling on a bad day: what is lost, doubled, late and out of order, and a backend that goes away. */
import {
  createCall,
  createLocalMedia,
  type CallError,
  type CallOptions,
  type PeerInfo,
  type Signaling,
} from "twocan/core";
import { checksFor, runCheck, visit, type SignalingBackend } from "twocan/conformance";
import { createFakeNetwork, memorySignaling, withFaults, type FaultOptions } from "twocan/testing";
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

/** Everybody on one memory, each with a bad day of their own. */
function badDay(): SignalingBackend {
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

describe("an adapter with chaos around it keeps the signaling contract, with the link above it:", () => {
  const proved = checksFor({
    lacks: {
      garbage: "nobody else can write to it",
      cleanup: "nothing outlives its object",
      vanishing: "it is the adapter inside that has to notice",
      sender: "it is the adapter inside that vouches",
    },
  });
  // Those that count packets as they come are about the bare adapter: here some come twice.
  // In played time the same ones are lost each time, however fast the machine is.
  it.each(proved.filter(({ promise }) => promise === "delivery" || promise === "reconnect"))(
    "$name",
    async (check) => {
      await expect(advanceUntilSettled(runCheck(check, badDay))).resolves.toBeUndefined();
    },
  );
});

describe("chaos", () => {
  const releases: (() => unknown)[] = [];

  afterEach(async () => {
    for (const release of releases.splice(0)) await release();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(vi.getTimerCount()).toBe(0);
  });

  const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

  /** Somebody in the room, who writes down what it is told. */
  async function visitor(signaling: Signaling, name: string) {
    const entered = await advanceUntilSettled(
      visit(signaling, { room: "standup", name, self: { id: name } }),
    );
    releases.push(() => entered.leave());
    return entered;
  }

  /** Mina and Jun, and what Jun gets of so many packets of hers, one every 10 ms. */
  async function told(options: FaultOptions, count: number): Promise<number[]> {
    const signaling = withFaults(memorySignaling(), options);
    const mina = await visitor(signaling, "mina");
    const jun = await visitor(signaling, "jun");
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

  it("without faults passes everything at once and in order", async () => {
    expect(await told({}, 50)).toEqual(inOrder(50));
  });

  it("loses as many packets as it is told to, the same ones for the same seed", async () => {
    const got = await told({ drop: 0.3, seed: 5 }, 200);
    expect(got.length).toBeGreaterThan(110);
    expect(got.length).toBeLessThan(170);
    expect(await told({ drop: 0.3, seed: 5 }, 200)).toEqual(got);
    expect(await told({ drop: 0.3, seed: 6 }, 200)).not.toEqual(got);
    // One knob does not shift what another draws.
    expect(new Set(await told({ drop: 0.3, seed: 5, duplicate: 0.5 }, 200))).toEqual(new Set(got));
  });

  it("doubles packets", async () => {
    const got = await told({ duplicate: 0.3 }, 200);
    expect(new Set(got).size).toBe(200);
    expect(got.length).toBeGreaterThan(230);
    expect(got.length).toBeLessThan(290);
  });

  it("lets the next packet overtake one that is held back, and loses none", async () => {
    const got = await told({ reorder: 0.3 }, 200);
    expect(got).not.toEqual(inOrder(200));
    expect(got.toSorted((a, b) => a - b)).toEqual(inOrder(200));
    for (const [place, number] of got.entries())
      expect(Math.abs(place - number)).toBeLessThanOrEqual(1);
  });

  it("lets go of what nothing overtakes after half a second", async () => {
    expect(await told({ reorder: 1 }, 1)).toEqual([0]);
  });

  it("delays packets by as much as it is told to", async () => {
    const signaling = withFaults(memorySignaling(), { delay: [100, 200] });
    const mina = await visitor(signaling, "mina");
    const jun = await visitor(signaling, "jun");
    await mina.send(jun, {});
    await pass(99);
    expect(jun.packets).toEqual([]);
    await pass(102);
    expect(jun.packets).toHaveLength(1);
  });

  it("nothing arrives any more where somebody has left", async () => {
    const signaling = withFaults(memorySignaling(), { delay: 100 });
    const mina = await visitor(signaling, "mina");
    const jun = await visitor(signaling, "jun");
    await mina.send(jun, {});
    await pass(50);
    await jun.leave();
    await pass(1_000);
    expect(jun.packets).toEqual([]);
  });

  describe("while the backend is out of reach", () => {
    async function both() {
      const signaling = withFaults(memorySignaling());
      const [mina, jun] = [await visitor(signaling, "mina"), await visitor(signaling, "jun")];
      await pass(0);
      return { signaling, mina, jun };
    }

    it("everybody is told, and told again when it is back", async () => {
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

    it("nothing can be sent, nobody can join, and what was on its way is lost", async () => {
      const memory = memorySignaling({ delay: 20 });
      const signaling = withFaults(memory);
      const [mina, jun] = [await visitor(signaling, "mina"), await visitor(signaling, "jun")];
      await mina.send(jun, { on: "its way" });
      const over = signaling.outage(100);
      const unavailable = { name: "CallError", code: "signaling-unavailable" };
      await expect(mina.send(jun, {})).rejects.toMatchObject(unavailable);
      await expect(mina.update({ name: "Mina" })).rejects.toMatchObject(unavailable);
      await expect(visitor(signaling, "ada")).rejects.toMatchObject(unavailable);
      await pass(100);
      await over;
      expect(jun.packets).toEqual([]);
      await mina.send(jun, { on: "time" });
      await pass(20);
      expect(jun.packets.map(({ message }) => message)).toEqual([{ on: "time" }]);
    });

    it("nobody is seen to come or go until it is back", async () => {
      const memory = memorySignaling();
      const signaling = withFaults(memory);
      const mina = await visitor(signaling, "mina");
      const jun = await visitor(withFaults(memory), "jun");
      await pass(0);
      expect(mina.ids()).toEqual(["jun"]);
      void signaling.outage(100);
      await jun.leave();
      await visitor(withFaults(memory), "ada");
      await pass(50);
      expect(mina.ids()).toEqual(["jun"]);
      await pass(51);
      expect(mina.ids()).toEqual(["ada"]);
    });

    it("a second outage makes it last until both are over", async () => {
      const { signaling, mina } = await both();
      void signaling.outage(100);
      await pass(50);
      void signaling.outage(100);
      await pass(60);
      expect(mina.statuses.at(-1)).toBe("disconnected");
      await pass(50);
      expect(mina.statuses).toEqual(["connected", "disconnected", "connected"]);
    });

    it("whoever is on the way in is turned away, and leaves nothing behind", async () => {
      const memory = memorySignaling({ delay: 50 });
      const signaling = withFaults(memory);
      const joining = visitor(signaling, "mina");
      joining.catch(() => undefined);
      void signaling.outage(100);
      await pass(200);
      await expect(joining).rejects.toMatchObject({ code: "signaling-unavailable" });
      expect((await visitor(withFaults(memory), "jun")).ids()).toEqual([]);
    });

    it("a backend that is away by itself is not told to be back", async () => {
      const memory = memorySignaling();
      const signaling = withFaults(memory);
      const mina = await visitor(signaling, "mina");
      void signaling.outage(100);
      memory.disconnect("mina");
      await pass(200);
      expect(mina.statuses).toEqual(["connected", "disconnected"]);
      memory.reconnect("mina");
      expect(mina.statuses).toEqual(["connected", "disconnected", "connected"]);
    });
  });

  it("goes away regularly while somebody is in a room, and not before", async () => {
    const signaling = withFaults(memorySignaling(), { outage: { every: 1_000, for: 100 } });
    await pass(10_000);
    expect(vi.getTimerCount()).toBe(0);
    const mina = await visitor(signaling, "mina");
    await pass(3_500);
    expect(mina.statuses).toEqual([
      "connected",
      ...Array.from({ length: 3 }, () => ["disconnected", "connected"]).flat(),
    ]);
  });

  describe("around a call", () => {
    function enter(options: Partial<CallOptions> & { name: string }) {
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

    async function talking(chaos: FaultOptions) {
      const network = createFakeNetwork();
      releases.push(network.peer().install());
      const signaling = withFaults(network.signaling, chaos);
      const people = ["Mina", "Jun", "Ada"].map((name) => enter({ name, signaling }));
      const statuses = () =>
        people.map(({ now }) => now().participants.map(({ status }) => status));
      for (let waited = 0; waited < 60_000; waited += 100) {
        if (statuses().every(([a, b]) => a === "connected" && b === "connected")) break;
        await pass(100);
      }
      expect(statuses()).toEqual(people.map(() => ["connected", "connected"]));
      return { signaling, people };
    }

    it.each([1, 2, 3, 4, 5])(
      "three people connect in spite of everything, seed %d",
      async (seed) => {
        const { people } = await talking({
          ...FAULTS,
          seed,
          outage: { every: 4_000, for: 800 },
        });
        // And through a few outages more.
        await pass(15_000);
        for (const { now, errors } of people) {
          expect(now().participants.map(({ status }) => status)).toEqual([
            "connected",
            "connected",
          ]);
          expect(errors).toEqual([]);
        }
      },
    );

    it("a call that is up goes on through an outage, and says that the backend is away", async () => {
      const { signaling, people } = await talking({});
      void signaling.outage(30_000);
      await pass(15_000);
      for (const { now } of people) {
        expect(now().signaling).toBe("disconnected");
        expect(now().status).toBe("connected");
        expect(now().participants.map(({ status }) => status)).toEqual(["connected", "connected"]);
      }
      await pass(15_001);
      for (const { now, errors } of people) {
        expect(now().signaling).toBe("connected");
        expect(errors).toEqual([]);
      }
    });
  });

  it("passes what else a session can do", async () => {
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
