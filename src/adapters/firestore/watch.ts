import type { CollectionReference, QuerySnapshot } from "firebase/firestore";
import { after } from "../../core/lib/abort.ts";
import type { Sdk } from "./firestore-sdk.ts";

/** The callbacks of {@link watch}. */
export interface Watcher {
  onSnapshot(snapshot: QuerySnapshot): void;
  /** Reports whether the last snapshot is confirmed by the backend; may report the same twice. */
  onLive(live: boolean): void;
  /** The listener failed. Another one follows. */
  onError(cause: unknown): void;
}

/** The first and the longest delay before a retry; each one doubles the last. */
const RETRY_INITIAL_MS = 500;
const RETRY_MAX_MS = 15_000;

/** If snapshots come from the cache for this time, the backend counts as lost. */
const CACHE_ONLY_MS = 2_000;

/**
 * A listener that has not received a confirmed snapshot after this time is replaced. Each replacement
 * gets twice the time of the last, so that a slow network is not asked again for ever.
 */
const UNANSWERED_MS = 8_000;

/** Runs tasks after a delay that doubles each time; `reset` starts over. Ends with `signal`. */
export function createBackOff(signal: AbortSignal) {
  let delay = RETRY_INITIAL_MS;
  return {
    retry(task: () => void) {
      after(signal, delay, task);
      delay = Math.min(delay * 2, RETRY_MAX_MS);
    },
    reset() {
      delay = RETRY_INITIAL_MS;
    },
  };
}

/**
 * Watches a collection until `signal` is aborted, and listens again after a failure. Returns a function
 * that replaces the listener, so that the backend sends the whole collection again.
 *
 * Collections only: a listener on a document that does not exist yet can miss its creation. With changes
 * of metadata, because otherwise a document of a peer on this Firestore instance would only be seen as
 * a write that is not confirmed.
 */
export function watch(
  sdk: Sdk,
  source: CollectionReference,
  signal: AbortSignal,
  watcher: Watcher,
): () => void {
  const backOff = createBackOff(signal);
  let wasLive = false;
  let unansweredMs = UNANSWERED_MS;
  let stop: (() => void) | undefined;
  let cancelCacheOnly: (() => void) | undefined;

  // A listener that got an error never recovers, even if its cause (a rule, for example) is corrected.
  function fail(cause: unknown): void {
    stop = undefined;
    watcher.onError(cause);
    if (signal.aborted) return;
    watcher.onLive(false);
    backOff.retry(listen);
  }

  function listen(): void {
    let answered = false;
    try {
      stop = sdk.onSnapshot(
        source,
        { includeMetadataChanges: true },
        (snapshot) => {
          watcher.onSnapshot(snapshot);
          if (snapshot.metadata.fromCache) {
            // Also while the client asks for a document that is missing. And before the backend has
            // answered once, it says nothing about the connection.
            if (wasLive)
              cancelCacheOnly ??= after(signal, CACHE_ONLY_MS, () => watcher.onLive(false));
            return;
          }
          answered = true;
          unansweredMs = UNANSWERED_MS;
          cancelCacheOnly?.();
          cancelCacheOnly = undefined;
          wasLive = true;
          backOff.reset();
          watcher.onLive(true);
        },
        fail,
      );
      // The emulator may never answer a listener that starts during a write.
      const own = stop;
      after(signal, unansweredMs, () => {
        if (answered || stop !== own) return;
        unansweredMs *= 2;
        replace();
      });
    } catch (cause) {
      // A Firestore instance that was terminated throws.
      fail(cause);
    }
  }

  function replace(): void {
    // Without a listener, a retry is scheduled already.
    if (!stop || signal.aborted) return;
    stop();
    listen();
  }

  signal.addEventListener("abort", () => stop?.(), { once: true });
  listen();
  return replace;
}
