"use client";
import type { DeviceControl } from "../../core/media/device-control.ts";
import type { LocalMedia } from "../../core/media/local-media.ts";
import { useCurrentMedia } from "../../react/call-provider.tsx";
import { useMessages } from "../i18n/messages-context.tsx";
import type { DeviceMessages } from "../i18n/messages.ts";
import { useControlButton, type ControlButtonState } from "./use-control-button.ts";

/** The state of a button for one device. A click while `trouble` is true tries again. */
export type DeviceButtonState = ControlButtonState<DeviceControl["status"]>;

/**
 * Returns the props of a button that turns the local microphone on and off. The accessible name stays
 * the same, and `aria-pressed` carries the state. For a text that changes instead ("Mute", "Unmute"),
 * set both props to undefined.
 *
 * @param media Default: the media of the nearest `CallProvider`.
 *
 * @example
 * const { buttonProps, hintProps, pressed, trouble } = useMicrophoneButton(media);
 * return (
 *   <>
 *     <button {...buttonProps}>{pressed ? <OnIcon /> : <OffIcon />}</button>
 *     {trouble && <span {...hintProps} />}
 *   </>
 * );
 */
export function useMicrophoneButton(media?: LocalMedia): DeviceButtonState {
  return useDeviceButton("microphone", media, useMessages().microphone);
}

/**
 * Returns the props of a button that turns the local camera on and off, as {@link useMicrophoneButton}.
 *
 * @param media Default: the media of the nearest `CallProvider`.
 */
export function useCameraButton(media?: LocalMedia): DeviceButtonState {
  return useDeviceButton("camera", media, useMessages().camera);
}

function useDeviceButton(
  kind: "microphone" | "camera",
  given: LocalMedia | undefined,
  texts: DeviceMessages,
): DeviceButtonState {
  const media = useCurrentMedia(given);
  const { status, enabled, toggle } = media[kind];
  const unavailable = status === "blocked" || status === "missing" || status === "busy";
  // The state that is sent, not the one that is requested: a blocked microphone is off, and so is one that never started.
  const pressed = enabled && !unavailable && !(status === "off" && media.status === "idle");
  const turn = pressed ? texts.turnOff : texts.turnOn;
  return useControlButton({
    control: kind,
    label: texts.label,
    hint: status === "on" || status === "off" ? turn : texts[status],
    status,
    pressed,
    busy: status === "starting",
    trouble: unavailable || status === "interrupted",
    act: toggle,
  });
}
