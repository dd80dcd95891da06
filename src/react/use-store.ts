"use client";
import { useSyncExternalStore } from "react";
import type { Store } from "../core/lib/store.ts";

/** Returns the current snapshot of a store, and renders when it changes. On the server, returns the initial one. */
export function useStore<T>(store: Store<T>): T {
  return useSyncExternalStore(store.subscribe, store.getSnapshot, store.getSnapshot);
}
