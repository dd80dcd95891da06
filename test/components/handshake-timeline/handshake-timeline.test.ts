import { describe, expect, it } from "vitest";
import {
  HANDSHAKE_STEPS,
  timelineOf,
  type HandshakeEvent,
  type HandshakeEventName,
  type HandshakeStep,
  type TimelineOptions,
} from "../../../src/index.ts";

/** A step, or an event outside the thirteen steps. In a later round, `[event, round]`. */
type EventSpec = HandshakeStep | HandshakeEventName;
type Entry = EventSpec | [event: EventSpec, round: number, side?: "caller" | "callee"];

const CALLER: Entry[] = [1, 2, 3, 4, 6, 5, 12, 13];
const CALLEE: Entry[] = [7, 8, 9, 10, 11];

/** Creates events at intervals of 10 ms. */
function record(entries: readonly Entry[], peer = "p1"): HandshakeEvent[] {
  return entries.map((entry, index) => {
    const [event, round = 1, side] = Array.isArray(entry) ? entry : [entry];
    const step = typeof event === "number" ? event : undefined;
    const name = typeof event === "number" ? HANDSHAKE_STEPS[event] : event;
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

/** Formats each round: `13` is done, `(13)` inferred, `13?` waiting, `13-` pending. */
function format(entries: readonly Entry[], options?: TimelineOptions): string[] {
  const marks = { done: "", waiting: "?", pending: "-" };
  return timelineOf(record(entries), options).rounds.map(({ kind, round, rows }) => {
    const words = rows.map(({ step, name, state }) =>
      state === "inferred" ? `(${step})` : `${step ?? name}${marks[state]}`,
    );
    return [`${kind} ${round}:`, ...words].join(" ");
  });
}

const connected = { connected: true };

describe("timelineOf", () => {
  it.each<[title: string, entries: Entry[], rounds: string[], options?: TimelineOptions]>([
    [
      "marks all steps as pending without events",
      [],
      ["first 1: 1- 2- 3- 4- 5- 6- 7- 8- 9- 10- 11- 12- 13-"],
    ],
    [
      "waits for the answer once the offer is sent",
      [1, 2, 3, 4, 6, 5],
      ["first 1: 1 2 3 4 5 6 7- 8- 9- 10- 11- 12? 13-"],
    ],
    [
      "waits for the offer to be sent",
      [1, 2, 3, 4, 5],
      ["first 1: 1 2 3 4 5 6? 7- 8- 9- 10- 11- 12- 13-"],
    ],
    [
      "keeps late gathering pending",
      [1, 2, 3, 4, 6],
      ["first 1: 1 2 3 4 5- 6 7- 8- 9- 10- 11- 12? 13-"],
    ],
    [
      "infers the steps of the callee from the answer",
      CALLER,
      ["first 1: 1 2 3 4 5 6 (7) (8) (9) (10) (11) 12 13"],
    ],
    [
      "infers the steps of the caller from the offer",
      [7],
      ["first 1: (1) (2) (3) (4) (5) (6) 7 8? 9- 10- 11- 12- 13-"],
    ],
    [
      "on the callee, waits for the caller to receive the answer",
      CALLEE,
      ["first 1: (1) (2) (3) (4) (5) (6) 7 8 9 10 11 12? 13-"],
    ],
    [
      "on the callee, infers the last steps once media is received",
      CALLEE,
      ["first 1: (1) (2) (3) (4) (5) (6) 7 8 9 10 11 (12) (13)"],
      connected,
    ],
    [
      "on the callee, infers the last steps from the next offer",
      [...CALLEE, [7, 2]],
      [
        "first 1: (1) (2) (3) (4) (5) (6) 7 8 9 10 11 (12) (13)",
        "change 2: (3) (4) (6) 7 9? 10- 11- 12- 13-",
      ],
    ],
    [
      "does not infer the answer to a pending offer from a running connection",
      [...CALLER, [3, 2], [4, 2], [6, 2]],
      ["first 1: 1 2 3 4 5 6 (7) (8) (9) (10) (11) 12 13", "change 2: 3 4 6 7- 9- 10- 11- 12? 13-"],
      connected,
    ],
    [
      "places events that lead to an offer before it",
      [...CALLER, ["ice-restarted", 1], [3, 2], [4, 2], [5, 2], [6, 2], [12, 2], [13, 2]],
      [
        "first 1: 1 2 3 4 5 6 (7) (8) (9) (10) (11) 12 13",
        "restart 2: ice-restarted 3 4 5 6 (7) (9) (10) (11) 12 13",
      ],
    ],
    [
      "waits for the offer that the callee requested",
      [...CALLEE, ["negotiation-asked", 1, "callee"]],
      [
        "first 1: (1) (2) (3) (4) (5) (6) 7 8 9 10 11 (12) (13)",
        "change 2: negotiation-asked 3- 4- 6- 7? 9- 10- 11- 12- 13-",
      ],
    ],
    [
      "ends a round that was rolled back",
      [...CALLEE, [7, 2], ["rolled-back", 2, "callee"]],
      [
        "first 1: (1) (2) (3) (4) (5) (6) 7 8 9 10 11 (12) (13)",
        "change 2: (3) (4) (6) 7 rolled-back",
      ],
      connected,
    ],
    [
      "starts a new round for a new connection, and ends the old one",
      [1, 2, 3, 4, 6, 5, "rebuilt", ...CALLER],
      ["first 1: 1 2 3 4 5 6", "rebuilt 1: rebuilt 1 2 3 4 5 6 (7) (8) (9) (10) (11) 12 13"],
    ],
    [
      "recognizes a new connection after the remote peer rejoined",
      [...CALLER, ...CALLER],
      [
        "first 1: 1 2 3 4 5 6 (7) (8) (9) (10) (11) 12 13",
        "rebuilt 1: 1 2 3 4 5 6 (7) (8) (9) (10) (11) 12 13",
      ],
    ],
    [
      "ends a discarded offer, and continues as the callee",
      [1, 2, 3, 4, 6, 5, "offer-discarded", ...CALLEE],
      [
        "discarded 1: 1 2 3 4 5 6 offer-discarded",
        "first 1: (1) (2) (3) (4) (5) (6) 7 8 9 10 11 12? 13-",
      ],
    ],
    [
      "continues with the offer that won",
      [1, 2, 3, 4, 6, 5, "offer-discarded", 12, 13],
      ["first 1: 1 2 3 4 5 6 offer-discarded (7) (8) (9) (10) (11) 12 13"],
    ],
    [
      "uses the events of both sides",
      [1, 2, 3, 4, 5, 6, 7, 8, 9],
      ["first 1: 1 2 3 4 5 6 7 8 9 10? 11- 12- 13-"],
    ],
    [
      "reads the first events up to maxEvents",
      CALLER,
      ["first 1: 1 2 3? 4- 5- 6- 7- 8- 9- 10- 11- 12- 13-"],
      { maxEvents: 2 },
    ],
    [
      "reads the events until a time",
      CALLER,
      ["first 1: 1 2 3 4? 5- 6- 7- 8- 9- 10- 11- 12- 13-"],
      { until: 1_020 },
    ],
  ])("%s", (_title, entries, rounds, options) => {
    expect(format(entries, options)).toEqual(rounds);
  });

  it("reports the side of this page, and none if both were recorded", () => {
    const you = (entries: Entry[]) => timelineOf(record(entries)).rounds.map((round) => round.you);
    expect(you(CALLER)).toEqual(["caller"]);
    expect(you(CALLEE)).toEqual(["callee"]);
    expect(you([1, 2, 3, 4, 5, 6, "offer-discarded", ...CALLEE])).toEqual(["caller", "callee"]);
    expect(you([6, 7])).toEqual([undefined]);
  });

  it("measures a round from its beginning, and a step from the one before", () => {
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

  it("separates the connections of a call", () => {
    const events = [...record([1, 2, 3]), ...record(CALLEE, "p2")];
    const done = (peer: string) =>
      timelineOf(events, { peer }).rounds[0]?.rows.filter(({ state }) => state === "done").length;
    expect([done("p1"), done("p2"), done("unknown")]).toEqual([3, 5, 0]);
  });

  it("reports agreement only when both sides have agreed", () => {
    const agreed = (entries: Entry[], options?: TimelineOptions) =>
      timelineOf(record(entries), options).agreed;
    expect(agreed([])).toBe(false);
    expect(agreed([1, 2, 3, 4, 6, 5])).toBe(false);
    expect(agreed(CALLER)).toBe(true);
    expect(agreed(CALLEE)).toBe(false);
    expect(agreed(CALLEE, connected)).toBe(true);
  });

  it("reports no negative times for a clock that runs backwards", () => {
    const events = record(CALLER).toReversed();
    const times = timelineOf(events).rounds.flatMap(({ rows }) => rows.map(({ took = 0 }) => took));
    expect(times.every((took) => took >= 0)).toBe(true);
  });
});
