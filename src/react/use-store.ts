"use client";
/** Owns the one bridge between a store and React. */
import { useSyncExternalStore } from "react";
import type { Store } from "../core/lib/store.ts";

/** The present value of a store; renders again when it changes. On the server, the value it starts with. */
export function useStore<T>(store: Store<T>): T {
  return useSyncExternalStore(store.subscribe, store.getSnapshot, store.getSnapshot);
}
