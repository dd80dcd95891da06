"use client";
import { useEffect, useState } from "react";
import type { Retained } from "../core/lib/retained.ts";

/**
 * Creates a resource and retains it while the component is mounted. A change of `keys` creates another
 * one. Creating it must have no side effects: StrictMode creates two and retains one.
 */
export function useRetained<T extends Retained>(create: () => T, keys: readonly unknown[]): T {
  const [state, setState] = useState(() => ({ keys, resource: create() }));
  let current = state;
  if (!areSameKeys(keys, state.keys)) {
    current = { keys, resource: create() };
    setState(current);
  }
  const { resource } = current;
  useEffect(() => resource.retain(), [resource]);
  return resource;
}

function areSameKeys(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.every((key, index) => Object.is(key, b[index]));
}
