"use client";
import Video from "lucide-react/icons/video";
import VideoOff from "lucide-react/icons/video-off";
import { forwardRef, type ComponentPropsWithoutRef } from "react";
import type { LocalMedia } from "../../core/media/local-media.ts";
import { ControlButton } from "./control-button.tsx";
import { useCameraButton } from "./use-device-button.ts";

/** Accepts the props of a `button`, too. Children replace the icon. */
export interface CameraButtonProps extends ComponentPropsWithoutRef<"button"> {
  /** @default the media of the nearest `CallProvider` */
  media?: LocalMedia | undefined;
}

/**
 * Turns the local camera on and off.
 *
 * State: `data-status`, as in `media.camera.status`; `data-trouble` while a hint with a remedy is shown
 * on focus. Built on {@link useCameraButton}.
 */
export const CameraButton = forwardRef<HTMLButtonElement, CameraButtonProps>(function CameraButton(
  { media, ...props },
  ref,
) {
  const state = useCameraButton(media);
  const Icon = state.pressed && state.status !== "interrupted" ? Video : VideoOff;
  return <ControlButton {...props} ref={ref} state={state} icon={<Icon aria-hidden="true" />} />;
});
