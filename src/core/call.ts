/** Owns a call: who is in the room, one peer for each of them, and what they see of this page. */
import { CallError, toCallError } from "./errors.ts";
import {
  createConfigurationSource,
  DEFAULT_ICE_SERVERS,
  parseIceServers,
  type IceServers,
} from "./ice-servers.ts";
import { createIdentity, keepsake } from "./identity.ts";
import { createLease } from "./lease.ts";
import type { LocalMedia } from "./media.ts";
import { parsePeerInfo } from "./messages.ts";
import { isPrompting, outgoingMedia, watchMedia } from "./outgoing.ts";
import { createParticipants, type Participant } from "./participants.ts";
import { enterRoom, type Room } from "./room.ts";
import { aborted, until } from "./scope.ts";
import type { PeerInfo, Signaling } from "./signaling.ts";
import { callStatus, type CallPhase, type CallStatus } from "./status.ts";
import { createStore, sameFields, type Store } from "./store.ts";
import { createTrace, type HandshakeEvent } from "./trace.ts";

/** What a call needs. */
export interface CallOptions {
  room: string;
  /**
   * What to send: the snapshot of a {@link LocalMedia}, or a stream of the application's own. Changes
   * of the stream (a track added, removed, disabled or stopped) take effect within half a second, or
   * at once with the next `configure()` (a render of `useCall`).
   */
  media?: LocalMedia | MediaStream | undefined;
  /** The name the others see; at most 80 characters. */
  name?: string | undefined;
  metadata?: Readonly<Record<string, string>> | undefined;
  /** Default: Firestore of the app's default Firebase app, loaded on demand (in React only). */
  signaling?: Signaling | undefined;
  /**
   * STUN and TURN servers, or a function that fetches them. STUN finds the public address of this
   * browser for a direct connection; TURN relays the media where no direct connection is possible.
   * Without TURN, participants in many company and mobile networks fail to connect (`ice-failed`).
   *
   * The function runs for each connection and each ICE restart, so that TURN credentials are fresh;
   * connections that start at the same moment share one answer. If it fails, or takes longer than
   * 4 s, it runs once more; then the call goes on with its last answer or the default, and `onError`
   * reports `ice-servers-invalid`. A list that the browser refuses makes `join()` reject with that code.
   *
   * `[]` uses no server: enough within one local network.
   *
   * @default DEFAULT_ICE_SERVERS (public STUN servers, no TURN)
   */
  iceServers?: IceServers | undefined;
  /** `"relay"` hides this page's addresses from the others; needs a TURN server. */
  iceTransportPolicy?: RTCIceTransportPolicy | undefined;
  /** Join as soon as somebody holds the call (a hook mounts). Default `true`. */
  autoJoin?: boolean | undefined;
  /** Called with each error as it lands in `Call.error`. May change on every render. */
  onError?: ((error: CallError) => void) | undefined;
}

/** A call at one moment, and its verbs. An immutable snapshot. */
export interface Call {
  readonly status: CallStatus;
  readonly self: Participant;
  /** The others, in order of joining. */
  readonly participants: readonly Participant[];
  readonly error: CallError | undefined;
  /** Whether the backend is reachable; a call that is up goes on without it. Undefined outside a room. */
  readonly signaling: "connected" | "disconnected" | undefined;
  join(): Promise<void>;
  leave(): Promise<void>;
  /** The handshakes of every connection of this call, watched apart so that they re-render nothing else. */
  readonly trace: Store<readonly HandshakeEvent[]>;
}

/** A call outside React: a store of {@link Call} that joins when held. */
export interface CallStore extends Store<Call> {
  /** Keeps the call; returns the way to let go. After the last one the room is left. */
  hold(): () => void;
  /** Other media, name, metadata or servers for the running call; the room and the signaling stay. */
  configure(options: CallSettings): void;
}

/** What may change while a call runs. */
export type CallSettings = Omit<CallOptions, "room" | "signaling" | "autoJoin">;

/**
 * Makes a call. Nothing happens before `join()`, or before it is held where `autoJoin` is not `false`.
 *
 * @example
 * const call = createCall({ room: "standup", signaling: webSocketSignaling("wss://example.org/relay") });
 * call.subscribe(() => show(call.getSnapshot().participants));
 * const release = call.hold();
 */
export function createCall(options: CallOptions): CallStore {
  const { room: roomName, signaling } = options;
  const trace = createTrace();
  const participants = createParticipants();
  const verbs = { join, leave, trace };
  let settings: CallSettings = options;
  let phase: CallPhase = "idle";
  let error: CallError | undefined;
  /** Aborted when the present stay, or the way to it, is over. */
  let scope = new AbortController();
  let joining: Promise<void> | undefined;
  let room: Room | undefined;
  let self: PeerInfo | undefined;
  /** Shown to the next page of this tab, should this one be reloaded. */
  let secret: string | undefined;
  let onMediaSettled = () => {};
  const store = createStore(snapshot());
  const media = watchMedia(
    () => outgoingMedia(settings.media),
    (next) => {
      room?.setMedia(next);
      publish();
    },
  );

  const lease = createLease(
    (why) => {
      if (why === "pageshow" || (options.autoJoin ?? true)) join().catch(told);
    },
    (reason) => {
      const inside = phase === "joining" || phase === "joined";
      if (reason === "pagehide" && secret) keepsake.leave(roomName, secret);
      leave().catch(told);
      return inside;
    },
  );

  function snapshot(): Call {
    const others = participants.others(room?.members() ?? []);
    const statuses = others.map(({ status }) => status);
    return {
      status: callStatus(phase, room?.signaling() ?? "connected", statuses),
      self: participants.self(settings, room?.id ?? self?.id ?? "", phase),
      participants: others,
      error,
      signaling: room?.signaling(),
      ...verbs,
    };
  }

  function publish(): void {
    const next = snapshot();
    if (!sameFields(next, store.getSnapshot())) store.set(next);
  }

  function report(next: CallError): void {
    error = next;
    settings.onError?.(next);
    publish();
  }

  function join(): Promise<void> {
    joining ??= enter();
    return joining;
  }

  async function enter(): Promise<void> {
    scope = new AbortController();
    const { signal } = scope;
    signal.addEventListener("abort", media.start());
    phase = "joining";
    error = undefined;
    publish();
    try {
      // `end()` clears `joining`, which is set once this function has returned its promise.
      await Promise.resolve();
      const { iceServers } = settings;
      if (iceServers && typeof iceServers !== "function") parseIceServers(iceServers);
      // A prompt that is still open would stall the exchange, so capture comes first (step 1).
      await until(signal, mediaSettled());
      if (!signaling) throw noSignaling();
      const identity = await until(signal, createIdentity());
      self = describe({ id: identity.id, joined: Date.now() });
      const replaces = keepsake.take(roomName);
      if (replaces) self = { ...self, replaces };
      const said = settings;
      const entered = await enterRoom(
        {
          room: roomName,
          signaling,
          self,
          trace,
          media: () => outgoingMedia(settings.media),
          configuration: createConfigurationSource({
            name: "iceServers",
            read: () => {
              const { iceServers: given = DEFAULT_ICE_SERVERS } = settings;
              return typeof given === "function" ? given() : given;
            },
            rest: () => {
              const { iceTransportPolicy } = settings;
              return iceTransportPolicy ? { iceTransportPolicy } : {};
            },
            signal,
            onError: report,
          }),
          onChange: publish,
          onError: report,
          onRefused: (refusal) => void end("failed", refusal).catch(told),
        },
        signal,
      );
      if (signal.aborted) await entered.leave();
      signal.throwIfAborted();
      room = entered;
      secret = identity.secret;
      phase = "joined";
      publish();
      if (!sameDescription(said, settings)) tellOthers();
    } catch (cause) {
      const failure = toCallError(cause, "signaling-unavailable", UNREACHABLE);
      if (!signal.aborted) await end("failed", failure);
      throw failure;
    }
  }

  async function end(next: "left" | "failed", cause?: CallError): Promise<void> {
    const leaving = room;
    scope.abort(aborted("The call"));
    room = undefined;
    joining = undefined;
    secret = undefined;
    phase = next;
    const left = leaving?.leave();
    if (cause) report(cause);
    publish();
    await left;
  }

  async function leave(): Promise<void> {
    if (phase !== "idle" && phase !== "left") await end("left");
  }

  function describe(peer: PeerInfo): PeerInfo {
    const { name, metadata } = settings;
    const known = { ...(name !== undefined && { name }), ...(metadata && { metadata }) };
    try {
      return parsePeerInfo({ ...peer, ...known });
    } catch (cause) {
      throw new CallError("message-invalid", TOO_LONG, { cause });
    }
  }

  function mediaSettled(): Promise<void> {
    return new Promise((resolve) => {
      onMediaSettled = () => {
        if (!isPrompting(settings.media)) resolve();
      };
      onMediaSettled();
    });
  }

  function tellOthers(): void {
    if (!room || !self) return;
    const { id, joined } = self;
    try {
      self = describe({ id, joined: joined! });
    } catch (cause) {
      report(cause as CallError);
      return;
    }
    room.update(self).catch((cause: unknown) => {
      report(toCallError(cause, "signaling-unavailable", UNREACHABLE));
    });
  }

  return {
    getSnapshot: store.getSnapshot,
    subscribe: store.subscribe,
    hold: lease.hold,
    configure(next) {
      const before = settings;
      settings = next;
      onMediaSettled();
      media.compare();
      if (!sameDescription(next, before)) tellOthers();
      publish();
    },
  };
}

function sameDescription(a: CallSettings, b: CallSettings): boolean {
  return a.name === b.name && sameFields(a.metadata ?? {}, b.metadata ?? {});
}

const TOO_LONG =
  "The name (80 characters) or the metadata (1,800) is too long. Shorten it, then join again.";
const UNREACHABLE = "The signaling could not be reached. Check the connection, then join again.";

/** For promises whose failure is in `Call.error` already. */
const told = () => undefined;

function noSignaling(): CallError {
  return new CallError(
    "no-signaling",
    "This call has no signaling. Give `signaling`, here or on <CallProvider>, for example `webSocketSignaling(url)`.",
  );
}
