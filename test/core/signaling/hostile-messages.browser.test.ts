/**
 * A healthy call of two participants, and an attacker who can write to its room: malformed packets,
 * replayed packets, and packets in the attacker's own name.
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
  /** The codes of the errors that were reported. */
  readonly errors: string[];
  /** The options that the call passed to its signaling. Through them the backend delivers packets. */
  joining: JoinOptions;
}

let signaling: MemorySignaling;
const releases: (() => void)[] = [];
/** The errors that were not caught in this page. */
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
/** The other participant, as `person` sees it. */
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

/** The two ends of the connection; those with strangers are not included. */
let ends: RTCPeerConnection[] = [];
let partners: ReturnType<typeof partnerOf>[] = [];

async function expectFrames(): Promise<void> {
  for (const pc of ends) {
    const before = await framesDecoded(pc);
    await expect.poll(() => framesDecoded(pc), { interval: 30 }).toBeGreaterThan(before);
  }
}

/** Expects the same connections, connected, with video in both directions, and the same participants. */
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

/** Delivers a packet to `person` as one of `from`, as the backend does. */
const inject = (person: Person, from: string, message: unknown) =>
  person.joining.onMessage(from, message as SignalMessage);

/** Adds strangers to the roster of `person`. */
function letIn(person: Person, ...strangers: string[]): void {
  const other = otherThan(person).joining.self;
  // They joined later than all participants, so they are the callers.
  const joined = Date.now() + 60_000;
  person.joining.onPeers([other, ...strangers.map((id) => ({ id, joined }))]);
}

/** Expects that many errors. The last packet shows that all packets before it were processed. */
async function expectReported(person: Person, count: number): Promise<void> {
  inject(person, idOf(otherThan(person)), { last: true });
  await expect.poll(() => person.errors.length).toBeGreaterThan(count);
  expect(person.errors.splice(0)).toEqual(Array(count + 1).fill("message-invalid"));
}

/** Removes the strangers from the rosters. */
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

/** A message of this type that was sent in this call. */
function sent(type: string): Json {
  const messages = signaling.log.flatMap(({ message }) =>
    (message["m"] as [number, Json][]).map(([, content]) => content),
  );
  return structuredClone(messages.find((message) => message["type"] === type)!);
}

/** One message of each type, for the current connection. */
function messageOfEachType(): Record<string, Json> {
  const { connection } = sent("offer");
  return {
    offer: sent("offer"),
    answer: sent("answer"),
    candidates: sent("candidates"),
    reject: { type: "reject", connection, round: 1 },
    ask: { type: "ask", for: "rebuild" },
    media: { type: "media", media: { microphone: false, camera: false, screen: true } },
    bye: { type: "bye", reason: "left" },
  };
}
const TYPES = ["offer", "answer", "candidates", "reject", "ask", "media", "bye"] as const;

const packet = (m: unknown[], more: object = {}) => ({
  v: 1,
  s: Date.now(),
  r: 0,
  a: -1,
  m,
  ...more,
});

/** The paths of all places in a value. */
function placesIn(value: unknown, path: readonly string[] = []): string[][] {
  const inner =
    typeof value === "object" && value !== null
      ? Object.entries(value).flatMap(([name, part]) => placesIn(part, [...path, name]))
      : [];
  return [...(path.length > 0 ? [[...path]] : []), ...inner];
}

function changed(value: unknown, path: readonly string[], junk: unknown): unknown {
  const copy = structuredClone(value) as Json;
  let owner = copy;
  for (const step of path.slice(0, -1)) owner = owner[step] as Json;
  owner[path.at(-1)!] = junk;
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

const rejects = (parse: (value: unknown) => unknown, value: unknown) => {
  try {
    parse(value);
    return false;
  } catch {
    return true;
  }
};

/** Copies of `value` with one place changed so that the parser rejects them. */
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
    .filter((copy) => rejects(parse, copy));
  return fc.sample(copies, { numRuns: count, seed });
}

describe("a call that receives malformed packets", () => {
  it.each(TYPES)("reports each malformed %s once, and stays as it is", async (type) => {
    for (const [at, person] of both().entries()) {
      const invalid = malformed(messageOfEachType()[type], parseMessage, 60, at + 1).filter(
        (message) => !rejects(parsePacket, packet([[0, message]])),
      );
      expect(invalid.length).toBeGreaterThan(30);
      const s = Date.now();
      letIn(person, "stranger");
      for (const [seq, message] of invalid.entries()) {
        // Twice, as a backend may deliver it; the second one is not reported.
        inject(person, "stranger", packet([[seq, message]], { s }));
        inject(person, "stranger", packet([[seq, message]], { s }));
      }
      await expectReported(person, invalid.length);
    }
  });

  it("reports each malformed packet of the other participant once, and stays as it is", async () => {
    for (const [at, person] of both().entries()) {
      const other = idOf(otherThan(person));
      const real = signaling.log.filter(({ from }) => from === other);
      const invalid = real.flatMap(({ message }) => malformed(message, parsePacket, 40, at + 1));
      for (const message of invalid) inject(person, other, message);
      await expectReported(person, invalid.length);
    }
  });

  it("reports values of any type and size once each, from any sender", async () => {
    const anything = fc.oneof(
      fc.anything({ withBigInt: true, withMap: true, withDate: true }),
      fc.constantFrom<unknown>(nested(50_000), "x".repeat(300_000), packet([], { v: 2 })),
      fc.constant(packet([[0, "x".repeat(MAX_PACKET)]])),
    );
    for (const person of both()) {
      const all = fc
        .sample(anything, { numRuns: 300, seed: 3 })
        .filter((value) => rejects(parsePacket, value));
      for (const [at, value] of all.entries())
        inject(person, at % 2 ? "stranger" : idOf(otherThan(person)), value);
      await expectReported(person, all.length);
    }
  });

  it.each(["", "a b", "<b>x</b>", "x".repeat(200), "../x"])(
    "reports each packet of a sender with the invalid id %j",
    async (from) => {
      for (const person of both()) {
        for (const type of TYPES) inject(person, from, packet([[0, messageOfEachType()[type]]]));
        await expectReported(person, TYPES.length);
        expect(person.call.getSnapshot().participants.length).toBe(1);
      }
    },
  );
});

describe("a call that receives replayed packets", () => {
  it("ignores packets that arrive again, in any order and number", async () => {
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

  it("ignores packets that it sent itself", async () => {
    for (const person of both()) {
      const own = idOf(person);
      for (const { message } of signaling.log) inject(person, own, structuredClone(message));
      for (const type of TYPES) inject(person, own, packet([[0, messageOfEachType()[type]]]));
      await expectReported(person, 0);
      expect(person.call.getSnapshot().participants.length).toBe(1);
    }
  });

  it("ignores packets without an epoch, and packets that are addressed to an earlier epoch", async () => {
    for (const person of both()) {
      const other = idOf(otherThan(person));
      for (const { message } of signaling.log.filter(({ from }) => from === other)) {
        inject(person, other, { ...message, s: 0 });
        inject(person, other, { ...message, r: 1 });
      }
      await expectReported(person, 0);
    }
  });
});

describe("a call that receives packets of a stranger", () => {
  const orders = fc.sample(fc.shuffledSubarray([...TYPES, ...TYPES], { minLength: 5 }), {
    numRuns: 5,
    seed: 11,
  });

  it.each([["offer", "candidates", "answer", "media", "reject", "ask"] as const, ...orders])(
    "ignores messages about a connection of another participant: %s, %s, %s, %s, %s, …",
    async (...types) => {
      for (const person of both()) {
        const stranger = `stranger-${Math.trunc(performance.now())}`;
        const s = Date.now();
        letIn(person, stranger);
        for (const [seq, type] of types.entries())
          inject(person, stranger, packet([[seq, messageOfEachType()[type]]], { s }));
        await expectReported(person, 0);
        const names = person.call.getSnapshot().participants.map(({ id }) => id);
        expect(names.filter((id) => id !== stranger)).toEqual([idOf(otherThan(person))]);
      }
      await expectHealthy();
    },
  );

  it("ignores a sender that is not in the roster, and reports it once", async () => {
    for (const person of both()) {
      for (const type of TYPES)
        inject(person, "unlisted", packet([[0, messageOfEachType()[type]]]));
      await expect.poll(() => person.errors.length).toBe(1);
      expect(person.errors.splice(0)).toEqual(["message-invalid"]);
      expect(person.call.getSnapshot().participants.length).toBe(1);
    }
  });

  it("removes only the stranger when it sends a goodbye", async () => {
    for (const person of both()) {
      const stranger = `stranger-${Math.trunc(performance.now())}`;
      letIn(person, stranger);
      inject(person, stranger, packet([[0, messageOfEachType()["media"]]]));
      await expect.poll(() => person.call.getSnapshot().participants.length).toBe(2);
      inject(
        person,
        stranger,
        packet([
          [0, messageOfEachType()["media"]],
          [1, messageOfEachType()["bye"]],
        ]),
      );
      await expect.poll(() => person.call.getSnapshot().participants.length).toBe(1);
    }
  });

  it("does not leave when a stranger says that the room is full", async () => {
    for (const person of both()) letIn(person, "refuser");
    for (const person of both())
      inject(person, "refuser", packet([[0, { type: "bye", reason: "room-full" }]]));
    for (const person of both()) await expectReported(person, 0);
  });

  it("goes on while many strangers send offers", async () => {
    const crowd = Array.from({ length: 40 }, (_, at) => `crowd-${at}`);
    for (const person of both()) letIn(person, ...crowd);
    for (const person of both())
      for (let at = 0; at < 40; at += 1)
        inject(person, `crowd-${at}`, packet([[0, messageOfEachType()["offer"]]]));
    for (const person of both()) {
      await expectReported(person, 0);
      expect(person.call.getSnapshot().participants.length).toBeLessThanOrEqual(7);
    }
  });
});

describe("a call whose browser requests negotiation in a loop", () => {
  const offersOf = ({ call }: Person) =>
    call
      .getSnapshot()
      .trace.getSnapshot()
      .filter(({ name }) => name === "caller-sends-offer").length;

  it.each(["offer", "answer"] as const)(
    "makes one new connection with the same participants and streams, at the side of the %s",
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
      // A message from each side to the other shows that no negotiation is in progress.
      for (const person of both()) {
        await person.media.getSnapshot().microphone.setEnabled(false);
        await expect.poll(() => partnerOf(otherThan(person))?.microphone).toBe(false);
        await person.media.getSnapshot().microphone.setEnabled(true);
        await expect.poll(() => partnerOf(otherThan(person))?.microphone).toBe(true);
      }
      expect(opened.made()).toBe(made + 2);
      const added = both().reduce((sum, person) => sum + offersOf(person), -offers);
      expect(added).toBeGreaterThan(0);
      expect(added).toBeLessThanOrEqual(8);
      for (const [at, person] of both().entries())
        expect(partnerOf(person)!.stream).toBe(streams[at]);
      partners = both().map((person) => partnerOf(person));
      expect([...mina.errors.splice(0), ...jun.errors.splice(0)]).toEqual(["negotiation-failed"]);
    },
  );
});
