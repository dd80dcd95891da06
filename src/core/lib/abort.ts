/** Owns waiting: whatever a scope awaits ends when the scope does, and its tasks run one at a time. */
import { CallError, toCallError } from "./errors.ts";

/** What a scope is ended with, so that an overtaken `await` can be told from a failed one. */
export function abortedError(what: string): CallError {
  return new CallError("aborted", `${what} was ended meanwhile.`);
}

/**
 * `promise`, or a rejection with the signal's reason if the scope ends first. Needed around every
 * promise of a connection, because those pending at `close()` never settle (WebRTC 1.0, section 4.4.1.7).
 */
export function abortable<T>(signal: AbortSignal, promise: PromiseLike<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const end = () => reject(signal.reason as Error);
    if (signal.aborted) {
      end();
      // The overtaken promise may still fail; nobody is left to hear of it.
      promise.then(undefined, () => undefined);
      return;
    }
    signal.addEventListener("abort", end);
    promise.then(resolve, reject).then(
      () => signal.removeEventListener("abort", end),
      () => undefined,
    );
  });
}

/** Calls `task` after `ms`, unless the scope ends first. Returns the way to call it off. */
export function after(signal: AbortSignal, ms: number, task: () => void): () => void {
  if (signal.aborted) return () => undefined;
  const timer = setTimeout(() => {
    signal.removeEventListener("abort", off);
    task();
  }, ms);
  const off = () => clearTimeout(timer);
  signal.addEventListener("abort", off);
  return () => {
    signal.removeEventListener("abort", off);
    off();
  };
}

/** Waits until `promise` has settled, either way, but no longer than `ms`. */
export async function withTimeout(ms: number, promise: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([promise.catch(() => undefined), late]);
  clearTimeout(timer);
}

/** A queue whose tasks run one at a time, in order. */
export interface SerialQueue {
  add(task: () => void | Promise<void>): void;
}

/**
 * Makes an inbox. A task that fails is reported and the next one goes on; after the scope has
 * ended none runs, and failures that the end itself caused are nobody's news.
 */
export function createSerialQueue(
  signal: AbortSignal,
  onError: (error: CallError) => void,
): SerialQueue {
  let tail = Promise.resolve();
  return {
    add(task) {
      tail = tail
        .then(() => (signal.aborted ? undefined : task()))
        .catch((cause: unknown) => {
          if (!signal.aborted) onError(toCallError(cause, "negotiation-failed", FAILED));
        });
    },
  };
}

const FAILED = "A step of the connection failed. It is tried again.";
