"use client";
import Mic from "lucide-react/icons/mic";
import MicOff from "lucide-react/icons/mic-off";
import { forwardRef, type ComponentPropsWithoutRef } from "react";
import type { LocalMedia } from "../../core/media/local-media.ts";
import { ControlButton } from "./control-button.tsx";
import { useMicrophoneButton } from "./use-device-button.ts";

/** Accepts the props of a `button`, too. Children replace the icon. */
export interface MicrophoneButtonProps extends ComponentPropsWithoutRef<"button"> {
  /** @default the media of the nearest `CallProvider` */
  media?: LocalMedia | undefined;
}

/**
 * Turns the local microphone on and off.
 *
 * State: `data-status`, as in `media.microphone.status`; `data-trouble` while a hint with a remedy is shown
 * on focus. Built on {@link useMicrophoneButton}.
 */
export const MicrophoneButton = forwardRef<HTMLButtonElement, MicrophoneButtonProps>(
  function MicrophoneButton({ media, ...props }, ref) {
    const state = useMicrophoneButton(media);
    const Icon = state.pressed && state.status !== "interrupted" ? Mic : MicOff;
    return <ControlButton {...props} ref={ref} state={state} icon={<Icon aria-hidden="true" />} />;
  },
);
