import { callUserCode } from "./user-code.ts";

/** A value that can be read at any time and watched. Fits React's `useSyncExternalStore`. */
export interface Store<T> {
  /** Returns the current value: the same object until something in it changes. */
  getSnapshot(): T;
  /**
   * Calls `listener` after each change. An exception of a listener is reported as uncaught, and the
   * other listeners are still called.
   *
   * @returns a function that ends the subscription
   */
  subscribe(listener: () => void): () => void;
}

/** A store with its setter, which stays with the owner of the value. */
export interface WritableStore<T> extends Store<T> {
  set(next: T): void;
}

export interface StoreOptions {
  /** Runs at the first subscription. The function it returns runs after the last one has ended. */
  onWatched?: (() => () => void) | undefined;
}

/** Creates a store that starts with `initial`. */
export function createStore<T>(initial: T, options: StoreOptions = {}): WritableStore<T> {
  const listeners = new Set<() => void>();
  let value = initial;
  let unwatched: (() => void) | undefined;
  return {
    getSnapshot: () => value,
    set(next) {
      if (Object.is(next, value)) return;
      value = next;
      // A copy, because a listener may subscribe or unsubscribe during the loop. Isolated, because
      // `set` runs in the middle of negotiations, which an application's exception must not interrupt.
      for (const listener of [...listeners]) callUserCode(listener);
    },
    subscribe(listener) {
      // A separate entry for each subscription, so that the same function can be passed twice.
      const entry = () => listener();
      listeners.add(entry);
      if (listeners.size === 1) unwatched = options.onWatched?.();
      return () => {
        if (!listeners.delete(entry) || listeners.size > 0) return;
        unwatched?.();
        unwatched = undefined;
      };
    },
  };
}

/** Compares two objects or arrays field by field. */
export function shallowEqual<T extends object>(a: T, b: T | undefined): boolean {
  if (!b) return false;
  const names = Object.keys(a) as (keyof T)[];
  return (
    names.length === Object.keys(b).length && names.every((name) => Object.is(a[name], b[name]))
  );
}
