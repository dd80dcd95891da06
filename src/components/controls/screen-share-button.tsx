"use client";
import ScreenShare from "lucide-react/icons/screen-share";
import ScreenShareOff from "lucide-react/icons/screen-share-off";
import { forwardRef, type ComponentPropsWithoutRef } from "react";
import type { LocalMedia } from "../../core/media/local-media.ts";
import { ControlButton } from "./control-button.tsx";
import { useScreenShareButton } from "./use-screen-share-button.ts";

/** Accepts the props of a `button`, too. Children replace the icon. */
export interface ScreenShareButtonProps extends ComponentPropsWithoutRef<"button"> {
  /** @default the media of the nearest `CallProvider` */
  media?: LocalMedia | undefined;
  /**
   * In a browser that cannot share a screen, such as on phones:
   *
   * - `hide`: renders no button
   * - `disable`: renders a disabled button that gives the reason
   *
   * @default "hide"
   */
  whenUnsupported?: "hide" | "disable" | undefined;
  /** Passed to `getDisplayMedia()`. */
  displayMedia?: DisplayMediaStreamOptions | undefined;
}

/**
 * Starts and stops sharing the screen.
 *
 * State: `data-status`, one of `off`, `starting`, `on`, `failed`, `unsupported`; `data-trouble` while a
 * hint with a remedy is shown on focus. Built on {@link useScreenShareButton}.
 */
export const ScreenShareButton = forwardRef<HTMLButtonElement, ScreenShareButtonProps>(
  function ScreenShareButton({ media, whenUnsupported = "hide", displayMedia, ...props }, ref) {
    const state = useScreenShareButton(media, displayMedia);
    if (state.status === "unsupported" && whenUnsupported === "hide") return null;
    const Icon = state.pressed ? ScreenShareOff : ScreenShare;
    return <ControlButton {...props} ref={ref} state={state} icon={<Icon aria-hidden="true" />} />;
  },
);
