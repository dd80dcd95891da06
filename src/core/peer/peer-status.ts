import type { CallError } from "../lib/errors.ts";

/** The state of the connection to one remote peer, across repairs and new connections. */
export type PeerStatus =
  /** No connection yet: not started, or a callee that waits for the first offer. */
  | "new"
  /** The first connection is being established. */
  | "connecting"
  /** Connected; media and data arrive. */
  | "connected"
  /** It was connected before and is being repaired, or the remote peer is back after a goodbye. */
  | "reconnecting"
  /** Given up, see `error`. It returns to `connected` by itself if the remote peer responds again. */
  | "failed"
  /**
   * The remote peer sent a goodbye (its page closed, reloaded, or its hook unmounted), or this side
   * called `close()`. After a remote goodbye this side stays ready: when the remote peer is back they
   * connect again.
   */
  | "closed";

/** The facts from which the status of a peer is derived. */
export interface PeerFacts {
  /** The remote peer has sent a goodbye and is not back yet. */
  readonly closed: boolean;
  /** Why connecting was given up; undefined otherwise. */
  readonly error: CallError | undefined;
  readonly connectionState: RTCPeerConnectionState | undefined;
  /** Media has arrived before. */
  readonly wasConnected: boolean;
  /** A repair is under way, even if the browser reports `connected`. */
  readonly repairing: boolean;
}

/**
 * Returns the status of a peer. The browser states `disconnected` and `failed` do not end it, because
 * both can be repaired.
 *
 * @see WebRTC 1.0, section 4.3.3, for the browser states
 */
export function peerStatus(facts: PeerFacts): PeerStatus {
  if (facts.closed) return "closed";
  if (facts.error) return "failed";
  if (facts.connectionState === "connected" && !facts.repairing) return "connected";
  if (facts.wasConnected) return "reconnecting";
  return facts.connectionState === undefined ? "new" : "connecting";
}
