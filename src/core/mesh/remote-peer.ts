/**
 * One remote peer of a mesh, and whether it is present. It counts as present while its connection is
 * up, even if the backend has dropped it. A peer whose connection is lost, or that never answered, does
 * not.
 */
import { after } from "../lib/abort.ts";
import { monotonicNow } from "../lib/clock.ts";
import { callAdapter, type CallError } from "../lib/errors.ts";
import { shallowEqual } from "../lib/store.ts";
import type { OutgoingMedia } from "../media/outgoing-media.ts";
import type { ConfigurationSource } from "../peer/ice-servers.ts";
import { createPeerWith, type Peer } from "../peer/peer.ts";
import type { MessageOf } from "../signaling/protocol.ts";
import type { PeerInfo, SignalMessage, SignalingSession } from "../signaling/signaling.ts";
import type { Trace } from "../stats/handshake-trace.ts";
import type { RemoteParticipant } from "../transport/transport.ts";

export interface RemotePeerOptions {
  /** This participant, by the id that the others know. */
  self: PeerInfo;
  session: SignalingSession;
  /** Aborted when the session ends. */
  signal: AbortSignal;
  media(): OutgoingMedia;
  configuration: Pick<ConfigurationSource, "get" | "error">;
  trace: Trace;
  /** Whether the backend is reachable. While it is not, no reply does not mean that a remote peer is gone. */
  isConnected(): boolean;
  /** Called when the remote peer is gone, with the reason if it said goodbye; also while it is being removed. */
  onGone(id: string, goodbye?: MessageOf<"bye">["reason"]): void;
  onChange(): void;
  onError(error: CallError): void;
}

/** The other side of one connection of the mesh. */
export interface RemotePeer {
  readonly info: PeerInfo;
  /** It does not answer (its page crashed, for example), so it is hidden from the call until it does. */
  readonly isUnresponsive: boolean;
  readonly peer: Peer;
  /** Returns the same object until something in it changes. */
  snapshot(): RemoteParticipant;
  /** Takes a packet that it has sent. */
  receive(message: SignalMessage): void;
  /** Called when a roster lists it. */
  onListed(info: PeerInfo): void;
  /** Called when a roster does not list it. */
  onUnlisted(): void;
  close(): void;
}

/**
 * The time in ms that a connection under repair, or a packet, counts as presence without an entry in
 * the roster. Then the remote peer is removed, or the packet is dropped and reported.
 */
export const GRACE_MS = 5_000;
/** The time in ms a listed peer may take to respond before it is hidden from the call. */
const RESPONSE_TIMEOUT_MS = 15_000;
/** The time in ms a reconnecting peer may take to reply to a message that the backend accepted; then it is hidden. */
const REPLY_TIMEOUT_MS = 9_000;

/** Creates a remote peer that a roster lists. The response timeout starts; `peer.start()` connects. */
export function createRemotePeer(
  info: PeerInfo,
  role: "caller" | "callee",
  options: RemotePeerOptions,
): RemotePeer {
  const { self, session, signal, onChange } = options;
  const { responseTimeoutMs = RESPONSE_TIMEOUT_MS } = session;
  const { id } = info;
  let isListed = true;
  /** When the last packet arrived through the backend. */
  let receivedAt = -Infinity;
  let cancelRemoval: (() => void) | undefined;
  let deliver: ((message: SignalMessage) => void) | undefined;
  let latest: RemoteParticipant | undefined;

  const peer = createPeerWith(
    {
      channel: { send, subscribe },
      role,
      id: self.id,
      peerId: id,
      media: options.media(),
      trace: options.trace,
      goodbye: "direct",
      reachable: options.isConnected,
      onBye: (reason) => options.onGone(id, reason),
      onError: options.onError,
    },
    () => options.configuration,
  );
  const status = () => peer.getSnapshot().status;

  async function send(message: SignalMessage): Promise<void> {
    // Read first: a reply may arrive before the backend has confirmed the message.
    const sentAt = monotonicNow();
    await callAdapter("send", () => session.send(id, message));
    // A packet without messages only acknowledges, and is not replied to. If the backend accepted a
    // message and no reply came, the remote peer is gone or unreachable. If the backend rejected it,
    // *this* side is offline, so draw no conclusion.
    const expectsReply = (message["m"] as unknown[]).length > 0;
    if (expectsReply && session.presence === "stale" && status() === "reconnecting")
      after(signal, REPLY_TIMEOUT_MS, () => hideIfSilentSince(sentAt));
  }

  function subscribe(listener: (message: SignalMessage) => void): () => void {
    deliver = listener;
    return () => {
      deliver = undefined;
    };
  }

  function hideIfSilentSince(time: number): void {
    if (status() === "connected" || !options.isConnected() || receivedAt >= time) return;
    remote.isUnresponsive = true;
    onChange();
  }

  /** Twice the timeout, because a peer that responded once is allowed a complete attempt to connect. */
  const hideIfSilent = () => hideIfSilentSince(monotonicNow() - 2 * responseTimeoutMs);

  /** An unlisted peer stays while its connection is up, and for {@link GRACE_MS} while that is repaired. */
  function considerRemoval(): void {
    if (status() === "connected") {
      cancelRemoval?.();
      cancelRemoval = undefined;
    } else if (status() === "reconnecting")
      cancelRemoval ??= after(signal, GRACE_MS, () => {
        cancelRemoval = undefined;
        if (!isListed && status() !== "connected") options.onGone(id);
      });
    else options.onGone(id);
  }

  const remote: { -readonly [Key in keyof RemotePeer]: RemotePeer[Key] } = {
    info,
    isUnresponsive: false,
    peer,
    snapshot() {
      const next = participantOf(remote.info, peer);
      if (!latest || !shallowEqual(next, latest)) latest = next;
      return latest;
    },
    receive(message) {
      receivedAt = monotonicNow();
      remote.isUnresponsive = false;
      deliver?.(message);
    },
    onListed(next) {
      // Each roster is parsed again, so compare by value: the snapshot stays the same object.
      if (JSON.stringify(next) !== JSON.stringify(remote.info)) remote.info = next;
      // Messages sent while it was not listed may be lost. Now it can receive them again.
      if (!isListed) peer.resend();
      isListed = true;
    },
    onUnlisted() {
      isListed = false;
      considerRemoval();
    },
    close() {
      cancelRemoval?.();
      peer.close();
    },
  };

  peer.subscribe(() => {
    if (status() === "connected") remote.isUnresponsive = false;
    if (!isListed) considerRemoval();
    else if (status() === "failed") hideIfSilent();
    onChange();
  });
  if (responseTimeoutMs < Infinity) after(signal, responseTimeoutMs, hideIfSilent);
  return remote;
}

function participantOf(info: PeerInfo, { getSnapshot }: Peer): RemoteParticipant {
  const { joinedAt: _joinedAt, replaces: _replaces, ...announced } = info;
  const { status, stream, screen, remoteMedia, connection, error } = getSnapshot();
  return {
    ...announced,
    status: status === "new" || status === "closed" ? "connecting" : status,
    stream,
    screen,
    media: remoteMedia,
    error: status === "failed" ? error : undefined,
    connection,
  };
}
