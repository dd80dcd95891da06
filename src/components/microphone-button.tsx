"use client";
/** Owns the switch of one's own microphone. */
import Mic from "lucide-react/icons/mic";
import MicOff from "lucide-react/icons/mic-off";
import { forwardRef, type ComponentPropsWithoutRef } from "react";
import type { LocalMedia } from "../core/media.ts";
import { DeviceButton } from "./device-button.tsx";
import { useMessages } from "./messages-context.tsx";

/** Props of {@link MicrophoneButton}: these, and those of a `button`. Children replace the icon. */
export interface MicrophoneButtonProps extends ComponentPropsWithoutRef<"button"> {
  media: LocalMedia;
}

/** Turns one's own microphone on and off. State: `data-status`, as in `media.microphone.status`. */
export const MicrophoneButton = forwardRef<HTMLButtonElement, MicrophoneButtonProps>(
  function MicrophoneButton({ media, ...props }, ref) {
    return (
      <DeviceButton
        {...props}
        ref={ref}
        kind="microphone"
        control={media.microphone}
        texts={useMessages().microphone}
        on={<Mic aria-hidden="true" />}
        off={<MicOff aria-hidden="true" />}
      />
    );
  },
);
