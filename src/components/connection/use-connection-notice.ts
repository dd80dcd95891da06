"use client";
import { useEffect, useState, useSyncExternalStore } from "react";
import type { Call } from "../../core/call/call.ts";
import type { DeviceControl } from "../../core/media/device-control.ts";
import type { LocalMedia } from "../../core/media/local-media.ts";
import { useCurrentCall, useProvidedMedia } from "../../react/call-provider.tsx";
import { useMessages } from "../i18n/messages-context.tsx";
import type { Messages } from "../i18n/messages.ts";
import { peopleText } from "../i18n/people-text.ts";

/** A problem of a call, in the language of the page. */
export interface ConnectionNotice {
  /**
   * - `failed`: the call has ended with an error
   * - `offline`: the browser has no network
   * - `reconnecting`: the connection to one participant or to all of them is down
   * - `signaling`: the call service does not answer
   * - `device`: a camera or a microphone does not work
   */
  readonly kind: "failed" | "offline" | "reconnecting" | "signaling" | "device";
  /** Describes the problem and what to do about it. */
  readonly text: string;
  /**
   * - `error`: stays until the user acts
   * - `warning`: is being repaired, or can wait
   */
  readonly severity: "error" | "warning";
  /** Tries again; undefined where that cannot help. The call and the media report the outcome. */
  readonly retry?: (() => void) | undefined;
  /**
   * Hides the notice for as long as this problem lasts. When the problem ends and occurs again, the
   * notice returns. Undefined where the call does not work without what is missing.
   */
  readonly dismiss?: (() => void) | undefined;
}

/** A problem that is repaired within this time is not reported: most are. */
const QUIET_MS = 800;
/** A call that still joins after this time, without an error, is reported as not answered yet. */
const SLOW_JOIN_MS = 3_000;

/**
 * Returns the most severe problem of a call, or undefined while there is none. A problem that passes
 * within 800 ms is not reported. A call service that has not answered `join()` within 3 s is.
 *
 * @param givenCall Default: the call of the nearest `CallProvider`.
 * @param givenMedia Default: the media of the nearest `CallProvider`, if it has any.
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
  const [dismissed, setDismissed] = useState<readonly string[]>([]);
  const online = useSyncExternalStore(subscribeToNetwork, isOnline, assumeOnline);
  const unanswered = isUnanswered(call, media);
  const joinIsSlow = useElapsed(unanswered, SLOW_JOIN_MS);
  const transient = transientProblem(call, online, unanswered, texts);
  // An unanswered attempt is transient, too, so its failure is reported without another delay.
  const lasts = useElapsed(transient !== undefined, QUIET_MS);

  const problems = media ? deviceProblems(media) : [];
  // A dismissed problem that has ended is shown when it occurs again.
  const ongoing = dismissed.filter((problem) => problems.includes(problem));
  if (ongoing.length < dismissed.length) setDismissed(ongoing);
  if (call.status === "idle" || call.status === "left") return undefined;

  const failed = failureNotice(call, texts);
  if (failed) return failed;
  const shown = !unanswered || !online || joinIsSlow;
  if (transient && lasts && shown) return transient;
  if (!media || problems.every((problem) => ongoing.includes(problem))) return undefined;
  const device = deviceNotice(media, texts);
  return device && { ...device, dismiss: () => setDismissed(problems) };
}

/**
 * Whether an attempt to join is under way and has not failed yet. An open permission prompt delays
 * joining, too, and the call service is not to blame for that.
 */
function isUnanswered({ status, error }: Call, media: LocalMedia | undefined): boolean {
  return (
    status === "joining" && error?.code !== "signaling-unavailable" && media?.status !== "prompting"
  );
}

function failureNotice(call: Call, texts: Messages): ConnectionNotice | undefined {
  if (call.status !== "failed") return undefined;
  const again = async () => {
    // With participants the call is still in its room, where join() does nothing: leave first.
    if (call.participants.length > 0) await call.leave();
    await call.join();
  };
  return {
    kind: "failed",
    text: call.error ? texts.errors[call.error.code] : texts.failed,
    severity: "error",
    retry: () => void again().catch(noop),
  };
}

/** A problem that the call is already repairing. */
function transientProblem(
  call: Call,
  online: boolean,
  unanswered: boolean,
  texts: Messages,
): ConnectionNotice | undefined {
  const warn = (kind: ConnectionNotice["kind"], text: string): ConnectionNotice => ({
    kind,
    text,
    severity: "warning",
  });
  const lost = call.participants.filter(({ status }) => status === "reconnecting");
  if (!online) return warn("offline", texts.banner.offline);
  if (unanswered) return warn("signaling", texts.banner.unanswered);
  if (call.status === "joining")
    return call.error?.code === "signaling-unavailable"
      ? {
          ...warn("signaling", texts.banner.unreachable),
          retry: () => void call.join().catch(noop),
        }
      : undefined;
  // Several connections that are lost at once share a cause on this side.
  if (call.status === "reconnecting" && lost.length !== 1)
    return warn("reconnecting", texts.banner.reconnecting);
  if (lost.length > 0)
    return warn("reconnecting", texts.banner.reconnectingTo(peopleText(lost, texts)));
  return call.signaling === "disconnected" ? warn("signaling", texts.banner.signaling) : undefined;
}

type DeviceName = "microphone" | "camera";
type DeviceProblem = "interrupted" | "blocked" | "missing" | "busy";

/** Identifies each problem of the local media, so that dismissing one does not hide another. */
function deviceProblems({ microphone, camera, error }: LocalMedia): readonly string[] {
  const problems = (["microphone", "camera"] as const).flatMap((name) => {
    const device = { microphone, camera }[name];
    return problemOf(device) ? [`${name} ${device.status} ${device.error?.code ?? ""}`] : [];
  });
  if (problems.length > 0 || !error || error.code === "aborted") return problems;
  return [`media ${error.code}`];
}

function deviceNotice(media: LocalMedia, texts: Messages): ConnectionNotice | undefined {
  const { microphone, camera } = media;
  const isMuted = problemOf(microphone) !== undefined;
  const error = isMuted ? microphone.error : problemOf(camera) ? camera.error : media.error;
  const text = deviceText(media, texts);
  if (text === undefined) return undefined;
  const canRetry = error && error.code !== "insecure-context" && error.code !== "unsupported";
  return {
    kind: "device",
    text,
    // A muted participant should notice before they go on talking.
    severity: isMuted && error ? "error" : "warning",
    ...(canRetry && { retry: () => void media.start().catch(noop) }),
  };
}

/** The microphone comes first: a call works without a camera. */
function deviceText(media: LocalMedia, texts: Messages): string | undefined {
  const { microphone, camera, error } = media;
  const [muted, unseen] = [problemOf(microphone), problemOf(camera)];
  const shared = microphone.error?.code === camera.error?.code ? microphone.error : undefined;
  if (muted && unseen && shared) return texts.errors[shared.code];
  if (muted) return problemText("microphone", muted, microphone, texts);
  if (unseen) return problemText("camera", unseen, camera, texts);
  return error && error.code !== "aborted" ? texts.errors[error.code] : undefined;
}

function problemText(
  name: DeviceName,
  problem: DeviceProblem,
  { error }: DeviceControl,
  texts: Messages,
): string {
  // The text of the device names it. Errors of other kinds are about the page, not the device.
  const isOfDevice = !error || /^permission-denied|^device-/.test(error.code);
  return isOfDevice ? texts[name][problem] : texts.errors[error.code];
}

function problemOf({ status }: DeviceControl): DeviceProblem | undefined {
  return status === "on" || status === "off" || status === "starting" ? undefined : status;
}

/** Whether `condition` has been true for `ms` without a break. */
function useElapsed(condition: boolean, ms: number): boolean {
  const [elapsed, setElapsed] = useState(false);
  useEffect(() => {
    if (!condition) return;
    const timer = setTimeout(() => setElapsed(true), ms);
    return () => {
      clearTimeout(timer);
      setElapsed(false);
    };
  }, [condition, ms]);
  return condition && elapsed;
}

/** For promises whose failure the call or the media keeps. */
const noop = () => undefined;

function subscribeToNetwork(listener: () => void): () => void {
  window.addEventListener("online", listener);
  window.addEventListener("offline", listener);
  return () => {
    window.removeEventListener("online", listener);
    window.removeEventListener("offline", listener);
  };
}
const isOnline = () => navigator.onLine;
const assumeOnline = () => true;
