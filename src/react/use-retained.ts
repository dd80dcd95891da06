"use client";
/** Owns the one effect that starts and stops anything: it holds a thing while the component is mounted. */
import { useEffect, useState } from "react";
import type { Retained } from "../core/lib/retained.ts";

/**
 * A thing made once, and again whenever one of `keys` is another. Making it must do nothing:
 * StrictMode makes two and holds one.
 */
export function useRetained<T extends Retained>(create: () => T, keys: readonly unknown[]): T {
  const [first, setHeld] = useState(() => ({ keys, thing: create() }));
  let held = first;
  if (!sameKeys(keys, held.keys)) {
    held = { keys, thing: create() };
    setHeld(held);
  }
  const { thing } = held;
  useEffect(() => thing.retain(), [thing]);
  return thing;
}

function sameKeys(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.every((key, at) => Object.is(key, b[at]));
}
