import type { CallError } from "../lib/errors.ts";
import { NO_MEDIA } from "../media/outgoing-media.ts";
import type { MediaState } from "../signaling/protocol.ts";
import { peerStatus, type PeerStatus } from "./peer-status.ts";

/** The state of a peer at one moment. Immutable. */
export interface PeerSnapshot {
  readonly status: PeerStatus;
  readonly signalingState: RTCSignalingState;
  readonly iceConnectionState: RTCIceConnectionState;
  readonly iceGatheringState: RTCIceGatheringState;
  readonly connectionState: RTCPeerConnectionState;
  /**
   * The camera and the microphone of the remote peer: the same object across repairs and new
   * connections. Undefined while `status` is `closed`.
   */
  readonly stream: MediaStream | undefined;
  /** The screen of the remote peer, while it shares one. */
  readonly screen: MediaStream | undefined;
  /** The devices that the remote peer has switched on, as it reports them. */
  readonly remoteMedia: MediaState;
  /**
   * The present error; undefined once it is resolved. One of:
   *
   * - why connecting was given up (`status` is `failed`), such as `ice-failed`;
   * - why other ICE servers than those of `configuration` are in use (`ice-servers-invalid`);
   * - a change made through `connection` that cannot be negotiated (`unsupported`);
   * - until `status` is `connected`, the newest error that was passed to `onError`.
   *
   * An error that leaves the connection as it was is only passed to `onError`.
   */
  readonly error: CallError | undefined;
  /** The current `RTCPeerConnection`, for what this library does not wrap. Replaced by repairs. */
  readonly connection: RTCPeerConnection | undefined;
}

/** A peer that was not started. */
export const NEW_SNAPSHOT: PeerSnapshot = {
  status: "new",
  signalingState: "stable",
  iceConnectionState: "new",
  iceGatheringState: "new",
  connectionState: "new",
  stream: undefined,
  screen: undefined,
  remoteMedia: NO_MEDIA.state,
  error: undefined,
  connection: undefined,
};

/** A peer after `close()`. */
export const CLOSED_SNAPSHOT: PeerSnapshot = {
  ...NEW_SNAPSHOT,
  status: "closed",
  signalingState: "closed",
  iceConnectionState: "closed",
  connectionState: "closed",
};

/** Everything that a snapshot follows from. */
export interface PeerSnapshotFacts {
  readonly connection: RTCPeerConnection | undefined;
  /** The liveness monitor counts nothing that arrives. */
  readonly isSilent: boolean;
  /** The remote peer has sent a goodbye and is not back yet. */
  readonly isClosedByRemote: boolean;
  readonly wasConnected: boolean;
  readonly isRepairing: boolean;
  readonly stream: MediaStream | undefined;
  readonly screen: MediaStream | undefined;
  readonly remoteMedia: MediaState;
  readonly errors: {
    /** Why connecting was given up. */
    readonly givenUp: CallError | undefined;
    /** The error that stands whether or not the connection works. */
    readonly standing: CallError | undefined;
    /** The newest error that was reported; it may be over. */
    readonly newest: CallError | undefined;
  };
}

export function peerSnapshot(facts: PeerSnapshotFacts): PeerSnapshot {
  const { connection, errors, isClosedByRemote, remoteMedia } = facts;
  const { signalingState, iceConnectionState, iceGatheringState, connectionState } =
    connection ?? NEW_SNAPSHOT;
  const status = peerStatus({
    closed: isClosedByRemote,
    error: errors.givenUp,
    connectionState: connection && effectiveState(connectionState, facts.isSilent),
    wasConnected: facts.wasConnected,
    repairing: facts.isRepairing,
  });
  const connecting = isClosedByRemote ? undefined : (errors.givenUp ?? errors.standing);
  return {
    status,
    signalingState,
    iceConnectionState,
    iceGatheringState,
    connectionState,
    stream: isClosedByRemote ? undefined : facts.stream,
    screen: !isClosedByRemote && remoteMedia.screen ? facts.screen : undefined,
    remoteMedia,
    error:
      connecting ?? (status === "connected" || status === "closed" ? undefined : errors.newest),
    connection,
  };
}

/** The browser takes `disconnected` back up to a second late; arriving data shows it at once. */
function effectiveState(state: RTCPeerConnectionState, isSilent: boolean): RTCPeerConnectionState {
  return state === "disconnected" && !isSilent ? "connected" : state;
}
