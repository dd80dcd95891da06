import { abortedError } from "../lib/abort.ts";
import { adapterError, callAdapter, type CallError } from "../lib/errors.ts";
import { reportUnhandled } from "../lib/report-unhandled.ts";
import { createRetry, type Retry } from "../lib/retry.ts";
import { mesh } from "../mesh/mesh.ts";
import { resumeTokens } from "../signaling/identity.ts";
import type { CallPhase } from "./call-status.ts";
import type { CallSettings } from "./call-options.ts";
import { enterRoom, type Entered, type EnterOptions } from "./enter-room.ts";

export interface LifecycleOptions extends Pick<
  EnterOptions,
  "room" | "trace" | "settings" | "mediaSettled" | "onChange" | "onError"
> {
  /** Called with a new session before its phase is published. `signal` aborts when the session ends. */
  onEntered(entered: Entered, signal: AbortSignal): void;
  /** Called with what the session reports. */
  onSessionError(error: CallError): void;
}

/** Joins and leaves the room of a call. */
export interface Lifecycle {
  phase(): CallPhase;
  /** Returns why the phase is `failed`, or why the last attempt to join failed. */
  failure(): CallError | undefined;
  /** Returns the session while the call is in the room. */
  entered(): Entered | undefined;
  /** Returns the id of the newest session; empty before the first. */
  id(): string;
  join(): Promise<void>;
  leave(): Promise<void>;
  /** Joins if there was nothing to join with at first, and there is now. */
  joinIfOvertaken(): void;
}

/** Creates the lifecycle of a call that is not joined. */
export function createLifecycle(options: LifecycleOptions): Lifecycle {
  const { room, settings, onChange, onError } = options;
  const initial = carrierOf(settings());
  let phase: CallPhase = "idle";
  let failure: CallError | undefined;
  /** Aborted when the session, or the attempts to start one, are over. */
  let scope = new AbortController();
  let joining: Promise<void> | undefined;
  let retry: Retry | undefined;
  /** The transport or signaling of the newest attempt. */
  let carrier = initial;
  let entered: Entered | undefined;
  let id = "";

  function join(): Promise<void> {
    retry?.now();
    if (joining) return joining;
    scope = new AbortController();
    retry = createRetry();
    phase = "joining";
    failure = undefined;
    // A listener may call join() or leave() while the phase is published. If `joining` were set after
    // that, the first would join twice, and the second would leave an aborted promise behind. It is set
    // before, and `enter()` calls no listener before its first `await`.
    const attempts = enter(scope.signal, retry);
    joining = attempts;
    onChange();
    return attempts;
  }

  async function enter(signal: AbortSignal, { wait }: Retry): Promise<void> {
    /** The token of the earlier session of this tab. It is used until an attempt succeeds. */
    let replaces: string | undefined;
    for (;;) {
      carrier = carrierOf(settings());
      replaces ??= resumeTokens.take(room);
      try {
        // oxlint-disable-next-line no-await-in-loop -- one attempt after the other
        begin(await enterRoom(attemptOptions(signal, replaces), signal), signal);
        return;
      } catch (cause) {
        if (signal.aborted) throw signal.reason;
        const error = adapterError(cause, "join");
        const isUnreachable = error.code === "signaling-unavailable";
        if (!isUnreachable && !isOvertaken(error)) {
          // oxlint-disable-next-line no-await-in-loop -- the last step
          await end("failed", error);
          throw error;
        }
        if (!isUnreachable) continue;
        // The same failure again is reported once.
        if (error.message !== failure?.message) onError((failure = error));
        // oxlint-disable-next-line no-await-in-loop -- one attempt after the other
        await wait(signal);
      }
    }
  }

  function begin(next: Entered, signal: AbortSignal): void {
    if (signal.aborted) {
      // The call was left after the session existed and before this line ran: nothing else leaves it.
      next.session.leave().catch(() => undefined);
      throw signal.reason;
    }
    entered = next;
    ({ id } = next.session);
    retry = failure = undefined;
    phase = "joined";
    options.onEntered(next, signal);
    onChange();
  }

  async function end(next: "left" | "failed", error?: CallError): Promise<void> {
    const session = entered?.session;
    entered = joining = retry = undefined;
    phase = next;
    failure = error;
    scope.abort(abortedError("The call"));
    const left = session && callAdapter("leave", () => session.leave());
    if (error) onError(error);
    else onChange();
    await left;
  }

  async function leave(): Promise<void> {
    if (phase !== "idle" && phase !== "left") await end("left");
  }

  function attemptOptions(signal: AbortSignal, replaces: string | undefined): EnterOptions {
    const { transport, signaling } = settings();
    return {
      ...options,
      replaces,
      transport: transport ?? (signaling && mesh(signaling)),
      onIdentity: (self) => void ({ id } = self),
      onChange: () => void (signal.aborted || onChange()),
      onError: (error) => void (signal.aborted || options.onSessionError(error)),
      onEnded: (reason) => void (signal.aborted || end("failed", reason).catch(reportUnhandled)),
    };
  }

  /** Whether another carrier was given after the first one turned out to be none. Only once, because a component may create one on each render. */
  function isOvertaken({ code }: CallError): boolean {
    return code === "no-signaling" && carrier === initial && carrierOf(settings()) !== initial;
  }

  return {
    phase: () => phase,
    failure: () => failure,
    entered: () => entered,
    id: () => id,
    join,
    leave,
    joinIfOvertaken() {
      if (phase === "failed" && failure && isOvertaken(failure)) join().catch(() => undefined);
    },
  };
}

const carrierOf = ({ transport, signaling }: CallSettings) => transport ?? signaling;
