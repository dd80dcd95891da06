/**
 * Owns everything between this page and one other: the link, the present connection, its repair,
 * and the streams that arrive. Connections come and go; the peer, its status and its streams stay.
 */
import { createConnection, type Connection, type ConnectionMessage } from "./connection.ts";
import type { CallError } from "../lib/errors.ts";
import {
  createConfigurationSource,
  DEFAULT_ICE_SERVERS,
  type ConfigurationSource,
} from "./ice-servers.ts";
import { randomText } from "../signaling/identity.ts";
import { NO_MEDIA, type OutgoingMedia } from "../media/outgoing-media.ts";
import { createReliableChannel, type ReliableChannel } from "../signaling/reliable-channel.ts";
import type { MediaState, MessageOf, PeerMessage } from "../signaling/protocol.ts";
import { createRecovery, type Recovery } from "./recovery.ts";
import { reportUnhandled } from "../lib/report-unhandled.ts";
import { callUserCode } from "../lib/user-code.ts";
import { abortedError, after, createSerialQueue, abortable } from "../lib/abort.ts";
import type { SignalMessage } from "../signaling/signaling.ts";
import { peerStatus, type PeerStatus } from "./peer-status.ts";
import { createStore, shallowEqual, type Store } from "../lib/store.ts";
import { createRemoteStreams } from "./remote-streams.ts";
import {
  createTrace,
  HANDSHAKE_STEPS,
  type HandshakeEvent,
  type HandshakeEventName,
  type HandshakeStep,
  type Trace,
} from "../stats/handshake-trace.ts";

/**
 * Two-way exchange with one other peer, over whatever the application has. It may lose, double,
 * delay and reorder, as long as some later message arrives.
 */
export interface PeerChannel {
  send(message: SignalMessage): Promise<void>;
  /** Calls `listener` with each message of the other; returns the way to stop. */
  subscribe(listener: (message: SignalMessage) => void): () => void;
}

/** What a peer needs. */
export interface PeerOptions {
  channel: PeerChannel;
  /** The caller makes the offers. If both are callers, the one with the lower id stays it. */
  role: "caller" | "callee";
  /** This side's id. Default: random. */
  id?: string | undefined;
  /** The other side's, for the trace. */
  peerId?: string | undefined;
  /**
   * Returns what `new RTCPeerConnection()` takes, for each connection and each ICE restart, so that
   * TURN credentials are fresh. Without `iceServers` in it, {@link DEFAULT_ICE_SERVERS} are used
   * (public STUN servers, no TURN); `iceServers: []` means none.
   *
   * If a promise rejects, or takes longer than 4 s, the function runs once more; then the last
   * configuration is used again. That, and `iceServers` that the browser refuses, is reported to
   * `onError` as `ice-servers-invalid`.
   */
  configuration?: (() => RTCConfiguration | Promise<RTCConfiguration>) | undefined;
  media?: OutgoingMedia | undefined;
  trace?: Trace | undefined;
  /**
   * `"direct"`: a roster announces who joins and leaves (a call), so a goodbye uses the control
   * channel only, and a callee does not announce itself.
   *
   * @default "always"
   */
  goodbye?: "always" | "direct" | undefined;
  onBye?: ((reason: "left" | "room-full") => void) | undefined;
  /** Without it, errors are printed on the console in development. */
  onError?: ((error: CallError) => void) | undefined;
}

/** A peer at one moment. An immutable snapshot. */
export interface PeerSnapshot {
  readonly status: PeerStatus;
  readonly signalingState: RTCSignalingState;
  readonly iceConnectionState: RTCIceConnectionState;
  readonly iceGatheringState: RTCIceGatheringState;
  readonly connectionState: RTCPeerConnectionState;
  /** The other's camera and microphone; one identity through every repair. */
  readonly stream: MediaStream | undefined;
  /** The other's screen, while it shares one. */
  readonly screen: MediaStream | undefined;
  /** What the other has switched on, by its own word. */
  readonly remoteMedia: MediaState;
  readonly error: CallError | undefined;
  /** The present connection: the way out, for what is not wrapped. */
  readonly connection: RTCPeerConnection | undefined;
}

/** One peer: a store of {@link PeerSnapshot} and its verbs. */
export interface Peer extends Store<PeerSnapshot> {
  readonly trace: Store<readonly HandshakeEvent[]>;
  /** Begins; the caller's first offer goes out. */
  start(): void;
  /** Other tracks for the same places, or other words about them. No renegotiation. */
  setMedia(media: OutgoingMedia): void;
  /** Asks for a renegotiation, from either side. */
  negotiate(): void;
  /** Asks for an ICE restart, from either side; a new connection follows if nothing gets through after it. */
  restartIce(): void;
  /** The backend is reachable again: says once more what was not acknowledged. */
  resend(): void;
  /** Ends it: says goodbye past the backend, closes the connection, forgets everything. */
  close(reason?: "left" | "room-full"): void;
}

const CLOSED: PeerSnapshot = {
  status: "new",
  signalingState: "stable",
  iceConnectionState: "new",
  iceGatheringState: "new",
  connectionState: "new",
  stream: undefined,
  screen: undefined,
  remoteMedia: NO_MEDIA.state,
  error: undefined,
  connection: undefined,
};

/** Creates a peer. Nothing happens before `start()`; after `close()` it can be started again. */
export function createPeer(options: PeerOptions): Peer {
  return createPeerWith(options, (signal, onError) => {
    let rest: RTCConfiguration | undefined;
    const serversIn = (given: RTCConfiguration = {}) => {
      rest = given;
      return given.iceServers ?? DEFAULT_ICE_SERVERS;
    };
    return createConfigurationSource({
      name: "configuration",
      read() {
        const given = options.configuration?.();
        return given && "then" in given ? given.then(serversIn) : serversIn(given);
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
  const store = createStore<PeerSnapshot>(CLOSED);
  const trace = options.trace ?? createTrace();
  let media = options.media ?? NO_MEDIA;
  let life: PeerLife | undefined;
  return {
    getSnapshot: store.getSnapshot,
    subscribe: store.subscribe,
    trace,
    start() {
      if (life) return;
      life = createLife(options, configurationFor, trace, () => media, store.set);
      // Whoever hears of it may close it at once, and by now there is something to close.
      life.begin();
    },
    setMedia(next) {
      const before = media;
      media = next;
      life?.mediaChanged(before);
    },
    negotiate: () => life?.negotiate(),
    restartIce: () => life?.repair("restart"),
    resend: () => life?.resend(),
    close(reason = "left") {
      life?.close(reason);
      life = undefined;
    },
  };
}

/** Creates the source of configurations for one life of a peer. */
type ConfigurationFor = (
  signal: AbortSignal,
  onError: (error: CallError) => void,
) => ConfigurationSource;

/** How long a callee keeps servers that it fetched before the offer: TURN credentials expire. */
const PREFETCH_LIFETIME_MS = 30_000;

/** What happens between `start()` and `close()`. */
interface PeerLife {
  begin(): void;
  mediaChanged(before: OutgoingMedia): void;
  negotiate(): void;
  repair(how: "restart" | "rebuild"): void;
  resend(): void;
  close(reason: MessageOf<"bye">["reason"]): void;
}

function createLife(
  options: SharedPeerOptions,
  configurationFor: ConfigurationFor,
  trace: Trace,
  media: () => OutgoingMedia,
  set: (next: PeerSnapshot) => void,
): PeerLife {
  const { onError: tellError = reportUnhandled } = options;
  const scope = new AbortController();
  const { signal } = scope;
  const id = options.id ?? randomText(12);
  const inbox = createSerialQueue(signal, onError);
  const streams = createRemoteStreams();
  let role = options.role;
  let connection: Connection | undefined;
  let direct: ((packet: SignalMessage) => boolean) | undefined;
  const source = configurationFor(signal, onError);
  let prefetched: Promise<RTCConfiguration> | undefined;
  let made = 0;
  let wasConnected = false;
  let remoteMedia: MediaState = NO_MEDIA.state;
  let lastError: CallError | undefined;
  let toldFailure: CallError | undefined;
  /** The other has said goodbye; it may come back. */
  let ended = false;

  const note = (what: HandshakeStep | HandshakeEventName, round = 1) =>
    trace.record({
      ...(typeof what === "number"
        ? { step: what, name: HANDSHAKE_STEPS[what] }
        : { step: undefined, name: what }),
      side: role,
      round,
      peer: options.peerId ?? "",
    });

  function onError(error: CallError): void {
    // A failed configuration is reported by its source, and then by the step that needed it.
    if (error === lastError) return;
    lastError = error;
    callUserCode(tellError, error);
    publish();
  }

  const link: ReliableChannel = createReliableChannel({
    signal,
    send: (packet) => options.channel.send(packet),
    reachable: options.reachable,
    deliver: (message) => inbox.add(() => receive(message)),
    onReset: () => inbox.add(beginAnew),
    onError,
  });
  const unsubscribe = options.channel.subscribe(link.receive);

  const recovery: Recovery = createRecovery({
    signal,
    current: () => connection,
    connectionState: () => connection?.pc.connectionState,
    silent: () => connection?.silent() ?? false,
    verify: async (ms) => connection?.verify(ms) ?? Promise.reject(abortedError("The connection")),
    // What the other knows already; but it has to say that it heard it.
    ping() {
      link.setDirect(undefined);
      sendMediaState();
    },
    settled: link.settled,
    reason: source.error,
    canRestart: () => wasConnected && connection !== undefined && connection.canRestart(),
    restart: () => inbox.add(restart),
    rebuild() {
      const stale = connection;
      inbox.add(() => rebuild(stale));
    },
    onChange() {
      tellFailure(recovery.error());
      publish();
    },
  });

  function sendMediaState(): void {
    link.send({ type: "media", media: media().state });
  }

  /** Once each; not of somebody who has not even got the message, because nobody may be there. */
  function tellFailure(error: CallError | undefined): void {
    const reported = error === toldFailure || error === source.error();
    if (error && !reported && link.settled()) callUserCode(tellError, error);
    toldFailure = error;
  }

  function publish(): void {
    if (signal.aborted) return;
    const pc = connection?.pc;
    const { signalingState, iceConnectionState, iceGatheringState, connectionState } = pc ?? CLOSED;
    if (connectionState === "connected" && !recovery.repairing()) wasConnected = true;
    const tracks = connection?.tracks();
    if (tracks) streams.show(tracks);
    set({
      status: peerStatus({
        closed: ended,
        error: recovery.error(),
        // Said late, when something arrives again.
        connectionState:
          connectionState === "disconnected" && !connection?.silent()
            ? "connected"
            : pc && connectionState,
        wasConnected,
        repairing: recovery.repairing(),
      }),
      signalingState,
      iceConnectionState,
      iceGatheringState,
      connectionState,
      stream: streams.person(),
      screen: remoteMedia.screen ? streams.screen() : undefined,
      remoteMedia,
      error: recovery.error() ?? lastError,
      connection: pc,
    });
  }

  async function configuration(): Promise<RTCConfiguration> {
    const ready = prefetched ?? source.get();
    prefetched = undefined;
    return abortable(signal, Promise.resolve(ready));
  }

  /** Starts the callee's request for servers while the caller makes its own, and not when the offer arrives. */
  function prefetch(): void {
    const answer = source.get();
    if (!(answer instanceof Promise)) return;
    prefetched = answer;
    const forget = () => {
      if (prefetched === answer) prefetched = undefined;
    };
    answer.catch(forget);
    after(signal, PREFETCH_LIFETIME_MS, forget);
  }

  async function connect(name: string): Promise<void> {
    drop();
    ended = false;
    const fresh = await configuration();
    let broken = false;
    const next: Connection = createConnection({
      name,
      role,
      configuration: fresh,
      media,
      send: link.send,
      latency: link.latency,
      onPacket: link.receive,
      record: note,
      // Events of a connection that was replaced meanwhile are nobody's business any more.
      onChange() {
        if (connection && connection !== next) return;
        publish();
        recovery.observe();
      },
      onPulse() {
        if (connection !== next) return;
        // Whatever goes by a silent way stays in it until it speaks again, and then comes late.
        link.setDirect(next.silent() ? undefined : direct);
        recovery.observe();
        publish();
      },
      onDirect(opened) {
        if (connection !== next) return;
        direct = opened;
        link.setDirect(opened);
      },
      onError,
      onBroken(error) {
        // Until it is replaced it may fail again and again; that is one piece of news.
        if (broken) return;
        broken = true;
        onError(error);
        recovery.repair("rebuild", error);
      },
    });
    connection = next;
    publish();
  }

  function drop(): void {
    direct = undefined;
    link.setDirect(undefined);
    connection?.close();
    connection = undefined;
  }

  async function call(): Promise<void> {
    made += 1;
    await connect(`${id}/${made}`);
  }

  async function rebuild(stale: Connection | undefined): Promise<void> {
    // While this waited for its turn the other side's offer may have brought another one.
    if (ended || connection !== stale) return;
    if (role === "caller") {
      if (connection) note("rebuilt");
      await call();
    } else {
      prefetch();
      link.send({ type: "ask", for: "rebuild", connection: stale?.name });
    }
  }

  async function restart(): Promise<void> {
    if (role === "caller") connection?.restartIce(await configuration());
    else link.send({ type: "ask", for: "restart", connection: connection?.name });
  }

  /** The other has lost what was agreed (it left and came back, say): so whoever calls calls again. */
  async function beginAnew(): Promise<void> {
    drop();
    if (role === "caller") await call();
    publish();
    recovery.connect();
  }

  async function receive(message: PeerMessage): Promise<void> {
    switch (message.type) {
      case "offer":
        remoteMedia = message.media;
        await takeOffer(message);
        break;
      case "answer":
        if (message.connection === connection?.name) remoteMedia = message.media;
        forward(message);
        break;
      case "reject":
      case "candidates":
        forward(message);
        break;
      case "ask":
        // Both may have noticed at once: then the connection that was complained of is gone already.
        if (role !== "caller" || (message.connection ?? connection?.name) !== connection?.name)
          break;
        if (message.for === "negotiation") connection?.negotiate();
        else recovery.repair(message.for);
        break;
      case "media":
        remoteMedia = message.media;
        break;
      case "bye":
        drop();
        ended = true;
        callUserCode(options.onBye, message.reason);
        break;
    }
    publish();
  }

  /** What belongs to a connection that is not there any more is stale, and meant for nobody. */
  function forward(message: ConnectionMessage): void {
    if (message.connection === connection?.name) connection.receive(message);
  }

  async function takeOffer(offer: MessageOf<"offer">): Promise<void> {
    if (offer.connection !== connection?.name) {
      const caller = offer.connection.slice(0, offer.connection.lastIndexOf("/"));
      // Two first offers at once: the lower id stays the caller. The other discards its offer with
      // the whole connection, because an offer taken back leaves its traces in the browser.
      const glare = role === "caller";
      if (glare) note("offer-discarded");
      if (glare && id <= caller) return;
      if (connection && !glare) note("rebuilt");
      role = "callee";
      await connect(offer.connection);
    }
    forward(offer);
  }

  return {
    begin() {
      inbox.add(role === "caller" ? call : prefetch);
      // A caller may still have the connection to an earlier page of this callee, and no roster tells
      // it that the page was reloaded. The first packet of a new epoch makes it call again.
      if (role === "callee" && options.goodbye !== "direct") sendMediaState();
      recovery.connect();
      publish();
    },
    mediaChanged(before) {
      connection?.setMedia(media());
      // Without a connection the coming description says it.
      if (connection && !shallowEqual(before.state, media().state)) sendMediaState();
    },
    negotiate: () => connection?.negotiate(),
    repair: recovery.repair,
    resend() {
      link.resend();
      recovery.again();
    },
    close(reason) {
      link.send({ type: "bye", reason });
      link.flush(options.goodbye === "direct" && reason === "left" ? "direct" : "best");
      scope.abort(abortedError("The connection"));
      unsubscribe();
      connection?.close();
      set({
        ...CLOSED,
        status: "closed",
        signalingState: "closed",
        iceConnectionState: "closed",
        connectionState: "closed",
      });
    },
  };
}
