"use client";
/** Owns `usePeerConnection`: one connection to one other page, over a channel of the application's own. */
import { useEffect, useMemo } from "react";
import { CallError } from "../core/errors.ts";
import { createLease } from "../core/lease.ts";
import { outgoingStreams } from "../core/outgoing.ts";
import { createPeer, type PeerChannel } from "../core/peer.ts";
import { reportUnhandled } from "../core/report.ts";
import type { PeerStatus } from "../core/status.ts";
import type { Store } from "../core/store.ts";
import type { HandshakeEvent } from "../core/trace.ts";
import { useHeld } from "./use-held.ts";
import { useStore } from "./use-store.ts";

/** What a connection needs. */
export interface PeerConnectionOptions {
  /** How the two sides reach each other. Another channel, or another role, is another connection. */
  channel: PeerChannel;
  /** The caller makes the offers. Two callers settle it between them. */
  role: "caller" | "callee";
  /** What to send: of the first stream the voice and the picture, of the second the screen. Changes need no renegotiation. */
  streams?: readonly MediaStream[] | undefined;
  /** As for `new RTCPeerConnection()`; read anew for each connection and ICE restart. */
  configuration?: RTCConfiguration | undefined;
}

/** A connection at one moment. */
export interface PeerConnectionState {
  readonly status: PeerStatus;
  readonly signalingState: RTCSignalingState;
  readonly iceConnectionState: RTCIceConnectionState;
  readonly iceGatheringState: RTCIceGatheringState;
  readonly connectionState: RTCPeerConnectionState;
  /** The other's camera and microphone; then its screen, while it shares one. */
  readonly remoteStreams: readonly MediaStream[];
  readonly handshake: readonly HandshakeEvent[];
  readonly error: CallError | undefined;
  /** The browser's connection: the way out, for what is not wrapped. */
  readonly connection: RTCPeerConnection | undefined;
  /** Asks for an ICE restart, from either side. */
  restartIce(): void;
  /** Asks for a renegotiation, from either side: for changes made through `connection`. */
  negotiate(): void;
  readonly trace: Store<readonly HandshakeEvent[]>;
}

const NO_STREAMS: readonly MediaStream[] = [];

/**
 * Connects on mount (once, in StrictMode too) and closes on unmount. Offer, answer, candidates,
 * glare, ICE restart and repair are managed.
 *
 * @example
 * const peer = usePeerConnection({ channel, role: "caller", streams: media.stream ? [media.stream] : [] });
 * return <p>{peer.status}</p>;
 */
export function usePeerConnection(options: PeerConnectionOptions): PeerConnectionState {
  const { channel, role, streams = NO_STREAMS, configuration } = options;
  const [person, screen] = streams;
  const held = useHeld(
    () => createHeldPeer(channel, role, configuration, streams),
    [channel, role],
  );
  const { peer } = held;
  useEffect(() => held.configure(configuration));
  useEffect(() => {
    peer.setMedia(outgoingStreams([person, screen].filter((stream) => stream !== undefined)));
  }, [peer, person, screen]);

  const snapshot = useStore(peer);
  const handshake = useStore(peer.trace);
  const remoteStreams = useMemo(
    () => [snapshot.stream, snapshot.screen].filter((stream) => stream !== undefined),
    [snapshot.stream, snapshot.screen],
  );
  const tooMany = streams.length > 2 ? TOO_MANY_STREAMS : undefined;
  useEffect(() => {
    if (tooMany) reportUnhandled(tooMany);
  }, [tooMany]);
  return useMemo(() => {
    const { stream: _stream, screen: _screen, remoteMedia: _remoteMedia, ...state } = snapshot;
    const { restartIce, negotiate, trace } = peer;
    const error = tooMany ?? state.error;
    return { ...state, error, remoteStreams, handshake, restartIce, negotiate, trace };
  }, [snapshot, remoteStreams, handshake, peer, tooMany]);
}

function createHeldPeer(
  channel: PeerChannel,
  role: "caller" | "callee",
  first: RTCConfiguration | undefined,
  streams: readonly MediaStream[],
) {
  let configuration = first;
  const peer = createPeer({
    channel,
    role,
    media: outgoingStreams(streams),
    configuration: () => configuration ?? {},
  });
  const { hold } = createLease(peer.start, () => peer.close());
  return {
    peer,
    hold,
    configure(next: RTCConfiguration | undefined) {
      configuration = next;
    },
  };
}

const TOO_MANY_STREAMS = new CallError(
  "unsupported",
  "A connection carries two streams: one of camera and microphone, one of a screen.",
);
