/** Owns a call: who is in the room, one peer for each of them, and what they see of this page. */
import { adapterError, CallError } from "../lib/errors.ts";
import {
  createConfigurationSource,
  DEFAULT_ICE_SERVERS,
  parseIceServers,
  type IceServers,
} from "../peer/ice-servers.ts";
import { createIdentity, resumeTokens } from "../signaling/identity.ts";
import { createRetained } from "../lib/retained.ts";
import type { LocalMedia } from "../media/local-media.ts";
import { parsePeerInfo } from "../signaling/protocol.ts";
import { fitName, metadataError, roomError } from "../signaling/names.ts";
import { isPrompting, outgoingMedia, watchMedia } from "../media/outgoing-media.ts";
import { createParticipants, type Participant } from "./participants.ts";
import { reportUnhandled } from "../lib/report-unhandled.ts";
import { callUserCode } from "../lib/user-code.ts";
import { createRetry, type Retry } from "../lib/retry.ts";
import { joinMesh, type Mesh } from "../mesh/mesh.ts";
import { abortedError, abortable } from "../lib/abort.ts";
import type { PeerInfo, Signaling } from "../signaling/signaling.ts";
import { callStatus, type CallPhase, type CallStatus } from "../call/call-status.ts";
import { createStore, shallowEqual, type Store } from "../lib/store.ts";
import { createTrace, type HandshakeEvent } from "../stats/handshake-trace.ts";

/** What a call needs. */
export interface CallOptions {
  /** 1 to 256 characters, at most 1,500 bytes percent-encoded; not `.`, `..` or `__…__`. */
  room: string;
  /**
   * What to send: the snapshot of a {@link LocalMedia}, or a stream of the application's own. Changes
   * of the stream (a track added, removed, disabled or stopped) take effect within half a second, or
   * at once with the next `configure()` (a render of `useCall`).
   */
  media?: LocalMedia | MediaStream | undefined;
  /** The name the others see. A longer one than 80 UTF-16 code units is cut between two characters. */
  name?: string | undefined;
  /** For the application's own use: the others see it. At most 1,800 characters as JSON. */
  metadata?: Readonly<Record<string, string>> | undefined;
  /**
   * Each `join()` uses the newest one given; a call in a room keeps its own. If the first join fails with
   * `no-signaling` and another one is given then, an automatic join is repeated with it, once.
   *
   * @default Firestore of the app's default Firebase app, loaded on demand (in React only)
   */
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
  /**
   * Called with each error as it lands in `Call.error`. May change on every render. Without it, errors
   * are printed on the console in development.
   */
  onError?: ((error: CallError) => void) | undefined;
}

/** A call at one moment, and its verbs. An immutable snapshot. */
export interface Call {
  readonly status: CallStatus;
  readonly self: Participant;
  /** The others, in order of joining. */
  readonly participants: readonly Participant[];
  /** The newest error. With the status `joining`: why the call service could not be reached; it is tried again. */
  readonly error: CallError | undefined;
  /** Whether the backend is reachable; a call that is up goes on without it. Undefined outside a room. */
  readonly signaling: "connected" | "disconnected" | undefined;
  /**
   * Joins the room. While the call service cannot be reached (`signaling-unavailable`), it tries again
   * after 1, 2, 4, 8 and then every 15 s, and as soon as the browser is `online`; the status stays
   * `joining`, with `error` set. Calling it again tries at once. `leave()` ends it.
   *
   * Resolves when the room is joined, by whichever try.
   *
   * @throws {CallError} `room-invalid`, `ice-servers-invalid`, `no-signaling`, `signaling-denied`, `room-full`, `adapter-failed`,
   * `message-invalid` (the `metadata`), `unsupported`; `aborted` when the call is left.
   */
  join(): Promise<void>;
  leave(): Promise<void>;
  /** The handshakes of every connection of this call, watched apart so that they re-render nothing else. */
  readonly trace: Store<readonly HandshakeEvent[]>;
}

/** A call outside React: a store of {@link Call} that joins when held. */
export interface CallStore extends Store<Call> {
  /** Keeps the call; returns the way to let go. After the last one the room is left. */
  retain(): () => void;
  /**
   * Changes media, name, metadata or servers of the running call, and the signaling of the next join.
   * Metadata that are invalid are reported, and the former ones stay.
   */
  configure(options: CallSettings): void;
}

/** What may change while a call runs. */
export type CallSettings = Omit<CallOptions, "room" | "autoJoin">;

/**
 * Makes a call. Nothing happens before `join()`, or before it is held where `autoJoin` is not `false`.
 *
 * @example
 * const call = createCall({ room: "standup", signaling: webSocketSignaling("wss://example.org/relay") });
 * call.subscribe(() => show(call.getSnapshot().participants));
 * const release = call.retain();
 */
export function createCall(options: CallOptions): CallStore {
  const { room: roomName, autoJoin = true } = options;
  const trace = createTrace();
  const participants = createParticipants();
  const verbs = { join, leave, trace };
  let settings = withFittingName(options);
  let { signaling } = options;
  /** The signaling of the newest try to join. */
  let used: Signaling | undefined;
  /** What was wrong with metadata that were refused. */
  let refused: string | undefined;
  let phase: CallPhase = "idle";
  let error: CallError | undefined;
  /** Aborted when the present stay, or the way to it, is over. */
  let scope = new AbortController();
  let joining: Promise<void> | undefined;
  let retry: Retry | undefined;
  /** Why the newest try to join failed, while there is another one. */
  let trouble: CallError | undefined;
  let room: Mesh | undefined;
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

  const lease = createRetained(
    (why) => {
      if (why === "pageshow" || autoJoin) join().catch(told);
    },
    (reason) => {
      const inside = phase === "joining" || phase === "joined";
      if (reason === "pagehide" && secret) resumeTokens.leave(roomName, secret);
      leave().catch(reportUnhandled);
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
    if (!shallowEqual(next, store.getSnapshot())) store.set(next);
  }

  function report(next: CallError): void {
    error = next;
    callUserCode(settings.onError ?? reportUnhandled, next);
    publish();
  }

  function join(): Promise<void> {
    retry?.now();
    joining ??= enter();
    return joining;
  }

  async function enter(): Promise<void> {
    scope = new AbortController();
    const { signal } = scope;
    const waits = createRetry();
    retry = waits;
    phase = "joining";
    error = trouble = undefined;
    publish();
    /** Of the former page of this tab. It is kept until a try succeeds. */
    let replaces: string | undefined;
    for (;;) {
      used = signaling;
      try {
        replaces ??= resumeTokens.take(roomName);
        // oxlint-disable-next-line no-await-in-loop -- one try after the other
        return await tryToEnter(replaces, signal);
      } catch (cause) {
        if (signal.aborted) throw signal.reason;
        const failure = adapterError(cause, "join");
        const isAway = failure.code === "signaling-unavailable";
        if (!isAway && !isOvertaken(failure)) {
          // oxlint-disable-next-line no-await-in-loop -- the last step
          await end("failed", failure);
          throw failure;
        }
        if (!isAway) continue;
        // The same failure again is reported once.
        if (failure.message !== trouble?.message) report((trouble = failure));
        // oxlint-disable-next-line no-await-in-loop -- one try after the other
        await waits.wait(signal);
      }
    }
  }

  /** One try. Leaves nothing behind if it fails. */
  async function tryToEnter(replaces: string | undefined, signal: AbortSignal): Promise<void> {
    const invalid = roomError(roomName);
    if (invalid) throw invalid;
    const { iceServers } = settings;
    if (iceServers && typeof iceServers !== "function") parseIceServers(iceServers);
    // A prompt that is still open would stall the exchange, so capture comes first (step 1).
    await abortable(signal, mediaSettled());
    if (!used) throw noSignaling();
    const identity = await abortable(signal, createIdentity());
    self = describe({ id: identity.id, joinedAt: Date.now(), ...(replaces && { replaces }) });
    const said = settings;
    const entered = await joinMesh(
      {
        room: roomName,
        signaling: used,
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
        onRefused: (refusal) => void end("failed", refusal).catch(reportUnhandled),
      },
      signal,
    );
    if (signal.aborted) await entered.leave();
    signal.throwIfAborted();
    room = entered;
    signal.addEventListener("abort", media.start());
    secret = identity.secret;
    retry = undefined;
    if (error === trouble) error = undefined;
    phase = "joined";
    publish();
    if (!sameDescription(said, settings)) tellOthers();
  }

  /** Whether there was no signaling at first and there is one now: once, or an object made in render would join for ever. */
  function isOvertaken({ code }: CallError): boolean {
    return code === "no-signaling" && used === options.signaling && signaling !== used;
  }

  async function end(next: "left" | "failed", cause?: CallError): Promise<void> {
    const leaving = room;
    scope.abort(abortedError("The call"));
    room = undefined;
    joining = undefined;
    retry = undefined;
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
    const invalid = metadataError(metadata);
    if (invalid) throw invalid;
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
    const { id, joinedAt } = self;
    try {
      self = describe({ id, joinedAt: joinedAt! });
    } catch (cause) {
      report(cause as CallError);
      return;
    }
    room.update(self).catch((cause: CallError) => {
      if (cause.code !== "aborted") report(cause);
    });
  }

  return {
    getSnapshot: store.getSnapshot,
    subscribe: store.subscribe,
    retain: lease.retain,
    configure(next) {
      const before = settings;
      settings = withFittingName(next);
      signaling = next.signaling ?? signaling;
      if (!sameMetadata(settings, before)) {
        const invalid = metadataError(settings.metadata);
        if (invalid) settings = { ...settings, metadata: before.metadata };
        // Metadata made in render may be invalid each time.
        if (invalid && ![refused, error?.message].includes(invalid.message)) report(invalid);
        refused = invalid?.message;
      }
      onMediaSettled();
      media.compare();
      if (!sameDescription(settings, before)) tellOthers();
      if (autoJoin && phase === "failed" && error && isOvertaken(error)) join().catch(told);
      publish();
    },
  };
}

function sameDescription(a: CallSettings, b: CallSettings): boolean {
  return a.name === b.name && sameMetadata(a, b);
}

function sameMetadata(a: CallSettings, b: CallSettings): boolean {
  return shallowEqual(a.metadata ?? {}, b.metadata ?? {});
}

/** In JavaScript the name may be `null`: `user.displayName` of Firebase, for example. */
function withFittingName(settings: CallSettings): CallSettings {
  const { name } = settings;
  return { ...settings, name: typeof name === "string" ? fitName(name) : undefined };
}

const TOO_LONG = "The `metadata` and the name are too large together. Make the `metadata` smaller.";

/** For promises whose failure is in `Call.error` already. */
const told = () => undefined;

function noSignaling(): CallError {
  return new CallError(
    "no-signaling",
    "This call has no signaling. Give `signaling`, here or on <CallProvider>, for example `webSocketSignaling(url)`.",
  );
}
