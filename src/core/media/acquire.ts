import { captureUser } from "./capture.ts";
import type { DeviceKind, MediaEnvironment } from "./media-environment.ts";
import { CallError } from "../lib/errors.ts";

/** A device to capture. */
export interface DeviceRequest {
  readonly kind: DeviceKind;
  /** From the application. */
  readonly constraints: boolean | MediaTrackConstraints;
  /** The selected device. Undefined lets the browser choose. */
  readonly deviceId: string | undefined;
}

export interface AcquireOptions {
  /** Aborting it stops the capture. */
  readonly signal: AbortSignal;
  /** Retries while the device is in use, until this signal aborts. @default no retries */
  readonly retryUntil?: AbortSignal | undefined;
  /** Whether another device may replace a selected one that is missing. */
  readonly fallback: boolean;
}

/**
 * Captures the selected devices, or others in place of those that are missing.
 *
 * An `ideal` device id would be too weak while the device is there: another device that fits the
 * constraints of the application better would win. So the first attempt uses `exact`.
 *
 * @throws {CallError} See {@link captureUser}.
 */
export async function acquire(
  environment: MediaEnvironment,
  requests: readonly DeviceRequest[],
  { signal, retryUntil, fallback }: AcquireOptions,
): Promise<MediaStream> {
  const attempt = (strength: "exact" | "ideal") =>
    captureUser(
      environment,
      {
        audio: constraintsOf(requests, "audio", strength),
        video: constraintsOf(requests, "video", strength),
      },
      signal,
      retryUntil,
    );
  try {
    return await attempt("exact");
  } catch (cause) {
    const isSelected = requests.some(({ deviceId }) => deviceId !== undefined);
    if (!fallback || !isSelected || !isMissingDevice(cause)) throw cause;
    return attempt("ideal");
  }
}

function constraintsOf(
  requests: readonly DeviceRequest[],
  kind: DeviceKind,
  strength: "exact" | "ideal",
): boolean | MediaTrackConstraints {
  const request = requests.find((candidate) => candidate.kind === kind);
  if (!request) return false;
  const { constraints, deviceId } = request;
  // A device that is `false` in the options is captured only if the user turns it on.
  if (deviceId === undefined) return constraints || true;
  const base = typeof constraints === "object" ? constraints : {};
  return { ...base, deviceId: { [strength]: deviceId } };
}

/** Whether the selected device is unplugged, or cannot satisfy the constraints. */
function isMissingDevice(cause: unknown): boolean {
  return (
    cause instanceof CallError &&
    (cause.code === "constraints-unsatisfied" || cause.code === "device-missing")
  );
}
