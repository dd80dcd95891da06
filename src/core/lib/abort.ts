import { CallError, toCallError } from "./errors.ts";
import { callUserCode } from "./user-code.ts";

/** Creates the reason for aborting a scope. Its code distinguishes a cancelled `await` from a failed one. */
export function abortedError(what: string): CallError {
  return new CallError("aborted", `${what} ended before the operation finished.`);
}

/**
 * Returns a promise that settles as `promise` does, or rejects with the signal's reason if that aborts
 * first. Needed around every promise of a connection, because those pending at `close()` never settle.
 *
 * @see WebRTC 1.0, section 4.4.1.7
 */
export function abortable<T>(signal: AbortSignal, promise: PromiseLike<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const end = () => reject(signal.reason as Error);
    if (signal.aborted) {
      end();
      // Without a handler, a later rejection of `promise` would be reported as unhandled.
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

/** Calls `task` after `ms`, unless the signal aborts first. Returns a function that cancels it. */
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

/** Resolves once `promise` has settled, either way, and after `ms` at the latest. */
export async function withTimeout(ms: number, promise: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([promise.catch(() => undefined), late]);
  clearTimeout(timer);
}

/** Runs tasks one at a time, in the order in which they were added. */
export interface SerialQueue {
  /** Runs `task` once all earlier ones have settled. */
  add(task: () => void | Promise<void>): void;
}

/**
 * Creates a queue. If a task fails, its error is passed to `onError` and the next task runs. After the
 * signal has aborted no task runs, and failures that the abort caused are not reported.
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
          if (signal.aborted) return;
          // `onError` may call the application's `onError`. An exception here would reject every later task.
          callUserCode(onError, toCallError(cause, "negotiation-failed", FAILED));
        });
    },
  };
}

const FAILED = "A step of the negotiation failed. It is retried automatically.";
