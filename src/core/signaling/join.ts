/** Owns the way into a room and out of it as it is for most backends: in time or not at all, and leaving once. */
import { adapterError, CallError } from "../lib/errors.ts";
import { onPageHide } from "../lib/page-lifecycle.ts";
import { abortedError, after, abortable } from "../lib/abort.ts";
import type { JoinOptions, SignalingSession } from "./signaling.ts";

/** A stay from its first step. */
export interface JoiningSession {
  /** Settles when `onStatus` and `onPeers` have said how things are. */
  entered: Promise<void>;
  /** Its `leave` works before that, too. */
  session: SignalingSession;
}

/** How long joining waits for the backend, and leaving for its answer, in ms. */
const PATIENCE = 10_000;
export const LEAVE_TIMEOUT_MS = 2_000;

/**
 * Joins by `enter`, which gets the scope of the stay; whoever aborts it with an error ends it. Rejects
 * with `unreachable()` after 10 s, and leaves whatever did not come about.
 */
export async function joinWithTimeout(
  joining: JoinOptions,
  unreachable: () => CallError,
  enter: (stay: AbortController) => JoiningSession | Promise<JoiningSession>,
): Promise<SignalingSession> {
  const stay = new AbortController();
  const giveUp = () => stay.abort(abortedError("Joining"));
  if (joining.signal.aborted) giveUp();
  joining.signal.addEventListener("abort", giveUp);
  const calm = after(stay.signal, PATIENCE, () => stay.abort(unreachable()));
  let session: SignalingSession | undefined;
  try {
    stay.signal.throwIfAborted();
    const entering = await enter(stay);
    ({ session } = entering);
    await abortable(stay.signal, entering.entered);
    return session;
  } catch (error) {
    await session?.leave();
    stay.abort(error);
    throw adapterError(error, "join", unreachable().message);
  } finally {
    calm();
    joining.signal.removeEventListener("abort", giveUp);
  }
}

/** `leave`, once, also when the page goes. A page that comes back from the cache joins anew. */
export function leaveOnce(leave: () => Promise<void>): () => Promise<void> {
  let leaving: Promise<void> | undefined;
  const once = () => (leaving ??= leave());
  const off = onPageHide(() => void once());
  return () => {
    off();
    return once();
  };
}

/** Throws for whoever has left. */
export function assertJoined(signal: AbortSignal): void {
  if (signal.aborted) throw abortedError("The stay in the room");
}

/** What somebody in the room has written and nobody can read. */
export function malformedError(from: string): CallError {
  const message = `What ${from} sent is malformed and was dropped. The call goes on; check who can write to this room.`;
  return new CallError("message-invalid", message);
}
