"use client";
import { useState, useSyncExternalStore } from "react";
import { isFramed, policyAllows } from "../../core/media/media-environment.ts";
import { CallError } from "../../core/lib/errors.ts";
import type { LocalMedia } from "../../core/media/local-media.ts";
import { useCurrentMedia } from "../../react/call-provider.tsx";
import { useMessages } from "../i18n/messages-context.tsx";
import { useControlButton, type ControlButtonState } from "./use-control-button.ts";

type ScreenShareStatus =
  /** No screen is shared. */
  | "off"
  /** The dialog of the browser is open. */
  | "starting"
  /** A screen is shared. */
  | "on"
  /** Sharing was refused, or the screen could not be captured. `hint` names the remedy. */
  | "failed"
  /** The browser cannot share a screen, such as on phones. */
  | "unsupported";

/** The state of a button that shares the screen. */
export type ScreenShareButtonState = ControlButtonState<ScreenShareStatus>;

/**
 * Returns the props of a button that starts and stops sharing the screen. If the user cancels the
 * dialog of the browser, the status returns to `off`. Any other failure sets it to `failed`, and the
 * hint names the remedy.
 *
 * @param given Default: the media of the nearest `CallProvider`.
 * @param displayMedia Passed to `getDisplayMedia()`.
 */
export function useScreenShareButton(
  given?: LocalMedia,
  displayMedia?: DisplayMediaStreamOptions,
): ScreenShareButtonState {
  const media = useCurrentMedia(given);
  const messages = useMessages();
  const texts = messages.screen;
  const supported = useSyncExternalStore(subscribeToNothing, canShareScreen, assumeSupport);
  const [attempt, setAttempt] = useState<"starting" | CallError | undefined>();
  const status = statusOf(supported, media.screen !== undefined, attempt);
  const hints = {
    off: texts.start,
    starting: texts.starting,
    on: texts.stop,
    failed: failureText(attempt),
    unsupported: texts.unsupported,
  };
  function failureText(failure: typeof attempt): string {
    if (!(failure instanceof CallError)) return texts.start;
    const { code } = failure;
    if (code === "permission-denied")
      return (policyAllows("screen") ?? !isFramed()) ? texts.blocked : texts.framed;
    if (code === "device-missing") return texts.missing;
    if (code === "device-busy" || code === "constraints-unsatisfied") return texts.failed;
    return messages.errors[code];
  }
  const start = async () => {
    setAttempt("starting");
    try {
      await media.startScreenShare(displayMedia);
      setAttempt(undefined);
    } catch (error) {
      const silent =
        !(error instanceof CallError) ||
        // Cancelled by the user, or superseded by a later call or by `stop()`.
        ["permission-dismissed", "aborted"].includes(error.code);
      setAttempt(silent ? undefined : error);
    }
  };
  return useControlButton({
    control: "screen",
    label: texts.label,
    hint: hints[status],
    status,
    pressed: status === "on",
    busy: status === "starting",
    trouble: status === "failed" || status === "unsupported",
    disabled: status === "unsupported",
    act: () => (status === "on" ? media.stopScreenShare() : start()),
  });
}

function statusOf(
  supported: boolean,
  on: boolean,
  attempt: "starting" | CallError | undefined,
): ScreenShareStatus {
  if (!supported) return "unsupported";
  if (on) return "on";
  if (attempt === undefined) return "off";
  return attempt === "starting" ? "starting" : "failed";
}

// Support never changes, but it is known only in the browser. A store lets the first render in the
// browser match the markup of the server.
const subscribeToNothing = () => () => {};
const assumeSupport = () => true;
const canShareScreen = () => typeof navigator.mediaDevices?.getDisplayMedia === "function";
