"use client";
/** Owns `useHandshake`: the thirteen steps of a call's or a peer's connections, as they happen. */
import type { Store } from "../core/lib/store.ts";
import type { HandshakeEvent } from "../core/stats/handshake-trace.ts";
import { useStore } from "./use-store.ts";

/**
 * The handshakes of a call or a peer connection. Watched apart from the call itself, so that only
 * the component that shows them renders with each step.
 *
 * @example
 * useHandshake(call).map(({ step, name, side }) => `${step ?? ""} ${side}: ${name}`);
 */
export function useHandshake(subject: {
  readonly trace: Store<readonly HandshakeEvent[]>;
}): readonly HandshakeEvent[] {
  return useStore(subject.trace);
}
