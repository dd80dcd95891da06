/**
 * Owns the signaling contract: what a call needs from a backend, and what an adapter must do.
 *
 * An adapter moves packets and says who is there. It does not look into a packet. Order, once-only
 * delivery, batching, validation and the queue across a reconnect live above it, in `link.ts`:
 * every packet to a peer carries all that this peer has not acknowledged yet, so a later packet
 * replaces every earlier one. An adapter may lose, repeat, reorder or skip packets, as long as the
 * newest one arrives in the end.
 */
import type { CallError } from "../lib/errors.ts";
import type { Metadata } from "../lib/register.ts";

/** Who is in a room, as the others see it. JSON, at most {@link MAX_PEER_INFO} characters. */
export interface PeerInfo {
  /** Unique for this stay in the room: a reload or a second tab has another. Word characters, `.` and `-`. */
  id: string;
  /** The name to show; text, never markup. */
  name?: string;
  /** What the application wants the others to know. */
  metadata?: Metadata;
  /**
   * When this peer joined by its own clock, in ms since 1970. Both sides of a pair see the same two
   * figures, so they agree on who came later and makes the offer, however wrong a clock is.
   */
  joinedAt?: number;
  /** The secret behind the id of this person's former stay: proof that it takes its place (a reload). */
  replaces?: string;
}

/**
 * What travels between two peers: opaque to adapters, plain JSON, at most {@link MAX_PACKET}
 * characters when written out. Its fields are in docs/PROTOCOL.md and `messages.ts`.
 */
export type SignalMessage = Readonly<Record<string, unknown>>;

/** A backend through which the peers of a room find each other and exchange packets. */
export interface Signaling {
  /**
   * Enters a room. Resolves once entered, after `onPeers` has told who is there already.
   *
   * @throws {CallError} `signaling-unavailable`, `signaling-denied`, `no-signaling`, `room-full`,
   * `unsupported`, `aborted`.
   */
  join(options: JoinOptions): Promise<SignalingSession>;
}

/** What a call gives to {@link Signaling.join}. */
export interface JoinOptions {
  room: string;
  self: PeerInfo;
  /** Aborted when the call is left while joining; the adapter then leaves nothing open. */
  signal: AbortSignal;
  /** Who is there now, without self; the whole list each time. */
  onPeers(peers: readonly PeerInfo[]): void;
  /** A packet from the peer of that id. The backend vouches for `from` where it can. */
  onMessage(from: string, message: SignalMessage): void;
  /** Whether the backend is reachable. What has not been acknowledged is sent again on `connected`. */
  onStatus(status: "connected" | "disconnected"): void;
  onError(error: CallError): void;
}

/** A stay in a room. */
export interface SignalingSession {
  /**
   * The id by which the others know this peer, where the backend makes it (Firestore puts the
   * signed-in user's before it). Default: `self.id` as given.
   */
  readonly id?: string | undefined;
  /**
   * How long somebody on the list may be silent without a connection, in ms. Who is silent for longer
   * (a page that crashed, and that the backend still lists) is left out of the call until it speaks;
   * who spoke once, and then failed to connect, after twice as long.
   * Default 15,000; `Infinity` where people carry the packets.
   */
  readonly responseTimeoutMs?: number | undefined;
  /**
   * Whether the list goes on naming who vanished without a word (Firestore knows what was written, not
   * who is there). Then whoever is reconnecting has to answer what the backend took for them, and is
   * left out of the call until they do. Default: the list loses them by itself, in time. Asked each time,
   * because a swap changes it.
   */
  keepsVanished?(): boolean;
  /** Resolves when the backend has accepted it; rejects when it could not be handed over. */
  send(to: string, message: SignalMessage): Promise<void>;
  /** Tells the others of a changed name or metadata. */
  update(self: PeerInfo): Promise<void>;
  /**
   * Leaves the room and removes what this peer has put there. Can be called twice. When the page goes
   * (`pagehide`) a call calls this before all else: only what is sent in this very turn still gets out.
   */
  leave(): Promise<void>;
  /** What this stay has cost so far, where the adapter counts it; `withUsage()` of twocan/compose counts packets for any. */
  usage?(): SignalingUsage;
}

/** What signaling costs, counted from its beginning. What is not counted is missing. */
export interface SignalingUsage {
  /** Packets that were handed over and that came, and their JSON in UTF-8 bytes. */
  readonly sent?: number;
  readonly sentBytes?: number;
  readonly received?: number;
  readonly receivedBytes?: number;
  /** Operations on documents, as a database bills them. */
  readonly reads?: number;
  readonly writes?: number;
  readonly deletes?: number;
}

/** How many people fit in a room; the next one is told `room-full`. */
export const MAX_PEERS = 8;
/** The longest packet, in UTF-16 code units of its JSON. */
export const MAX_PACKET = 131_072;
/** The longest {@link PeerInfo}, in UTF-16 code units of its JSON. */
export const MAX_PEER_INFO = 2_000;
