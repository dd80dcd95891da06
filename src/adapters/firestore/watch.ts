/** Owns listening: a collection listener that is set up again after it failed, and the waiting in between. */
import type { CollectionReference, QuerySnapshot } from "firebase/firestore";
import { after } from "../../core/lib/abort.ts";
import type { Sdk } from "./firestore-sdk.ts";

/** What a watched collection tells. */
export interface Watcher {
  onSnapshot(snapshot: QuerySnapshot): void;
  /** Whether the backend stands behind the snapshot just told; may say the same twice. */
  onLive(live: boolean): void;
  /** The listener failed. Another one follows. */
  onError(cause: unknown): void;
}

/** The first wait before trying again and the longest, in ms; each one doubles the last. */
const FIRST_WAIT = 500;
const LONGEST_WAIT = 15_000;

/** How long snapshots may come from the cache before the backend counts as lost, in ms. */
const DOUBT = 2_000;

/**
 * How long a listener may go without its first answer before another one is tried, in ms; each one has
 * twice as long as the last, so that a network that is only slow is not asked in vain for ever.
 */
const UNANSWERED = 8_000;

/** Runs what it is given later, each time later still; `reset` starts over. Ends with `signal`. */
export function createBackOff(signal: AbortSignal) {
  let wait = FIRST_WAIT;
  return {
    retry(task: () => void) {
      after(signal, wait, task);
      wait = Math.min(wait * 2, LONGEST_WAIT);
    },
    reset() {
      wait = FIRST_WAIT;
    },
  };
}

/**
 * Watches a collection until `signal` is aborted. Returns the way to ask for all of it anew.
 *
 * Collections only: a listener on a document that does not exist yet can miss its creation. With
 * the changes of metadata, because otherwise a peer that shares this Firestore instance would only be
 * seen as a write that is not confirmed.
 */
export function watch(
  sdk: Sdk,
  source: CollectionReference,
  signal: AbortSignal,
  watcher: Watcher,
): () => void {
  const backOff = createBackOff(signal);
  let wasLive = false;
  let unanswered = UNANSWERED;
  let stop: (() => void) | undefined;
  let endDoubt: (() => void) | undefined;

  // A listener that got an error is dead for good, even if what it met is put right (a rule, say).
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
            // Also so for the moment in which the client asks after a document that went missing.
            // And before the backend has answered once, it says nothing about the connection.
            if (wasLive) endDoubt ??= after(signal, DOUBT, () => watcher.onLive(false));
            return;
          }
          answered = true;
          unanswered = UNANSWERED;
          endDoubt?.();
          endDoubt = undefined;
          wasLive = true;
          backOff.reset();
          watcher.onLive(true);
        },
        fail,
      );
      // The emulator may never answer one that begins in the very moment of a write.
      const own = stop;
      after(signal, unanswered, () => {
        if (answered || stop !== own) return;
        unanswered *= 2;
        renew();
      });
    } catch (cause) {
      // A Firestore instance that was terminated throws.
      fail(cause);
    }
  }

  function renew(): void {
    // Without a listener the next one is on its way already.
    if (!stop || signal.aborted) return;
    stop();
    listen();
  }

  signal.addEventListener("abort", () => stop?.(), { once: true });
  listen();
  return renew;
}
