"use client";
/** Owns the switch of one's own shared screen. */
import ScreenShare from "lucide-react/icons/screen-share";
import ScreenShareOff from "lucide-react/icons/screen-share-off";
import { forwardRef, type ComponentPropsWithoutRef } from "react";
import type { LocalMedia } from "../../core/media/local-media.ts";
import { ControlButton } from "./control-button.tsx";
import { useScreenShareButton } from "./use-screen-share-button.ts";

/** Props of {@link ScreenShareButton}: these, and those of a `button`. Children replace the icon. */
export interface ScreenShareButtonProps extends ComponentPropsWithoutRef<"button"> {
  /** Default: those of the nearest `CallProvider`. */
  media?: LocalMedia | undefined;
  /** Where the browser cannot share a screen (phones): no button, or one that says why. Default `"hide"`. */
  whenUnsupported?: "hide" | "disable" | undefined;
  /** What the browser is asked for, and how. */
  displayMedia?: DisplayMediaStreamOptions | undefined;
}

/**
 * Starts and stops sharing the screen.
 *
 * State: `data-status`, one of `off`, `starting`, `on`, `failed`, `unsupported`; `data-trouble` where
 * a remedy is shown on focus. Built on {@link useScreenShareButton}.
 */
export const ScreenShareButton = forwardRef<HTMLButtonElement, ScreenShareButtonProps>(
  function ScreenShareButton({ media, whenUnsupported = "hide", displayMedia, ...props }, ref) {
    const state = useScreenShareButton(media, displayMedia);
    if (state.status === "unsupported" && whenUnsupported === "hide") return null;
    const Icon = state.pressed ? ScreenShareOff : ScreenShare;
    return <ControlButton {...props} ref={ref} state={state} icon={<Icon aria-hidden="true" />} />;
  },
);
