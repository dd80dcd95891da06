"use client";
import { useEffect } from "react";
import { createCall, type Call, type CallOptions, type CallSettings } from "../core/call/call.ts";
import { useCallDefaults } from "./call-provider.tsx";
import { defaultSignaling } from "./default-signaling.ts";
import { useRetained } from "./use-retained.ts";
import { useStore } from "./use-store.ts";

/**
 * Joins the room on mount (once, in StrictMode too) and leaves it on unmount. Joining waits while
 * `media` is prompting for devices.
 *
 * Another `room` creates another call. `media`, `name`, `metadata`, `iceServers` and `onError` may
 * change at any time. Each `join()` uses the latest `signaling` and `transport`: one that is given after a failed join,
 * or a new one after a rejection. `autoJoin` is read when the call is created.
 *
 * Errors that `onError` receives count as handled. Without `onError` they are printed on the console in
 * development, even if a component renders `error`.
 *
 * @example
 * const media = useLocalMedia();
 * const call = useCall({ room: "standup", media, name: "Mina" });
 * return <VideoGrid call={call} />;
 */
export function useCall(options: CallOptions): Call {
  const defaults = useCallDefaults();
  const { room, autoJoin } = options;
  const settings: Required<{ [Name in keyof CallSettings]: CallSettings[Name] | undefined }> = {
    // Each by name: `configure()` keeps what is not given, and a prop that is removed is undefined.
    media: options.media,
    name: options.name,
    metadata: options.metadata,
    onError: options.onError,
    signaling: options.signaling ?? defaults.signaling ?? defaultSignaling,
    transport: options.transport ?? defaults.transport,
    iceServers: options.iceServers ?? defaults.iceServers,
    iceTransportPolicy: options.iceTransportPolicy ?? defaults.iceTransportPolicy,
  };
  const call = useRetained(() => createCall({ ...settings, room, autoJoin }), [room]);
  // `configure()` compares by value, so objects created during render restart nothing.
  useEffect(() => call.configure(settings));
  return useStore(call);
}
