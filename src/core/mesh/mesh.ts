/**
 * Owns one stay in a room: the session with the backend, what this page says of itself there, and the
 * order in which rosters and packets are taken in, one at a time.
 */
import { callAdapter, type CallError } from "../lib/errors.ts";
import type { ConfigurationSource } from "../peer/ice-servers.ts";
import type { OutgoingMedia } from "../media/outgoing-media.ts";
import { createRoster, roomFullError, isFull, type Roster } from "./roster.ts";
import type { RemotePeer } from "./remote-peer.ts";
import { joinSignaling } from "../signaling/guarded-session.ts";
import { parsePeerInfo } from "../signaling/protocol.ts";
import { abortedError, createSerialQueue } from "../lib/abort.ts";
import type { PeerInfo, Signaling, SignalingSession } from "../signaling/signaling.ts";
import type { Trace } from "../stats/handshake-trace.ts";

/** What a stay needs. */
export interface MeshOptions {
  room: string;
  signaling: Signaling;
  self: PeerInfo;
  media(): OutgoingMedia;
  configuration: ConfigurationSource;
  trace: Trace;
  /** Somebody came, went or changed; or the backend did. */
  onChange(): void;
  onError(error: CallError): void;
  /** The stay cannot go on: the room turned out to be full. */
  onRefused(error: CallError): void;
}

/** A stay in a room. */
export interface Mesh {
  /** The id by which the others know this page. */
  readonly id: string;
  members(): readonly RemotePeer[];
  signaling(): "connected" | "disconnected";
  setMedia(media: OutgoingMedia): void;
  update(self: PeerInfo): Promise<void>;
  /** Says goodbye and leaves nothing behind. */
  leave(): Promise<void>;
}

/**
 * Enters a room.
 *
 * @throws {CallError} `room-full`, and what {@link Signaling.join} throws.
 */
export async function joinMesh(options: MeshOptions, joining: AbortSignal): Promise<Mesh> {
  const { room, signaling, onChange, onError } = options;
  const scope = new AbortController();
  const { signal } = scope;
  const inbox = createSerialQueue(signal, onError);
  let status: "connected" | "disconnected" = "connected";
  let session: SignalingSession | undefined;
  let { self } = options;
  /** What this page says of itself, and whether the backend was away and refused to take it. */
  let said = options.self;
  let untold = false;
  let firstRoster: readonly PeerInfo[] | undefined;
  /** Undefined until the session is there. */
  let members: Roster | undefined;

  // Rosters and packets go through one inbox, which opens when there is somebody to take them.
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  inbox.add(() => opened);

  const abandon = () => scope.abort(abortedError("Joining"));
  joining.addEventListener("abort", abandon);
  try {
    session = await joinSignaling(signaling, {
      room,
      self: options.self,
      signal,
      onPeers(peers) {
        const known = peers.flatMap((peer) => valid(peer));
        firstRoster ??= known;
        inbox.add(() => members!.takeRoster(known));
      },
      onMessage: (from, message) => inbox.add(() => members!.receive(from, message)),
      onStatus(next) {
        status = next;
        if (next === "connected") {
          members?.forEach(({ peer }) => peer.resend());
          if (untold) tell().catch((error: CallError) => signal.aborted || onError(error));
        }
        onChange();
      },
      onError,
    });
    signal.throwIfAborted();
    self = { ...self, id: session.id ?? self.id };
    if (await isFull(firstRoster ?? [], self)) throw roomFullError();
    signal.throwIfAborted();
  } catch (error) {
    abandon();
    await session?.leave();
    throw error;
  } finally {
    joining.removeEventListener("abort", abandon);
  }
  const entered = session;
  const others = createRoster({
    ...options,
    self,
    session,
    signal,
    connected: () => status === "connected",
  });
  members = others;
  open();

  /** Where the backend is away, again when it is back: else the others would keep a name that was changed meanwhile. */
  async function tell(): Promise<void> {
    untold = false;
    try {
      await callAdapter("update", () => entered.update(said));
    } catch (error) {
      if (status === "connected") throw error;
      untold = true;
    }
  }

  function valid(peer: unknown): PeerInfo[] {
    try {
      return [parsePeerInfo(peer)];
    } catch (error) {
      onError(error as CallError);
      return [];
    }
  }

  return {
    id: self.id,
    members: others.list,
    signaling: () => status,
    setMedia(next) {
      others.forEach(({ peer }) => peer.setMedia(next));
    },
    async update(next) {
      said = { ...next, id: options.self.id };
      await tell();
    },
    async leave() {
      // First, for a page that closes may not get as far as the end of this: see page.ts.
      const left = entered.leave();
      others.close();
      scope.abort(abortedError("The stay"));
      await left;
    },
  };
}
