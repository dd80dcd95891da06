import { acquire } from "./acquire.ts";
import { permissions, stopTracks } from "./capture.ts";
import type { ManagedDevice } from "./device-control.ts";
import type { MediaEnvironment } from "./media-environment.ts";
import type { CallError } from "../lib/errors.ts";
import { abortedError } from "../lib/abort.ts";

/**
 * Captures several devices with one prompt. If that fails, captures each device on its own, so that a
 * missing camera does not cost the microphone.
 *
 * @returns the errors of the devices that failed. Turning a device off is not an error.
 * @throws {CallError} `aborted`, once the signal has aborted.
 */
export async function captureAll(
  environment: MediaEnvironment,
  devices: readonly ManagedDevice[],
  signal: AbortSignal,
): Promise<CallError[]> {
  const single = devices.length === 1 ? devices[0] : undefined;
  try {
    // The combined attempt is not retried, so that one device in use does not delay the other. The
    // separate attempts below are.
    await captureTogether(environment, devices, signal, single?.untilOff());
    return [];
  } catch (cause) {
    const failure = cause as CallError;
    if (signal.aborted) throw failure;
    if (!single && (await isWorthSeparateAttempts(environment, failure)))
      return captureEach(environment, devices, signal);
    failAll(devices, failure, signal);
    return failure.code === "aborted" ? [] : [failure];
  }
}

async function captureEach(
  environment: MediaEnvironment,
  devices: readonly ManagedDevice[],
  signal: AbortSignal,
): Promise<CallError[]> {
  const failures: CallError[] = [];
  for (const device of devices) {
    // Turned off while the other device was captured.
    if (!device.isRequested()) continue;
    try {
      // oxlint-disable-next-line no-await-in-loop -- two prompts at once would cover each other
      await captureTogether(environment, [device], signal, device.untilOff());
    } catch (cause) {
      if (signal.aborted) throw cause;
      const failure = cause as CallError;
      device.fail(failure);
      if (failure.code !== "aborted") failures.push(failure);
    }
  }
  return failures;
}

async function captureTogether(
  environment: MediaEnvironment,
  devices: readonly ManagedDevice[],
  signal: AbortSignal,
  retryUntil: AbortSignal | undefined,
): Promise<void> {
  const requests = devices.map((device) => device.request());
  const stream = await acquire(environment, requests, { signal, retryUntil, fallback: true });
  if (signal.aborted) {
    stopTracks(stream);
    throw abortedError("Capturing");
  }
  for (const track of stream.getTracks()) {
    const device = devices.find(({ kind }) => kind === track.kind);
    // A subscriber can call `stop()` when the first track is published. The second one would stay on,
    // because its device was stopped before it had a track.
    if (device && !signal.aborted) device.take(track);
    else track.stop();
  }
  // The user can turn the camera off while the prompt is open. Its light must not stay on for that.
  for (const device of devices) if (device.kind === "video" && !device.isEnabled()) device.stop();
}

/** Shows a failure on each device, until a subscriber calls `stop()`. */
export function failAll(
  devices: readonly ManagedDevice[],
  failure: CallError,
  signal: AbortSignal,
): void {
  for (const device of devices) if (!signal.aborted) device.fail(failure);
}

/** Whether separate attempts may succeed. After the user refused, they would only ask again. */
async function isWorthSeparateAttempts(
  environment: MediaEnvironment,
  { code }: CallError,
): Promise<boolean> {
  if (code === "permission-dismissed" || code === "insecure-context" || code === "unsupported")
    return false;
  if (code !== "permission-denied") return true;
  return (await permissions(environment, ["audio", "video"])).some((state) => state !== "denied");
}

/**
 * Returns what capturing the devices would do, without asking the user: show a prompt (also if the
 * browser does not say), fail because access to all of them was denied before, or start. Of two
 * devices, a granted one starts without a prompt although the other is denied.
 */
export async function expectedOutcome(
  environment: MediaEnvironment,
  devices: readonly ManagedDevice[],
): Promise<"start" | "prompt" | "denied"> {
  const kinds = devices.map(({ kind }) => kind);
  const states = await permissions(environment, kinds);
  if (!states.every((state) => state === "granted" || state === "denied")) return "prompt";
  return states.length === 0 || states.includes("granted") ? "start" : "denied";
}
