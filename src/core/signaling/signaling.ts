/**
 * The signaling contract: what a call requires of a backend, and what an adapter must do.
 *
 * An adapter delivers packets and reports the roster. It does not look into a packet. Ordering,
 * once-only delivery, batching, validation and retransmission after a reconnect are implemented above
 * it, in `reliable-channel.ts`: every packet carries all messages that the remote peer has not
 * acknowledged, so a later packet supersedes every earlier one. An adapter may drop, duplicate,
 * reorder or skip packets, as long as the newest one is delivered eventually.
 */
import type { CallError } from "../lib/errors.ts";
import type { Metadata } from "../lib/register.ts";

/** A peer as the other peers of the room see it. JSON, at most {@link MAX_PEER_INFO} characters. */
export interface PeerInfo {
  /** Unique for each session: a reload or a second tab has another id. Word characters, `.` and `-`. */
  id: string;
  /** The name to display; text, never markup. */
  name?: string;
  /** The data that the application shares with the other participants. */
  metadata?: Metadata;
  /**
   * When this peer joined by its own clock, in ms since 1970. Both sides of a pair compare the same two
   * values, so they agree on which peer joined later and makes the offer, even if a clock is wrong.
   */
  joinedAt?: number;
  /** The resume token of the earlier session that this one replaces (after a reload). */
  replaces?: string;
}

/**
 * The unit that two peers exchange: opaque to adapters, plain JSON, at most {@link MAX_PACKET} characters when
 * serialized. Its fields are defined in docs/PROTOCOL.md and `protocol.ts`.
 */
export type SignalMessage = Readonly<Record<string, unknown>>;

/** A backend through which the peers of a room discover each other and exchange packets. */
export interface Signaling {
  /** The adapter's name for error messages, for example `"mqttSignaling()"`. */
  readonly name?: string | undefined;
  /**
   * Joins a room. Calls `onStatus("connected")` and `onPeers` with the roster, then resolves.
   *
   * A call waits at most 60 s. After that, the join counts as `signaling-unavailable`, and a session
   * that is returned later is left at once.
   *
   * @throws {CallError} `signaling-unavailable`, `signaling-denied`, `no-signaling`, `room-full`,
   * `unsupported`, `aborted`.
   */
  join(options: JoinOptions): Promise<SignalingSession>;
}

/** One join of a room: who joins, and the callbacks of the call. */
export interface JoinOptions {
  room: string;
  self: PeerInfo;
  /**
   * Aborted when the call is left before {@link Signaling.join} has settled. The adapter then rejects
   * with `aborted` and leaves nothing open. Once `join` has resolved, only
   * {@link SignalingSession.leave} ends the session, and the adapter ignores this signal.
   */
  signal: AbortSignal;
  /** Reports the roster without `self`: the complete list on each change. */
  onPeers(peers: readonly PeerInfo[]): void;
  /** Delivers a packet from the peer with that id. The backend authenticates `from` where it can. */
  onMessage(from: string, message: SignalMessage): void;
  /** Reports whether the backend is reachable. On `connected`, a call retransmits what was not acknowledged. */
  onStatus(status: "connected" | "disconnected"): void;
  /** Reports a failure that does not end the session. */
  onError(error: CallError): void;
}

/** One join of a room, from join to leave. */
export interface SignalingSession {
  /**
   * The id under which the other peers know this one, where the backend assigns it (Firestore prefixes
   * the id of the signed-in user).
   *
   * @default `self.id` as given
   */
  readonly id?: string | undefined;
  /**
   * Time in ms a listed peer may take to respond before it is hidden from the call. A peer that
   * responded once, and then failed to connect, is hidden after twice that time. `Infinity` where
   * people carry the packets by hand.
   *
   * @default 15,000
   */
  readonly responseTimeoutMs?: number | undefined;
  /**
   * Whether the roster follows the connections of the peers.
   *
   * - `"live"`: the backend removes a peer whose connection was lost.
   * - `"stale"`: the roster is what was written, so it keeps a peer that crashed (Firestore). A remote
   *   peer that is reconnecting must then reply to a packet the backend accepted, or it is hidden from
   *   the call until it does.
   *
   * The session of `swappable()` reports that of the backend in use.
   *
   * @default "live"
   */
  readonly presence?: "live" | "stale" | undefined;
  /**
   * Sends a packet to one peer. Resolves when the backend has accepted it. A packet to the peer's own
   * id is not echoed, and one to an unknown peer is dropped.
   *
   * @throws {CallError} `aborted` after {@link SignalingSession.leave}; `message-invalid` if the packet
   * is longer than {@link MAX_PACKET}; `signaling-unavailable` if it could not be handed over, and
   * `signaling-denied` if the backend rejected it.
   */
  send(to: string, message: SignalMessage): Promise<void>;
  /**
   * Publishes a changed name or changed metadata. The id stays. While the backend is unreachable, an
   * adapter may keep the change and publish it when it reconnects.
   *
   * @throws {CallError} `aborted` after {@link SignalingSession.leave}; `message-invalid` if it is longer
   * than {@link MAX_PEER_INFO}; `signaling-unavailable`, `signaling-denied`.
   */
  update(self: PeerInfo): Promise<void>;
  /**
   * Leaves the room and removes what this peer has written there. May be called twice. On `pagehide` a
   * call runs this first, because only what is sent in the same task is still delivered.
   *
   * A call waits at most 10 s. No callback of {@link JoinOptions} is called after it.
   */
  leave(): Promise<void>;
  /** Returns what this session has cost so far, if the adapter counts it; `withUsage()` of twocan/compose counts packets for any adapter. */
  usage?(): SignalingUsage;
}

/** The cost of signaling since its start. A field that is not counted is missing. */
export interface SignalingUsage {
  /** Packets that were sent. */
  readonly sent?: number;
  /** Their JSON, in UTF-8 bytes. */
  readonly sentBytes?: number;
  /** Packets that were received. */
  readonly received?: number;
  /** Their JSON, in UTF-8 bytes. */
  readonly receivedBytes?: number;
  /** Documents that were read, as a database bills them. */
  readonly reads?: number;
  /** Documents that were written. */
  readonly writes?: number;
  /** Documents that were deleted. */
  readonly deletes?: number;
}

/** How many participants fit in a room; the next one gets `room-full`. */
export const MAX_PEERS = 8;
/** The longest packet, in UTF-16 code units of its JSON. */
export const MAX_PACKET = 131_072;
/** The longest {@link PeerInfo}, in UTF-16 code units of its JSON. */
export const MAX_PEER_INFO = 2_000;
