"use client";
/** Owns the defaults of every call below it; nothing else: a hook works without it. */
import { createContext, useContext, useMemo, type ReactNode } from "react";
import type { CallOptions } from "../core/call.ts";

/** The options of {@link useCall} that a provider can set for all calls below it. */
export type CallDefaults = Pick<CallOptions, "signaling" | "iceServers" | "iceTransportPolicy">;

/** Props of {@link CallProvider}. */
export interface CallProviderProps extends CallDefaults {
  children?: ReactNode;
}

const NONE: CallDefaults = {};
const Defaults = createContext(NONE);

/**
 * Sets the signaling and the ICE servers of every `useCall` and `CallRoom` below that has none of its
 * own. Without `iceServers` in either place, a call uses {@link DEFAULT_ICE_SERVERS} (public STUN
 * servers, no TURN); `iceServers={[]}` means none.
 *
 * @example
 * const fetchIceServers = async () => (await fetch("/api/turn")).json();
 * <CallProvider signaling={signaling} iceServers={fetchIceServers}><App /></CallProvider>
 */
export function CallProvider({
  signaling,
  iceServers,
  iceTransportPolicy,
  children,
}: CallProviderProps): ReactNode {
  const defaults = useMemo(
    () => ({ signaling, iceServers, iceTransportPolicy }),
    [signaling, iceServers, iceTransportPolicy],
  );
  return <Defaults.Provider value={defaults}>{children}</Defaults.Provider>;
}

/** The defaults of the nearest provider. */
export function useCallDefaults(): CallDefaults {
  return useContext(Defaults);
}
