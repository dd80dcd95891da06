/**
 * The session life cycle, enforced above every adapter. An adapter of a third party may have a function
 * that never settles, settle after the call was left, or call back after `leave()`. A call uses its
 * session through this module, so none of that hangs the call or changes its state.
 */
import { abortable, abortedError } from "../lib/abort.ts";
import { adapterBug, callAdapter, CallError } from "../lib/errors.ts";
import type { JoinOptions, Signaling, SignalingSession } from "./signaling.ts";

/** `join()` counts as failed after this time, and a session it returns later is left at once. */
const JOIN_LIMIT_MS = 60_000;
/** `leave()` counts as failed after this time; the session has ended in any case. */
const LEAVE_LIMIT_MS = 10_000;

/**
 * Joins a room through an adapter.
 *
 * @throws {CallError} What {@link Signaling.join} throws; `aborted` as soon as `joining.signal` is
 * aborted; `signaling-unavailable` if `join()` does not settle in time; `adapter-failed` for a bug.
 */
export async function joinSignaling(
  signaling: Signaling,
  joining: JoinOptions,
  limitMs = JOIN_LIMIT_MS,
): Promise<SignalingSession> {
  const name = signaling.name ?? "the signaling adapter";
  const scope = new AbortController();
  const { signal } = scope;
  let ended = false;

  const abort = () => scope.abort(abortedError("Joining"));
  if (joining.signal.aborted) abort();
  joining.signal.addEventListener("abort", abort);
  const timer = setTimeout(() => scope.abort(notSettled("join", name, limitMs)), limitMs);

  const whileOpen =
    <Args extends unknown[]>(listener: (...args: Args) => void) =>
    (...args: Args) => {
      if (!ended && !signal.aborted) listener(...args);
    };
  const settling = callAdapter("join", () =>
    signaling.join({
      room: joining.room,
      self: joining.self,
      signal,
      onPeers: whileOpen((peers) => {
        if (Array.isArray(peers)) joining.onPeers(peers);
        else joining.onError(adapterBug("join", "called onPeers() without an array"));
      }),
      onMessage: whileOpen((from, message) => joining.onMessage(from, message)),
      onStatus: whileOpen((status) => joining.onStatus(status)),
      onError: whileOpen((error) => joining.onError(error)),
    }),
  );
  let session: SignalingSession;
  try {
    session = await abortable(signal, settling);
    assertSession(session);
  } catch (error) {
    ended = true;
    scope.abort(error);
    // The adapter may settle after the call has stopped waiting: nothing else could end that session.
    settling.then(
      (late) => callAdapter("leave", async () => late?.leave?.()).catch(() => undefined),
      () => undefined,
    );
    throw error;
  } finally {
    clearTimeout(timer);
    joining.signal.removeEventListener("abort", abort);
  }

  const assertOpen = () => {
    if (ended) throw abortedError("The session");
  };
  let leaving: Promise<void> | undefined;
  return {
    id: session.id,
    responseTimeoutMs: session.responseTimeoutMs,
    get presence() {
      return session.presence;
    },
    async send(to, message) {
      assertOpen();
      await session.send(to, message);
    },
    async update(self) {
      assertOpen();
      await session.update(self);
    },
    leave() {
      // Before the call, because an adapter may call back from within its `leave()`.
      ended = true;
      leaving ??= limited("leave", name, LEAVE_LIMIT_MS, callLeave(session));
      // For adapters that tie a resource to the signal of the join and forget it in `leave()`.
      scope.abort(abortedError("The session"));
      return leaving;
    },
    ...(session.usage && { usage: () => session.usage?.() ?? {} }),
  };
}

const callLeave = (session: SignalingSession) => callAdapter("leave", () => session.leave());

/** Settles as `promise` does, or rejects once the time has elapsed. */
function limited(fn: string, name: string, limitMs: number, promise: Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(notSettled(fn, name, limitMs)), limitMs);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

function notSettled(fn: string, name: string, limitMs: number): CallError {
  return new CallError(
    "signaling-unavailable",
    `${fn}() of ${name} did not settle within ${limitMs / 1_000} s. Check the network; if it is reachable, add a time limit to the adapter.`,
  );
}

function assertSession(session: Partial<SignalingSession> | undefined): void {
  const { send, update, leave } = session ?? {};
  if (!send || !update || !leave)
    throw adapterBug("join", "returned no session with send(), update() and leave()");
}
