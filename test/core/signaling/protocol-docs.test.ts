import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { MAX_NAME } from "../../../src/core/signaling/names.ts";
import {
  MAX_CANDIDATE,
  MAX_CANDIDATES,
  MAX_ID,
  MAX_MESSAGES,
  MAX_SDP,
  MAX_SECTIONS,
  MESSAGE_TYPES,
  parseMessage,
  parsePacket,
  parsePeerInfo,
  PROTOCOL_VERSION,
} from "../../../src/core/signaling/protocol.ts";
import {
  ACKNOWLEDGE_DELAY_MS,
  RESEND_INITIAL_MS,
  RESEND_MAX_MS,
} from "../../../src/core/signaling/reliable-channel.ts";
import { MAX_WINDOW_SIZE } from "../../../src/core/signaling/send-window.ts";
import { MAX_PACKET, MAX_PEER_INFO, MAX_PEERS } from "../../../src/core/signaling/signaling.ts";

const page = readFileSync("docs/PROTOCOL.md", "utf8");

/** The text below a heading, up to the next one. */
function section(heading: string): string {
  const [, text] = page.split(`\n${heading}\n`);
  expect(text, `docs/PROTOCOL.md has no heading "${heading}"`).toBeDefined();
  return text!.split(/\n##+ /)[0]!;
}

/** The first cells of the rows of the table below a heading, without the back-ticks. */
function fieldsIn(heading: string): string[] {
  return [...section(heading).matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name!);
}

const figure = (value: number) => value.toLocaleString("en-US");
const seconds = (ms: number) => `${ms / 1_000} s`;

const media = { microphone: true, camera: true, screen: false };
const sdp = "v=0\r\na=fingerprint:x\r\na=setup:actpass\r\n";
const candidate = { candidate: "x", sdpMid: "0", sdpMLineIndex: 0, usernameFragment: "u" };
/** A message of each type with all of its fields. */
const MESSAGES: Record<string, Record<string, unknown>> = {
  offer: { connection: "mina/1", round: 1, sdp, media },
  answer: { connection: "mina/1", round: 1, sdp, media },
  reject: { connection: "mina/1", round: 0 },
  candidates: { connection: "mina/1", candidates: [candidate], end: true },
  ask: { for: "restart", connection: "mina/1" },
  media: { media },
  bye: { reason: "left" },
};

describe("docs/PROTOCOL.md", () => {
  it.each([
    ["# Protocol, version 1", `# Protocol, version ${PROTOCOL_VERSION}`],
    ["## 1. Roster: `PeerInfo`", `at most ${figure(MAX_PEER_INFO)} characters of JSON`],
    ["## 1. Roster: `PeerInfo`", `string, 1 to ${MAX_ID} of`],
    ["## 1. Roster: `PeerInfo`", `string, at most ${MAX_NAME}, optional`],
    ["## 1. Roster: `PeerInfo`", `A room holds ${MAX_PEERS} peers`],
    ["## 1. Roster: `PeerInfo`", `finds ${MAX_PEERS} earlier peers`],
    ["## 1. Roster: `PeerInfo`", `connected to ${MAX_PEERS - 1} others`],
    ["## 2. Packets", `| \`v\`   | ${PROTOCOL_VERSION} `],
    ["## 2. Packets", `at most ${MAX_MESSAGES} |`],
    ["## 2. Packets", `at most ${figure(MAX_PACKET)} characters of JSON`],
    ["### Sending", `after ${seconds(RESEND_INITIAL_MS)}, then`],
    ["### Sending", `doubles each time, up to ${seconds(RESEND_MAX_MS)}.`],
    ["### Sending", `the wait is ${seconds(RESEND_INITIAL_MS)} again`],
    ["### Receiving", `within ${ACKNOWLEDGE_DELAY_MS} ms`],
    ["### Acknowledging", `within ${ACKNOWLEDGE_DELAY_MS} ms`],
    ["### Overflow", `${MAX_MESSAGES} messages or ${figure(MAX_WINDOW_SIZE)} characters`],
    ["## 3. Messages", `(string, at most ${MAX_ID})`],
    ["### `offer`", `string, at most ${figure(MAX_SDP)}, starting with`],
    ["### `offer`", `at most ${MAX_SECTIONS} sections`],
    ["### `candidates`", `array of at most ${MAX_CANDIDATES}:`],
    ["### `candidates`", `\`candidate\` (string, at most ${figure(MAX_CANDIDATE)})`],
  ])("has in %s: %s", (heading, text) => {
    expect(heading.startsWith("# ") ? page : section(heading)).toContain(text);
  });

  it("has a section for each type of message, and for no other", () => {
    const headings = [...page.matchAll(/^### `(\w+)`$/gm)].map(([, type]) => type!);
    expect(new Set(headings)).toEqual(new Set(MESSAGE_TYPES));
  });

  it.each(MESSAGE_TYPES.filter((type) => type !== "answer"))("lists the fields of %s", (type) => {
    const fields = Object.keys(MESSAGES[type]!);
    expect(fieldsIn(`### \`${type}\``).toSorted()).toEqual(fields.toSorted());
    // The sample has every field that the parser keeps: an unknown one would be dropped.
    const message = { type, ...MESSAGES[type] };
    expect(parseMessage(message)).toEqual(message);
  });

  it("lists the fields of answer by reference to offer", () => {
    expect(section("### `answer`")).toContain("The fields of an `offer`");
    const answer = { type: "answer", ...MESSAGES["answer"] };
    expect(parseMessage(answer)).toEqual(answer);
  });

  it("lists the fields of a packet", () => {
    const packet = { v: PROTOCOL_VERSION, s: 1, r: 1, a: -1, m: [] };
    expect(fieldsIn("## 2. Packets")).toEqual(Object.keys(packet));
    expect(parsePacket(packet)).toEqual(packet);
  });

  it("lists the fields of a PeerInfo", () => {
    const info = { id: "mina", name: "Mina", metadata: {}, joinedAt: 1, replaces: "x" };
    expect(fieldsIn("## 1. Roster: `PeerInfo`")).toEqual(Object.keys(info));
    expect(parsePeerInfo(info)).toEqual(info);
  });

  it("names files that exist", () => {
    const files = [...page.matchAll(/`(src\/[\w./-]+\.ts)`/g)].map(([, file]) => file!);
    expect(files.length).toBeGreaterThan(4);
    expect(files.filter((file) => !existsSync(file))).toEqual([]);
  });

  it("has the longest message of the data channel", () => {
    const [, length] = /JSON of at most ([\d,]+) characters/.exec(section("## 5. Data channel"))!;
    const source = readFileSync("src/core/peer/control-channel.ts", "utf8");
    expect(source).toContain(length!.replace(",", "_"));
  });
});
