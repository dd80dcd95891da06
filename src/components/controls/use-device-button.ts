"use client";
/** Owns `useMicrophoneButton` and `useCameraButton`: the switch of a device, for markup of one's own. */
import type { DeviceControl } from "../../core/media/device-control.ts";
import type { LocalMedia } from "../../core/media/local-media.ts";
import { useCurrentMedia } from "../../react/call-provider.tsx";
import { useMessages } from "../i18n/messages-context.tsx";
import type { DeviceMessages } from "../i18n/messages.ts";
import { useControlButton, type ControlButtonState } from "./use-control-button.ts";

/** A switch for one device. In trouble it can still be pressed, which tries again. */
export type DeviceButtonState = ControlButtonState<DeviceControl["status"]>;

/**
 * The switch of one's own microphone; `media` by default from the nearest `CallProvider`. Its name is always the same and `aria-pressed` says whether it is
 * on; words that change instead ("Mute", "Unmute") want both of these props undefined.
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

/** The switch of one's own camera; as {@link useMicrophoneButton}. */
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
  const without = status === "blocked" || status === "missing" || status === "busy";
  // What others get, not what was asked for: a blocked microphone is not on, nor one not started yet.
  const pressed = enabled && !without && !(status === "off" && media.status === "idle");
  const turn = pressed ? texts.turnOff : texts.turnOn;
  return useControlButton({
    control: kind,
    label: texts.label,
    hint: status === "on" || status === "off" ? turn : texts[status],
    status,
    pressed,
    busy: status === "starting",
    trouble: without || status === "interrupted",
    act: toggle,
  });
}
