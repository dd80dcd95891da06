/** Owns the smallest observable value: one snapshot, replaced whole, and those who watch it. */

/** A value that can be read at any time and watched. Fits React's `useSyncExternalStore`. */
export interface Store<T> {
  /** The present value. The same object until something in it changes. */
  getSnapshot(): T;
  /** Calls `listener` after each change; returns the way to stop. */
  subscribe(listener: () => void): () => void;
}

/** A store with its setter, kept by the one who owns the value. */
export interface WritableStore<T> extends Store<T> {
  set(next: T): void;
}

/** Options of {@link createStore}. */
export interface StoreOptions {
  /** Runs when the first watcher comes; what it returns runs when the last has gone. */
  onWatched?: (() => () => void) | undefined;
}

/** Makes a store that starts with `initial`. */
export function createStore<T>(initial: T, options: StoreOptions = {}): WritableStore<T> {
  const listeners = new Set<() => void>();
  let value = initial;
  let unwatched: (() => void) | undefined;
  return {
    getSnapshot: () => value,
    set(next) {
      if (Object.is(next, value)) return;
      value = next;
      // A copy, because a listener may leave (or another come) while this goes on.
      for (const listener of [...listeners]) listener();
    },
    subscribe(listener) {
      // Each subscription is an entry of its own, so that the same function may be given twice.
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

/** Whether two snapshots say the same, field by field; arrays too. */
export function shallowEqual<T extends object>(a: T, b: T | undefined): boolean {
  if (!b) return false;
  const names = Object.keys(a) as (keyof T)[];
  return (
    names.length === Object.keys(b).length && names.every((name) => Object.is(a[name], b[name]))
  );
}
