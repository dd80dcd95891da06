"use client";
/** Owns the switch of one's own camera. */
import Video from "lucide-react/icons/video";
import VideoOff from "lucide-react/icons/video-off";
import { forwardRef, type ComponentPropsWithoutRef } from "react";
import type { LocalMedia } from "../core/media.ts";
import { DeviceButton } from "./device-button.tsx";
import { useMessages } from "./messages-context.tsx";

/** Props of {@link CameraButton}: these, and those of a `button`. Children replace the icon. */
export interface CameraButtonProps extends ComponentPropsWithoutRef<"button"> {
  media: LocalMedia;
}

/** Turns one's own camera on and off. State: `data-status`, as in `media.camera.status`. */
export const CameraButton = forwardRef<HTMLButtonElement, CameraButtonProps>(function CameraButton(
  { media, ...props },
  ref,
) {
  return (
    <DeviceButton
      {...props}
      ref={ref}
      kind="camera"
      control={media.camera}
      texts={useMessages().camera}
      on={<Video aria-hidden="true" />}
      off={<VideoOff aria-hidden="true" />}
    />
  );
});
