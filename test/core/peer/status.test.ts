/** The words for states: from what the browser says to what a person is told, as tables. */
import { describe, expect, it } from "vitest";
import { CallError } from "../../../src/core/lib/errors.ts";
import { peerStatus, type PeerFacts, type PeerStatus } from "../../../src/core/peer/peer-status.ts";
import { callStatus, type CallPhase } from "../../../src/core/call/call-status.ts";

const error = new CallError("ice-failed", "No way was found.");
const STATES = [
  undefined,
  "new",
  "connecting",
  "connected",
  "disconnected",
  "failed",
  "closed",
] as const;

describe("the status of a peer", () => {
  /** Columns: what the browser says; then the word for it before and after media has flowed, each without and with a repair. */
  const TABLE: [PeerFacts["connectionState"], PeerStatus, PeerStatus, PeerStatus, PeerStatus][] = [
    [undefined, "new", "new", "reconnecting", "reconnecting"],
    ["new", "connecting", "connecting", "reconnecting", "reconnecting"],
    ["connecting", "connecting", "connecting", "reconnecting", "reconnecting"],
    ["connected", "connected", "connecting", "connected", "reconnecting"],
    ["disconnected", "connecting", "connecting", "reconnecting", "reconnecting"],
    ["failed", "connecting", "connecting", "reconnecting", "reconnecting"],
    ["closed", "connecting", "connecting", "reconnecting", "reconnecting"],
  ];

  it.each(TABLE)("while the browser says %s", (connectionState, first, making, again, mending) => {
    const facts = { closed: false, error: undefined, connectionState };
    const word = (wasConnected: boolean, repairing: boolean) =>
      peerStatus({ ...facts, wasConnected, repairing });
    expect(word(false, false)).toBe(first);
    expect(word(false, true)).toBe(making);
    expect(word(true, false)).toBe(again);
    expect(word(true, true)).toBe(mending);
  });

  it("has a row for every state of the browser", () => {
    expect(TABLE.map(([state]) => state)).toEqual(STATES);
  });

  describe.each(STATES)("while the browser says %s", (connectionState) => {
    it.each([
      [false, false],
      [false, true],
      [true, false],
      [true, true],
    ])("given up is failed, and ended is closed (%s, %s)", (wasConnected, repairing) => {
      const facts = { connectionState, wasConnected, repairing };
      expect(peerStatus({ ...facts, closed: false, error })).toBe("failed");
      expect(peerStatus({ ...facts, closed: true, error })).toBe("closed");
      expect(peerStatus({ ...facts, closed: true, error: undefined })).toBe("closed");
    });
  });
});

describe("the status of a call", () => {
  type Others = Parameters<typeof callStatus>[2];

  it.each<[Others, ReturnType<typeof callStatus>]>([
    [[], "waiting"],
    [["connecting"], "connecting"],
    [["connected"], "connected"],
    [["reconnecting"], "reconnecting"],
    [["failed"], "failed"],
    [["failed", "failed"], "failed"],
    [["failed", "connecting"], "connecting"],
    [["connecting", "reconnecting"], "reconnecting"],
    [["failed", "reconnecting", "connecting"], "reconnecting"],
    [["failed", "connecting", "reconnecting", "connected"], "connected"],
    [["connected", "reconnecting", "connecting", "failed"], "connected"],
  ])("among %j it is %s", (others, word) => {
    expect(callStatus("joined", "connected", others)).toBe(word);
  });

  it.each<[Others, ReturnType<typeof callStatus>]>([
    [[], "reconnecting"],
    [["connecting"], "connecting"],
    [["connected"], "connected"],
    [["failed"], "failed"],
  ])("a lost backend matters only to who is alone: among %j it is %s", (others, word) => {
    expect(callStatus("joined", "disconnected", others)).toBe(word);
  });

  it.each<CallPhase>(["idle", "joining", "left", "failed"])(
    "outside the room it is %s, whoever is there",
    (phase) => {
      for (const signaling of ["connected", "disconnected"] as const)
        for (const others of [[], ["connected"], ["failed"]] as const)
          expect(callStatus(phase, signaling, others)).toBe(phase);
    },
  );
});
