/**
 * A peer between `start()` and `close()`: the reliable channel to the remote peer, the current
 * connection and its repair. Connections are replaced; the session, its status and its streams stay.
 *
 * Everything that changes the connection (incoming messages, repairs) runs in one serial inbox. A task
 * that waited in it therefore checks whether the connection that it is about is still the current one.
 */
import { abortedError, createSerialQueue, type SerialQueue } from "../lib/abort.ts";
import { adapterError, type CallError } from "../lib/errors.ts";
import { callUserCode } from "../lib/user-code.ts";
import { reportUnhandled } from "../lib/report-unhandled.ts";
import { shallowEqual } from "../lib/store.ts";
import { NO_MEDIA, type OutgoingMedia } from "../media/outgoing-media.ts";
import { randomText } from "../signaling/identity.ts";
import type { MessageOf } from "../signaling/protocol.ts";
import { createReliableChannel, type ReliableChannel } from "../signaling/reliable-channel.ts";
import {
  HANDSHAKE_STEPS,
  type HandshakeEventName,
  type HandshakeStep,
  type Trace,
} from "../stats/handshake-trace.ts";
import { createConnectionSlot, type ConnectionSlot } from "./connection-slot.ts";
import type { Connection } from "./connection.ts";
import type { ConfigurationSource } from "./ice-servers.ts";
import { createPeerErrors, type PeerErrors } from "./peer-errors.ts";
import type { PeerOptions } from "./peer-options.ts";
import { CLOSED_SNAPSHOT, peerSnapshot, type PeerSnapshot } from "./peer-snapshot.ts";
import {
  createPrefetchedConfiguration,
  type PrefetchedConfiguration,
} from "./prefetched-configuration.ts";
import { createRecovery, type Recovery, type RepairKind } from "./recovery.ts";
import type { RepairTarget } from "./repairs.ts";
import { createRemoteStreams, type RemoteStreams } from "./remote-streams.ts";
import { createSessionMessages, type SessionState } from "./session-messages.ts";

/** Creates the source of configurations for one session. */
export type ConfigurationFor = (
  signal: AbortSignal,
  onError: (error: CallError) => void,
) => ConfigurationSource;

export interface PeerSessionOptions extends Omit<PeerOptions, "configuration" | "media" | "trace"> {
  configurationFor: ConfigurationFor;
  trace: Trace;
  /** Whether the backend is connected. While it is not, failed sends are not reported. Default: always. */
  reachable?: (() => boolean) | undefined;
  /** Returns the tracks to send now. */
  media(): OutgoingMedia;
  publish(snapshot: PeerSnapshot): void;
}

/** One session of a peer. */
export interface PeerSession {
  /** Subscribes to the channel and connects. Listeners may close the session from here on. */
  begin(): void;
  mediaChanged(before: OutgoingMedia): void;
  negotiate(): void;
  repair(kind: RepairKind): void;
  resend(): void;
  close(reason: MessageOf<"bye">["reason"]): void;
}

/** The parts of a session on which its verbs act. */
interface SessionParts {
  id: string;
  state: SessionState;
  slot: ConnectionSlot;
  streams: RemoteStreams;
  channel: ReliableChannel;
  configuration: PrefetchedConfiguration;
  errors: PeerErrors;
  options: PeerSessionOptions;
}

export function createPeerSession(options: PeerSessionOptions): PeerSession {
  const { publish: onSnapshot, onError = reportUnhandled, media } = options;
  const scope = new AbortController();
  const { signal } = scope;
  const state: SessionState = {
    role: options.role,
    remoteMedia: NO_MEDIA.state,
    isClosedByRemote: false,
    wasConnected: false,
  };
  const id = options.id ?? randomText(12);
  const streams = createRemoteStreams();
  const isSettled = () => channel.settled();
  const errors = createPeerErrors({ onError, onChange: publish, isSettled });
  const inbox = createSerialQueue(signal, errors.report);
  const source = options.configurationFor(signal, errors.report);
  const configuration = createPrefetchedConfiguration(source, signal);
  let unsubscribe = () => {};

  const channel: ReliableChannel = createReliableChannel({
    signal,
    send: (packet) => options.channel.send(packet),
    reachable: options.reachable,
    deliver: (message) =>
      inbox.add(async () => {
        await receive(message);
        publish();
      }),
    onReset: () => inbox.add(startOver),
    onError: errors.report,
  });

  const slot: ConnectionSlot = createConnectionSlot({
    onChange() {
      publish();
      recovery.observe();
    },
    onLivenessChange() {
      recovery.observe();
      publish();
    },
    onRoute: channel.setDirect,
    onBroken(error) {
      errors.report(error);
      recovery.repair("rebuild", error);
    },
  });

  const parts: SessionParts = { id, state, slot, streams, channel, configuration, errors, options };
  const verbs = createVerbs(parts);

  const recovery: Recovery = createRecovery({
    ...createRepairTarget(parts, verbs, inbox),
    signal,
    knownCause: source.error,
    onChange() {
      const error = recovery.error();
      // The source of the configuration reports its errors itself, once for all peers of a call.
      if (error !== source.error()) errors.reportGivenUp(error);
      publish();
    },
  });

  const receive = createSessionMessages({
    id,
    state,
    slot,
    recovery,
    connect: verbs.connect,
    record: verbs.record,
    onBye(reason) {
      streams.clear();
      callUserCode(options.onBye, reason);
    },
  });

  function publish(): void {
    if (!signal.aborted) onSnapshot(takeSnapshot(parts, recovery, source.error()));
  }

  /** The remote peer has lost the conversation (its page was reloaded, for one): connect again. */
  async function startOver(): Promise<void> {
    slot.clear();
    if (state.role === "caller") await verbs.call();
    publish();
    recovery.connect();
  }

  return {
    begin() {
      unsubscribe = verbs.subscribe();
      inbox.add(state.role === "caller" ? verbs.call : configuration.prefetch);
      // A caller may still have the connection to an earlier page of this callee, and no roster tells
      // it that the page was reloaded. The first packet of a new epoch makes it call again.
      if (state.role === "callee" && options.goodbye !== "direct") verbs.sendMediaState();
      recovery.connect();
      publish();
    },
    mediaChanged(before) {
      slot.current()?.setMedia(media());
      // Without a connection, the next description carries the state.
      if (slot.current() && !shallowEqual(before.state, media().state)) verbs.sendMediaState();
    },
    negotiate: () => slot.current()?.negotiate(),
    repair: recovery.repair,
    resend() {
      channel.resend();
      recovery.retry();
    },
    close(reason) {
      channel.send({ type: "bye", reason });
      channel.flush(options.goodbye === "direct" && reason === "left" ? "direct" : "best");
      scope.abort(abortedError("The connection"));
      callUserCode(unsubscribe);
      slot.clear();
      onSnapshot(CLOSED_SNAPSHOT);
    },
  };
}

type SessionVerbs = ReturnType<typeof createVerbs>;

/** Applies repairs to whichever connection is the current one. */
function createRepairTarget(
  { state, slot, channel }: SessionParts,
  verbs: SessionVerbs,
  inbox: SerialQueue,
): RepairTarget {
  return {
    current: slot.current,
    connectionState: () => slot.current()?.pc.connectionState,
    isSilent: () => slot.current()?.isSilent() ?? false,
    verify: async (ms) =>
      slot.current()?.verify(ms) ?? Promise.reject(abortedError("The connection")),
    ping() {
      // The remote peer knows this state already, but it has to acknowledge the message.
      channel.setDirect(undefined);
      verbs.sendMediaState();
    },
    isSettled: channel.settled,
    canRestartIce: () => state.wasConnected && (slot.current()?.canRestartIce() ?? false),
    restartIce: () => inbox.add(verbs.restartIce),
    rebuild() {
      const stale = slot.current();
      inbox.add(() => verbs.rebuild(stale));
    },
  };
}

/** Updates the streams and what was seen of the connection, and returns the snapshot of them. */
function takeSnapshot(
  { state, slot, streams, errors }: SessionParts,
  recovery: Recovery,
  configurationError: CallError | undefined,
): PeerSnapshot {
  const connection = slot.current();
  const isRepairing = recovery.isRepairing();
  if (connection?.pc.connectionState === "connected" && !isRepairing) state.wasConnected = true;
  const tracks = connection?.tracks();
  if (tracks) streams.show(tracks);
  const snapshot = peerSnapshot({
    ...state,
    connection: connection?.pc,
    isSilent: connection?.isSilent() ?? false,
    isRepairing,
    stream: streams.person(),
    screen: streams.screen(),
    errors: {
      givenUp: recovery.error(),
      standing: configurationError ?? connection?.problem(),
      newest: errors.newest(),
    },
  });
  if (snapshot.status === "connected" || snapshot.status === "closed") errors.clear();
  return snapshot;
}

/** The steps that a session is made of. The asynchronous ones run in its inbox. */
function createVerbs(parts: SessionParts) {
  const { id, state, slot, channel, configuration, errors, options } = parts;
  let connections = 0;

  function record(event: HandshakeStep | HandshakeEventName, round = 1): void {
    options.trace.record({
      ...(typeof event === "number"
        ? { step: event, name: HANDSHAKE_STEPS[event] }
        : { step: undefined, name: event }),
      side: state.role,
      round,
      peer: options.peerId ?? "",
    });
  }

  async function connect(name: string): Promise<void> {
    slot.clear();
    state.isClosedByRemote = false;
    const fresh = await configuration.get();
    slot.open({
      name,
      role: state.role,
      configuration: fresh,
      media: options.media,
      send: channel.send,
      latency: channel.latency,
      onPacket: channel.receive,
      record,
      onError: errors.report,
    });
  }

  async function call(): Promise<void> {
    connections += 1;
    await connect(`${id}/${connections}`);
  }

  return {
    record,
    connect,
    call,
    sendMediaState: () => channel.send({ type: "media", media: options.media().state }),
    async rebuild(stale: Connection | undefined) {
      // While this waited in the inbox, an offer of the remote peer may have replaced the connection.
      if (state.isClosedByRemote || slot.current() !== stale) return;
      if (state.role === "caller") {
        if (stale) record("rebuilt");
        await call();
      } else {
        configuration.prefetch();
        channel.send({ type: "ask", for: "rebuild", connection: stale?.name });
      }
    },
    async restartIce() {
      if (state.role === "caller") slot.current()?.restartIce(await configuration.get());
      else channel.send({ type: "ask", for: "restart", connection: slot.name() });
    },
    subscribe(): () => void {
      try {
        return options.channel.subscribe(channel.receive);
      } catch (cause) {
        errors.report(adapterError(cause, "subscribe"));
        return () => {};
      }
    },
  };
}
