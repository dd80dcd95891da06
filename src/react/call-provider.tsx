"use client";
import { createContext, useContext, useMemo, type ReactNode } from "react";
import type { Call, CallOptions } from "../core/call/call.ts";
import type { LocalMedia } from "../core/media/local-media.ts";

/** The settings that {@link CallProvider} passes to all calls below it. */
export type CallDefaults = Pick<
  CallOptions,
  "signaling" | "transport" | "iceServers" | "iceTransportPolicy"
>;

/** Configures {@link CallProvider}. A prop that is left out is inherited from the nearest provider above. */
export interface CallProviderProps extends CallDefaults {
  /** The call of the components and hooks below that are not given a `call`. */
  call?: Call | undefined;
  /** The media of the components and hooks below that are not given `media`. */
  media?: LocalMedia | undefined;
  children?: ReactNode;
}

const NONE: CallDefaults = {};
const Defaults = createContext(NONE);
// Separate contexts, so that components that use only the media do not render when the call changes.
const CurrentCall = createContext<Call | undefined>(undefined);
const CurrentMedia = createContext<LocalMedia | undefined>(undefined);

/**
 * Provides the signaling and the ICE servers of every `useCall` and `CallRoom` below that does not set
 * them, and the `call` and `media` of every component and hook below that is not given them. `CallRoom`
 * provides its own call and media. Hooks work without a provider.
 *
 * Without `iceServers` in either place, a call uses {@link DEFAULT_ICE_SERVERS} (public STUN servers, no
 * TURN). `iceServers={[]}` uses no server.
 *
 * @example
 * const media = useLocalMedia();
 * const call = useCall({ room, media });
 * return (
 *   <CallProvider call={call} media={media}>
 *     <VideoGrid />
 *     <ControlBar />
 *   </CallProvider>
 * );
 */
export function CallProvider({ children, ...props }: CallProviderProps): ReactNode {
  const above = useContext(Defaults);
  const call = useProvidedCall(props.call);
  const media = useProvidedMedia(props.media);
  const signaling = props.signaling ?? above.signaling;
  const transport = props.transport ?? above.transport;
  const iceServers = props.iceServers ?? above.iceServers;
  const iceTransportPolicy = props.iceTransportPolicy ?? above.iceTransportPolicy;
  const defaults = useMemo(
    () => ({ signaling, transport, iceServers, iceTransportPolicy }),
    [signaling, transport, iceServers, iceTransportPolicy],
  );
  return (
    <Defaults.Provider value={defaults}>
      <CurrentCall.Provider value={call}>
        <CurrentMedia.Provider value={media}>{children}</CurrentMedia.Provider>
      </CurrentCall.Provider>
    </Defaults.Provider>
  );
}

/** Returns the defaults of the nearest provider. */
export function useCallDefaults(): CallDefaults {
  return useContext(Defaults);
}

/**
 * Returns the given call, or else the one of the nearest {@link CallProvider} or `CallRoom`, for
 * components of your own.
 *
 * @throws {Error} If there is neither.
 */
export function useCurrentCall<T = Call>(call?: T): T | Call {
  return useProvidedCall(call) ?? missing("call");
}

/**
 * Returns the given media, or else the one of the nearest {@link CallProvider} or `CallRoom`.
 *
 * @throws {Error} If there is neither.
 */
export function useCurrentMedia<T = LocalMedia>(media?: T): T | LocalMedia {
  return useProvidedMedia(media) ?? missing("media");
}

/** Returns the same as {@link useCurrentCall}, or undefined if there is no call. */
export function useProvidedCall<T = Call>(call?: T): T | Call | undefined {
  const provided = useContext(CurrentCall);
  return call ?? provided;
}

/** Returns the same as {@link useCurrentMedia}, or undefined if there is no media. */
export function useProvidedMedia<T = LocalMedia>(media?: T): T | LocalMedia | undefined {
  const provided = useContext(CurrentMedia);
  return media ?? provided;
}

function missing(name: "call" | "media"): never {
  throw new Error(
    `\`${name}\` is missing. Pass it to the component or hook, or render it below <CallProvider ${name}={${name}}>.`,
  );
}
