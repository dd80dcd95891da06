import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CallError } from "../../../src/core/lib/errors.ts";
import {
  MAX_MESSAGES,
  parseMessage,
  parsePacket,
  parsePeerInfo,
  PROTOCOL_VERSION,
} from "../../../src/core/signaling/protocol.ts";
import { MAX_PACKET, MAX_PEER_INFO } from "../../../src/core/signaling/signaling.ts";

type Json = Record<string, unknown>;

const count = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const text = (maxLength: number) => fc.string({ maxLength });
const media = fc.record(
  { microphone: fc.boolean(), camera: fc.boolean(), screen: fc.boolean() },
  plain(),
);
const sdp = fc
  .array(fc.constantFrom("m=audio 9", "m=video 9", "a=sendrecv", "a=candidate:1 1 udp"), {
    maxLength: 15,
  })
  .map((lines) =>
    ["v=0", "a=fingerprint:sha-256 AA", "a=setup:actpass", ...lines, ""].join("\r\n"),
  );
const round = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const description = { connection: text(160), round, sdp, media };
const nullable = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });
const candidate = fc.record(
  {
    candidate: text(1_024),
    sdpMid: nullable(text(16)),
    sdpMLineIndex: nullable(fc.nat({ max: 16 })),
    usernameFragment: nullable(text(256)),
  },
  plain(),
);

/** Objects with the prototype that JSON.parse() gives them. */
function plain(): { noNullPrototype: true } {
  return { noNullPrototype: true };
}

const MESSAGES = {
  offer: fc.record({ type: fc.constant("offer"), ...description }, plain()),
  answer: fc.record({ type: fc.constant("answer"), ...description }, plain()),
  reject: fc.record({ type: fc.constant("reject"), connection: text(160), round }, plain()),
  candidates: fc.record(
    {
      type: fc.constant("candidates"),
      connection: text(160),
      candidates: fc.array(candidate, { maxLength: 20 }),
      end: fc.boolean(),
    },
    plain(),
  ),
  ask: fc.record(
    { type: fc.constant("ask"), for: fc.constantFrom("negotiation", "restart", "rebuild") },
    plain(),
  ),
  media: fc.record({ type: fc.constant("media"), media }, plain()),
  bye: fc.record(
    { type: fc.constant("bye"), reason: fc.constantFrom("left", "room-full") },
    plain(),
  ),
} as const;

const anyMessage = fc.oneof(...Object.values(MESSAGES));
const packet = fc.record(
  {
    v: fc.constant(PROTOCOL_VERSION),
    s: count,
    r: count,
    a: fc.integer({ min: -1, max: Number.MAX_SAFE_INTEGER }),
    m: fc.array(fc.tuple(count, fc.oneof(anyMessage, fc.jsonValue())), { maxLength: 20 }),
  },
  plain(),
);
const id = fc.stringMatching(/^[\w.@:-]{1,160}$/);
/** Keys of metadata, without the names that every object has. */
const key = text(80).filter((name) => !["__proto__", "prototype", "constructor"].includes(name));
const peerInfo = fc
  .record(
    {
      id,
      name: text(80),
      metadata: fc.dictionary(key, text(40), { maxKeys: 5, noNullPrototype: true }),
      joinedAt: count,
      replaces: text(64),
    },
    { requiredKeys: ["id"], ...plain() },
  )
  .filter((info) => JSON.stringify(info).length <= MAX_PEER_INFO);

const KINDS = [
  ...Object.entries(MESSAGES).map(
    ([name, valid]) => [`message "${name}"`, parseMessage, valid as fc.Arbitrary<Json>] as const,
  ),
  ["packet", parsePacket, packet as fc.Arbitrary<Json>],
  ["PeerInfo", parsePeerInfo, peerInfo as fc.Arbitrary<Json>],
] as const;

/** Returns the parsed value, or the code of the only error that a parser may throw. */
function outcome(parse: (value: unknown) => unknown, value: unknown): unknown {
  try {
    return parse(value);
  } catch (error) {
    if (error instanceof CallError && error.code === "message-invalid") return error.code;
    throw error;
  }
}

/** A parsed value is valid, so it is parsed to itself. */
function expectSound(parse: (value: unknown) => unknown, value: unknown): void {
  const parsed = outcome(parse, value);
  expect(typeof parsed === "object" ? parse(parsed) : parsed).toEqual(parsed);
}

/** The paths of all places in a value. */
function placesIn(value: unknown, path: readonly string[] = []): string[][] {
  const inner =
    typeof value === "object" && value !== null
      ? Object.entries(value).flatMap(([name, part]) => placesIn(part, [...path, name]))
      : [];
  return [...(path.length > 0 ? [[...path]] : []), ...inner];
}

/** A copy in which one place has another value, or none. */
function changed(
  value: unknown,
  path: readonly string[],
  junk: { is: unknown } | undefined,
): unknown {
  const copy = structuredClone(value) as Json;
  let owner = copy;
  for (const step of path.slice(0, -1)) owner = owner[step] as Json;
  const last = path.at(-1)!;
  if (junk) owner[last] = junk.is;
  else if (Array.isArray(owner)) owner.splice(Number(last), 1);
  else delete owner[last];
  return copy;
}

const nested = (depth: number) => {
  let value: unknown = 1;
  for (let level = 0; level < depth; level += 1) value = level % 2 ? [value] : { a: value };
  return value;
};

const JUNK: readonly unknown[] = [
  undefined,
  null,
  true,
  "",
  "x",
  "x".repeat(200_000),
  -1,
  -2,
  0.5,
  NaN,
  Infinity,
  2 ** 53,
  "1",
  [],
  {},
  [1],
  { length: 1, 0: "x" },
  nested(50),
  nested(100_000),
  JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}'),
];

describe.each(KINDS)("the parser of a %s", (_, parse, valid) => {
  it("returns a valid value as it arrived from JSON", () => {
    fc.assert(
      fc.property(valid, (value) => {
        const arrived: unknown = JSON.parse(JSON.stringify(value));
        expect(parse(arrived)).toEqual(arrived);
      }),
    );
  });

  it("drops unknown fields", () => {
    const extra = fc.dictionary(
      fc.oneof(fc.constantFrom("__proto__", "constructor", "toString", "polluted"), text(20)),
      fc.jsonValue(),
      { minKeys: 1, noNullPrototype: true },
    );
    fc.assert(
      fc.property(valid, extra, (value, more) => {
        const arrived = JSON.parse(JSON.stringify(value)) as Json;
        const known = new Set([
          "id",
          "name",
          "metadata",
          "joinedAt",
          "replaces",
          ...Object.keys(arrived),
        ]);
        const both = structuredClone(arrived);
        for (const [name, part] of Object.entries(more))
          if (!known.has(name))
            Object.defineProperty(both, name, {
              value: part,
              enumerable: true,
              configurable: true,
            });
        // Unknown fields count for the limit of the whole.
        fc.pre(JSON.stringify(both).length <= MAX_PEER_INFO || parse !== parsePeerInfo);
        const parsed = parse(both) as Json;
        expect(parsed).toEqual(arrived);
        expect(Object.keys(parsed).every((name) => known.has(name))).toBe(true);
        expect(Object.getPrototypeOf(parsed)).toBe(Object.prototype);
        expect(({} as Json)["polluted"]).toBeUndefined();
      }),
    );
  });

  it("returns a valid value or rejects it, when one place is changed", () => {
    fc.assert(
      fc.property(
        valid,
        fc.nat(),
        fc.oneof(
          fc.constantFrom(...JUNK).map((is) => ({ is })),
          fc.constant(undefined),
        ),
        (value, at, junk) => {
          const places = placesIn(value);
          const broken = changed(value, places[at % places.length]!, junk);
          expectSound(parse, broken);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("rejects a value without a required field", () => {
    const optional = new Set(["name", "metadata", "joinedAt", "replaces", "type"]);
    fc.assert(
      fc.property(valid, (value) => {
        for (const name of Object.keys(value).filter((each) => !optional.has(each)))
          expect(outcome(parse, changed(value, [name], undefined)), name).toBe("message-invalid");
      }),
    );
  });

  it("rejects a value with a field of any other type", () => {
    fc.assert(
      fc.property(valid, (value) => {
        const names = Object.keys(value).filter((each) => each !== "type");
        for (const name of names)
          for (const is of [NaN, { length: 1 }, nested(100_000), Symbol.iterator, () => {}])
            expect(outcome(parse, { ...value, [name]: is }), name).toBe("message-invalid");
      }),
      { numRuns: 5 },
    );
  });
});

describe("the parsers, given any value", () => {
  const anything = fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withNullPrototype: true,
    withObjectString: true,
    withSet: true,
    withSparseArray: true,
    withTypedArray: true,
  });

  it.each([
    ["packet", parsePacket],
    ["message", parseMessage],
    ["PeerInfo", parsePeerInfo],
  ] as const)("reject or ignore it as a %s", (_, parse) => {
    fc.assert(
      fc.property(anything, (value) => {
        expectSound(parse, value);
        expectSound(parse, { type: "offer", ...(value as object) });
        expectSound(parse, { type: value });
        expectSound(parse, { v: 1, s: 1, r: 1, a: 1, m: [[0, value]] });
        expectSound(parse, { id: "mina", metadata: value });
      }),
      { numRuns: 1_000 },
    );
  });

  it("reject a value with a cycle", () => {
    const cyclic: Json = { v: 1, s: 1, r: 1, a: 1, m: [], id: "mina", type: "media" };
    cyclic["self"] = cyclic;
    cyclic["media"] = cyclic;
    cyclic["metadata"] = cyclic;
    cyclic["m"] = [[0, cyclic]];
    for (const parse of [parsePacket, parseMessage, parsePeerInfo])
      expect(outcome(parse, cyclic)).toBe("message-invalid");
  });

  it("do not quote a long value in the error", () => {
    const long = "x".repeat(100_000);
    for (const attempt of [
      () => parseMessage({ type: "media", media: long }),
      () => parseMessage({ type: "bye", reason: long }),
      () => parsePacket({ v: long, s: 1, r: 1, a: 1, m: [] }),
      () => parsePeerInfo({ id: "x".repeat(1_900) }),
    ]) {
      let message = "";
      try {
        attempt();
      } catch (error) {
        message = (error as CallError).message;
      }
      expect(message).toMatch(/was dropped/);
      expect(message.length).toBeLessThan(400);
    }
  });
});

describe("parseMessage, given an unknown type", () => {
  it("returns undefined, so that a later version can add types", () => {
    const known = Object.keys(MESSAGES);
    fc.assert(
      fc.property(fc.string(), fc.dictionary(fc.string(), fc.jsonValue()), (type, rest) => {
        fc.pre(!known.includes(type));
        expect(parseMessage({ ...rest, type })).toBeUndefined();
      }),
    );
  });

  it.each([undefined, null, 1, {}, [], ["offer"], { toString: () => "offer" }])(
    "rejects the type %j",
    (type) => {
      expect(outcome(parseMessage, { type })).toBe("message-invalid");
    },
  );
});

it.each([undefined, null, 0, 2, 1.5, -1, "1", [1], true])(
  "parsePacket rejects version %j",
  (version) => {
    expect(outcome(parsePacket, { v: version, s: 1, r: 1, a: 1, m: [] })).toBe("message-invalid");
    expect(parsePacket({ v: 1, s: 1, r: 1, a: 1, m: [] })).toBeDefined();
  },
);

it("parsePacket and parseMessage reject an array with holes", () => {
  const fields = { v: 1, s: 1, r: 0, a: -1 };
  expect(outcome(parsePacket, { ...fields, m: [] })).not.toBe("message-invalid");
  expect(outcome(parsePacket, { ...fields, m: Array(3) })).toBe("message-invalid");
  const batch = { type: "candidates", connection: "mina/1", end: true };
  expect(outcome(parseMessage, { ...batch, candidates: Array(3) })).toBe("message-invalid");
});

describe("the parsers accept the longest value and reject one that is longer", () => {
  const one = <T>(length: number, part: T) => Array<T>(length).fill(part);
  const lines = (sections: number) =>
    ["v=0", "a=fingerprint:x", "a=setup:active", ...one(sections, "m=audio 9")].join("\r\n");
  const long = (length: number) => lines(0) + "x".repeat(length - lines(0).length);
  const offer = (more: object) => ({
    type: "offer",
    connection: "mina/1",
    round: 1,
    sdp: lines(4),
    media: { microphone: true, camera: true, screen: false },
    ...more,
  });
  const candidates = (list: unknown[], more: object = {}) => ({
    type: "candidates",
    connection: "mina/1",
    candidates: list,
    end: false,
    ...more,
  });
  const packetOf = (m: unknown[]) => ({ v: 1, s: 1, r: 1, a: -1, m });
  const ofLength = (length: number) => {
    const frame = JSON.stringify(packetOf([[0, ""]])).length;
    return packetOf([[0, "x".repeat(length - frame)]]);
  };
  const peerOfLength = (length: number) => {
    const frame = JSON.stringify({ id: "mina", metadata: { a: "" } }).length;
    return { id: "mina", metadata: { a: "x".repeat(length - frame) } };
  };

  it.each<[string, (value: unknown) => unknown, unknown, unknown]>([
    ["a description", parseMessage, offer({ sdp: long(65_536) }), offer({ sdp: long(65_537) })],
    ["its sections", parseMessage, offer({ sdp: lines(15) }), offer({ sdp: lines(16) })],
    ["its round", parseMessage, offer({ round: 1 }), offer({ round: 0 })],
    [
      "the name of a connection",
      parseMessage,
      offer({ connection: "x".repeat(160) }),
      offer({ connection: "x".repeat(161) }),
    ],
    [
      "a batch of candidates",
      parseMessage,
      candidates(one(100, { candidate: "x" })),
      candidates(one(101, { candidate: "x" })),
    ],
    [
      "a candidate",
      parseMessage,
      candidates([{ candidate: "x".repeat(1_024) }]),
      candidates([{ candidate: "x".repeat(1_025) }]),
    ],
    [
      "the section of a candidate",
      parseMessage,
      candidates([{ candidate: "x", sdpMLineIndex: 16 }]),
      candidates([{ candidate: "x", sdpMLineIndex: 17 }]),
    ],
    [
      "the messages of a packet",
      parsePacket,
      packetOf(one(MAX_MESSAGES, [0, 1])),
      packetOf(one(MAX_MESSAGES + 1, [0, 1])),
    ],
    ["a packet", parsePacket, ofLength(MAX_PACKET), ofLength(MAX_PACKET + 1)],
    ["a peer", parsePeerInfo, peerOfLength(MAX_PEER_INFO), peerOfLength(MAX_PEER_INFO + 1)],
    [
      "a name",
      parsePeerInfo,
      { id: "mina", name: "x".repeat(80) },
      { id: "mina", name: "x".repeat(81) },
    ],
  ])("%s", (_, parse, small, large) => {
    expect(outcome(parse, small)).not.toBe("message-invalid");
    expect(outcome(parse, large)).toBe("message-invalid");
  });

  it.each(["v=0", "a=fingerprint:", "a=setup:"])(
    "rejects a description without %s, which could not secure a connection",
    (line) => {
      expect(outcome(parseMessage, offer({ sdp: lines(4).replace(line, "a=x:") }))).toBe(
        "message-invalid",
      );
    },
  );
});

describe("parsePeerInfo, given an id", () => {
  it.each(["mina", "a", "user.aB3-_", "mina@example.org.x", "a:b"])("accepts %s", (good) => {
    expect(parsePeerInfo({ id: good })).toEqual({ id: good });
  });

  it.each(["", " ", "a b", "a/b", "../x", "a\n", "a\0", "<b>", "é", "x".repeat(161), 7, null])(
    "rejects %j",
    (bad) => {
      expect(outcome(parsePeerInfo, { id: bad })).toBe("message-invalid");
    },
  );
});
