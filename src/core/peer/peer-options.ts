import type { CallError } from "../lib/errors.ts";
import type { OutgoingMedia } from "../media/outgoing-media.ts";
import type { SignalMessage } from "../signaling/signaling.ts";
import type { Trace } from "../stats/handshake-trace.ts";

/**
 * Carries messages between two peers. The channel may lose, duplicate, delay and reorder them, as
 * long as some later message arrives.
 */
export interface PeerChannel {
  /** Hands a message over. Rejects if the channel does not accept it; it is sent again later. */
  send(message: SignalMessage): Promise<void>;
  /**
   * Calls `listener` with each message of the remote peer.
   *
   * @returns a function that ends the subscription
   */
  subscribe(listener: (message: SignalMessage) => void): () => void;
}

/** The channel, the role and the media of a peer. */
export interface PeerOptions {
  channel: PeerChannel;
  /**
   * The caller makes the offers, the callee answers them. If both sides are callers, the one with the
   * lower `id` stays the caller.
   */
  role: "caller" | "callee";
  /**
   * Identifies this side to the remote peer.
   *
   * @default a random id
   */
  id?: string | undefined;
  /**
   * Identifies the remote peer in the events of `trace`.
   *
   * @default ""
   */
  peerId?: string | undefined;
  /**
   * Returns what `new RTCPeerConnection()` takes. Called for each connection and each ICE restart, so
   * that TURN credentials are fresh. Without `iceServers` in it, {@link DEFAULT_ICE_SERVERS} are used
   * (public STUN servers, no TURN); `iceServers: []` means none.
   *
   * If a promise rejects, or takes longer than 4 s, the function is called once more; then the last
   * configuration is used again. That, and `iceServers` that the browser refuses, is reported to
   * `onError` as `ice-servers-invalid`.
   */
  configuration?: (() => RTCConfiguration | Promise<RTCConfiguration>) | undefined;
  /**
   * The tracks to send. Change them with `setMedia()`.
   *
   * @default none: this side only receives
   */
  media?: OutgoingMedia | undefined;
  /**
   * Records the events of the handshake. Peers may share one.
   *
   * @default a trace of this peer alone
   */
  trace?: Trace | undefined;
  /**
   * `"direct"`: a roster announces who joins and leaves (a call), so a goodbye uses the control
   * channel only, and a callee does not announce itself.
   *
   * @default "always"
   */
  goodbye?: "always" | "direct" | undefined;
  /** Called when the remote peer sends a goodbye. */
  onBye?: ((reason: "left" | "room-full") => void) | undefined;
  /**
   * Called once with each error, also with those that `PeerSnapshot.error` does not keep. Without it,
   * errors are printed on the console in development.
   */
  onError?: ((error: CallError) => void) | undefined;
}
