/**
 * A healthy call between two people, and all that somebody who can write to its room may put there:
 * packets that do not fit, packets said before, and words in a stranger's own name.
 */
import fc from "fast-check";
import {
  createCall,
  createLocalMedia,
  MAX_PACKET,
  type CallStore,
  type JoinOptions,
  type LocalMediaStore,
  type SignalMessage,
} from "twocan/core";
import { memorySignaling, type MemorySignaling } from "twocan/testing";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { parseMessage, parsePacket } from "../../../src/core/signaling/protocol.ts";
import { opened } from "../../support/browser/media-support.ts";
import { keepReportingBytes } from "../../support/keep-alive-stats.ts";

type Json = Record<string, unknown>;

interface Person {
  readonly call: CallStore;
  readonly media: LocalMediaStore;
  /** What was reported, by code. */
  readonly errors: string[];
  /** What the call gave to its signaling: the way in for a hostile backend. */
  joining: JoinOptions;
}

let signaling: MemorySignaling;
const releases: (() => void)[] = [];
/** What nobody caught in this page. */
const uncaught: unknown[] = [];
let mina: Person;
let jun: Person;

const onUncaught = (event: ErrorEvent | PromiseRejectionEvent) =>
  uncaught.push("reason" in event ? event.reason : event.error);

function enter(name: string): Person {
  const media = createLocalMedia({ video: { width: 320, height: 240 } });
  const errors: string[] = [];
  const options = () => ({
    room: "standup",
    iceServers: [],
    name,
    media: media.getSnapshot(),
    onError: (error: { code: string }) => errors.push(error.code),
    signaling: {
      join(joining: JoinOptions) {
        person.joining = joining;
        return signaling.join(joining);
      },
    },
  });
  const call = createCall(options());
  const person: Person = { call, media, errors, joining: undefined as unknown as JoinOptions };
  releases.push(
    media.subscribe(() => call.configure(options())),
    media.retain(),
    call.retain(),
  );
  return person;
}

const idOf = ({ call }: Person) => call.getSnapshot().self.id;
const otherThan = (person: Person) => (person === mina ? jun : mina);
/** How `person` sees the other of the two. */
const partnerOf = (person: Person) =>
  person.call.getSnapshot().participants.find(({ id }) => id === idOf(otherThan(person)));
const both = () => [mina, jun] as const;

async function framesDecoded(pc: RTCPeerConnection): Promise<number> {
  let frames = 0;
  (await pc.getStats()).forEach((entry: { type: string; framesDecoded?: number }) => {
    if (entry.type === "inbound-rtp") frames += entry.framesDecoded ?? 0;
  });
  return frames;
}

/** The two ends of the call; those of strangers are not among them. */
let ends: RTCPeerConnection[] = [];
let partners: ReturnType<typeof partnerOf>[] = [];

async function expectFrames(): Promise<void> {
  for (const pc of ends) {
    const before = await framesDecoded(pc);
    await expect.poll(() => framesDecoded(pc), { interval: 30 }).toBeGreaterThan(before);
  }
}

/** The same connections, connected, with pictures both ways, and the same people in the same words. */
async function expectHealthy(): Promise<void> {
  expect(uncaught).toEqual([]);
  await expect
    .poll(() => ends.map((pc) => [pc.connectionState, pc.signalingState]))
    .toEqual([
      ["connected", "stable"],
      ["connected", "stable"],
    ]);
  for (const [at, person] of both().entries()) {
    expect(person.call.getSnapshot().status).toBe("connected");
    expect(partnerOf(person)).toBe(partners[at]);
  }
  await expectFrames();
}

/** Says something to `person` in the name of `from`, as the backend would. */
const inject = (person: Person, from: string, message: unknown) =>
  person.joining.onMessage(from, message as SignalMessage);

/** The backend tells `person` that these strangers have come into the room, too. */
function letIn(person: Person, ...strangers: string[]): void {
  const other = otherThan(person).joining.self;
  // Later than everybody, so that it is theirs to speak first.
  const joined = Date.now() + 60_000;
  person.joining.onPeers([other, ...strangers.map((id) => ({ id, joined }))]);
}

/** Everything said to `person` so far has had its effect when this one has. */
async function expectReported(person: Person, count: number): Promise<void> {
  inject(person, idOf(otherThan(person)), { last: true });
  await expect.poll(() => person.errors.length).toBeGreaterThan(count);
  expect(person.errors.splice(0)).toEqual(Array(count + 1).fill("message-invalid"));
}

/** The backend tells anew who is there: strangers are not. */
async function forgetStrangers(): Promise<void> {
  for (const person of both()) {
    const other = otherThan(person);
    person.joining.onPeers([other.joining.self]);
    await expect.poll(() => person.call.getSnapshot().participants.length).toBe(1);
  }
}

beforeAll(() => {
  window.addEventListener("error", onUncaught);
  window.addEventListener("unhandledrejection", onUncaught);
});

afterAll(() => {
  window.removeEventListener("error", onUncaught);
  window.removeEventListener("unhandledrejection", onUncaught);
});

beforeEach(async () => {
  releases.push(keepReportingBytes());
  signaling = memorySignaling();
  mina = enter("Mina");
  await expect.poll(() => mina.call.getSnapshot().status).toBe("waiting");
  jun = enter("Jun");
  for (const person of both())
    await expect
      .poll(() => person.call.getSnapshot().status, { timeout: 20_000 })
      .toBe("connected");
  for (const person of both()) await expect.poll(() => partnerOf(person)?.camera).toBe(true);
  ends = opened.connections().map((weak) => weak.deref()!);
  expect(ends.length).toBe(2);
  partners = both().map((person) => partnerOf(person));
});

afterEach(async () => {
  await forgetStrangers();
  await expectHealthy();
  expect([...mina.errors, ...jun.errors]).toEqual([]);
  for (const release of releases.splice(0)) release();
  await expect.poll(() => opened.connections().length).toBe(0);
  await expect.poll(() => opened.liveTracks().length).toBe(0);
  expect(uncaught).toEqual([]);
});

/** What was really said in this call, by kind. */
function said(type: string): Json {
  const messages = signaling.log.flatMap(({ message }) =>
    (message["m"] as [number, Json][]).map(([, content]) => content),
  );
  return structuredClone(messages.find((message) => message["type"] === type)!);
}

/** One message of each kind, for the connection of these two. */
function everyKind(): Record<string, Json> {
  const { connection } = said("offer");
  return {
    offer: said("offer"),
    answer: said("answer"),
    candidates: said("candidates"),
    reject: { type: "reject", connection, round: 1 },
    ask: { type: "ask", for: "rebuild" },
    media: { type: "media", media: { microphone: false, camera: false, screen: true } },
    bye: { type: "bye", reason: "left" },
  };
}
const KINDS = ["offer", "answer", "candidates", "reject", "ask", "media", "bye"] as const;

const packet = (m: unknown[], more: object = {}) => ({
  v: 1,
  s: Date.now(),
  r: 0,
  a: -1,
  m,
  ...more,
});

/** Every place in a value, as the way to it. */
function placesIn(value: unknown, way: readonly string[] = []): string[][] {
  const inner =
    typeof value === "object" && value !== null
      ? Object.entries(value).flatMap(([name, part]) => placesIn(part, [...way, name]))
      : [];
  return [...(way.length > 0 ? [[...way]] : []), ...inner];
}

function changed(value: unknown, way: readonly string[], junk: unknown): unknown {
  const copy = structuredClone(value) as Json;
  let owner = copy;
  for (const step of way.slice(0, -1)) owner = owner[step] as Json;
  owner[way.at(-1)!] = junk;
  return copy;
}

const nested = (depth: number) => {
  let value: unknown = 1;
  for (let level = 0; level < depth; level += 1) value = [value];
  return value;
};

const junk = fc.oneof(
  fc.constantFrom<unknown>(
    undefined,
    null,
    "",
    -1,
    -2,
    0.5,
    NaN,
    2 ** 53,
    [],
    {},
    { length: 1 },
    nested(100),
    nested(50_000),
    "x".repeat(MAX_PACKET),
    JSON.parse('{"__proto__":{"polluted":true}}'),
  ),
  fc.jsonValue(),
);

const refuses = (parse: (value: unknown) => unknown, value: unknown) => {
  try {
    parse(value);
    return false;
  } catch {
    return true;
  }
};

/** Copies of `value` with one place changed so that the check refuses them. */
function malformed(
  value: unknown,
  parse: (value: unknown) => unknown,
  count: number,
  seed: number,
) {
  const places = placesIn(value).filter(([first]) => first !== "type");
  const copies = fc
    .tuple(fc.nat(), junk)
    .map(([at, is]) => changed(value, places[at % places.length]!, is))
    .filter((copy) => refuses(parse, copy));
  return fc.sample(copies, { numRuns: count, seed });
}

describe("malformed", () => {
  it.each(KINDS)(
    "messages of the kind %s are reported once each, and nothing comes of them",
    async (kind) => {
      for (const [at, person] of both().entries()) {
        const bad = malformed(everyKind()[kind], parseMessage, 60, at + 1).filter(
          (message) => !refuses(parsePacket, packet([[0, message]])),
        );
        expect(bad.length).toBeGreaterThan(30);
        const s = Date.now();
        letIn(person, "stranger");
        for (const [seq, message] of bad.entries()) {
          // Twice, as a backend may: what was refused once is not news.
          inject(person, "stranger", packet([[seq, message]], { s }));
          inject(person, "stranger", packet([[seq, message]], { s }));
        }
        await expectReported(person, bad.length);
      }
    },
  );

  it("packets in the other's own name are reported once each, and nothing comes of them", async () => {
    for (const [at, person] of both().entries()) {
      const other = idOf(otherThan(person));
      const real = signaling.log.filter(({ from }) => from === other);
      const bad = real.flatMap(({ message }) => malformed(message, parsePacket, 40, at + 1));
      for (const message of bad) inject(person, other, message);
      await expectReported(person, bad.length);
    }
  });

  it("junk of any kind and size, from anybody, is reported once each", async () => {
    const anything = fc.oneof(
      fc.anything({ withBigInt: true, withMap: true, withDate: true }),
      fc.constantFrom<unknown>(nested(50_000), "x".repeat(300_000), packet([], { v: 2 })),
      fc.constant(packet([[0, "x".repeat(MAX_PACKET)]])),
    );
    for (const person of both()) {
      const all = fc
        .sample(anything, { numRuns: 300, seed: 3 })
        .filter((value) => refuses(parsePacket, value));
      for (const [at, value] of all.entries())
        inject(person, at % 2 ? "stranger" : idOf(otherThan(person)), value);
      await expectReported(person, all.length);
    }
  });

  it.each(["", "a b", "<b>x</b>", "x".repeat(200), "../x"])(
    "names are nobody's: what %j says is reported once each",
    async (from) => {
      for (const person of both()) {
        for (const kind of KINDS) inject(person, from, packet([[0, everyKind()[kind]]]));
        await expectReported(person, KINDS.length);
        expect(person.call.getSnapshot().participants.length).toBe(1);
      }
    },
  );
});

describe("replayed", () => {
  it("packets change nothing, in whatever order and however often they come again", async () => {
    for (const [at, person] of both().entries()) {
      const before = signaling.log.filter(({ to }) => to === idOf(person));
      expect(before.length).toBeGreaterThan(0);
      const orders = fc.sample(fc.array(fc.constantFrom(...before), { minLength: 20 }), {
        numRuns: 20,
        seed: at,
      });
      for (const { from, message } of [...before, ...before.toReversed(), ...orders.flat()])
        inject(person, from, structuredClone(message));
      await expectReported(person, 0);
      await expectHealthy();
    }
  });

  it("packets of a person's own change nothing", async () => {
    for (const person of both()) {
      const own = idOf(person);
      for (const { message } of signaling.log) inject(person, own, structuredClone(message));
      for (const kind of KINDS) inject(person, own, packet([[0, everyKind()[kind]]]));
      await expectReported(person, 0);
      expect(person.call.getSnapshot().participants.length).toBe(1);
    }
  });

  it("packets of a former stay, and to a former stay, change nothing", async () => {
    for (const person of both()) {
      const other = idOf(otherThan(person));
      for (const { message } of signaling.log.filter(({ from }) => from === other)) {
        inject(person, other, { ...message, s: 1 });
        inject(person, other, { ...message, r: 1 });
      }
      await expectReported(person, 0);
    }
  });
});

describe("forged", () => {
  const orders = fc.sample(fc.shuffledSubarray([...KINDS, ...KINDS], { minLength: 5 }), {
    numRuns: 5,
    seed: 11,
  });

  it.each([["offer", "candidates", "answer", "media", "reject", "ask"] as const, ...orders])(
    "words about this connection in a stranger's name are the stranger's: %s, %s, %s, %s, %s, …",
    async (...kinds) => {
      for (const person of both()) {
        const stranger = `stranger-${Math.trunc(performance.now())}`;
        const s = Date.now();
        letIn(person, stranger);
        for (const [seq, kind] of kinds.entries())
          inject(person, stranger, packet([[seq, everyKind()[kind]]], { s }));
        await expectReported(person, 0);
        const names = person.call.getSnapshot().participants.map(({ id }) => id);
        expect(names.filter((id) => id !== stranger)).toEqual([idOf(otherThan(person))]);
      }
      await expectHealthy();
    },
  );

  it("whom the backend does not name is not heard, and reported once", async () => {
    for (const person of both()) {
      for (const kind of KINDS) inject(person, "nobody", packet([[0, everyKind()[kind]]]));
      await expect.poll(() => person.errors.length).toBe(1);
      expect(person.errors.splice(0)).toEqual(["message-invalid"]);
      expect(person.call.getSnapshot().participants.length).toBe(1);
    }
  });

  it("a goodbye in a stranger's name sends nobody away but the stranger", async () => {
    for (const person of both()) {
      const stranger = `stranger-${Math.trunc(performance.now())}`;
      letIn(person, stranger);
      inject(person, stranger, packet([[0, everyKind()["media"]]]));
      await expect.poll(() => person.call.getSnapshot().participants.length).toBe(2);
      inject(
        person,
        stranger,
        packet([
          [0, everyKind()["media"]],
          [1, everyKind()["bye"]],
        ]),
      );
      await expect.poll(() => person.call.getSnapshot().participants.length).toBe(1);
    }
  });

  it("a refusal in a stranger's name turns nobody away who is in a call", async () => {
    for (const person of both()) letIn(person, "refuser");
    for (const person of both())
      inject(person, "refuser", packet([[0, { type: "bye", reason: "room-full" }]]));
    for (const person of both()) await expectReported(person, 0);
  });

  it("a crowd of strangers leaves the two their call", async () => {
    const crowd = Array.from({ length: 40 }, (_, at) => `crowd-${at}`);
    for (const person of both()) letIn(person, ...crowd);
    for (const person of both())
      for (let at = 0; at < 40; at += 1)
        inject(person, `crowd-${at}`, packet([[0, everyKind()["offer"]]]));
    for (const person of both()) {
      await expectReported(person, 0);
      expect(person.call.getSnapshot().participants.length).toBeLessThanOrEqual(7);
    }
  });
});

describe("the browser asks for offers in circles", () => {
  const offersOf = ({ call }: Person) =>
    call
      .getSnapshot()
      .trace.getSnapshot()
      .filter(({ name }) => name === "caller-sends-offer").length;

  it.each(["offer", "answer"] as const)(
    "at the side of the %s: one new connection is made, for the same people in the same streams, and that is all",
    async (type) => {
      const pc = ends.find(({ localDescription }) => localDescription?.type === type)!;
      const offers = both().reduce((sum, person) => sum + offersOf(person), 0);
      const made = opened.made();
      const streams = both().map((person) => partnerOf(person)!.stream);
      for (let time = 0; time < 30; time += 1) pc.dispatchEvent(new Event("negotiationneeded"));
      await expect.poll(() => opened.made()).toBe(made + 2);
      const fresh = () => opened.connections().map((weak) => weak.deref()!);
      await expect
        .poll(() => fresh().map(({ connectionState }) => connectionState), { timeout: 20_000 })
        .toEqual(["connected", "connected"]);
      for (const person of both())
        await expect.poll(() => person.call.getSnapshot().status).toBe("connected");
      expect(ends.map(({ connectionState }) => connectionState)).toEqual(["closed", "closed"]);
      ends = fresh();
      // A word from each to the other shows that whatever was under way is over.
      for (const person of both()) {
        await person.media.getSnapshot().microphone.setEnabled(false);
        await expect.poll(() => partnerOf(otherThan(person))?.microphone).toBe(false);
        await person.media.getSnapshot().microphone.setEnabled(true);
        await expect.poll(() => partnerOf(otherThan(person))?.microphone).toBe(true);
      }
      expect(opened.made()).toBe(made + 2);
      const more = both().reduce((sum, person) => sum + offersOf(person), -offers);
      expect(more).toBeGreaterThan(0);
      expect(more).toBeLessThanOrEqual(8);
      for (const [at, person] of both().entries())
        expect(partnerOf(person)!.stream).toBe(streams[at]);
      partners = both().map((person) => partnerOf(person));
      expect([...mina.errors.splice(0), ...jun.errors.splice(0)]).toEqual(["negotiation-failed"]);
    },
  );
});
