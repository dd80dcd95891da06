import { describe, expect, it } from "vitest";
import { CallError } from "../../../src/core/lib/errors.ts";
import { peerStatus, type PeerFacts, type PeerStatus } from "../../../src/core/peer/peer-status.ts";
import { callStatus, type CallPhase } from "../../../src/core/call/call-status.ts";

const error = new CallError("ice-failed", "Could not connect.");
const STATES = [
  undefined,
  "new",
  "connecting",
  "connected",
  "disconnected",
  "failed",
  "closed",
] as const;

describe("peerStatus", () => {
  /** Columns: the browser state; then the status before and after media has arrived, each without and with a repair. */
  const TABLE: [PeerFacts["connectionState"], PeerStatus, PeerStatus, PeerStatus, PeerStatus][] = [
    [undefined, "new", "new", "reconnecting", "reconnecting"],
    ["new", "connecting", "connecting", "reconnecting", "reconnecting"],
    ["connecting", "connecting", "connecting", "reconnecting", "reconnecting"],
    ["connected", "connected", "connecting", "connected", "reconnecting"],
    ["disconnected", "connecting", "connecting", "reconnecting", "reconnecting"],
    ["failed", "connecting", "connecting", "reconnecting", "reconnecting"],
    ["closed", "connecting", "connecting", "reconnecting", "reconnecting"],
  ];

  it.each(TABLE)(
    "while the browser reports %s",
    (connectionState, first, connecting, again, repaired) => {
      const facts = { closed: false, error: undefined, connectionState };
      const statusOf = (wasConnected: boolean, repairing: boolean) =>
        peerStatus({ ...facts, wasConnected, repairing });
      expect(statusOf(false, false)).toBe(first);
      expect(statusOf(false, true)).toBe(connecting);
      expect(statusOf(true, false)).toBe(again);
      expect(statusOf(true, true)).toBe(repaired);
    },
  );

  it("has a row for every browser state", () => {
    expect(TABLE.map(([state]) => state)).toEqual(STATES);
  });

  describe.each(STATES)("while the browser reports %s", (connectionState) => {
    it.each([
      [false, false],
      [false, true],
      [true, false],
      [true, true],
    ])(
      "is failed when given up, and closed after a goodbye (connected before: %s, repairing: %s)",
      (wasConnected, repairing) => {
        const facts = { connectionState, wasConnected, repairing };
        expect(peerStatus({ ...facts, closed: false, error })).toBe("failed");
        expect(peerStatus({ ...facts, closed: true, error })).toBe("closed");
        expect(peerStatus({ ...facts, closed: true, error: undefined })).toBe("closed");
      },
    );
  });
});

describe("callStatus", () => {
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
  ])("with participants %j it is %s", (others, status) => {
    expect(callStatus("joined", "connected", others)).toBe(status);
  });

  it.each<[Others, ReturnType<typeof callStatus>]>([
    [[], "reconnecting"],
    [["connecting"], "connecting"],
    [["connected"], "connected"],
    [["failed"], "failed"],
  ])("without signaling, with participants %j it is %s", (others, status) => {
    expect(callStatus("joined", "disconnected", others)).toBe(status);
  });

  it.each<CallPhase>(["idle", "joining", "left", "failed"])(
    "outside the room it is %s, with any participants",
    (phase) => {
      for (const signaling of ["connected", "disconnected"] as const)
        for (const others of [[], ["connected"], ["failed"]] as const)
          expect(callStatus(phase, signaling, others)).toBe(phase);
    },
  );
});
