"use client";
/** Owns the defaults of every call below it; nothing else: a hook works without it. */
import { createContext, useContext, useMemo, type ReactNode } from "react";
import type { CallOptions } from "../core/call.ts";

/** What a provider can give to the calls below it. */
export type CallDefaults = Pick<CallOptions, "signaling" | "iceServers" | "iceTransportPolicy">;

/** Props of {@link CallProvider}. */
export interface CallProviderProps extends CallDefaults {
  children?: ReactNode;
}

const NONE: CallDefaults = {};
const Defaults = createContext(NONE);

/**
 * Gives signaling and ICE servers to every `useCall` below that does not name its own.
 *
 * @example
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
