/** How a record is read: which steps are known, which are inferred, and which one is waited for. */
import { describe, expect, it } from "vitest";
import {
  HANDSHAKE_STEPS,
  timelineOf,
  type HandshakeEvent,
  type HandshakeEventName,
  type HandshakeStep,
  type TimelineOptions,
} from "../../../src/index.ts";

/** What is written in the tables: a step, or an event outside the thirteen; in a later round as `[what, round]`. */
type What = HandshakeStep | HandshakeEventName;
type Entry = What | [what: What, round: number, side?: "caller" | "callee"];

const CALLER: Entry[] = [1, 2, 3, 4, 6, 5, 12, 13];
const CALLEE: Entry[] = [7, 8, 9, 10, 11];

/** Events, 10 ms apart. */
function record(entries: readonly Entry[], peer = "p1"): HandshakeEvent[] {
  return entries.map((entry, index) => {
    const [what, round = 1, side] = Array.isArray(entry) ? entry : [entry];
    const step = typeof what === "number" ? what : undefined;
    const name = typeof what === "number" ? HANDSHAKE_STEPS[what] : what;
    return {
      step,
      name,
      timestamp: 1_000 + index * 10,
      side: side ?? (name.startsWith("callee") ? "callee" : "caller"),
      round,
      peer,
    };
  });
}

/** `13` is done, `(13)` inferred, `13?` waited for, `13-` pending; one string for each round. */
function read(entries: readonly Entry[], options?: TimelineOptions): string[] {
  const marks = { done: "", waiting: "?", pending: "-" };
  return timelineOf(record(entries), options).rounds.map(({ kind, round, rows }) => {
    const words = rows.map(({ step, name, state }) =>
      state === "inferred" ? `(${step})` : `${step ?? name}${marks[state]}`,
    );
    return [`${kind} ${round}:`, ...words].join(" ");
  });
}

const connected = { connected: true };

describe("a record read aloud", () => {
  it.each<[says: string, entries: Entry[], rounds: string[], options?: TimelineOptions]>([
    [
      "shows all that will happen before anything does",
      [],
      ["first 1: 1- 2- 3- 4- 5- 6- 7- 8- 9- 10- 11- 12- 13-"],
    ],
    [
      "waits for the answer once the offer is sent, for the other side cannot be seen",
      [1, 2, 3, 4, 6, 5],
      ["first 1: 1 2 3 4 5 6 7- 8- 9- 10- 11- 12? 13-"],
    ],
    [
      "waits for the sending of an offer that is not sent",
      [1, 2, 3, 4, 5],
      ["first 1: 1 2 3 4 5 6? 7- 8- 9- 10- 11- 12- 13-"],
    ],
    [
      "keeps gathering to come where it is late",
      [1, 2, 3, 4, 6],
      ["first 1: 1 2 3 4 5- 6 7- 8- 9- 10- 11- 12? 13-"],
    ],
    [
      "takes the callee's part from the answer",
      CALLER,
      ["first 1: 1 2 3 4 5 6 (7) (8) (9) (10) (11) 12 13"],
    ],
    [
      "takes the caller's part from the offer",
      [7],
      ["first 1: (1) (2) (3) (4) (5) (6) 7 8? 9- 10- 11- 12- 13-"],
    ],
    [
      "does not know on the callee's page whether the answer arrived",
      CALLEE,
      ["first 1: (1) (2) (3) (4) (5) (6) 7 8 9 10 11 12? 13-"],
    ],
    [
      "knows it once media flows",
      CALLEE,
      ["first 1: (1) (2) (3) (4) (5) (6) 7 8 9 10 11 (12) (13)"],
      connected,
    ],
    [
      "knows it from the next offer too",
      [...CALLEE, [7, 2]],
      [
        "first 1: (1) (2) (3) (4) (5) (6) 7 8 9 10 11 (12) (13)",
        "change 2: (3) (4) (6) 7 9? 10- 11- 12- 13-",
      ],
    ],
    [
      "believes no running connection that an offer under way was answered",
      [...CALLER, [3, 2], [4, 2], [6, 2]],
      ["first 1: 1 2 3 4 5 6 (7) (8) (9) (10) (11) 12 13", "change 2: 3 4 6 7- 9- 10- 11- 12? 13-"],
      connected,
    ],
    [
      "puts what leads to an offer before it",
      [...CALLER, ["ice-restarted", 1], [3, 2], [4, 2], [5, 2], [6, 2], [12, 2], [13, 2]],
      [
        "first 1: 1 2 3 4 5 6 (7) (8) (9) (10) (11) 12 13",
        "restart 2: ice-restarted 3 4 5 6 (7) (9) (10) (11) 12 13",
      ],
    ],
    [
      "waits for the offer that the callee asked for",
      [...CALLEE, ["negotiation-asked", 1, "callee"]],
      [
        "first 1: (1) (2) (3) (4) (5) (6) 7 8 9 10 11 (12) (13)",
        "change 2: negotiation-asked 3- 4- 6- 7? 9- 10- 11- 12- 13-",
      ],
    ],
    [
      "ends a change that was taken back",
      [...CALLEE, [7, 2], ["rolled-back", 2, "callee"]],
      [
        "first 1: (1) (2) (3) (4) (5) (6) 7 8 9 10 11 (12) (13)",
        "change 2: (3) (4) (6) 7 rolled-back",
      ],
      connected,
    ],
    [
      "begins anew with a new connection, and asks no more of the old one",
      [1, 2, 3, 4, 6, 5, "rebuilt", ...CALLER],
      ["first 1: 1 2 3 4 5 6", "rebuilt 1: rebuilt 1 2 3 4 5 6 (7) (8) (9) (10) (11) 12 13"],
    ],
    [
      "knows a new connection where nothing says so: the other one came back",
      [...CALLER, ...CALLER],
      [
        "first 1: 1 2 3 4 5 6 (7) (8) (9) (10) (11) 12 13",
        "rebuilt 1: 1 2 3 4 5 6 (7) (8) (9) (10) (11) 12 13",
      ],
    ],
    [
      "drops the offer that lost, and goes on as the callee",
      [1, 2, 3, 4, 6, 5, "offer-discarded", ...CALLEE],
      [
        "discarded 1: 1 2 3 4 5 6 offer-discarded",
        "first 1: (1) (2) (3) (4) (5) (6) 7 8 9 10 11 12? 13-",
      ],
    ],
    [
      "goes on with the offer that won",
      [1, 2, 3, 4, 6, 5, "offer-discarded", 12, 13],
      ["first 1: 1 2 3 4 5 6 offer-discarded (7) (8) (9) (10) (11) 12 13"],
    ],
    [
      "knows everything where both sides were recorded",
      [1, 2, 3, 4, 5, 6, 7, 8, 9],
      ["first 1: 1 2 3 4 5 6 7 8 9 10? 11- 12- 13-"],
    ],
    [
      "reads as much of it as is wanted",
      CALLER,
      ["first 1: 1 2 3? 4- 5- 6- 7- 8- 9- 10- 11- 12- 13-"],
      { maxEvents: 2 },
    ],
    [
      "reads until a time",
      CALLER,
      ["first 1: 1 2 3 4? 5- 6- 7- 8- 9- 10- 11- 12- 13-"],
      { until: 1_020 },
    ],
  ])("%s", (_says, entries, rounds, options) => {
    expect(read(entries, options)).toEqual(rounds);
  });

  it("says which side this page is, and neither where both were recorded", () => {
    const you = (entries: Entry[]) => timelineOf(record(entries)).rounds.map((round) => round.you);
    expect(you(CALLER)).toEqual(["caller"]);
    expect(you(CALLEE)).toEqual(["callee"]);
    expect(you([1, 2, 3, 4, 5, 6, "offer-discarded", ...CALLEE])).toEqual(["caller", "callee"]);
    expect(you([6, 7])).toEqual([undefined]);
  });

  it("counts the time of a round from its beginning, and of a step from the one before", () => {
    const { rounds, since } = timelineOf(record([...CALLER, [3, 2], [4, 2]]));
    expect(rounds.map(({ at }) => at)).toEqual([0, 80]);
    const times = rounds.map(({ rows }) =>
      rows.filter(({ state }) => state === "done").map(({ step, at, took }) => [step, at, took]),
    );
    expect(times[0]).toEqual([
      [1, 0, undefined],
      [2, 10, 10],
      [3, 20, 10],
      [4, 30, 10],
      [5, 50, 10],
      [6, 40, 10],
      [12, 60, 10],
      [13, 70, 10],
    ]);
    expect(times[1]).toEqual([
      [3, 0, undefined],
      [4, 10, 10],
    ]);
    expect(since).toBe(1_090);
  });

  it("keeps the connections of a call apart", () => {
    const events = [...record([1, 2, 3]), ...record(CALLEE, "p2")];
    const done = (peer: string) =>
      timelineOf(events, { peer }).rounds[0]?.rows.filter(({ state }) => state === "done").length;
    expect([done("p1"), done("p2"), done("nobody")]).toEqual([3, 5, 0]);
  });

  it("says that both have agreed only when both have", () => {
    const agreed = (entries: Entry[], options?: TimelineOptions) =>
      timelineOf(record(entries), options).agreed;
    expect(agreed([])).toBe(false);
    expect(agreed([1, 2, 3, 4, 6, 5])).toBe(false);
    expect(agreed(CALLER)).toBe(true);
    expect(agreed(CALLEE)).toBe(false);
    expect(agreed(CALLEE, connected)).toBe(true);
  });

  it("survives a record whose clock runs backwards", () => {
    const events = record(CALLER).toReversed();
    const times = timelineOf(events).rounds.flatMap(({ rows }) => rows.map(({ took = 0 }) => took));
    expect(times.every((took) => took >= 0)).toBe(true);
  });
});
