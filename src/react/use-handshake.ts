"use client";
import type { Store } from "../core/lib/store.ts";
import type { HandshakeEvent } from "../core/stats/handshake-trace.ts";
import { useStore } from "./use-store.ts";

/**
 * Returns the handshake events of a call or a peer connection as they occur. They are not part of the
 * call, so only the component that uses this hook renders with each step.
 *
 * @example
 * useHandshake(call).map(({ step, name, side }) => `${step ?? ""} ${side}: ${name}`);
 */
export function useHandshake(subject: {
  readonly trace: Store<readonly HandshakeEvent[]>;
}): readonly HandshakeEvent[] {
  return useStore(subject.trace);
}
