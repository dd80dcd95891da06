"use client";
/** Owns `useScreenShareButton`: the switch of one's own shared screen, for markup of one's own. */
import { useState, useSyncExternalStore } from "react";
import { isFramed, policyAllows } from "../../core/media/media-environment.ts";
import { CallError } from "../../core/lib/errors.ts";
import type { LocalMedia } from "../../core/media/local-media.ts";
import { useCurrentMedia } from "../../react/call-provider.tsx";
import { useMessages } from "../i18n/messages-context.tsx";
import { useControlButton, type ControlButtonState } from "./use-control-button.ts";

/** The switch of a shared screen. `unsupported` where the browser cannot share one: phones, mostly. */
export type ScreenShareButtonState = ControlButtonState<
  "off" | "starting" | "on" | "failed" | "unsupported"
>;

/**
 * Starts and stops sharing the screen. When the user closes the browser's dialog without choosing,
 * the status is `off` again; every other refusal is `failed`, and the hint says what to do.
 *
 * @param given Default: the media of the nearest `CallProvider`.
 * @param displayMedia What the browser is asked for, and how.
 */
export function useScreenShareButton(
  given?: LocalMedia,
  displayMedia?: DisplayMediaStreamOptions,
): ScreenShareButtonState {
  const media = useCurrentMedia(given);
  const messages = useMessages();
  const texts = messages.screen;
  const supported = useSyncExternalStore(nothingToWatch, canShareScreen, assumeIt);
  const [attempt, setAttempt] = useState<"starting" | CallError | undefined>();
  const status = statusOf(supported, media.screen !== undefined, attempt);
  const hints = {
    off: texts.start,
    starting: texts.starting,
    on: texts.stop,
    failed: why(attempt),
    unsupported: texts.unsupported,
  };
  function why(failure: typeof attempt): string {
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
        // Cancelled by the user, or overtaken by a later choice or by `stop()`.
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
