import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CallError } from "../../../src/core/lib/errors.ts";
import {
  createReliableChannel,
  type ReliableChannel,
} from "../../../src/core/signaling/reliable-channel.ts";
import {
  MAX_MESSAGES,
  type Packet,
  type PeerMessage,
} from "../../../src/core/signaling/protocol.ts";
import type { SignalMessage } from "../../../src/core/signaling/signaling.ts";
import { seededRandom } from "../../support/seeded-random.ts";

beforeEach(() => {
  vi.useFakeTimers({
    toFake: ["setTimeout", "clearTimeout", "Date", "performance", "queueMicrotask"],
  });
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

interface Side {
  readonly channel: ReliableChannel;
  /** The numbers of the messages that were delivered, in order. */
  readonly received: number[];
  /** The packets that were sent over the backend. */
  readonly sent: Packet[];
  /** The codes of the errors that were reported. */
  readonly errors: string[];
  readonly failures: CallError[];
  /** What the `reachable` option returns. */
  reachable: boolean;
  resets: number;
  send(...numbers: number[]): void;
  end(): void;
}

/** A small message that carries a number. */
const message = (number: number): PeerMessage => ({
  type: "reject",
  connection: "c",
  round: number,
});

/** Simulates how the backend carries a packet; it may call `deliver` never, later or twice. */
type Backend = (packet: SignalMessage, deliver: () => void) => Promise<void> | void;

function createSide(to: () => ReliableChannel | undefined, backend: () => Backend): Side {
  const scope = new AbortController();
  const side: Omit<Side, "channel"> = {
    received: [],
    sent: [],
    errors: [],
    failures: [],
    reachable: true,
    resets: 0,
    send: (...numbers) => {
      for (const number of numbers) channel.send(message(number));
    },
    end: () => scope.abort(new CallError("aborted", "The test ended.")),
  };
  const channel = createReliableChannel({
    signal: scope.signal,
    async send(packet) {
      const copy = structuredClone(packet);
      side.sent.push(copy as unknown as Packet);
      await backend()(copy, () => to()?.receive(structuredClone(copy)));
    },
    deliver(delivered) {
      if (delivered.type === "reject") side.received.push(delivered.round);
    },
    onReset: () => {
      side.resets += 1;
    },
    reachable: () => side.reachable,
    onError(error) {
      side.errors.push(error.code);
      side.failures.push(error);
    },
  });
  return Object.assign(side, { channel });
}

/** Changes the clock from which later epochs are made. */
function setClockBack(ms: number): void {
  const { timeOrigin } = performance;
  vi.spyOn(performance, "timeOrigin", "get").mockReturnValue(timeOrigin - ms);
}

/** Two channels with a backend between them. The backend and the second channel can be replaced. */
function createPair(first: Backend = (_, deliver) => deliver()) {
  const pair = {
    backend: first,
    a: undefined as unknown as Side,
    b: undefined as unknown as Side,
    /** Replaces the second side by one in a new epoch, as a reload does. */
    restart() {
      pair.b.end();
      vi.advanceTimersByTime(1);
      pair.b = createSide(
        () => pair.a.channel,
        () => pair.backend,
      );
    },
  };
  pair.a = createSide(
    () => pair.b.channel,
    () => pair.backend,
  );
  pair.b = createSide(
    () => pair.a.channel,
    () => pair.backend,
  );
  return pair;
}

/** Opens a direct route without delay; returns the packets that were sent over it. */
function openDirect({ a, b }: { a: Side; b: Side }): SignalMessage[] {
  const packets: SignalMessage[] = [];
  const routeTo = (to: Side) => (packet: SignalMessage) => {
    packets.push(structuredClone(packet));
    setTimeout(() => to.channel.receive(structuredClone(packet)));
    return true;
  };
  a.channel.setDirect(routeTo(b));
  b.channel.setDirect(routeTo(a));
  return packets;
}

/** Advances the time in steps, and lets promises settle after each of them. */
async function pass(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= STEP_MS) {
    vi.advanceTimersByTime(Math.min(left, STEP_MS));
    await settle();
  }
}

/** Short enough that no send is pending for as long as its timeout. */
const STEP_MS = 1_000;

/** Lets promises settle that wait for no timer. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 8; turn += 1) await Promise.resolve();
}
const down: Backend = () => {};
const up: Backend = (_, deliver) => deliver();

interface Conditions {
  seed: number;
  loss: number;
  duplication: number;
  maxDelay: number;
}

function createLossyBackend({ seed, loss, duplication, maxDelay }: Conditions): Backend {
  const random = seededRandom(seed);
  return (_, deliver) => {
    const copies = random() < loss ? 0 : random() < duplication ? 2 : 1;
    for (let copy = 0; copy < copies; copy += 1) setTimeout(deliver, random() * maxDelay);
  };
}

const conditions = fc.record({
  seed: fc.integer(),
  loss: fc.constantFrom(0, 0.1, 0.4),
  duplication: fc.constantFrom(0, 0.1, 0.4),
  maxDelay: fc.constantFrom(0, 60, 1_000, 7_000),
});

/** Which side sends, and how long after the message before. */
const schedule = fc.array(
  fc.record({ first: fc.boolean(), wait: fc.constantFrom(0, 0, 1, 14, 16, 700, 2_500) }),
  { minLength: 1, maxLength: 40 },
);

/** Sends messages as scheduled and waits until all are acknowledged; returns what each side sent. */
async function exchange(
  { a, b }: { a: Side; b: Side },
  turns: readonly { first: boolean; wait: number }[],
) {
  const messages: { a: number[]; b: number[] } = { a: [], b: [] };
  for (const [number, { first, wait }] of turns.entries()) {
    await pass(wait);
    (first ? a : b).send(number);
    messages[first ? "a" : "b"].push(number);
  }
  for (let minute = 0; minute < 60 && vi.getTimerCount() > 0; minute += 1) await pass(60_000);
  return messages;
}

describe("createReliableChannel over a lossy route", () => {
  it("delivers every message once and in order in both directions, then sends nothing more", async () => {
    await fc.assert(
      fc.asyncProperty(conditions, schedule, async (lossy, turns) => {
        const pair = createPair(createLossyBackend(lossy));
        const messages = await exchange(pair, turns);
        expect(pair.b.received).toEqual(messages.a);
        expect(pair.a.received).toEqual(messages.b);
        expect([pair.a.channel.settled(), pair.b.channel.settled()]).toEqual([true, true]);
        expect([...pair.a.errors, ...pair.b.errors, pair.a.resets, pair.b.resets]).toEqual([0, 0]);
        expect(vi.getTimerCount()).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  it("loses and duplicates nothing while a direct route opens and closes", async () => {
    await fc.assert(
      fc.asyncProperty(conditions, schedule, fc.integer(), async (lossy, turns, seed) => {
        const pair = createPair(createLossyBackend(lossy));
        const random = seededRandom(seed);
        const routeTo = (to: Side) => (packet: SignalMessage) => {
          if (random() < 0.5) return false;
          const copy = structuredClone(packet);
          // Sometimes the connection is lost with the packet in flight.
          if (random() < 0.8) setTimeout(() => to.channel.receive(copy), random() * 100);
          return true;
        };
        pair.a.channel.setDirect(routeTo(pair.b));
        pair.b.channel.setDirect(routeTo(pair.a));
        const messages = await exchange(pair, turns);
        expect([pair.b.received, pair.a.received]).toEqual([messages.a, messages.b]);
        expect([...pair.a.errors, ...pair.b.errors]).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });
});

describe("createReliableChannel over the backend", () => {
  it("sends messages that are added together as one packet", async () => {
    const { a, b } = createPair();
    a.send(1, 2, 3, 4, 5);
    await pass(1_000);
    expect(b.received).toEqual([1, 2, 3, 4, 5]);
    expect(a.sent.length).toBe(1);
  });

  it("sends nothing before the first message", async () => {
    const { a, b } = createPair();
    await pass(600_000);
    expect([a.sent, b.sent]).toEqual([[], []]);
  });

  it("sends no packet to acknowledge a message that arrived for the first time", async () => {
    const { a, b } = createPair();
    a.send(1);
    await pass(1_900);
    expect(b.received).toEqual([1]);
    expect(b.sent).toEqual([]);
  });

  it("acknowledges with the next message, so that nothing is retransmitted", async () => {
    const { a, b } = createPair();
    a.send(1);
    await pass(1_000);
    b.send(2);
    await pass(1_500);
    expect(a.channel.settled()).toBe(true);
    expect(a.sent.length).toBe(1);
  });

  it("acknowledges a retransmission once, which ends the retransmissions", async () => {
    const { a, b } = createPair();
    a.send(1);
    await pass(600_000);
    expect(b.received).toEqual([1]);
    expect([a.sent.length, b.sent.length]).toEqual([2, 1]);
    expect(b.sent[0]?.m).toEqual([]);
    expect(a.channel.settled()).toBe(true);
  });

  it("backs off while nothing is acknowledged, and goes on retransmitting", async () => {
    const { a } = createPair(down);
    a.send(1);
    await pass(60_000);
    const atFirst = a.sent.length;
    expect(atFirst).toBeGreaterThan(3);
    await pass(60_000);
    expect(a.sent.length - atFirst).toBeLessThanOrEqual(4);
    expect(a.sent.length).toBeGreaterThan(atFirst);
  });

  it("retransmits at once when resend() is called", async () => {
    const pair = createPair(down);
    pair.a.send(1, 2);
    await pass(100_000);
    pair.backend = up;
    pair.a.channel.resend();
    expect(pair.b.received).toEqual([1, 2]);
  });

  it("sends nothing on resend() if everything is acknowledged", async () => {
    const { a, b } = createPair();
    a.send(1);
    await pass(10_000);
    const before = [a.sent.length, b.sent.length];
    a.channel.resend();
    b.channel.resend();
    await pass(600_000);
    expect([a.sent.length, b.sent.length]).toEqual(before);
  });

  it.each([
    ["does not report", "signaling-unavailable", []],
    ["reports", "signaling-denied", ["signaling-denied"]],
  ] as const)(
    "%s a single send that rejects with %s, and retransmits on resend()",
    async (_, code, reported) => {
      const pair = createPair(() => Promise.reject(new CallError(code, "No.")));
      pair.a.send(1);
      await pass(100);
      expect(pair.a.errors).toEqual(reported);
      pair.backend = up;
      pair.a.channel.resend();
      expect(pair.b.received).toEqual([1]);
    },
  );

  it("reports a bug in the adapter once, however often send() fails", async () => {
    const pair = createPair(() => Promise.reject(new CallError("adapter-failed", "send() threw.")));
    pair.a.send(1);
    await pass(60_000);
    expect(pair.a.sent.length).toBeGreaterThan(3);
    expect(pair.a.errors).toEqual(["adapter-failed"]);
  });
});

describe("createReliableChannel with a direct route", () => {
  it("uses the direct route while it is open, and the backend otherwise", async () => {
    const pair = createPair();
    const direct = openDirect(pair);
    pair.a.send(1);
    await pass(5_000);
    expect(pair.b.received).toEqual([1]);
    expect(direct.length).toBeGreaterThan(0);
    expect(pair.a.sent).toEqual([]);
    pair.a.channel.setDirect(undefined);
    pair.a.send(2);
    await pass(100);
    expect(pair.b.received).toEqual([1, 2]);
    expect(pair.a.sent.length).toBe(1);
  });

  it("settles pending messages over it once it opens, without the backend", async () => {
    const pair = createPair();
    pair.a.send(1);
    await pass(100);
    expect(pair.a.channel.settled()).toBe(false);
    openDirect(pair);
    await pass(100);
    expect([pair.a.channel.settled(), pair.b.channel.settled()]).toEqual([true, true]);
    await pass(600_000);
    expect([pair.a.sent.length, pair.b.sent.length]).toEqual([1, 0]);
  });

  it("sends a packet over the backend if the direct route does not accept it", async () => {
    const pair = createPair();
    pair.a.channel.setDirect(() => false);
    pair.a.send(1);
    await pass(100);
    expect(pair.b.received).toEqual([1]);
  });

  it("retransmits over the backend what the direct route lost", async () => {
    const pair = createPair();
    pair.a.channel.setDirect(() => true);
    pair.a.send(1);
    await pass(1_000);
    expect(pair.b.received).toEqual([]);
    await pass(5_000);
    expect(pair.b.received).toEqual([1]);
  });

  it("sends nothing over the backend on flush('direct')", async () => {
    const pair = createPair();
    pair.a.send(1);
    pair.a.channel.flush("direct");
    pair.a.end();
    await pass(600_000);
    expect(pair.a.sent).toEqual([]);
    expect(pair.b.received).toEqual([]);
  });

  it("sends pending messages synchronously on flush('best')", async () => {
    const pair = createPair();
    pair.a.send(1);
    pair.a.channel.flush("best");
    pair.a.end();
    expect(pair.b.received).toEqual([1]);
  });
});

describe("createReliableChannel when the remote peer starts a new epoch", () => {
  it("delivers its messages, and resets once", async () => {
    const pair = createPair();
    pair.a.send(1);
    pair.b.send(2);
    await pass(5_000);
    pair.restart();
    pair.b.send(3, 4);
    await pass(5_000);
    expect(pair.a.received).toEqual([2, 3, 4]);
    expect(pair.a.resets).toBe(1);
    pair.a.send(5);
    await pass(5_000);
    expect(pair.b.received).toEqual([5]);
    expect([...pair.a.errors, ...pair.b.errors, pair.b.resets]).toEqual([0]);
  });

  it("delivers nothing that was addressed to the earlier epoch, and announces the new one", async () => {
    const pair = createPair();
    pair.b.send(0);
    await pass(5_000);
    pair.restart();
    pair.a.send(1);
    await pass(5_000);
    expect(pair.b.received).toEqual([]);
    expect(pair.a.resets).toBe(1);
    pair.a.send(2);
    await pass(5_000);
    expect(pair.b.received).toEqual([2]);
    expect([...pair.a.errors, ...pair.b.errors]).toEqual([]);
  });

  it("ignores late packets of the earlier epoch", async () => {
    const pair = createPair();
    pair.b.send(1, 2);
    await pass(5_000);
    const late = pair.b.sent.map((packet) => structuredClone(packet));
    pair.restart();
    pair.b.send(3);
    await pass(5_000);
    for (const packet of late) pair.a.channel.receive(packet);
    await pass(5_000);
    expect(pair.a.received).toEqual([1, 2, 3]);
    expect(pair.a.resets).toBe(1);
  });

  it("recovers at any moment of any exchange over a lossy route", async () => {
    await fc.assert(
      fc.asyncProperty(conditions, schedule, schedule, async (lossy, before, after) => {
        const pair = createPair();
        pair.a.send(2_000);
        pair.b.send(2_001);
        await pass(5_000);
        pair.backend = createLossyBackend(lossy);
        for (const [number, { first, wait }] of before.entries()) {
          await pass(wait);
          (first ? pair.a : pair.b).send(number);
        }
        pair.restart();
        // Both know the current epochs once each has received a packet of the other.
        pair.b.send(1_000);
        for (let minute = 0; minute < 60 && vi.getTimerCount() > 0; minute += 1) await pass(60_000);
        expect(pair.a.received.at(-1)).toBe(1_000);
        const [fromA, fromB] = [pair.b.received.length, pair.a.received.length];
        const messages = await exchange(pair, after);
        expect(pair.b.received.slice(fromA)).toEqual(messages.a);
        expect(pair.a.received.slice(fromB)).toEqual(messages.b);
        expect([...pair.a.errors, ...pair.b.errors]).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });
});

describe("createReliableChannel when the remote peer returns with an earlier epoch", () => {
  it("accepts a remote peer that comes back with an earlier epoch", async () => {
    const pair = createPair();
    pair.a.send(1);
    pair.b.send(2);
    await pass(5_000);
    setClockBack(3_600_000);
    pair.restart();
    pair.b.send(3, 4);
    await pass(5_000);
    pair.a.send(5);
    await pass(5_000);
    expect(pair.a.received).toEqual([2, 3, 4]);
    expect(pair.b.received).toEqual([5]);
    expect(pair.a.resets).toBe(1);
    expect([...pair.a.errors, ...pair.b.errors, pair.b.resets]).toEqual([0]);
  });

  it("keeps the live epoch when the first packet of an earlier one arrives late", async () => {
    const pair = createPair();
    const late: SignalMessage[] = [];
    pair.backend = (packet) => void late.push(packet);
    pair.b.send(1);
    await pass(100);
    pair.backend = up;
    pair.restart();
    pair.b.send(2);
    await pass(5_000);
    for (const packet of late) pair.a.channel.receive(packet);
    await pass(5_000);
    // Both have started over, so earlier messages no longer count; later ones have to arrive.
    pair.b.send(3);
    pair.a.send(4);
    await pass(60_000);
    expect(pair.a.received.at(-1)).toBe(3);
    expect(pair.b.received.at(-1)).toBe(4);
    expect([pair.a.channel.settled(), pair.b.channel.settled()]).toEqual([true, true]);
    expect([...pair.a.errors, ...pair.b.errors]).toEqual([]);
  });

  it("recovers at any moment of any exchange over a lossy route, with its clock set back", async () => {
    await fc.assert(
      fc.asyncProperty(conditions, schedule, schedule, async (lossy, before, after) => {
        const pair = createPair();
        pair.a.send(2_000);
        pair.b.send(2_001);
        await pass(5_000);
        pair.backend = createLossyBackend(lossy);
        for (const [number, { first, wait }] of before.entries()) {
          await pass(wait);
          (first ? pair.a : pair.b).send(number);
        }
        setClockBack(3_600_000);
        pair.restart();
        pair.b.send(1_000);
        for (let minute = 0; minute < 60 && vi.getTimerCount() > 0; minute += 1) await pass(60_000);
        const [fromA, fromB] = [pair.b.received.length, pair.a.received.length];
        const messages = await exchange(pair, after);
        vi.restoreAllMocks();
        expect(pair.b.received.slice(fromA)).toEqual(messages.a);
        expect(pair.a.received.slice(fromB)).toEqual(messages.b);
        expect([...pair.a.errors, ...pair.b.errors]).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });
});

describe("createReliableChannel while send() fails", () => {
  const forbidden = new Error("403 Forbidden");
  const neverSettles: Backend = () => new Promise<void>(() => {});

  it.each<[string, Backend, unknown]>([
    ["rejects", () => Promise.reject(forbidden), { cause: forbidden }],
    [
      "throws",
      () => {
        throw forbidden;
      },
      { cause: forbidden },
    ],
    ["never settles", neverSettles, { message: expect.stringMatching(/^send\(\) .* 10 s/) }],
  ])("reports signaling-unavailable once if it %s, and retransmits", async (_, backend, error) => {
    const pair = createPair(backend);
    pair.a.send(1);
    await pass(1_000);
    expect(pair.a.errors).toEqual([]);
    await pass(600_000);
    expect(pair.a.errors).toEqual(["signaling-unavailable"]);
    expect(pair.a.failures).toEqual([expect.objectContaining(error as object)]);
    pair.backend = up;
    await pass(120_000);
    expect(pair.b.received).toEqual([1]);
    expect(pair.a.errors.length).toBe(1);
  });

  it("reports signaling-denied once, although every send is rejected", async () => {
    const pair = createPair(() => Promise.reject(new CallError("signaling-denied", "No.")));
    pair.a.send(1);
    await pass(600_000);
    expect(pair.a.errors).toEqual(["signaling-denied"]);
  });

  it.each(["signaling-denied", "adapter-failed"] as const)(
    "reports %s although the backend is known to be unreachable",
    async (code) => {
      const pair = createPair(() => Promise.reject(new CallError(code, "No.")));
      pair.a.reachable = false;
      pair.a.send(1);
      await pass(600_000);
      expect(pair.a.errors).toEqual([code]);
    },
  );

  it("reports the next outage after a send has succeeded", async () => {
    const pair = createPair(() => Promise.reject(forbidden));
    pair.a.send(1);
    await pass(60_000);
    pair.backend = up;
    pair.a.channel.resend();
    await pass(10_000);
    pair.backend = () => Promise.reject(forbidden);
    pair.a.send(2);
    await pass(60_000);
    expect(pair.a.errors).toEqual(["signaling-unavailable", "signaling-unavailable"]);
  });

  it.each<[string, Backend]>([
    ["rejects", () => Promise.reject(forbidden)],
    ["never settles", neverSettles],
  ])(
    "reports nothing if it %s while the backend is known to be unreachable",
    async (_, backend) => {
      const pair = createPair(backend);
      pair.a.reachable = false;
      pair.a.send(1);
      await pass(600_000);
      expect(pair.a.errors).toEqual([]);
      pair.a.reachable = true;
      await pass(600_000);
      expect(pair.a.errors).toEqual(["signaling-unavailable"]);
    },
  );

  it("reports nothing if it never settles and the remote peer acknowledges the messages", async () => {
    const pair = createPair((_, deliver) => {
      deliver();
      return new Promise<void>(() => {});
    });
    for (let number = 0; number < 20; number += 1) {
      pair.a.send(number);
      await pass(10_000);
    }
    expect(pair.b.received.length).toBe(20);
    expect(pair.a.errors).toEqual([]);
  });

  it("reports nothing for a burst of failures that is over within seconds", async () => {
    const pair = createPair(() => Promise.reject(forbidden));
    for (let number = 0; number < 10; number += 1) {
      pair.a.send(number);
      await pass(100);
    }
    pair.backend = up;
    await pass(60_000);
    expect(pair.b.received.length).toBe(10);
    expect(pair.a.errors).toEqual([]);
  });

  it("reports nothing of a call that was cancelled", async () => {
    const pair = createPair(() => Promise.reject(new CallError("aborted", "Left.")));
    pair.a.send(1);
    await pass(600_000);
    expect(pair.a.errors).toEqual([]);
  });
});

describe("createReliableChannel with callbacks that throw", () => {
  it("delivers the messages that follow, and acknowledges", async () => {
    const reported = vi.fn();
    vi.stubGlobal("reportError", reported);
    const scope = new AbortController();
    const delivered = vi.fn(() => {
      throw new Error("A mistake.");
    });
    const channel = createReliableChannel({
      signal: scope.signal,
      send: async () => {},
      deliver: delivered,
      onReset: delivered,
      onError: delivered,
    });
    channel.receive(undefined);
    const m = [1, 2].map((number, seq) => [seq, message(number)]);
    channel.receive({ v: 1, s: 5, r: 0, a: -1, m });
    channel.receive({ v: 1, s: 6, r: 0, a: -1, m });
    expect(delivered).toHaveBeenCalledTimes(1 + 2 + 1 + 2);
    expect(reported).toHaveBeenCalledTimes(6);
    scope.abort(new CallError("aborted", "The test ended."));
    vi.unstubAllGlobals();
  });
});

describe("createReliableChannel when the send window overflows", () => {
  const numbers = Array.from({ length: MAX_MESSAGES + 1 }, (_, number) => number);

  it("resets both sides once the remote peer responds, and drops the unacknowledged messages", async () => {
    const pair = createPair();
    pair.a.send(0);
    await pass(5_000);
    pair.backend = down;
    pair.a.send(...numbers);
    expect(pair.a.resets).toBe(1);
    await pass(60_000);
    pair.backend = up;
    pair.a.send(7_000);
    await pass(60_000);
    expect(pair.b.resets).toBe(1);
    expect(pair.b.received).toEqual([0, MAX_MESSAGES, 7_000]);
    expect(pair.a.resets).toBe(1);
  });

  it("delivers messages of the remote peer again, although it dropped some", async () => {
    const pair = createPair();
    pair.b.send(1);
    await pass(5_000);
    pair.backend = down;
    pair.b.send(2, 3);
    pair.a.send(...numbers);
    await pass(60_000);
    pair.backend = up;
    await pass(60_000);
    pair.b.send(4);
    await pass(60_000);
    expect(pair.a.errors).toEqual([]);
    expect(pair.a.received.at(-1)).toBe(4);
    expect(pair.a.received).toEqual(pair.a.received.toSorted((x, y) => x - y));
  });

  it("counts characters too, so that no packet is too long for the backend", async () => {
    const pair = createPair(down);
    const sdp = `v=0\r\na=fingerprint:x\r\na=setup:active\r\n${"a".repeat(60_000)}`;
    const media = { microphone: true, camera: true, screen: false };
    for (let round = 1; round <= 5; round += 1) {
      pair.a.channel.send({ type: "offer", connection: "c", round, sdp, media });
      await pass(100);
    }
    expect(pair.a.resets).toBeGreaterThan(0);
    expect(Math.max(...pair.a.sent.map((packet) => JSON.stringify(packet).length))).toBeLessThan(
      131_072,
    );
  });
});

describe("createReliableChannel on malformed input", () => {
  /** A packet as the second side would send it. */
  const packet = (m: unknown[], more: object = {}) => ({ v: 1, s: 5, r: 0, a: -1, m, ...more });

  it("reports and drops a packet with a gap, and delivers the missing message later", async () => {
    const { a } = createPair();
    a.channel.receive(packet([[0, message(1)]]));
    a.channel.receive(packet([[2, message(3)]]));
    expect(a.errors).toEqual(["message-invalid"]);
    expect(a.received).toEqual([1]);
    a.channel.receive(
      packet([
        [1, message(2)],
        [2, message(3)],
      ]),
    );
    expect(a.received).toEqual([1, 2, 3]);
    expect(a.errors.length).toBe(1);
  });

  it("reports each malformed packet, and delivers the next valid one", async () => {
    const { a } = createPair();
    for (const junk of [undefined, null, 7, "x", [], {}, packet([[-1, 0]]), packet([], { v: 2 })])
      a.channel.receive(junk);
    expect(a.errors).toEqual(Array(8).fill("message-invalid"));
    a.channel.receive(packet([[0, message(1)]]));
    expect(a.received).toEqual([1]);
  });

  it("reports a malformed message, ignores an unknown type, and delivers the others", async () => {
    const { a } = createPair();
    a.channel.receive(
      packet([
        [0, message(1)],
        [1, { type: "media", media: 1 }],
        [2, { type: "unknown" }],
        [3, message(4)],
      ]),
    );
    expect(a.received).toEqual([1, 4]);
    expect(a.errors).toEqual(["message-invalid"]);
  });

  it("reports a malformed message once, although it is retransmitted", async () => {
    const { a } = createPair();
    const window = packet([
      [0, { type: "media", media: 1 }],
      [1, message(2)],
    ]);
    for (let time = 0; time < 3; time += 1) a.channel.receive(window);
    expect(a.errors).toEqual(["message-invalid"]);
    expect(a.received).toEqual([2]);
  });
});

describe("createReliableChannel after its signal has aborted", () => {
  it("sends and delivers nothing, pending messages included", async () => {
    const pair = createPair(down);
    const direct = openDirect(pair);
    pair.a.send(1);
    await pass(5_000);
    pair.a.send(2);
    pair.a.end();
    const before = [pair.a.sent.length, direct.length];
    pair.a.send(3);
    pair.a.channel.resend();
    pair.a.channel.receive({ v: 1, s: 9, r: 1, a: -1, m: [[0, message(1)]] });
    pair.b.end();
    await pass(600_000);
    expect([pair.a.sent.length, direct.length]).toEqual(before);
    expect(pair.a.received).toEqual([]);
  });

  it("leaves no timer behind", async () => {
    const pair = createPair(down);
    pair.a.send(1);
    await pass(5_000);
    expect(vi.getTimerCount()).toBeGreaterThan(0);
    pair.a.end();
    pair.b.end();
    expect(vi.getTimerCount()).toBe(0);
  });
});
