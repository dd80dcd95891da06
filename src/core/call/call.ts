import { callAdapter, type CallError } from "../lib/errors.ts";
import { reportUnhandled } from "../lib/report-unhandled.ts";
import { createRetained } from "../lib/retained.ts";
import { createStore, shallowEqual, type Store } from "../lib/store.ts";
import { isPrompting, outgoingMedia, watchMedia } from "../media/outgoing-media.ts";
import { resumeTokens } from "../signaling/identity.ts";
import { metadataError } from "../signaling/names.ts";
import { createTrace, type HandshakeEvent } from "../stats/handshake-trace.ts";
import type { RemoteParticipant } from "../transport/transport.ts";
import { callUserCode } from "../lib/user-code.ts";
import type { CallOptions, CallSettings } from "./call-options.ts";
import { callOutcome, callStatus, type CallOutcome, type CallStatus } from "./call-status.ts";
import type { Entered } from "./enter-room.ts";
import { createLifecycle, type Lifecycle } from "./lifecycle.ts";
import { createParticipants, type Participant } from "./participants.ts";
import { isSameSelf, selfInfo, withFittingName } from "./self-info.ts";

export type { CallOptions, CallSettings } from "./call-options.ts";

/** The fields of a {@link Call} that do not depend on its status. */
interface CallFields {
  readonly self: Participant;
  /** The other participants, in order of joining. */
  readonly participants: readonly Participant[];
  /** Whether the backend is reachable; a connected call goes on without it. Undefined outside a room. */
  readonly signaling: "connected" | "disconnected" | undefined;
  /**
   * Joins the room. While the call service cannot be reached (`signaling-unavailable`), it tries again
   * after 1, 2, 4, 8 and then every 15 s, and as soon as the browser is `online`; the status stays
   * `joining`, with `error` set. Calling it again tries at once. `leave()` ends it.
   *
   * Resolves when the room is joined, by whichever attempt.
   *
   * @throws {CallError} `room-invalid`, `ice-servers-invalid`, `no-signaling`, `signaling-denied`, `room-full`, `adapter-failed`,
   * `message-invalid` (the `metadata`), `unsupported` (no WebRTC); `aborted` when the call is left.
   */
  join(): Promise<void>;
  /**
   * Leaves the room, or stops joining it. The status is `left` at once; the promise resolves when the
   * backend has confirmed it, after 10 s at most.
   *
   * @throws {CallError} `adapter-failed`, `signaling-unavailable`. The call is left all the same.
   */
  leave(): Promise<void>;
  /** The handshakes of all connections of this call, in a separate store, so that they re-render nothing else. */
  readonly trace: Store<readonly HandshakeEvent[]>;
}

/**
 * A call at one moment, and its verbs. An immutable snapshot. With `status: "failed"` it has an `error`.
 *
 * `error` is what is wrong now, and undefined once it is not:
 * - while `joining`, why the last attempt could not reach the call service;
 * - when `failed`, why, until the next `join()` (or, in the room, until a participant is reached);
 * - in the room, that the backend is unreachable or refused the name or metadata, or that `iceServers` failed;
 * - that `metadata` is invalid, until it is corrected.
 *
 * Errors that the call has survived, a malformed message for example, go to `onError` only.
 *
 * @example
 * if (call.status === "failed") return <p>{call.error.message}</p>;
 */
export type Call = CallFields & CallOutcome;

/** A call outside React: a store of {@link Call} that joins when retained. */
export interface CallStore extends Store<Call> {
  /** Keeps the call alive. Returns a function that releases it; after the last release the room is left. */
  retain(): () => void;
  /**
   * Changes the given settings and keeps the others. `undefined` resets a setting to its default,
   * except that the last `signaling` stays. `signaling` and `transport` take effect with the next
   * `join()`. Invalid metadata is reported, and the last valid one stays.
   */
  configure(settings: CallSettings): void;
}

/**
 * Creates a call. Nothing happens before `join()`, or before it is retained where `autoJoin` is not `false`.
 *
 * @example
 * const call = createCall({ room: "standup", signaling: webSocketSignaling("wss://example.org/relay") });
 * call.subscribe(() => show(call.getSnapshot().participants));
 * const release = call.retain();
 */
export function createCall(options: CallOptions): CallStore {
  const { room, autoJoin = true } = options;
  const trace = createTrace();
  const participants = createParticipants();
  let settings = withFittingName<CallSettings>(options);
  let problems: Problems = {};
  let announcements = 0;
  const prompt = createPromptGate(() => settings.media);
  const lifecycle = createLifecycle({
    room,
    trace,
    settings: () => settings,
    mediaSettled: prompt.answered,
    onEntered(entered, signal) {
      problems = { metadata: problems.metadata };
      signal.addEventListener("abort", media.start());
      if (!isSameSelf(entered.announced, settings)) announce(entered);
    },
    onChange: publish,
    onError: report,
    onSessionError(error) {
      // The media may go on without the backend, and then this is why it is unreachable.
      if (isDisconnected() && error.code.startsWith("signaling-")) problems.backend = error;
      report(error);
    },
  });
  const { join, leave } = lifecycle;
  const verbs = { join, leave, trace };
  const store = createStore(snapshot());
  const media = watchMedia(
    () => outgoingMedia(settings.media),
    (next) => {
      lifecycle.entered()?.session.setMedia(next);
      publish();
    },
  );
  const retained = createRetained(
    (why) => {
      if (why === "pageshow" || autoJoin) join().catch(noop);
    },
    (reason) => {
      const phase = lifecycle.phase();
      const entered = lifecycle.entered();
      if (reason === "pagehide" && entered) resumeTokens.leave(room, entered.resumeToken);
      leave().catch(reportUnhandled);
      return phase === "joining" || phase === "joined";
    },
  );

  const isDisconnected = () => lifecycle.entered()?.session.status() === "disconnected";

  function snapshot(): Call {
    const phase = lifecycle.phase();
    const session = lifecycle.entered()?.session;
    const remote = session?.participants() ?? [];
    const signaling = session?.status();
    const statuses = remote.map(({ status }) => status);
    const status = callStatus(phase, signaling ?? "connected", statuses);
    return {
      ...callOutcome(status, currentError(status, remote, lifecycle, problems)),
      self: participants.self(settings, lifecycle.id(), phase),
      participants: participants.others(remote),
      signaling,
      ...verbs,
    };
  }

  function publish(): void {
    if (!isDisconnected()) problems.backend = undefined;
    const next = snapshot();
    if (!shallowEqual<object>(next, store.getSnapshot())) store.set(next);
  }

  function report(error: CallError): void {
    publish();
    callUserCode(settings.onError ?? reportUnhandled, error);
  }

  function announce({ identity, session }: Entered): void {
    announcements += 1;
    const turn = announcements;
    const settle = (error: CallError | undefined) => {
      if (lifecycle.entered()?.session !== session || error?.code === "aborted") return;
      // Announcements may settle out of order. Only the newest one is what the others see in the end.
      if (turn === announcements) problems.announcement = error;
      if (error) report(error);
      else publish();
    };
    callAdapter("update", async () => session.update(selfInfo(identity, settings))).then(
      () => settle(undefined),
      settle,
    );
  }

  return {
    getSnapshot: store.getSnapshot,
    subscribe: store.subscribe,
    retain: retained.retain,
    configure(change) {
      const before = settings;
      settings = withFittingName({ ...before, ...change });
      settings.signaling ??= before.signaling;
      const isGiven = "metadata" in change;
      const invalid = isGiven ? metadataError(change.metadata) : problems.metadata;
      if (isGiven && invalid) settings.metadata = before.metadata;
      const isReported = [problems.metadata, lifecycle.failure()].some(
        (known) => known?.message === invalid?.message,
      );
      problems.metadata = invalid;
      if (invalid && !isReported) report(invalid);
      prompt.check();
      media.compare();
      const entered = lifecycle.entered();
      if (entered && !isSameSelf(settings, before)) announce(entered);
      if (autoJoin) lifecycle.joinIfOvertaken();
      publish();
    },
  };
}

/** Returns what is wrong now, the worst first. */
function currentError(
  status: CallStatus,
  remote: readonly RemoteParticipant[],
  { entered, failure }: Lifecycle,
  { backend, announcement, metadata }: Problems,
): CallError | undefined {
  const inside = entered();
  if (!inside) return failure() ?? metadata;
  const unreachable = status === "failed" ? remote.find(({ error }) => error)?.error : undefined;
  return unreachable ?? backend ?? announcement ?? metadata ?? inside.configurationError();
}

/** The present errors of a running call. Each is cleared when it is resolved. */
interface Problems {
  /** Why the backend is unreachable, as it has reported itself. */
  backend?: CallError | undefined;
  /** Why the others do not see the newest name and metadata. */
  announcement?: CallError | undefined;
  /** The error in the metadata that was given last. */
  metadata?: CallError | undefined;
}

/** Waits while the participant is being asked for the devices. */
function createPromptGate(media: () => CallSettings["media"]) {
  let check = () => {};
  return {
    answered: () =>
      new Promise<void>((resolve) => {
        check = () => {
          if (!isPrompting(media())) resolve();
        };
        check();
      }),
    check: () => check(),
  };
}

const noop = () => undefined;
