/** The conformance suite itself: adapters that are broken turn it red, and what the link repairs does not. */
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

/** How an adapter differs from a good one. Each gets what the good one would do. */
interface Twist {
  /** A packet has come: whoever is to get it, gets it by `give`. */
  arrive?(packet: Arrival, everybody: readonly JoinOptions[]): void;
  list?(joining: JoinOptions, peers: readonly PeerInfo[]): void;
  enter?(joining: JoinOptions): JoinOptions;
  session?(session: SignalingSession, joining: JoinOptions): SignalingSession;
  backend?(backend: SignalingBackend, everybody: readonly JoinOptions[]): Partial<SignalingBackend>;
  /** Of a peer that is taken off the network. */
  disconnect?: "unnoticed" | "for good" | "still listed";
}

interface Arrival {
  joining: JoinOptions;
  from: string;
  message: Readonly<Record<string, unknown>>;
  give(from?: string, message?: Readonly<Record<string, unknown>>): void;
}

/** An adapter over memory that is twisted in one way. */
function twisted(twist: Twist, network: MemorySignalingOptions = {}): SignalingBackend {
  const shared = memorySignaling(network);
  const everybody: JoinOptions[] = [];
  let open = 0;

  async function join(given: JoinOptions): Promise<SignalingSession> {
    const joining = twist.enter?.(given) ?? given;
    everybody.push(given);
    const session = await shared.join({
      ...joining,
      onMessage(from, message) {
        const give: Arrival["give"] = (sender = from, content = message) =>
          given.onMessage(sender, content);
        if (twist.arrive) twist.arrive({ joining: given, from, message, give }, everybody);
        else give();
      },
      onPeers: (peers) => (twist.list ? twist.list(given, peers) : given.onPeers(peers)),
      onStatus: (status) => {
        if (twist.disconnect !== "unnoticed") given.onStatus(status);
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
    return twist.session?.(counted, given) ?? counted;
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
          if (twist.disconnect !== "for good") shared.reconnect(id);
        },
        vanish() {
          if (twist.disconnect !== "still listed") shared.disconnect(id);
        },
      };
    },
    open: () => open,
    async forge() {},
    async garbage() {},
  };
  return { ...backend, ...twist.backend?.(backend, everybody) };
}

/** A new room for each, whatever name is asked for. */
const inRoom = (joining: JoinOptions, room: string): JoinOptions => ({ ...joining, room });
const later = (ms: number, task: () => void) => void setTimeout(task, ms).unref();
/** Live objects, by the numbers that are sent in their place. */
const boxes: Readonly<Record<string, unknown>>[] = [];
const isRaw = (message: object) => !("v" in message);

/** What the suite must notice, and by which promise. */
const BREAKAGES: readonly (Twist & { what: string; breaks: SignalingPromise })[] = [
  {
    what: "brings packets beyond all patience",
    breaks: "delivery",
    arrive: ({ give }) => later(60_000, give),
  },
  { what: "brings nothing at all", breaks: "delivery", arrive() {} },
  {
    what: "always drops the newest of a burst",
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
    what: "brings the first packet and no other",
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
    what: "loses what is not ASCII",
    breaks: "delivery",
    arrive: ({ from, message, give }) =>
      give(
        from,
        JSON.parse(JSON.stringify(message).replaceAll(/[^ -~]/g, "?")) as Record<string, unknown>,
      ),
  },
  {
    what: "hands on the very object that was sent",
    breaks: "delivery",
    session: (session) => ({
      ...session,
      send: (to, message) => session.send(to, { ...message, box: boxes.push(message) - 1 }),
    }),
    arrive: ({ from, message: { box }, give }) => later(5, () => give(from, boxes[Number(box)])),
  },
  {
    what: "names the addressee as the sender",
    breaks: "delivery",
    arrive: ({ joining, give }) => give(joining.self.id),
  },
  {
    what: "brings senders back what they sent",
    breaks: "privacy",
    arrive({ from, message, give }, everybody) {
      give();
      everybody.find(({ self }) => self.id === from)?.onMessage(from, message);
    },
  },
  {
    what: "shows packets to a third in the room",
    breaks: "privacy",
    arrive({ joining, from, message, give }, everybody) {
      give();
      for (const other of everybody)
        if (other.room === joining.room && other !== joining && other.self.id !== from)
          other.onMessage(from, message);
    },
  },
  {
    what: "shows packets to another room",
    breaks: "privacy",
    arrive({ joining, from, message, give }, everybody) {
      give();
      for (const other of everybody)
        if (other.room !== joining.room) other.onMessage(from, message);
    },
  },
  {
    what: "believes whom a client says it is",
    breaks: "sender",
    backend: (_, everybody) => ({
      forge: ({ from, to, message }) =>
        everybody.find(({ self }) => self.id === to)?.onMessage(from, message),
    }),
  },
  {
    what: "never tells of those who come later",
    breaks: "presence",
    list: (() => {
      const told = new Set<JoinOptions>();
      return (joining: JoinOptions, peers: readonly PeerInfo[]) => {
        if (!told.has(joining)) joining.onPeers(peers);
        told.add(joining);
      };
    })(),
  },
  {
    what: "tells of nobody who was there before",
    breaks: "presence",
    list: (joining, peers) =>
      joining.onPeers(peers.filter(({ joinedAt = 0 }) => joinedAt > (joining.self.joinedAt ?? 0))),
  },
  {
    what: "tells of the newest only, not of all",
    breaks: "presence",
    list: (joining, peers) => joining.onPeers(peers.slice(-1)),
  },
  {
    what: "lists everybody themselves",
    breaks: "presence",
    list: (joining, peers) => joining.onPeers([...peers, joining.self]),
  },
  {
    what: "tells who is there after joining has resolved",
    breaks: "presence",
    list: (joining, peers) => later(20, () => joining.onPeers(peers)),
  },
  {
    what: "keeps changes to itself",
    breaks: "presence",
    session: (session) => ({ ...session, update: async () => {} }),
  },
  {
    what: "leaves a ghost",
    breaks: "leaving",
    session: (session) => ({ ...session, leave: async () => {} }),
  },
  {
    what: "cannot leave twice",
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
    what: "goes on telling those who have left",
    breaks: "leaving",
    ...(() => {
      const gone = new Set<JoinOptions>();
      return {
        list(joining, peers) {
          joining.onPeers(peers);
          for (const one of gone)
            if (one.room === joining.room) one.onPeers([joining.self, ...peers]);
        },
        session: (session, joining) => ({
          ...session,
          async leave() {
            await session.leave();
            gone.add(joining);
          },
        }),
      } satisfies Twist;
    })(),
  },
  { what: "never misses who vanishes", breaks: "vanishing", disconnect: "still listed" },
  {
    what: "comes in though the call was left meanwhile",
    breaks: "aborting",
    enter: (joining) => ({ ...joining, signal: new AbortController().signal }),
  },
  { what: "does not say that it is cut off", breaks: "reconnect", disconnect: "unnoticed" },
  { what: "does not come back", breaks: "reconnect", disconnect: "for good" },
  {
    what: "cuts long packets short",
    breaks: "size",
    arrive({ from, message, give }) {
      const { text } = message;
      give(from, typeof text === "string" ? { ...message, text: text.slice(0, 65_536) } : message);
    },
  },
  {
    what: "loses packets that are too long without a word",
    breaks: "size",
    session: (session) => ({
      ...session,
      send: (to, message) => session.send(to, message).catch(() => undefined),
    }),
  },
  {
    what: "gives the tabs of a person one mailbox",
    breaks: "tabs",
    arrive({ joining, from, message }, everybody) {
      for (const tab of everybody)
        if (tab.room === joining.room && tab.self.name === joining.self.name)
          tab.onMessage(from, message);
    },
  },
  {
    what: "keeps people in a plain object",
    breaks: "names",
    list(joining, peers) {
      const byId: Record<string, PeerInfo> = {};
      for (const peer of peers) byId[peer.id] = peer;
      joining.onPeers(Object.values(byId));
    },
  },
  {
    what: "takes rooms whose names begin alike for one",
    breaks: "names",
    enter: (joining) => inRoom(joining, joining.room.split(/[/.]/)[0] ?? ""),
  },
  {
    what: "hands on garbage",
    breaks: "garbage",
    backend: (_, everybody) => ({
      garbage: ({ id }) => everybody.find(({ self }) => self.id === id)?.onMessage("x", null!),
    }),
  },
  {
    what: "has a limited number of rooms and uses them again",
    breaks: "rooms",
    enter: (joining) => inRoom(joining, String((joining.room.codePointAt(5) ?? 0) % 10)),
  },
  {
    what: "leaves something open",
    breaks: "cleanup",
    backend: ({ open }) => {
      let most = 0;
      return { open: async () => (most = Math.max(most, Number(await open?.()))) };
    },
  },
];

/** What an adapter may do, because the link above it repairs it. */
const TOLERATED: readonly (Twist & { what: string; network?: MemorySignalingOptions })[] = [
  { what: "does everything right" },
  { what: "brings every packet twice", network: { duplicate: 1 } },
  { what: "brings packets in any order", network: { delay: [0, 60], reorder: 0.5 } },
  { what: "loses one packet in five", network: { loss: 0.2 } },
  {
    what: "does all of that",
    network: { delay: [0, 40], loss: 0.1, duplicate: 0.3, reorder: 0.3 },
  },
  {
    what: "brings only the newest of a burst",
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
    what: "brings packets of former times once more",
    arrive: (() => {
      const former = new Map<string, Arrival>();
      return (packet: Arrival) => {
        packet.give();
        const line = `${packet.from} ${packet.joining.self.id}`;
        if (!isRaw(packet.message)) former.get(line)?.give();
        if (!former.has(line)) former.set(line, packet);
      };
    })(),
  },
];

const MEMORY: SignalingCapabilities = { vanishesWithin: 0 };

describe("an adapter turns the suite red that", () => {
  it.concurrent.each(BREAKAGES)("$what", async ({ breaks, ...twist }) => {
    const checks = conformanceChecks.filter(({ promise }) => promise === breaks);
    const outcomes = await Promise.allSettled(
      checks.map((check) => runCheck(check, () => twisted(twist), MEMORY, 600)),
    );
    const reasons = outcomes.flatMap((each) =>
      each.status === "rejected" ? [String(each.reason)] : [],
    );
    expect(reasons).not.toEqual([]);
    // Red for what it does, not for what the suite was not given.
    expect(reasons.filter((reason) => reason.includes("Give the suite"))).toEqual([]);
  });

  it("breaks each promise at least once", () => {
    const broken = new Set(BREAKAGES.map(({ breaks }) => breaks));
    const promises = new Set(conformanceChecks.map(({ promise }) => promise));
    expect(broken).toEqual(promises);
  });
});

describe("an adapter passes the suite that", () => {
  // In played time the same packets are lost each time, however fast the machine is.
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it.each(TOLERATED)("$what", { timeout: 60_000 }, async ({ network, ...twist }) => {
    const runs = conformanceChecks.map((check) =>
      runCheck(check, () => twisted(twist, network), MEMORY, 40_000),
    );
    await expect(advanceUntilSettled(Promise.all(runs))).resolves.toBeDefined();
  });
});

describe("the suite", () => {
  it("asks for what it takes to prove a promise, unless it is declared as missing", async () => {
    const forging = conformanceChecks.find(({ promise }) => promise === "sender")!;
    const signaling = memorySignaling();
    const run = runCheck(forging, () => ({ peer: () => signaling }));
    await expect(run).rejects.toThrow('`forge`, or declare { lacks: { sender: "the reason" } }');
    expect(checksFor({ lacks: { sender: "everybody is trusted" } })).not.toContain(forging);
  });

  it("leaves nothing of a check that failed", async () => {
    const [check] = conformanceChecks;
    const backend = twisted({ list() {} });
    let closed = false;
    const close = () => {
      closed = true;
    };
    await expect(runCheck(check!, () => ({ ...backend, close }))).rejects.toThrow("onPeers");
    expect([await backend.open?.(), closed]).toEqual([0, true]);
  });

  it("draws a table in which nothing is passed over", () => {
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
    expect(table).toMatch(/\n1\. 2 people in a room\n2\. no accounts$/);
    expect([cell(two, "presence"), cell(two, "delivery")]).toEqual(["by the backend", "not run"]);
  });
});
