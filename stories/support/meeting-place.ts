/**
 * Owns where the people of the demo meet: at the backend that somebody chose last. Each tells the
 * choice and its time in the own metadata, and whoever hears of a later one than their own goes along.
 */
import { swappable } from "twocan/compose";
import { createStore, type Participant } from "twocan/core";
import { backends, type Backend } from "./backends.ts";

/** The choice that counts. */
export interface Choice {
  readonly backend: Backend;
  /** When it was made, in ms since 1970; 0 for where one came in. */
  readonly since: number;
  /** Why it is not the one that was asked for. */
  readonly problem: string | undefined;
}

const named = (name: string | undefined) => backends.find((one) => one.name === name);

/** What the others have to know of it. */
export const metadataOf = ({ backend, since }: Choice) => ({
  backend: backend.name,
  since: String(since),
});

/** Makes the meeting place of one page; `signaling` is for its call. */
export function createMeetingPlace(first: Backend) {
  const signaling = swappable(first.signaling);
  const choices = createStore<Choice>({ backend: first, since: 0, problem: undefined });
  let place = first;

  const choose = (backend: Backend, since: number, problem?: string) =>
    choices.set({ backend, since, problem });

  return {
    signaling,
    getSnapshot: choices.getSnapshot,
    subscribe: choices.subscribe,

    /** The person's own word. */
    choose(backend: Backend): void {
      if (backend !== choices.getSnapshot().backend) choose(backend, Date.now());
    },

    /** The others' word. */
    hear(people: readonly Participant[]): void {
      for (const { metadata } of people) {
        const backend = named(metadata["backend"]);
        const since = Number(metadata["since"]);
        if (backend && since > choices.getSnapshot().since) choose(backend, since);
      }
    },

    /** Goes where the choice says, once the others have been told: they hear it at the old place. */
    go({ backend }: Choice): void {
      if (backend === place) return;
      const former = place;
      place = backend;
      signaling.swap(backend.signaling).catch((error: unknown) => {
        // Not if another choice was made meanwhile.
        if (place !== backend) return;
        place = former;
        // Whoever has gone there comes back.
        choose(former, Date.now(), error instanceof Error ? error.message : String(error));
      });
    },
  };
}
