"use client";
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

/** Configures {@link usePeerConnection}. */
export interface PeerConnectionOptions {
  /** Carries messages between the two sides. Another channel or role creates another connection. */
  channel: PeerChannel;
  /** The caller creates the offers. If both sides are callers, glare is resolved automatically. */
  role: "caller" | "callee";
  /**
   * The streams to send: the first with microphone and camera, the second with a screen. Replacing a
   * stream, and adding, removing, disabling or stopping a track, needs no renegotiation. Changes within
   * a stream take effect on the next render, or within 500 ms without one.
   */
  streams?: readonly MediaStream[] | undefined;
  /**
   * The configuration of `RTCPeerConnection`, read for each connection and each ICE restart. Without
   * `iceServers`, {@link DEFAULT_ICE_SERVERS} are used: STUN servers, which find the public address of
   * this browser for a direct connection. A TURN server relays where no direct connection is possible;
   * without one, many company and mobile networks fail to connect. `iceServers: []` uses no server.
   *
   * If the browser rejects `iceServers`, `error` is `ice-servers-invalid` at once.
   */
  configuration?: RTCConfiguration | undefined;
}

/** Represents a peer connection at one moment. */
export interface PeerConnectionState {
  /**
   * The state of the connection. `closed` is not final while the component is mounted: the remote page
   * has closed the connection (it unmounted, closed or reloaded), and its return connects both again.
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
  /** The same events as those of {@link useHandshake}. */
  readonly handshake: readonly HandshakeEvent[];
  /**
   * The present error; undefined once it is resolved: why connecting was given up (`status` is `failed`),
   * why other ICE servers are in use, a change made through `connection` that cannot be negotiated,
   * or, until `status` is `connected`, the newest failure.
   */
  readonly error: CallError | undefined;
  /** The browser's connection, for features that this hook does not cover. */
  readonly connection: RTCPeerConnection | undefined;
  /** Restarts ICE. Either side may call it. */
  restartIce(): void;
  /**
   * Starts a renegotiation, for changes made through `connection`: directions on either side,
   * additional tracks only on the caller's side, because the caller makes all offers. Those of a
   * callee are not sent and set `error` to `unsupported`; pass its tracks in `streams` instead.
   */
  negotiate(): void;
  /** The handshake events as a store, for {@link useHandshake}. */
  readonly trace: Store<readonly HandshakeEvent[]>;
}

const NO_STREAMS: readonly MediaStream[] = [];

/**
 * Connects to one remote page over a channel of the application on mount (once, in StrictMode too), and
 * closes the connection on unmount. Handles offer, answer, candidates, glare, ICE restarts and recovery.
 *
 * @example
 * const peer = usePeerConnection({ channel, role: "caller", streams: media.stream ? [media.stream] : [] });
 * return <p>{peer.status}</p>;
 */
export function usePeerConnection(options: PeerConnectionOptions): PeerConnectionState {
  const { channel, role, streams = NO_STREAMS, configuration } = options;
  const retained = useRetained(
    () => createRetainedPeer(channel, role, configuration, streams),
    [channel, role],
  );
  const { peer } = retained;
  useEffect(() => retained.configure(configuration, streams));

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

function createRetainedPeer(
  channel: PeerChannel,
  role: "caller" | "callee",
  initialConfiguration: RTCConfiguration | undefined,
  initialStreams: readonly MediaStream[],
) {
  let configuration = initialConfiguration;
  let streams = initialStreams;
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
  "usePeerConnection() sends two streams at most. Pass `streams` with the camera and microphone first, and a screen second.",
);
