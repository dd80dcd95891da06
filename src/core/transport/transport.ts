/**
 * The seam between a call and what carries its media. `createCall` uses nothing else of it, so a mesh of
 * peer connections and an SFU are interchangeable without a change to hooks or components.
 */
import type { CallError } from "../lib/errors.ts";
import type { Store } from "../lib/store.ts";
import type { OutgoingMedia } from "../media/outgoing-media.ts";
import type { MediaState } from "../signaling/protocol.ts";
import type { PeerInfo } from "../signaling/signaling.ts";
import type { StatsSource } from "../stats/connection-stats.ts";
import type { Trace } from "../stats/handshake-trace.ts";

/**
 * A remote participant as the transport knows it. An immutable snapshot.
 *
 * @experimental
 */
export interface RemoteParticipant extends Pick<PeerInfo, "id" | "name" | "metadata"> {
  readonly status: /** The first connection is being established. */
    | "connecting"
    /** Media arrives. */
    | "connected"
    /** It was connected before and is being repaired. */
    | "reconnecting"
    /** Given up. It returns to `connected` by itself if the participant responds again. */
    | "failed";
  /** Camera and microphone. One identity for the session; tracks are added and removed. */
  readonly stream: MediaStream | undefined;
  /** The shared screen, while there is one. */
  readonly screen: MediaStream | undefined;
  /** The devices that the participant has announced as switched on. */
  readonly media: Pick<MediaState, "microphone" | "camera">;
  /** With the status `failed`: why. */
  readonly error?: CallError | undefined;
  /** The connection that carries the media, where the transport owns one. Several participants may share it. */
  readonly connection?: RTCPeerConnection | undefined;
  /** A source of statistics, where `connection` is not it. */
  readonly stats?: StatsSource | undefined;
  /** The audio level from 0 to 1, where the transport receives it. */
  readonly level?: Store<number> | undefined;
}

/**
 * The call's side of {@link Transport.join}. The callbacks never throw, and may call back into the
 * session before they return.
 *
 * @experimental
 */
export interface TransportOptions {
  readonly room: string;
  readonly self: PeerInfo;
  readonly trace: Trace;
  /** Returns the media to send to a participant who connects now. */
  media(): OutgoingMedia;
  /**
   * Returns a configuration that the browser accepts, for one connection or one ICE restart. It falls
   * back by itself if the application's `iceServers` fail, and settles within seconds.
   */
  configuration(): RTCConfiguration | Promise<RTCConfiguration>;
  /** Returns why other ICE servers than the application's are in use; undefined while its own are. */
  configurationError(): CallError | undefined;
  /** Called after a change of `participants()` or `status()`. */
  onChange(): void;
  /** Called with each failure that the session survives. */
  onError(error: CallError): void;
  /** Called once if the session ends other than by `leave()`. */
  onEnded(error: CallError): void;
}

/**
 * One session in a room.
 *
 * @experimental
 */
export interface TransportSession {
  /** The id by which the other participants know this one. */
  readonly id: string;
  /** Returns the other participants in order of joining. Each is the same object until something in it changes. */
  participants(): readonly RemoteParticipant[];
  /** Returns whether the backend is reachable. Media may go on without it. */
  status(): "connected" | "disconnected";
  /** Replaces the media that is sent to all participants. */
  setMedia(media: OutgoingMedia): void;
  /** Announces a changed name or changed metadata. */
  update(self: PeerInfo): Promise<void>;
  /**
   * Leaves the room and closes everything that the session has opened. What must be sent is sent before
   * the function returns, because a page that is closing (`pagehide`) runs no later task. May be called
   * more than once. No callback is called afterwards.
   */
  leave(): Promise<void>;
}

/**
 * Connects a call to the other participants of its room. Without one, a call connects them pairwise
 * over its `signaling`.
 *
 * @experimental
 */
export interface Transport {
  /**
   * Joins the room. Rejects when `joining` aborts, and then leaves nothing open.
   *
   * @throws {CallError} `signaling-unavailable`, `signaling-denied`, `room-full`, `unsupported`, `aborted`.
   */
  join(options: TransportOptions, joining: AbortSignal): Promise<TransportSession>;
}
