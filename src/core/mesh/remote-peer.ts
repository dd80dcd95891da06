/**
 * Owns one of the others in a room: the peer, and whether somebody is there. Whose connection lives is,
 * whatever the backend says; whom it has lost, or who never answers, is not.
 */
import { callAdapter, type CallError } from "../lib/errors.ts";
import type { ConfigurationSource } from "../peer/ice-servers.ts";
import type { OutgoingMedia } from "../media/outgoing-media.ts";
import type { MessageOf } from "../signaling/protocol.ts";
import { createPeerWith, type Peer } from "../peer/peer.ts";
import { after } from "../lib/abort.ts";
import type { PeerInfo, SignalMessage, SignalingSession } from "../signaling/signaling.ts";
import type { Trace } from "../stats/handshake-trace.ts";

/** What every member of a room needs of it. */
export interface RemotePeerOptions {
  /** This page, by the id that the others know. */
  self: PeerInfo;
  session: SignalingSession;
  /** Ended with the stay. */
  signal: AbortSignal;
  media(): OutgoingMedia;
  /** Shared by all members. */
  configuration: ConfigurationSource;
  trace: Trace;
  /** Whether the backend can be reached; while it cannot, silence says nothing about anybody. */
  connected(): boolean;
  /** Nobody is there any more; with what they said, if they did. Also told while they are being removed. */
  onGone(id: string, goodbye?: MessageOf<"bye">["reason"]): void;
  onChange(): void;
  onError(error: CallError): void;
}

/** Somebody else in the room. */
export interface RemotePeer {
  readonly info: PeerInfo;
  /** Nobody answers there (a page that crashed, say), so nobody sees it until somebody does. */
  readonly ghost: boolean;
  readonly peer: Peer;
  /** A packet of theirs. */
  receive(message: SignalMessage): void;
  /** The backend names them, as this. */
  named(info: PeerInfo): void;
  /** The backend names them no more. */
  unnamed(): void;
  close(): void;
}

/** How long a connection, or a packet, may be all that is known of somebody whom the backend does not name, in ms. */
export const GRACE_MS = 5_000;
/** How long somebody whom the backend names may be silent without a connection, in ms. */
const PATIENCE = 15_000;
/** How long somebody who is reconnecting may take to answer what the backend has taken, in ms. */
const ANSWER = 9_000;

/** Makes a member whom the backend names. From now on they have to be heard; `peer.start()` looks for them. */
export function createRemotePeer(
  info: PeerInfo,
  role: "caller" | "callee",
  options: RemotePeerOptions,
): RemotePeer {
  const { self, session, signal, onChange } = options;
  const { responseTimeoutMs: patience = PATIENCE } = session;
  const { id } = info;
  /** Whether the backend says that they are there; whose connection lives is there in any case. */
  let present = true;
  /** When they were heard by the backend for the last time, in ms since 1970; 0 for never. */
  let heard = 0;
  let cancelRemoval: (() => void) | undefined;
  let deliver: ((message: SignalMessage) => void) | undefined;

  const peer = createPeerWith(
    {
      channel: { send, subscribe },
      role,
      id: self.id,
      peerId: id,
      media: options.media(),
      trace: options.trace,
      goodbye: "direct",
      onBye: (reason) => options.onGone(id, reason),
      onError: options.onError,
    },
    () => options.configuration,
  );
  const status = () => peer.getSnapshot().status;

  async function send(message: SignalMessage): Promise<void> {
    // The answer may be here before the backend's word that it took this.
    const since = Date.now();
    await callAdapter("send", () => session.send(id, message));
    // A packet without a message in it only acknowledges, and is not answered. What the backend took
    // and nobody answers was for nobody, or for somebody who is cut off. Where it takes nothing it is
    // this side that is cut off.
    const asks = (message["m"] as unknown[]).length > 0;
    if (asks && session.presence === "stale" && status() === "reconnecting")
      after(signal, ANSWER, () => suspect(since));
  }

  function subscribe(listener: (message: SignalMessage) => void): () => void {
    deliver = listener;
    return () => {
      deliver = undefined;
    };
  }

  /** Hides who was not heard since then: by default for longer than anybody takes to come and to be given up. */
  function suspect(since = Date.now() - 2 * patience): void {
    if (status() === "connected" || !options.connected() || heard >= since) return;
    member.ghost = true;
    onChange();
  }

  /** Whom the backend has lost stays as long as the connection lives, and a little longer if it did. */
  function considerGoing(): void {
    if (status() === "connected") {
      cancelRemoval?.();
      cancelRemoval = undefined;
    } else if (status() === "reconnecting")
      cancelRemoval ??= after(signal, GRACE_MS, () => {
        cancelRemoval = undefined;
        if (!present && status() !== "connected") options.onGone(id);
      });
    else options.onGone(id);
  }

  const member: { -readonly [Key in keyof RemotePeer]: RemotePeer[Key] } = {
    info,
    ghost: false,
    peer,
    receive(message) {
      heard = Date.now();
      member.ghost = false;
      deliver?.(message);
    },
    named(next) {
      member.info = next;
      // What was sent while they were away may be lost, and they are there to hear it again.
      if (!present) peer.resend();
      present = true;
    },
    unnamed() {
      present = false;
      considerGoing();
    },
    close() {
      cancelRemoval?.();
      peer.close();
    },
  };

  peer.subscribe(() => {
    if (status() === "connected") member.ghost = false;
    if (!present) considerGoing();
    else if (status() === "failed") suspect();
    onChange();
  });
  if (patience < Infinity) after(signal, patience, suspect);
  return member;
}
