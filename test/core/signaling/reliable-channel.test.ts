/** Two links joined by a channel that drops, doubles, reorders and delays: what arrives, and what is never said. */
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
  vi.useRealTimers();
});

interface Side {
  readonly link: ReliableChannel;
  /** The numbers that arrived, in order. */
  readonly got: number[];
  /** What went out by the backend. */
  readonly sent: Packet[];
  readonly errors: string[];
  resets: number;
  say(...numbers: number[]): void;
  end(): void;
}

/** A message that carries a number, of a kind that is small. */
const note = (number: number): PeerMessage => ({ type: "reject", connection: "c", round: number });

/** How the backend takes a packet; `deliver` may be called never, twice or later. */
type Backend = (packet: SignalMessage, deliver: () => void) => Promise<void> | void;

function createSide(to: () => ReliableChannel | undefined, backend: () => Backend): Side {
  const scope = new AbortController();
  const side: Omit<Side, "link"> = {
    got: [],
    sent: [],
    errors: [],
    resets: 0,
    say: (...numbers) => {
      for (const number of numbers) link.send(note(number));
    },
    end: () => scope.abort(new CallError("aborted", "The test ended it.")),
  };
  const link = createReliableChannel({
    signal: scope.signal,
    async send(packet) {
      const copy = structuredClone(packet);
      side.sent.push(copy as unknown as Packet);
      await backend()(copy, () => to()?.receive(structuredClone(copy)));
    },
    deliver: (message) => {
      if (message.type === "reject") side.got.push(message.round);
    },
    onReset: () => {
      side.resets += 1;
    },
    onError: ({ code }) => side.errors.push(code),
  });
  return Object.assign(side, { link });
}

/** Two links and the backend between them, which can be exchanged, as can the second link. */
function world(first: Backend = (_, deliver) => deliver()) {
  const both = {
    backend: first,
    a: undefined as unknown as Side,
    b: undefined as unknown as Side,
    /** The second side begins anew: a later stay that knows nothing. */
    restart() {
      both.b.end();
      vi.advanceTimersByTime(1);
      both.b = createSide(
        () => both.a.link,
        () => both.backend,
      );
    },
  };
  both.a = createSide(
    () => both.b.link,
    () => both.backend,
  );
  both.b = createSide(
    () => both.a.link,
    () => both.backend,
  );
  return both;
}

/** Opens the way past the backend, with no delay; returns what went over it. */
function openDirect({ a, b }: { a: Side; b: Side }): SignalMessage[] {
  const gone: SignalMessage[] = [];
  const way = (to: Side) => (packet: SignalMessage) => {
    gone.push(structuredClone(packet));
    setTimeout(() => to.link.receive(structuredClone(packet)));
    return true;
  };
  a.link.setDirect(way(b));
  b.link.setDirect(way(a));
  return gone;
}

const pass = (ms: number) => vi.advanceTimersByTime(ms);
const down: Backend = () => {};
const up: Backend = (_, deliver) => deliver();

interface BadLuck {
  seed: number;
  loss: number;
  twice: number;
  longest: number;
}

function badBackend({ seed, loss, twice, longest }: BadLuck): Backend {
  const random = seededRandom(seed);
  return (_, deliver) => {
    const copies = random() < loss ? 0 : random() < twice ? 2 : 1;
    for (let copy = 0; copy < copies; copy += 1) setTimeout(deliver, random() * longest);
  };
}

const badLuck = fc.record({
  seed: fc.integer(),
  loss: fc.constantFrom(0, 0.1, 0.4),
  twice: fc.constantFrom(0, 0.1, 0.4),
  longest: fc.constantFrom(0, 60, 1_000, 7_000),
});

/** Who speaks, and how long after the one before. */
const schedule = fc.array(
  fc.record({ first: fc.boolean(), wait: fc.constantFrom(0, 0, 1, 14, 16, 700, 2_500) }),
  { minLength: 1, maxLength: 40 },
);

/** Lets both sides talk as the schedule says, and finish; what each has said. */
function converse(
  { a, b }: { a: Side; b: Side },
  turns: readonly { first: boolean; wait: number }[],
) {
  const said: { a: number[]; b: number[] } = { a: [], b: [] };
  for (const [number, { first, wait }] of turns.entries()) {
    pass(wait);
    (first ? a : b).say(number);
    said[first ? "a" : "b"].push(number);
  }
  // Sixteen seconds lie between two tries at the longest, and each has a fair chance.
  for (let minute = 0; minute < 60 && vi.getTimerCount() > 0; minute += 1) pass(60_000);
  return said;
}

describe("whatever the channel does", () => {
  it("every message arrives once and in order, both ways, and then there is silence", () => {
    fc.assert(
      fc.property(badLuck, schedule, (bad, turns) => {
        const both = world(badBackend(bad));
        const said = converse(both, turns);
        expect(both.b.got).toEqual(said.a);
        expect(both.a.got).toEqual(said.b);
        expect([both.a.link.settled(), both.b.link.settled()]).toEqual([true, true]);
        expect([...both.a.errors, ...both.b.errors, both.a.resets, both.b.resets]).toEqual([0, 0]);
        expect(vi.getTimerCount()).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  it("a way past it that comes and goes loses nothing and doubles nothing", () => {
    fc.assert(
      fc.property(badLuck, schedule, fc.integer(), (bad, turns, seed) => {
        const both = world(badBackend(bad));
        const random = seededRandom(seed);
        const way = (to: Side) => (packet: SignalMessage) => {
          if (random() < 0.5) return false;
          const copy = structuredClone(packet);
          // Now and then the connection dies with the packet on its way.
          if (random() < 0.8) setTimeout(() => to.link.receive(copy), random() * 100);
          return true;
        };
        both.a.link.setDirect(way(both.b));
        both.b.link.setDirect(way(both.a));
        const said = converse(both, turns);
        expect([both.b.got, both.a.got]).toEqual([said.a, said.b]);
        expect([...both.a.errors, ...both.b.errors]).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });
});

describe("by the backend", () => {
  it("many messages of one moment travel as one packet", () => {
    const { a, b } = world();
    a.say(1, 2, 3, 4, 5);
    pass(1_000);
    expect(b.got).toEqual([1, 2, 3, 4, 5]);
    expect(a.sent.length).toBe(1);
  });

  it("nothing is sent before somebody speaks", () => {
    const { a, b } = world();
    pass(600_000);
    expect([a.sent, b.sent]).toEqual([[], []]);
  });

  it("a message that has arrived costs no packet in return", () => {
    const { a, b } = world();
    a.say(1);
    pass(1_900);
    expect(b.got).toEqual([1]);
    expect(b.sent).toEqual([]);
  });

  it("an acknowledgement rides on the next message, so nothing is repeated", () => {
    const { a, b } = world();
    a.say(1);
    pass(1_000);
    b.say(2);
    pass(1_500);
    expect(a.link.settled()).toBe(true);
    expect(a.sent.length).toBe(1);
  });

  it("who repeats itself is told once that it was heard, and falls silent", () => {
    const { a, b } = world();
    a.say(1);
    pass(600_000);
    expect(b.got).toEqual([1]);
    expect([a.sent.length, b.sent.length]).toEqual([2, 1]);
    expect(b.sent[0]?.m).toEqual([]);
    expect(a.link.settled()).toBe(true);
  });

  it("who is not heard repeats itself ever more rarely, and never more than a few times a minute", () => {
    const { a } = world(down);
    a.say(1);
    pass(60_000);
    const atFirst = a.sent.length;
    expect(atFirst).toBeGreaterThan(3);
    pass(60_000);
    expect(a.sent.length - atFirst).toBeLessThanOrEqual(4);
    expect(a.sent.length).toBeGreaterThan(atFirst);
  });

  it("what was not heard is said again at once when the backend is back", () => {
    const both = world(down);
    both.a.say(1, 2);
    pass(100_000);
    both.backend = up;
    both.a.link.resend();
    expect(both.b.got).toEqual([1, 2]);
  });

  it("a backend that is back hears nothing where nothing waits", () => {
    const { a, b } = world();
    a.say(1);
    pass(10_000);
    const before = [a.sent.length, b.sent.length];
    a.link.resend();
    b.link.resend();
    pass(600_000);
    expect([a.sent.length, b.sent.length]).toEqual(before);
  });

  it.each([
    ["unavailable, which it tells by itself", "signaling-unavailable", []],
    ["refusing, which somebody has to hear of", "signaling-denied", ["signaling-denied"]],
  ] as const)("the backend may be %s", async (_, code, reported) => {
    const both = world(() => Promise.reject(new CallError(code, "No.")));
    both.a.say(1);
    await vi.advanceTimersByTimeAsync(100);
    expect(both.a.errors).toEqual(reported);
    both.backend = up;
    both.a.link.resend();
    expect(both.b.got).toEqual([1]);
  });

  it("a bug in the adapter is reported once, however often it fails", async () => {
    const both = world(() => Promise.reject(new CallError("adapter-failed", "send() threw.")));
    both.a.say(1);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(both.a.sent.length).toBeGreaterThan(3);
    expect(both.a.errors).toEqual(["adapter-failed"]);
  });
});

describe("past the backend", () => {
  it("messages take the direct way while it is open, and the backend when it is not", () => {
    const both = world();
    const gone = openDirect(both);
    both.a.say(1);
    pass(5_000);
    expect(both.b.got).toEqual([1]);
    expect(gone.length).toBeGreaterThan(0);
    expect(both.a.sent).toEqual([]);
    both.a.link.setDirect(undefined);
    both.a.say(2);
    pass(100);
    expect(both.b.got).toEqual([1, 2]);
    expect(both.a.sent.length).toBe(1);
  });

  it("opening it settles what waits, and the backend is asked no more", () => {
    const both = world();
    both.a.say(1);
    pass(100);
    expect(both.a.link.settled()).toBe(false);
    openDirect(both);
    pass(100);
    expect([both.a.link.settled(), both.b.link.settled()]).toEqual([true, true]);
    pass(600_000);
    expect([both.a.sent.length, both.b.sent.length]).toEqual([1, 0]);
  });

  it("what it does not take goes by the backend", () => {
    const both = world();
    both.a.link.setDirect(() => false);
    both.a.say(1);
    pass(100);
    expect(both.b.got).toEqual([1]);
  });

  it("what it takes and loses goes by the backend in the end", () => {
    const both = world();
    both.a.link.setDirect(() => true);
    both.a.say(1);
    pass(1_000);
    expect(both.b.got).toEqual([]);
    pass(5_000);
    expect(both.b.got).toEqual([1]);
  });

  it("a goodbye that may only go past the backend leaves none there", () => {
    const both = world();
    both.a.say(1);
    both.a.link.flush("direct");
    both.a.end();
    pass(600_000);
    expect(both.a.sent).toEqual([]);
    expect(both.b.got).toEqual([]);
  });

  it("a goodbye goes out at once", () => {
    const both = world();
    both.a.say(1);
    both.a.link.flush("best");
    both.a.end();
    expect(both.b.got).toEqual([1]);
  });
});

describe("when the other side begins anew", () => {
  it("what it says is heard, and this side begins anew once", () => {
    const both = world();
    both.a.say(1);
    both.b.say(2);
    pass(5_000);
    both.restart();
    both.b.say(3, 4);
    pass(5_000);
    expect(both.a.got).toEqual([2, 3, 4]);
    expect(both.a.resets).toBe(1);
    both.a.say(5);
    pass(5_000);
    expect(both.b.got).toEqual([5]);
    expect([...both.a.errors, ...both.b.errors, both.b.resets]).toEqual([0]);
  });

  it("the newcomer does not hear what was said to its former stay, and tells so", () => {
    const both = world();
    both.b.say(0);
    pass(5_000);
    both.restart();
    both.a.say(1);
    pass(5_000);
    expect(both.b.got).toEqual([]);
    expect(both.a.resets).toBe(1);
    both.a.say(2);
    pass(5_000);
    expect(both.b.got).toEqual([2]);
    expect([...both.a.errors, ...both.b.errors]).toEqual([]);
  });

  it("what is late of its former stay changes nothing", () => {
    const both = world();
    both.b.say(1, 2);
    pass(5_000);
    const late = both.b.sent.map((packet) => structuredClone(packet));
    both.restart();
    both.b.say(3);
    pass(5_000);
    for (const packet of late) both.a.link.receive(packet);
    pass(5_000);
    expect(both.a.got).toEqual([1, 2, 3]);
    expect(both.a.resets).toBe(1);
  });

  it("at any moment of any conversation on a bad channel, both go on", () => {
    fc.assert(
      fc.property(badLuck, schedule, schedule, (bad, before, after) => {
        const both = world();
        both.a.say(2_000);
        both.b.say(2_001);
        pass(5_000);
        both.backend = badBackend(bad);
        for (const [number, { first, wait }] of before.entries()) {
          pass(wait);
          (first ? both.a : both.b).say(number);
        }
        both.restart();
        // Both know of each other again once each has heard a word of the other's new stay.
        both.b.say(1_000);
        for (let minute = 0; minute < 60 && vi.getTimerCount() > 0; minute += 1) pass(60_000);
        expect(both.a.got.at(-1)).toBe(1_000);
        const [fromA, fromB] = [both.b.got.length, both.a.got.length];
        const said = converse(both, after);
        expect(both.b.got.slice(fromA)).toEqual(said.a);
        expect(both.a.got.slice(fromB)).toEqual(said.b);
        expect([...both.a.errors, ...both.b.errors]).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });
});

describe("when the other side has been deaf for too long", () => {
  const numbers = Array.from({ length: MAX_MESSAGES + 1 }, (_, number) => number);

  it("both begin anew when it listens again, and what was said before is void", () => {
    const both = world();
    both.a.say(0);
    pass(5_000);
    both.backend = down;
    both.a.say(...numbers);
    expect(both.a.resets).toBe(1);
    pass(60_000);
    both.backend = up;
    both.a.say(7_000);
    pass(60_000);
    expect(both.b.resets).toBe(1);
    expect(both.b.got).toEqual([0, MAX_MESSAGES, 7_000]);
    expect(both.a.resets).toBe(1);
  });

  it("the other is heard again too, whatever it had said in vain", () => {
    const both = world();
    both.b.say(1);
    pass(5_000);
    both.backend = down;
    both.b.say(2, 3);
    both.a.say(...numbers);
    pass(60_000);
    both.backend = up;
    pass(60_000);
    both.b.say(4);
    pass(60_000);
    expect(both.a.errors).toEqual([]);
    expect(both.a.got.at(-1)).toBe(4);
    expect(both.a.got).toEqual(both.a.got.toSorted((x, y) => x - y));
  });

  it("a few long messages are too many as well, and no packet is ever too long for the backend", () => {
    const both = world(down);
    const sdp = `v=0\r\na=fingerprint:x\r\na=setup:active\r\n${"a".repeat(60_000)}`;
    const media = { microphone: true, camera: true, screen: false };
    for (let round = 1; round <= 5; round += 1) {
      both.a.link.send({ type: "offer", connection: "c", round, sdp, media });
      pass(100);
    }
    expect(both.a.resets).toBeGreaterThan(0);
    expect(Math.max(...both.a.sent.map((packet) => JSON.stringify(packet).length))).toBeLessThan(
      131_072,
    );
  });
});

describe("what does not fit", () => {
  /** A packet as the second side would write it. */
  const packet = (m: unknown[], more: object = {}) => ({ v: 1, s: 5, r: 0, a: -1, m, ...more });

  it("a packet with a gap is reported once and dropped, and the missing one is still taken", () => {
    const { a } = world();
    a.link.receive(packet([[0, note(1)]]));
    a.link.receive(packet([[2, note(3)]]));
    expect(a.errors).toEqual(["message-invalid"]);
    expect(a.got).toEqual([1]);
    a.link.receive(
      packet([
        [1, note(2)],
        [2, note(3)],
      ]),
    );
    expect(a.got).toEqual([1, 2, 3]);
    expect(a.errors.length).toBe(1);
  });

  it("a packet that is no packet is reported once, and the next one is taken", () => {
    const { a } = world();
    for (const junk of [undefined, null, 7, "x", [], {}, packet([[-1, 0]]), packet([], { v: 2 })])
      a.link.receive(junk);
    expect(a.errors).toEqual(Array(8).fill("message-invalid"));
    a.link.receive(packet([[0, note(1)]]));
    expect(a.got).toEqual([1]);
  });

  it("a message that does not fit is reported, an unknown kind is passed over, and those beside them arrive", () => {
    const { a } = world();
    a.link.receive(
      packet([
        [0, note(1)],
        [1, { type: "media", media: 1 }],
        [2, { type: "wave" }],
        [3, note(4)],
      ]),
    );
    expect(a.got).toEqual([1, 4]);
    expect(a.errors).toEqual(["message-invalid"]);
  });

  it("none of it is reported again when the other repeats its window", () => {
    const { a } = world();
    const window = packet([
      [0, { type: "media", media: 1 }],
      [1, note(2)],
    ]);
    for (let time = 0; time < 3; time += 1) a.link.receive(window);
    expect(a.errors).toEqual(["message-invalid"]);
    expect(a.got).toEqual([2]);
  });
});

describe("after its end", () => {
  it("nothing is sent, whatever was waiting", () => {
    const both = world(down);
    const gone = openDirect(both);
    both.a.say(1);
    pass(5_000);
    both.a.say(2);
    both.a.end();
    const before = [both.a.sent.length, gone.length];
    both.a.say(3);
    both.a.link.resend();
    both.a.link.receive({ v: 1, s: 9, r: 1, a: -1, m: [[0, note(1)]] });
    both.b.end();
    pass(600_000);
    expect([both.a.sent.length, gone.length]).toEqual(before);
    expect(both.a.got).toEqual([]);
  });

  it("nothing of it is left to wake up", () => {
    const both = world(down);
    both.a.say(1);
    pass(5_000);
    expect(vi.getTimerCount()).toBeGreaterThan(0);
    both.a.end();
    both.b.end();
    expect(vi.getTimerCount()).toBe(0);
  });
});
