import { describe, expect, it } from "vitest";
import { CallError } from "../../../src/core/lib/errors.ts";
import { peerSnapshot, type PeerSnapshotFacts } from "../../../src/core/peer/peer-snapshot.ts";

const [person, screen] = [{ id: "person" }, { id: "screen" }] as unknown as [
  MediaStream,
  MediaStream,
];

/** A connection with that state. */
function connectionIn(connectionState: RTCPeerConnectionState): RTCPeerConnection {
  return {
    signalingState: "stable",
    iceConnectionState: "checking",
    iceGatheringState: "complete",
    connectionState,
  } as RTCPeerConnection;
}

const NO_ERRORS = { givenUp: undefined, standing: undefined, newest: undefined };

const CONNECTED: PeerSnapshotFacts = {
  connection: connectionIn("connected"),
  isSilent: false,
  isClosedByRemote: false,
  wasConnected: true,
  isRepairing: false,
  stream: person,
  screen,
  remoteMedia: { microphone: true, camera: true, screen: false },
  errors: NO_ERRORS,
};

describe("peerSnapshot", () => {
  it("has the states of the connection", () => {
    expect(peerSnapshot(CONNECTED)).toEqual({
      status: "connected",
      signalingState: "stable",
      iceConnectionState: "checking",
      iceGatheringState: "complete",
      connectionState: "connected",
      stream: person,
      screen: undefined,
      remoteMedia: CONNECTED.remoteMedia,
      error: undefined,
      connection: CONNECTED.connection,
    });
  });

  it("has the states of a new connection while there is none", () => {
    expect(
      peerSnapshot({ ...CONNECTED, connection: undefined, wasConnected: false }),
    ).toMatchObject({
      status: "new",
      signalingState: "stable",
      iceConnectionState: "new",
      iceGatheringState: "new",
      connectionState: "new",
      connection: undefined,
    });
  });

  it.each([
    ["disconnected", false, "connected"],
    ["disconnected", true, "reconnecting"],
    ["failed", false, "reconnecting"],
  ] as const)("in state %s, silent %s: %s", (state, isSilent, status) => {
    const snapshot = peerSnapshot({ ...CONNECTED, connection: connectionIn(state), isSilent });
    expect([snapshot.status, snapshot.connectionState]).toEqual([status, state]);
  });

  it.each([
    [true, false, screen],
    [false, false, undefined],
    [true, true, undefined],
  ])("screen shared %s, closed %s: %j", (isShared, isClosedByRemote, expected) => {
    const remoteMedia = { ...CONNECTED.remoteMedia, screen: isShared };
    const snapshot = peerSnapshot({ ...CONNECTED, remoteMedia, isClosedByRemote });
    expect(snapshot.screen).toBe(expected);
    expect(snapshot.stream).toBe(isClosedByRemote ? undefined : person);
  });

  describe("error", () => {
    const givenUp = new CallError("ice-failed", "Given up.");
    const standing = new CallError("ice-servers-invalid", "Other servers are in use.");
    const newest = new CallError("message-invalid", "A message was dropped.");
    const connecting = { connection: connectionIn("connecting"), wasConnected: false };

    it.each<[string, Partial<PeerSnapshotFacts>, CallError | undefined]>([
      ["given up", { errors: { givenUp, standing, newest } }, givenUp],
      [
        "connected, with a standing error",
        { errors: { ...NO_ERRORS, standing, newest } },
        standing,
      ],
      ["connected, with a transient error", { errors: { ...NO_ERRORS, newest } }, undefined],
      [
        "connecting, with a transient error",
        { ...connecting, errors: { ...NO_ERRORS, newest } },
        newest,
      ],
      [
        "reconnecting, with a transient error",
        { isRepairing: true, errors: { ...NO_ERRORS, newest } },
        newest,
      ],
      [
        "closed by the remote peer",
        { isClosedByRemote: true, errors: { givenUp, standing, newest } },
        undefined,
      ],
      ["connected, without an error", {}, undefined],
    ])("while %s", (_what, facts, error) => {
      expect(peerSnapshot({ ...CONNECTED, ...facts }).error).toBe(error);
    });
  });
});
