/*
 * The participants of the demo use one backend: the one that was selected last. Each participant
 * publishes the selected backend and the time of the selection in its metadata, and adopts a remote
 * selection that is later than its own.
 */
import { swappable } from "twocan/compose";
import { createStore, type Participant } from "twocan/core";
import { backends, type Backend } from "./backends.ts";

/** The backend in use. */
export interface Selection {
  readonly backend: Backend;
  /** The time of the selection, in ms since 1970; 0 for the first backend. */
  readonly since: number;
  /** Why the backend is not the requested one. */
  readonly problem: string | undefined;
}

const backendNamed = (name: string | undefined) => backends.find((one) => one.name === name);

/** Returns the metadata that publish a selection. */
export const metadataOf = ({ backend, since }: Selection) => ({
  backend: backend.name,
  since: String(since),
});

/** Creates the shared backend of one page. `signaling` is for its call. */
export function createSharedBackend(first: Backend) {
  const signaling = swappable(first.signaling);
  const selection = createStore<Selection>({ backend: first, since: 0, problem: undefined });
  let current = first;

  const set = (backend: Backend, since: number, problem?: string) =>
    selection.set({ backend, since, problem });

  return {
    signaling,
    getSnapshot: selection.getSnapshot,
    subscribe: selection.subscribe,

    /** Selects a backend for all participants. */
    select(backend: Backend): void {
      if (backend !== selection.getSnapshot().backend) set(backend, Date.now());
    },

    /** Adopts the latest selection of the remote participants. */
    follow(participants: readonly Participant[]): void {
      for (const { metadata } of participants) {
        const backend = backendNamed(metadata["backend"]);
        const since = Number(metadata["since"]);
        if (backend && since > selection.getSnapshot().since) set(backend, since);
      }
    },

    /** Moves the call to the selected backend. Call it after the metadata were sent on the current one. */
    swap({ backend }: Selection): void {
      if (backend === current) return;
      const previous = current;
      current = backend;
      signaling.swap(backend.signaling).catch((error: unknown) => {
        // Another backend may have been selected while this swap was under way.
        if (current !== backend) return;
        current = previous;
        // A later selection, so that participants who have moved already come back.
        set(previous, Date.now(), error instanceof Error ? error.message : String(error));
      });
    },
  };
}
