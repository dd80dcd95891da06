"use client";
/** Owns the switch of one's own shared screen. */
import ScreenShare from "lucide-react/icons/screen-share";
import ScreenShareOff from "lucide-react/icons/screen-share-off";
import { forwardRef, useState, useSyncExternalStore, type ComponentPropsWithoutRef } from "react";
import { CallError } from "../core/errors.ts";
import type { LocalMedia } from "../core/media.ts";
import { ControlButton } from "./control-button.tsx";
import { useMessages } from "./messages-context.tsx";

/** Props of {@link ScreenShareButton}: these, and those of a `button`. Children replace the icon. */
export interface ScreenShareButtonProps extends ComponentPropsWithoutRef<"button"> {
  media: LocalMedia;
  /** Where the browser cannot share a screen (phones): no button, or one that says why. Default `"hide"`. */
  whenUnsupported?: "hide" | "disable";
  /** What the browser is asked for, and how. */
  displayMedia?: DisplayMediaStreamOptions;
}

/**
 * Starts and stops sharing the screen.
 *
 * State: `data-status`, one of `off`, `starting`, `on`, `failed`, `unsupported`. Closing the
 * browser's choice without choosing is no failure.
 */
export const ScreenShareButton = forwardRef<HTMLButtonElement, ScreenShareButtonProps>(
  function ScreenShareButton({ media, whenUnsupported = "hide", displayMedia, ...props }, ref) {
    const messages = useMessages();
    const texts = messages.screen;
    const supported = useSyncExternalStore(nothingToWatch, canShareScreen, assumeIt);
    const [attempt, setAttempt] = useState<"starting" | CallError | undefined>();
    if (!supported && whenUnsupported === "hide") return null;

    const status = statusOf(supported, media.screen !== undefined, attempt);
    const hints = {
      off: texts.start,
      starting: texts.starting,
      on: texts.stop,
      failed: attempt instanceof CallError ? messages.errors[attempt.code] : texts.start,
      unsupported: texts.unsupported,
    };
    const start = async () => {
      setAttempt("starting");
      try {
        await media.startScreenShare(displayMedia);
        setAttempt(undefined);
      } catch (error) {
        const cancelled = !(error instanceof CallError) || error.code === "permission-dismissed";
        setAttempt(cancelled ? undefined : error);
      }
    };
    return (
      <ControlButton
        aria-pressed={status === "on"}
        disabled={status === "unsupported"}
        {...props}
        ref={ref}
        data-control="screen"
        label={texts.label}
        hint={hints[status]}
        icon={
          status === "on" ? (
            <ScreenShareOff aria-hidden="true" />
          ) : (
            <ScreenShare aria-hidden="true" />
          )
        }
        status={status}
        busy={status === "starting"}
        trouble={status === "failed" || status === "unsupported"}
        act={() => (status === "on" ? media.stopScreenShare() : start())}
      />
    );
  },
);

function statusOf(supported: boolean, on: boolean, attempt: "starting" | CallError | undefined) {
  if (!supported) return "unsupported";
  if (on) return "on";
  if (attempt === undefined) return "off";
  return attempt === "starting" ? "starting" : "failed";
}

// What the browser can do never changes. It is read through a store only because that is React's way
// to render on the server what the browser's first render then agrees with.
const nothingToWatch = () => () => {};
const assumeIt = () => true;
const canShareScreen = () => typeof navigator.mediaDevices?.getDisplayMedia === "function";
