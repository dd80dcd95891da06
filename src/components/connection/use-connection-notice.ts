"use client";
/** Owns `useConnectionNotice`: the one thing that is wrong with a call now, and what to do about it. */
import { useEffect, useState, useSyncExternalStore } from "react";
import type { Call } from "../../core/call/call.ts";
import type { DeviceControl } from "../../core/media/device-control.ts";
import type { LocalMedia } from "../../core/media/local-media.ts";
import { useCurrentCall, useProvidedMedia } from "../../react/call-provider.tsx";
import { useMessages } from "../i18n/messages-context.tsx";
import type { Messages } from "../i18n/messages.ts";
import { peopleText } from "../i18n/people-text.ts";

/** Something that is wrong with a call. */
export interface ConnectionNotice {
  readonly kind: "failed" | "offline" | "reconnecting" | "signaling" | "device";
  /** What it is, and what to do about it, in the language of the page. */
  readonly text: string;
  /** An error stays until somebody does something; a warning is being put right, or can wait. */
  readonly severity: "error" | "warning";
  /** Tries again, where that may help. How it goes is told by the call and the media. */
  readonly retry?: (() => void) | undefined;
  /** Puts the notice away until there is another; only where a call goes well without the device. */
  readonly dismiss?: (() => void) | undefined;
}

/** How long trouble that mostly passes by itself is kept quiet, in ms. */
const PATIENCE = 800;

/**
 * What is wrong with a call, one thing at a time and the worst first; undefined while all is well.
 * What passes within 800 ms is not told. Call and media are by default those of the nearest `CallProvider`.
 *
 * @example
 * const notice = useConnectionNotice(call, media);
 * return notice && <p role="status">{notice.text}</p>;
 */
export function useConnectionNotice(
  givenCall?: Call,
  givenMedia?: LocalMedia,
): ConnectionNotice | undefined {
  const call = useCurrentCall(givenCall);
  const media = useProvidedMedia(givenMedia);
  const texts = useMessages();
  const [dismissed, dismiss] = useState<string>();
  const online = useSyncExternalStore(watchNetwork, isOnline, assumeIt);
  const passing = passingTrouble(call, online, texts);
  const lasting = useLasting(passing !== undefined);
  if (call.status === "idle" || call.status === "left") return undefined;

  const failed = failure(call, texts);
  if (failed) return failed;
  if (passing && lasting) return passing;
  const device = media && deviceTrouble(media, texts);
  if (!device || device.text === dismissed) return undefined;
  return { ...device, dismiss: () => dismiss(device.text) };
}

function failure(call: Call, texts: Messages): ConnectionNotice | undefined {
  if (call.status !== "failed") return undefined;
  const again = async () => {
    // Still in the room, where joining is done already: go out first.
    if (call.participants.length > 0) await call.leave();
    await call.join();
  };
  return {
    kind: "failed",
    text: call.error ? texts.errors[call.error.code] : texts.failed,
    severity: "error",
    retry: () => void again().catch(told),
  };
}

/** What is being repaired already. */
function passingTrouble(
  call: Call,
  online: boolean,
  texts: Messages,
): ConnectionNotice | undefined {
  const warn = (kind: ConnectionNotice["kind"], text: string): ConnectionNotice => ({
    kind,
    text,
    severity: "warning",
  });
  const lost = call.participants.filter(({ status }) => status === "reconnecting");
  if (!online) return warn("offline", texts.banner.offline);
  if (call.status === "joining")
    return call.error?.code === "signaling-unavailable"
      ? {
          ...warn("signaling", texts.banner.unreachable),
          retry: () => void call.join().catch(told),
        }
      : undefined;
  // With several people lost at once it is the way from here that is broken.
  if (call.status === "reconnecting" && lost.length !== 1)
    return warn("reconnecting", texts.banner.reconnecting);
  if (lost.length > 0)
    return warn("reconnecting", texts.banner.reconnectingTo(peopleText(lost, texts)));
  return call.signaling === "disconnected" ? warn("signaling", texts.banner.signaling) : undefined;
}

function deviceTrouble(media: LocalMedia, texts: Messages): ConnectionNotice | undefined {
  const { microphone, camera } = media;
  const silent = troubled(microphone);
  const unseen = troubled(camera);
  const both = silent && unseen && microphone.error?.code === camera.error?.code;
  const error = silent ? microphone.error : unseen ? camera.error : media.error;
  let text: string | undefined;
  if (both && error) text = texts.errors[error.code];
  else if (silent) text = textOf("microphone", microphone, texts);
  else if (unseen) text = textOf("camera", camera, texts);
  else if (error && error.code !== "aborted") text = texts.errors[error.code];
  if (text === undefined) return undefined;
  const hopeless = !error || error.code === "insecure-context" || error.code === "unsupported";
  return {
    kind: "device",
    text,
    // Who cannot be heard should know before they talk on.
    severity: silent && error ? "error" : "warning",
    ...(!hopeless && { retry: () => void media.start().catch(told) }),
  };
}

type Trouble = "interrupted" | "blocked" | "missing" | "busy";

function troubled({ status }: DeviceControl): boolean {
  return ["interrupted", "blocked", "missing", "busy"].includes(status);
}

function textOf(kind: "microphone" | "camera", { status, error }: DeviceControl, texts: Messages) {
  // The device's own words know it by name; the other errors are about the page or the person.
  const own = !error || /^permission-denied|^device-/.test(error.code);
  return own ? texts[kind][status as Trouble] : texts.errors[error.code];
}

/** Whether something has been true for {@link PATIENCE} ms; false at once when it is not any more. */
function useLasting(trouble: boolean): boolean {
  const [lasting, setLasting] = useState(false);
  useEffect(() => {
    if (!trouble) return;
    const timer = setTimeout(() => setLasting(true), PATIENCE);
    return () => {
      clearTimeout(timer);
      setLasting(false);
    };
  }, [trouble]);
  return trouble && lasting;
}

/** For promises whose failure the call or the media keeps. */
const told = () => undefined;

function watchNetwork(listener: () => void): () => void {
  window.addEventListener("online", listener);
  window.addEventListener("offline", listener);
  return () => {
    window.removeEventListener("online", listener);
    window.removeEventListener("offline", listener);
  };
}
const isOnline = () => navigator.onLine;
const assumeIt = () => true;
