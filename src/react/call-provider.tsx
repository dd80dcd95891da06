"use client";
/** Defaults for the calls below, and the call and media of the components below. Hooks work without it. */
import { createContext, useContext, useMemo, type ReactNode } from "react";
import type { Call, CallOptions } from "../core/call/call.ts";
import type { LocalMedia } from "../core/media/local-media.ts";

/** The options of {@link useCall} that a provider can set for all calls below it. */
export type CallDefaults = Pick<
  CallOptions,
  "signaling" | "transport" | "iceServers" | "iceTransportPolicy"
>;

/** Props of {@link CallProvider}. What is left out comes from the provider above, if there is one. */
export interface CallProviderProps extends CallDefaults {
  /** The call that the components and hooks below show, where they are given no `call`. */
  call?: Call | undefined;
  /** The media that the components and hooks below control, where they are given no `media`. */
  media?: LocalMedia | undefined;
  children?: ReactNode;
}

const NONE: CallDefaults = {};
const Defaults = createContext(NONE);
// Apart from each other, so that what shows only the media does not render with each change of the call.
const CurrentCall = createContext<Call | undefined>(undefined);
const CurrentMedia = createContext<LocalMedia | undefined>(undefined);

/**
 * Sets the signaling and the ICE servers of every `useCall` and `CallRoom` below that has none of its
 * own, and the `call` and `media` of every component and hook below that is not given one. `CallRoom`
 * provides its own. Without `iceServers` in either place, a call uses {@link DEFAULT_ICE_SERVERS}
 * (public STUN servers, no TURN); `iceServers={[]}` means none.
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

/** The defaults of the nearest provider. */
export function useCallDefaults(): CallDefaults {
  return useContext(Defaults);
}

/**
 * Returns the given call, otherwise that of the nearest {@link CallProvider}. For components of your
 * own: inside `CallRoom` too.
 *
 * @throws {Error} Where there is neither.
 */
export function useCurrentCall<T = Call>(call?: T): T | Call {
  return useProvidedCall(call) ?? missing("call");
}

/** Returns the given media, otherwise those of the nearest {@link CallProvider}. @throws {Error} Where there are neither. */
export function useCurrentMedia<T = LocalMedia>(media?: T): T | LocalMedia {
  return useProvidedMedia(media) ?? missing("media");
}

/** As {@link useCurrentCall}; undefined where there is none. */
export function useProvidedCall<T = Call>(call?: T): T | Call | undefined {
  const provided = useContext(CurrentCall);
  return call ?? provided;
}

/** As {@link useCurrentMedia}; undefined where there are none. */
export function useProvidedMedia<T = LocalMedia>(media?: T): T | LocalMedia | undefined {
  const provided = useContext(CurrentMedia);
  return media ?? provided;
}

function missing(name: "call" | "media"): never {
  throw new Error(
    `\`${name}\` is missing. Pass it to the component or hook, or render that below <CallProvider ${name}={${name}}>.`,
  );
}
