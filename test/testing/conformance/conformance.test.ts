import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  memorySignaling,
  type MemorySignalingOptions,
} from "../../../src/adapters/memory/memory.ts";
import type {
  JoinOptions,
  PeerInfo,
  SignalingSession,
} from "../../../src/core/signaling/signaling.ts";
import {
  checksFor,
  conformanceChecks,
  conformanceTable,
  runCheck,
  type SignalingBackend,
  type SignalingCapabilities,
  type SignalingPromise,
} from "../../../src/testing/conformance/describe-signaling.ts";
import { advanceUntilSettled } from "../../support/fake-time.ts";

/** How an adapter deviates from a correct one. Each function receives what the correct adapter would do. */
interface Deviation {
  /** A packet has arrived. `give` delivers it to its recipient. */
  arrive?(packet: Arrival, everyPeer: readonly JoinOptions[]): void;
  list?(joining: JoinOptions, peers: readonly PeerInfo[]): void;
  enter?(joining: JoinOptions): JoinOptions;
  session?(session: SignalingSession, joining: JoinOptions): SignalingSession;
  backend?(backend: SignalingBackend, everyPeer: readonly JoinOptions[]): Partial<SignalingBackend>;
  /** What happens when a peer loses its network connection. */
  disconnect?: "unnoticed" | "for good" | "still listed";
}

interface Arrival {
  joining: JoinOptions;
  from: string;
  message: Readonly<Record<string, unknown>>;
  give(from?: string, message?: Readonly<Record<string, unknown>>): void;
}

/** An adapter over memory with one deviation. */
function deviating(deviation: Deviation, network: MemorySignalingOptions = {}): SignalingBackend {
  const shared = memorySignaling(network);
  const everyPeer: JoinOptions[] = [];
  let open = 0;

  async function join(given: JoinOptions): Promise<SignalingSession> {
    const joining = deviation.enter?.(given) ?? given;
    everyPeer.push(given);
    const session = await shared.join({
      ...joining,
      onMessage(from, message) {
        const give: Arrival["give"] = (sender = from, content = message) =>
          given.onMessage(sender, content);
        if (deviation.arrive) deviation.arrive({ joining: given, from, message, give }, everyPeer);
        else give();
      },
      onPeers: (peers) => (deviation.list ? deviation.list(given, peers) : given.onPeers(peers)),
      onStatus: (status) => {
        if (deviation.disconnect !== "unnoticed") given.onStatus(status);
        else if (!given.signal.aborted && status === "connected") given.onStatus(status);
      },
    });
    open += 1;
    let left = false;
    const counted: SignalingSession = {
      ...session,
      async leave() {
        if (!left) open -= 1;
        left = true;
        await session.leave();
      },
    };
    return deviation.session?.(counted, given) ?? counted;
  }

  const backend: SignalingBackend = {
    peer() {
      let id = "";
      let online = true;
      return {
        signaling: {
          join(joining) {
            ({ id } = joining.self);
            if (!online) shared.disconnect(id);
            return join(joining);
          },
        },
        disconnect() {
          online = false;
          if (id) shared.disconnect(id);
        },
        reconnect() {
          if (deviation.disconnect !== "for good") shared.reconnect(id);
        },
        vanish() {
          if (deviation.disconnect !== "still listed") shared.disconnect(id);
        },
      };
    },
    open: () => open,
    async forge() {},
    async garbage() {},
  };
  return { ...backend, ...deviation.backend?.(backend, everyPeer) };
}

/** Joins another room than the requested one. */
const inRoom = (joining: JoinOptions, room: string): JoinOptions => ({ ...joining, room });
const later = (ms: number, task: () => void) => void setTimeout(task, ms).unref();
/** The sent objects. Their index is sent instead of a copy. */
const boxes: Readonly<Record<string, unknown>>[] = [];
const isRaw = (message: object) => !("v" in message);

/** The deviations that the suite must detect, each with the promise that it breaks. */
const BREAKAGES: readonly (Deviation & { what: string; breaks: SignalingPromise })[] = [
  {
    what: "delivers packets after the time limit",
    breaks: "delivery",
    arrive: ({ give }) => later(60_000, give),
  },
  { what: "delivers nothing", breaks: "delivery", arrive() {} },
  {
    what: "always drops the newest packet of a burst",
    breaks: "delivery",
    arrive: (() => {
      const quietSince = new Map<JoinOptions, number>();
      return ({ joining, give }: Arrival) => {
        const busy = Date.now() < (quietSince.get(joining) ?? 0);
        quietSince.set(joining, Date.now() + 100);
        if (!busy) give();
      };
    })(),
  },
  {
    what: "delivers the first packet only",
    breaks: "delivery",
    arrive: (() => {
      const served = new Set<JoinOptions>();
      return ({ joining, give }: Arrival) => {
        if (!served.has(joining)) give();
        served.add(joining);
      };
    })(),
  },
  {
    what: "replaces characters outside ASCII",
    breaks: "delivery",
    arrive: ({ from, message, give }) =>
      give(
        from,
        JSON.parse(JSON.stringify(message).replaceAll(/[^ -~]/g, "?")) as Record<string, unknown>,
      ),
  },
  {
    what: "delivers the object that was sent, not a copy",
    breaks: "delivery",
    session: (session) => ({
      ...session,
      send: (to, message) => session.send(to, { ...message, box: boxes.push(message) - 1 }),
    }),
    arrive: ({ from, message: { box }, give }) => later(5, () => give(from, boxes[Number(box)])),
  },
  {
    what: "reports the recipient as the sender",
    breaks: "delivery",
    arrive: ({ joining, give }) => give(joining.self.id),
  },
  {
    what: "echoes packets to their sender",
    breaks: "privacy",
    arrive({ from, message, give }, everyPeer) {
      give();
      everyPeer.find(({ self }) => self.id === from)?.onMessage(from, message);
    },
  },
  {
    what: "delivers packets to a third peer in the room",
    breaks: "privacy",
    arrive({ joining, from, message, give }, everyPeer) {
      give();
      for (const other of everyPeer)
        if (other.room === joining.room && other !== joining && other.self.id !== from)
          other.onMessage(from, message);
    },
  },
  {
    what: "delivers packets to another room",
    breaks: "privacy",
    arrive({ joining, from, message, give }, everyPeer) {
      give();
      for (const other of everyPeer)
        if (other.room !== joining.room) other.onMessage(from, message);
    },
  },
  {
    what: "accepts a forged sender",
    breaks: "sender",
    backend: (_, everyPeer) => ({
      forge: ({ from, to, message }) =>
        everyPeer.find(({ self }) => self.id === to)?.onMessage(from, message),
    }),
  },
  {
    what: "does not list peers that join later",
    breaks: "presence",
    list: (() => {
      const listed = new Set<JoinOptions>();
      return (joining: JoinOptions, peers: readonly PeerInfo[]) => {
        if (!listed.has(joining)) joining.onPeers(peers);
        listed.add(joining);
      };
    })(),
  },
  {
    what: "does not list peers that joined earlier",
    breaks: "presence",
    list: (joining, peers) =>
      joining.onPeers(peers.filter(({ joinedAt = 0 }) => joinedAt > (joining.self.joinedAt ?? 0))),
  },
  {
    what: "lists the newest peer only",
    breaks: "presence",
    list: (joining, peers) => joining.onPeers(peers.slice(-1)),
  },
  {
    what: "lists a peer in its own roster",
    breaks: "presence",
    list: (joining, peers) => joining.onPeers([...peers, joining.self]),
  },
  {
    what: "calls onPeers only after join() has resolved",
    breaks: "presence",
    list: (joining, peers) => later(20, () => joining.onPeers(peers)),
  },
  {
    what: "ignores update()",
    breaks: "presence",
    session: (session) => ({ ...session, update: async () => {} }),
  },
  {
    what: "keeps a peer in the roster after leave()",
    breaks: "leaving",
    session: (session) => ({ ...session, leave: async () => {} }),
  },
  {
    what: "rejects a second leave()",
    breaks: "leaving",
    session(session) {
      let left = false;
      return {
        ...session,
        async leave() {
          if (left) throw new Error("There is no session.");
          left = true;
          await session.leave();
        },
      };
    },
  },
  {
    what: "calls onPeers after leave()",
    breaks: "leaving",
    ...(() => {
      const left = new Set<JoinOptions>();
      return {
        list(joining, peers) {
          joining.onPeers(peers);
          for (const one of left)
            if (one.room === joining.room) one.onPeers([joining.self, ...peers]);
        },
        session: (session, joining) => ({
          ...session,
          async leave() {
            await session.leave();
            left.add(joining);
          },
        }),
      } satisfies Deviation;
    })(),
  },
  { what: "keeps a crashed peer in the roster", breaks: "vanishing", disconnect: "still listed" },
  {
    what: "joins although the signal was aborted",
    breaks: "aborting",
    enter: (joining) => ({ ...joining, signal: new AbortController().signal }),
  },
  { what: "does not report that it is disconnected", breaks: "reconnect", disconnect: "unnoticed" },
  { what: "does not reconnect", breaks: "reconnect", disconnect: "for good" },
  {
    what: "truncates long packets",
    breaks: "size",
    arrive({ from, message, give }) {
      const { text } = message;
      give(from, typeof text === "string" ? { ...message, text: text.slice(0, 65_536) } : message);
    },
  },
  {
    what: "drops packets that are too long without an error",
    breaks: "size",
    session: (session) => ({
      ...session,
      send: (to, message) => session.send(to, message).catch(() => undefined),
    }),
  },
  {
    what: "delivers packets for one tab to all tabs of the user",
    breaks: "tabs",
    arrive({ joining, from, message }, everyPeer) {
      for (const tab of everyPeer)
        if (tab.room === joining.room && tab.self.name === joining.self.name)
          tab.onMessage(from, message);
    },
  },
  {
    what: "keeps peers in a plain object",
    breaks: "names",
    list(joining, peers) {
      const byId: Record<string, PeerInfo> = {};
      for (const peer of peers) byId[peer.id] = peer;
      joining.onPeers(Object.values(byId));
    },
  },
  {
    what: "joins the same room for names with the same prefix",
    breaks: "names",
    enter: (joining) => inRoom(joining, joining.room.split(/[/.]/)[0] ?? ""),
  },
  {
    what: "delivers malformed data",
    breaks: "garbage",
    backend: (_, everyPeer) => ({
      garbage: ({ id }) => everyPeer.find(({ self }) => self.id === id)?.onMessage("x", null!),
    }),
  },
  {
    what: "shares a limited number of rooms",
    breaks: "rooms",
    enter: (joining) => inRoom(joining, String((joining.room.codePointAt(5) ?? 0) % 10)),
  },
  {
    what: "leaves a resource open",
    breaks: "cleanup",
    backend: ({ open }) => {
      let most = 0;
      return { open: async () => (most = Math.max(most, Number(await open?.()))) };
    },
  },
];

/** Deviations that the reliable channel above the adapter repairs. */
const TOLERATED: readonly (Deviation & { what: string; network?: MemorySignalingOptions })[] = [
  { what: "does not deviate" },
  { what: "delivers every packet twice", network: { duplicate: 1 } },
  { what: "reorders packets", network: { delay: [0, 60], reorder: 0.5 } },
  { what: "drops one packet in five", network: { loss: 0.2 } },
  {
    what: "duplicates, reorders and drops packets",
    network: { delay: [0, 40], loss: 0.1, duplicate: 0.3, reorder: 0.3 },
  },
  {
    what: "delivers only the newest packet of a burst",
    arrive: (() => {
      const newest = new Map<string, Arrival>();
      return (packet: Arrival) => {
        const line = `${packet.from} ${packet.joining.self.id} ${packet.joining.room}`;
        if (!newest.has(line))
          later(30, () => {
            newest.get(line)?.give();
            newest.delete(line);
          });
        newest.set(line, packet);
      };
    })(),
  },
  {
    what: "delivers old packets again",
    arrive: (() => {
      const earlier = new Map<string, Arrival>();
      return (packet: Arrival) => {
        packet.give();
        const line = `${packet.from} ${packet.joining.self.id}`;
        if (!isRaw(packet.message)) earlier.get(line)?.give();
        if (!earlier.has(line)) earlier.set(line, packet);
      };
    })(),
  },
];

const MEMORY: SignalingCapabilities = { vanishesWithin: 0 };

describe("the conformance suite fails for an adapter that", () => {
  it.concurrent.each(BREAKAGES)("$what", async ({ breaks, ...deviation }) => {
    const checks = conformanceChecks.filter(({ promise }) => promise === breaks);
    const outcomes = await Promise.allSettled(
      checks.map((check) => runCheck(check, () => deviating(deviation), MEMORY, 600)),
    );
    const reasons = outcomes.flatMap((each) =>
      each.status === "rejected" ? [String(each.reason)] : [],
    );
    expect(reasons).not.toEqual([]);
    // It must fail because of the deviation, and not because a function of the backend is missing.
    expect(reasons.filter((reason) => reason.includes("Give the suite"))).toEqual([]);
  });

  it("breaks any one promise", () => {
    const broken = new Set(BREAKAGES.map(({ breaks }) => breaks));
    const promises = new Set(conformanceChecks.map(({ promise }) => promise));
    expect(broken).toEqual(promises);
  });
});

describe("the conformance suite passes for an adapter that", () => {
  // Under fake timers the same packets are lost in each run, on a machine of any speed.
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it.each(TOLERATED)("$what", { timeout: 60_000 }, async ({ network, ...deviation }) => {
    const runs = conformanceChecks.map((check) =>
      runCheck(check, () => deviating(deviation, network), MEMORY, 40_000),
    );
    await expect(advanceUntilSettled(Promise.all(runs))).resolves.toBeDefined();
  });
});

describe("runCheck", () => {
  it("rejects if the backend lacks a function that the check needs", async () => {
    const forging = conformanceChecks.find(({ promise }) => promise === "sender")!;
    const signaling = memorySignaling();
    const run = runCheck(forging, () => ({ peer: () => signaling }));
    await expect(run).rejects.toThrow('`forge`, or declare { lacks: { sender: "the reason" } }');
    expect(checksFor({ lacks: { sender: "every client is trusted" } })).not.toContain(forging);
  });

  it("leaves all rooms and closes the backend after a failed check", async () => {
    const [check] = conformanceChecks;
    const backend = deviating({ list() {} });
    let closed = false;
    const close = () => {
      closed = true;
    };
    await expect(runCheck(check!, () => ({ ...backend, close }))).rejects.toThrow("onPeers");
    expect([await backend.open?.(), closed]).toEqual([0, true]);
  });
});

describe("conformanceTable", () => {
  it("has a cell for every promise of every adapter", () => {
    const capabilities = { lacks: { sender: "no accounts" }, peers: 2, vanishesWithin: 9_000 };
    const result = { adapter: "one", capabilities, passed: true } as const;
    const table = conformanceTable([
      { ...result, promise: "delivery" },
      { ...result, promise: "size", passed: false },
      { ...result, promise: "vanishing" },
      { ...result, adapter: "two", capabilities: {}, promise: "presence" },
    ]);
    const rows = table.split("\n").map((line) => line.split("|").map((text) => text.trim()));
    const [header = [], , one = [], two = []] = rows;
    const cell = (row: string[], promise: string) => row[header.indexOf(promise)];
    expect(["delivery", "size", "vanishing"].map((word) => cell(one, word))).toEqual([
      "yes",
      "FAILED",
      "9 s",
    ]);
    expect(["privacy", "sender", "tabs"].map((word) => cell(one, word))).toEqual([
      "no (1)",
      "no (2)",
      "no (1)",
    ]);
    expect(table).toMatch(/\n1\. 2 peers in a room\n2\. no accounts$/);
    expect([cell(two, "presence"), cell(two, "delivery")]).toEqual(["by the backend", "not run"]);
  });
});
