"use client";
/** Owns `usePeerConnection`: one connection to one other page, over a channel of the application's own. */
import { useEffect, useMemo } from "react";
import { CallError } from "../core/lib/errors.ts";
import { createRetained } from "../core/lib/retained.ts";
import { outgoingStreams, watchMedia } from "../core/media/outgoing-media.ts";
import { createPeer, type PeerChannel } from "../core/peer/peer.ts";
import { reportUnhandled } from "../core/lib/report-unhandled.ts";
import type { PeerStatus } from "../core/peer/peer-status.ts";
import type { Store } from "../core/lib/store.ts";
import type { HandshakeEvent } from "../core/stats/handshake-trace.ts";
import { useRetained } from "./use-retained.ts";
import { useStore } from "./use-store.ts";

/** What a connection needs. */
export interface PeerConnectionOptions {
  /** How the two sides reach each other. Another channel, or another role, is another connection. */
  channel: PeerChannel;
  /** The caller makes the offers. Two callers settle it between them. */
  role: "caller" | "callee";
  /**
   * What to send: microphone and camera from the first stream, the screen from the second. Other
   * streams, and tracks that are added, removed, disabled or stopped, need no renegotiation. Changes
   * within a stream take effect with the next render, and without one within half a second.
   */
  streams?: readonly MediaStream[] | undefined;
  /**
   * What `new RTCPeerConnection()` takes; read for each connection and each ICE restart. Without
   * `iceServers` in it, {@link DEFAULT_ICE_SERVERS} are used: STUN servers, which find the public
   * address of this browser for a direct connection. TURN servers relay where none is possible;
   * without one, many company and mobile networks fail to connect. `iceServers: []` means none.
   *
   * `iceServers` that the browser refuses appear in `error` at once, as `ice-servers-invalid`.
   */
  configuration?: RTCConfiguration | undefined;
}

/** A connection at one moment. */
export interface PeerConnectionState {
  /**
   * See {@link PeerStatus}. `closed` is not final while the component is mounted: the remote page has
   * said goodbye (it unmounted, closed or reloaded), and when it is back the two connect again.
   */
  readonly status: PeerStatus;
  readonly signalingState: RTCSignalingState;
  readonly iceConnectionState: RTCIceConnectionState;
  readonly iceGatheringState: RTCIceGatheringState;
  readonly connectionState: RTCPeerConnectionState;
  /**
   * The camera and microphone of the remote page; then its screen, while it shares one. Empty before
   * the first connection and while `status` is `closed`.
   */
  readonly remoteStreams: readonly MediaStream[];
  readonly handshake: readonly HandshakeEvent[];
  /**
   * What is wrong now; undefined once it is not: why connecting was given up (`status` is `failed`),
   * why other ICE servers are in use, a change made through `connection` that cannot be negotiated,
   * or, until `status` is `connected`, the newest failure.
   */
  readonly error: CallError | undefined;
  /** The browser's connection: the way out, for what is not wrapped. */
  readonly connection: RTCPeerConnection | undefined;
  /** Asks for an ICE restart, from either side. */
  restartIce(): void;
  /**
   * Starts a renegotiation, for changes made through `connection`: directions on either side,
   * additional tracks only on the caller's side, because the caller makes all offers. Those of a
   * callee are not sent and set `error` to `unsupported`; pass its tracks in `streams` instead.
   */
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
  const held = useRetained(
    () => createHeldPeer(channel, role, configuration, streams),
    [channel, role],
  );
  const { peer } = held;
  useEffect(() => held.configure(configuration, streams));

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
  firstStreams: readonly MediaStream[],
) {
  let configuration = first;
  let streams = firstStreams;
  let stop = () => {};
  const peer = createPeer({
    channel,
    role,
    media: outgoingStreams(streams),
    configuration: () => configuration ?? {},
  });
  const media = watchMedia(() => outgoingStreams(streams), peer.setMedia);
  const { retain } = createRetained(
    () => {
      media.compare();
      stop = media.start();
      peer.start();
    },
    () => {
      stop();
      peer.close();
    },
  );
  return {
    peer,
    retain,
    configure(next: RTCConfiguration | undefined, nextStreams: readonly MediaStream[]) {
      configuration = next;
      streams = nextStreams;
      media.compare();
    },
  };
}

const TOO_MANY_STREAMS = new CallError(
  "unsupported",
  "A connection carries two streams: one of camera and microphone, one of a screen.",
);
