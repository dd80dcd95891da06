import { CallError } from "../lib/errors.ts";
import { callUserCode } from "../lib/user-code.ts";
import { reportUnhandled } from "../lib/report-unhandled.ts";
import { createStore, type Store } from "../lib/store.ts";
import { NO_MEDIA, type OutgoingMedia } from "../media/outgoing-media.ts";
import { createTrace, type HandshakeEvent } from "../stats/handshake-trace.ts";
import { createConfigurationSource, DEFAULT_ICE_SERVERS } from "./ice-servers.ts";
import type { PeerOptions } from "./peer-options.ts";
import { createPeerSession, type ConfigurationFor, type PeerSession } from "./peer-session.ts";
import { CLOSED_SNAPSHOT, NEW_SNAPSHOT, type PeerSnapshot } from "./peer-snapshot.ts";

export type { PeerChannel, PeerOptions } from "./peer-options.ts";
export type { PeerSnapshot } from "./peer-snapshot.ts";

/** A connection to one remote peer that is negotiated and repaired: a store and its verbs. */
export interface Peer extends Store<PeerSnapshot> {
  readonly trace: Store<readonly HandshakeEvent[]>;
  /**
   * Connects. A caller sends its first offer, a callee waits for one. Does nothing if the peer is
   * started. Without WebRTC in this browser, `status` becomes `failed` with the error `unsupported`.
   */
  start(): void;
  /** Replaces the tracks that are sent, and reports what they carry. Needs no renegotiation. */
  setMedia(media: OutgoingMedia): void;
  /**
   * Starts a renegotiation, for changes made through `connection`. The browser asks for one by itself
   * after most changes.
   *
   * On either side: directions of the existing transceivers. On the caller's side only: additional
   * tracks and transceivers, because the caller makes all offers. Those of a callee are not sent and
   * reported once as `unsupported`; pass its tracks to `setMedia()` instead.
   */
  negotiate(): void;
  /** Restarts ICE, from either side. If no data arrives after it, a new connection follows. */
  restartIce(): void;
  /** Sends the unacknowledged messages again. Call it when the channel is reachable again. */
  resend(): void;
  /** Sends a goodbye and closes the connection. The peer can be started again. */
  close(reason?: "left" | "room-full"): void;
}

/**
 * Creates a peer. It connects when `start()` is called, and can be started again after `close()`.
 *
 * @example
 * const peer = createPeer({ channel, role: "caller", media: outgoingStreams([stream]) });
 * peer.subscribe(() => (video.srcObject = peer.getSnapshot().stream ?? null));
 * peer.start();
 */
export function createPeer(options: PeerOptions): Peer {
  return createPeerWith(options, (signal, onError) => {
    let rest: RTCConfiguration | undefined;
    const serversIn = (configuration: RTCConfiguration = {}) => {
      rest = configuration;
      return configuration.iceServers ?? DEFAULT_ICE_SERVERS;
    };
    return createConfigurationSource({
      name: "configuration",
      read() {
        const configuration = options.configuration?.();
        return configuration && "then" in configuration
          ? configuration.then(serversIn)
          : serversIn(configuration);
      },
      rest: () => rest,
      signal,
      onError,
    });
  });
}

/** Extends {@link PeerOptions} by what the peers of a call share. */
interface SharedPeerOptions extends Omit<PeerOptions, "configuration"> {
  /** Whether the backend is connected. While it is not, failed sends are not reported. Default: always. */
  reachable?: (() => boolean) | undefined;
}

/** Creates a peer whose configuration comes from a source that other peers may share. */
export function createPeerWith(
  options: SharedPeerOptions,
  configurationFor: ConfigurationFor,
): Peer {
  const store = createStore<PeerSnapshot>(NEW_SNAPSHOT);
  const trace = options.trace ?? createTrace();
  const { onError = reportUnhandled } = options;
  let media = options.media ?? NO_MEDIA;
  let session: PeerSession | undefined;
  let isUnsupported = false;

  function fail(error: CallError): void {
    isUnsupported = true;
    store.set({ ...NEW_SNAPSHOT, status: "failed", error });
    callUserCode(onError, error);
  }

  return {
    getSnapshot: store.getSnapshot,
    subscribe: store.subscribe,
    trace,
    start() {
      if (session || isUnsupported) return;
      if (typeof RTCPeerConnection === "undefined") {
        fail(unsupported());
        return;
      }
      session = createPeerSession({
        ...options,
        configurationFor,
        trace,
        media: () => media,
        publish: store.set,
      });
      // A listener may close the peer during `begin()`, so `session` is assigned before.
      session.begin();
    },
    setMedia(next) {
      const before = media;
      media = next;
      session?.mediaChanged(before);
    },
    negotiate: () => session?.negotiate(),
    restartIce: () => session?.repair("restart"),
    resend: () => session?.resend(),
    close(reason = "left") {
      session?.close(reason);
      session = undefined;
      if (!isUnsupported) return;
      isUnsupported = false;
      store.set(CLOSED_SNAPSHOT);
    },
  };
}

function unsupported(): CallError {
  return new CallError(
    "unsupported",
    "This browser has no WebRTC (`RTCPeerConnection` is undefined). Use a recent Chrome, Edge, Firefox or Safari with WebRTC enabled; in a test, install `createFakeNetwork()`.",
  );
}
