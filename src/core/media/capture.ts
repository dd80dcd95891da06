import { monotonicNow } from "../lib/clock.ts";
import { CallError, type CallErrorCode } from "../lib/errors.ts";
import { abortedError, after, abortable } from "../lib/abort.ts";
import { FEATURES, type CaptureSource, type MediaEnvironment } from "./media-environment.ts";

export type { DeviceKind } from "./media-environment.ts";

/** Stops every track of a stream, which turns off the light of the device. */
export function stopTracks(stream: MediaStream | undefined): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

/**
 * Times in ms before the next attempts at a device that is in use. A device that this page or the
 * previous one has just stopped takes up to a second to be released. After the last attempt the device
 * counts as used by another program.
 */
const RETRY_DELAYS_MS = [150, 400, 1_000];

/**
 * Calls `getUserMedia`. A page cannot close the prompt, so a stream that the user grants after `signal`
 * has aborted is stopped at once.
 *
 * @param retryUntil Retries while the device is in use, until this signal aborts. Without it, one attempt.
 * @throws {CallError} A code of {@link DEVICE_FAILURES}, `unsupported`, or `aborted`.
 */
export async function captureUser(
  environment: MediaEnvironment,
  constraints: MediaStreamConstraints,
  signal: AbortSignal,
  retryUntil?: AbortSignal,
): Promise<MediaStream> {
  const sources = (["audio", "video"] as const).filter((kind) => constraints[kind]);
  const attempt = () =>
    capture(environment, signal, sources, () =>
      mediaDevices(environment, "getUserMedia").getUserMedia(constraints),
    );
  for (const delay of RETRY_DELAYS_MS) {
    try {
      // oxlint-disable-next-line no-await-in-loop -- the next attempt depends on this one
      return await attempt();
    } catch (error) {
      // oxlint-disable-next-line no-await-in-loop -- the same
      if (!retryUntil || !isInUse(error) || !(await isGranted(environment, sources))) throw error;
    }
    const later = new Promise<void>((resolve) => {
      after(signal, delay, resolve);
    });
    // oxlint-disable-next-line no-await-in-loop -- the same
    await abortable(signal, abortable(retryUntil, later));
  }
  return attempt();
}

/** Whether the device is in use or still being released (Media Capture, section 10.2). */
function isInUse(error: unknown): boolean {
  const { name } = ((error as Error).cause ?? {}) as Partial<Error>;
  return name === "NotReadableError" || name === "AbortError";
}

/** Whether another attempt would show no prompt. */
async function isGranted(
  environment: MediaEnvironment,
  sources: readonly CaptureSource[],
): Promise<boolean> {
  return (await permissions(environment, sources)).every((state) => state === "granted");
}

/**
 * Calls `getDisplayMedia`. A stream that arrives after `signal` has aborted is stopped at once.
 *
 * @throws {CallError} A code of {@link SCREEN_FAILURES}, `unsupported`, or `aborted`.
 */
export async function captureDisplay(
  environment: MediaEnvironment,
  options: DisplayMediaStreamOptions,
  signal: AbortSignal,
): Promise<MediaStream> {
  return capture(environment, signal, ["screen"], () =>
    mediaDevices(environment, "getDisplayMedia").getDisplayMedia(options),
  );
}

async function capture(
  environment: MediaEnvironment,
  signal: AbortSignal,
  sources: readonly CaptureSource[],
  request: () => Promise<MediaStream>,
): Promise<MediaStream> {
  const requestedAt = monotonicNow();
  try {
    if (signal.aborted) throw abortedError("Capturing");
    const requested = request();
    requested.then(
      (stream) => {
        if (signal.aborted) stopTracks(stream);
      },
      () => undefined,
    );
    const stream = await abortable(signal, requested);
    if (!signal.aborted) return stream;
    stopTracks(stream);
    throw abortedError("Capturing");
  } catch (cause) {
    throw await captureError(environment, cause, sources, monotonicNow() - requestedAt);
  }
}

function mediaDevices(
  environment: MediaEnvironment,
  method: "getUserMedia" | "getDisplayMedia",
): MediaDevices {
  const devices = environment.mediaDevices;
  if (devices && method in devices) return devices;
  if (!devices && !environment.isSecureContext) throw new CallError(...INSECURE);
  throw new CallError(
    "unsupported",
    method === "getUserMedia"
      ? "This browser cannot capture a camera or microphone. Use a current version."
      : "This browser cannot share a screen. Use a browser on a computer.",
  );
}

type Failure = readonly [CallErrorCode, string];
type Failures = Readonly<Record<string, Failure>> &
  Readonly<Record<"NotFoundError" | "denied" | "dismissed" | "system" | "otherwise", Failure>>;

const INSECURE: Failure = [
  "insecure-context",
  "Browsers allow `getUserMedia()` and `getDisplayMedia()` on secure pages only. Serve the page over https or from localhost.",
];
const BUSY: Failure = [
  "device-busy",
  "The device is in use by another program. Close that program, then try again.",
];
const UNSATISFIED: Failure = [
  "constraints-unsatisfied",
  "No device satisfies the constraints `audio` and `video`. Use `ideal` instead of `exact` and `min`, or select another device.",
];

/** Maps each failure of `getUserMedia` to a code and a message (Media Capture, section 10.2). */
const DEVICE_FAILURES: Failures = {
  NotFoundError: ["device-missing", "No such device is connected. Connect one, then try again."],
  NotReadableError: BUSY,
  AbortError: BUSY,
  OverconstrainedError: UNSATISFIED,
  TypeError: UNSATISFIED,
  SecurityError: INSECURE,
  denied: [
    "permission-denied",
    "The browser blocks camera and microphone on this page. Allow them in the site settings beside the address, then try again.",
  ],
  system: [
    "permission-denied",
    "The operating system blocks camera and microphone for the browser. Allow them in the system's privacy settings, then try again.",
  ],
  dismissed: [
    "permission-dismissed",
    "The user closed the prompt without an answer. Call `start()` again when the user asks for it.",
  ],
  otherwise: BUSY,
};

const NOT_STARTED: Failure = [
  "device-busy",
  "The system could not capture the selected screen, window or tab. Select another one, or try again.",
];
const NO_ACTIVATION: Failure = [
  "activation-required",
  "`startScreenShare()` needs transient activation. Call it directly in a click or key handler, before any `await`.",
];
const DISPLAY_OPTIONS: Failure = [
  "constraints-unsatisfied",
  "The options of `startScreenShare()` are invalid. Screen capture requires `video`, and allows neither `exact` nor `min`.",
];

/** Maps each failure of `getDisplayMedia` to a code and a message (Screen Capture, section 5.1). */
const SCREEN_FAILURES: Failures = {
  NotFoundError: ["device-missing", "There is no screen, window or tab to share."],
  NotReadableError: NOT_STARTED,
  AbortError: NOT_STARTED,
  InvalidStateError: NO_ACTIVATION,
  // WebKit throws this in place of `InvalidStateError`.
  InvalidAccessError: NO_ACTIVATION,
  OverconstrainedError: DISPLAY_OPTIONS,
  TypeError: DISPLAY_OPTIONS,
  SecurityError: INSECURE,
  denied: [
    "permission-denied",
    "The browser blocks screen sharing on this page. Allow it in the site settings beside the address, then try again.",
  ],
  system: [
    "permission-denied",
    "The operating system blocks screen recording for the browser. Allow it in the system's privacy settings, then restart the browser.",
  ],
  dismissed: [
    "permission-dismissed",
    "The user closed the dialog without selecting what to share.",
  ],
  otherwise: NOT_STARTED,
};

const POLICY: Failure = [
  "permission-denied",
  'A permissions policy blocks access. Add allow="camera; microphone; display-capture" to the <iframe>, and check the Permissions-Policy header.',
];

/** Creates the error for a device that does not exist. */
export const deviceMissing = () => new CallError(...DEVICE_FAILURES.NotFoundError);

/** Creates the error for access that was denied before. */
export const deviceDenied = () => new CallError(...DEVICE_FAILURES.denied);

/** Converts what a capture rejected with. */
async function captureError(
  environment: MediaEnvironment,
  cause: unknown,
  sources: readonly CaptureSource[],
  afterMs: number,
): Promise<CallError> {
  if (cause instanceof CallError) return cause;
  const failures = sources.includes("screen") ? SCREEN_FAILURES : DEVICE_FAILURES;
  const { name = "", message = "" } = (cause ?? {}) as Partial<Error>;
  const failure =
    name === "NotAllowedError"
      ? await notAllowedFailure(environment, failures, sources, message, afterMs)
      : (failures[name] ?? failures.otherwise);
  return new CallError(...failure, { cause });
}

/** Time in ms within which a policy rejects (Firefox: 5 to 15 ms). No user answers a prompt that fast. */
const POLICY_REFUSAL_MS = 150;

/**
 * Finds the reason for a `NotAllowedError`. All reasons have this name, so the policy, the message and the
 * Permissions API decide. If none of them names a reason, the user has dismissed the prompt.
 */
async function notAllowedFailure(
  environment: MediaEnvironment,
  failures: Failures,
  sources: readonly CaptureSource[],
  message: string,
  afterMs: number,
): Promise<Failure> {
  if (sources.some((source) => environment.policyAllows(source) === false)) return POLICY;
  // Chromium distinguishes two reasons in the message only: "Permission denied by system" and, for
  // screens, "Permission denied by user".
  if (message.endsWith("by system")) return failures.system;
  if (failures === SCREEN_FAILURES && message.endsWith("by user")) return failures.dismissed;
  const states = await permissions(environment, sources);
  if (states.includes("denied")) return failures.denied;
  // The browser has granted access, so the operating system refused.
  if (states.every((state) => state === "granted")) return failures.system;
  const isPolicy =
    environment.isFramed &&
    afterMs < POLICY_REFUSAL_MS &&
    sources.some((source) => !environment.policyAllows(source));
  return isPolicy ? POLICY : failures.dismissed;
}

/** Returns the state of each source in the Permissions API, or undefined if the browser does not know the source. */
export async function permissions(
  environment: MediaEnvironment,
  sources: readonly CaptureSource[],
): Promise<(PermissionState | undefined)[]> {
  return Promise.all(
    sources.map(async (source) => {
      try {
        const name = FEATURES[source] as PermissionName;
        return (await environment.permissions?.query({ name }))?.state;
      } catch {
        return undefined;
      }
    }),
  );
}
