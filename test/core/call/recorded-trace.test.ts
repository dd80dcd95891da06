import { describe, expect, it } from "vitest";
import {
  HANDSHAKE_STEPS,
  parseTrace,
  recordTrace,
  type HandshakeEvent,
  type Participant,
  type RecordOptions,
} from "../../../src/index.ts";
import { createStore } from "../../../src/core/index.ts";
import { participant } from "../../support/fixtures.ts";

const IDS = ["Zk3vT0aQm1xYbC9d", "aaLs82kkQwErTy01"];
const event = (peer: string, step: 3 | 7): HandshakeEvent => ({
  step,
  name: HANDSHAKE_STEPS[step],
  timestamp: 1_770_000_000_000 + step,
  side: step === 3 ? "caller" : "callee",
  round: 1,
  peer,
});

/** A connection over a relay, between two private addresses. */
const connection = {
  getStats: async () =>
    new Map(
      [
        { id: "T", type: "transport", selectedCandidatePairId: "P" },
        { id: "P", type: "candidate-pair", localCandidateId: "L", remoteCandidateId: "R" },
        {
          id: "L",
          type: "local-candidate",
          candidateType: "relay",
          address: "203.0.113.7",
          port: 50_001,
          protocol: "udp",
          relayProtocol: "tcp",
        },
        {
          id: "R",
          type: "remote-candidate",
          candidateType: "srflx",
          address: "2001:db8::5",
          port: 7,
        },
      ].map((entry) => [entry.id, { timestamp: 1, ...entry }]),
    ),
};

const mina = participant({
  id: IDS[0]!,
  name: "Mina Park",
  connection: connection as unknown as RTCPeerConnection,
});
const jonas = participant({ id: IDS[1]!, name: "Jonas", status: "connecting" });
const trace = createStore<readonly HandshakeEvent[]>([event(IDS[1]!, 7), event(IDS[0]!, 3)]);

const record = (people: readonly Participant[], options?: RecordOptions) =>
  recordTrace({ trace, participants: people }, options);

describe("recordTrace()", () => {
  it("contains no name, id or address", async () => {
    const text = JSON.stringify(await record([mina, jonas]));
    for (const secret of [...IDS, "Mina", "Jonas", "203.0.113.7", "2001:db8", "50001"])
      expect(text).not.toContain(secret);
  });

  it("contains what the options ask for", async () => {
    const { connections, events } = await record([mina], {
      addresses: true,
      names: true,
      ids: true,
    });
    expect(connections).toEqual([
      {
        peer: IDS[0],
        name: "Mina Park",
        status: "connected",
        route: "relay",
        protocol: "tcp",
        local: { type: "relay", address: "203.0.113.7", port: 50_001 },
        remote: { type: "srflx", address: "2001:db8::5", port: 7 },
      },
    ]);
    expect(events).toEqual(trace.getSnapshot());
  });

  it("uses one id for a participant everywhere", async () => {
    const { connections, events } = await record([mina, jonas]);
    expect(events.map(({ peer }) => peer)).toEqual(["p1", "p2"]);
    expect(connections.map(({ peer, status }) => [peer, status])).toEqual([
      ["p2", "connected"],
      ["p1", "connecting"],
    ]);
  });

  it("records a single peer connection", async () => {
    const { connections } = await recordTrace({ trace, status: "connected", connection });
    expect(connections).toMatchObject([{ status: "connected", route: "relay" }]);
  });

  it("records a connection that closes during the request", async () => {
    const closing = { getStats: () => Promise.reject(new Error("closed")) };
    const { connections } = await recordTrace({ trace, status: "closed", connection: closing });
    expect(connections[0]).toMatchObject({ status: "closed", route: undefined });
  });

  it("asks a source of statistics that participants share once", async () => {
    let asked = 0;
    const stats = {
      getStats() {
        asked += 1;
        return connection.getStats() as unknown as Promise<RTCStatsReport>;
      },
    };
    const people = [mina, jonas].map((each) => participant({ ...each, stats }));
    const { connections } = await record(people);
    expect([asked, connections.map(({ route }) => route)]).toEqual([1, ["relay", "relay"]]);
  });

  it("is read from a file as it was written", async () => {
    const made = await record([mina, jonas], { addresses: true, names: true });
    const file = JSON.stringify(made);
    const read = parseTrace(file);
    expect(read).toEqual(made);
    expect(parseTrace(JSON.parse(file))).toEqual(read);
  });
});

describe("parseTrace() of an untrusted file", () => {
  const good = {
    version: 1,
    at: 5,
    events: [{ name: "rebuilt", timestamp: 4, side: "caller", round: 1, peer: "p1" }],
    connections: [{ peer: "p1", status: "connected" }],
  };
  const [line] = good.events;
  const [end] = good.connections;

  it("is read if it is valid", () => {
    expect(parseTrace(good).events).toEqual([{ ...line, step: undefined }]);
  });

  it.each<[what: string, file: unknown]>([
    ["is no JSON", "{"],
    ["is nothing", undefined],
    ["is null", "null"],
    ["is a list", []],
    ["is of another version", { ...good, version: 2 }],
    ["has no version", { ...good, version: undefined }],
    ["has no time", { ...good, at: "now" }],
    ["has an impossible time", { ...good, at: 1e300 }],
    ["has more events than were ever kept", { ...good, events: Array(1_001).fill(line) }],
    ["has more connections than there can be", { ...good, connections: Array(65).fill(end) }],
    ["has an unknown event", { ...good, events: [{ ...line, name: "constructor" }] }],
    ["has an unknown side", { ...good, events: [{ ...line, side: "both" }] }],
    ["has half a round", { ...good, events: [{ ...line, round: 0.5 }] }],
    ["has an endless name", { ...good, connections: [{ ...end, name: "x".repeat(161) }] }],
    ["has markup for a status", { ...good, connections: [{ ...end, status: "<b>" }] }],
    [
      "has an object for an address",
      { ...good, connections: [{ ...end, local: { type: "host", address: {} } }] },
    ],
    ["hides its fields in a prototype", Object.create(good)],
  ])("is refused where it %s", (_what, file) => {
    expect(() => parseTrace(file)).toThrowError(
      expect.objectContaining({ name: "CallError", code: "message-invalid" }),
    );
  });

  it("gets its step from the name, and loses unknown fields", () => {
    const file = JSON.stringify({
      ...good,
      events: [{ ...line, name: "caller-creates-offer", step: 13, html: "<b>" }],
    });
    const { events } = parseTrace(file);
    expect(events).toEqual([
      { name: "caller-creates-offer", step: 3, timestamp: 4, side: "caller", round: 1, peer: "p1" },
    ]);
  });
});
