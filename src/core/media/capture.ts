/** Asks the browser for devices and screens. A capture that resolves after its abort is stopped, and every failure is a `CallError`. */
import { CallError, type CallErrorCode } from "../lib/errors.ts";
import { abortedError, after, abortable } from "../lib/abort.ts";
import { FEATURES, type CaptureSource, type MediaEnvironment } from "./media-environment.ts";

export type { DeviceKind } from "./media-environment.ts";

/** Stops every track, so that the light goes out (Media Capture, section 4.3.1). */
export function stopTracks(stream: MediaStream | undefined): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

/**
 * The delays before another attempt at a device that is in use, in ms. A device that this page or
 * the previous one has just stopped takes up to a second to be released. After the last attempt it
 * counts as used by another program.
 */
const RETRY_DELAYS_MS = [150, 400, 1_000];

/**
 * Calls `getUserMedia`. A prompt cannot be closed by a page, so a stream that it grants after
 * `signal` was aborted is stopped at once.
 *
 * @param retryUntil Retries while the device is in use, until this signal is aborted. Default: no retries.
 * @throws {CallError} See {@link captureError}.
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

/** Whether the browser says that the device is in use or still being released (Media Capture, section 10.2). */
function isInUse(error: unknown): boolean {
  const { name } = ((error as Error).cause ?? {}) as Partial<Error>;
  return name === "NotReadableError" || name === "AbortError";
}

/** Whether another attempt shows no prompt. */
async function isGranted(
  environment: MediaEnvironment,
  sources: readonly CaptureSource[],
): Promise<boolean> {
  return (await permissions(environment, sources)).every((state) => state === "granted");
}

/** Calls `getDisplayMedia` in the same way. @throws {CallError} `permission-dismissed` when the user cancels. */
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
  ask: () => Promise<MediaStream>,
): Promise<MediaStream> {
  const askedAt = performance.now();
  try {
    if (signal.aborted) throw abortedError("Capturing");
    const asked = ask();
    asked.then(
      (stream) => {
        if (signal.aborted) stopTracks(stream);
      },
      () => undefined,
    );
    const stream = await abortable(signal, asked);
    if (!signal.aborted) return stream;
    stopTracks(stream);
    throw abortedError("Capturing");
  } catch (cause) {
    throw await captureError(environment, cause, sources, performance.now() - askedAt);
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

type Meaning = readonly [CallErrorCode, string];
type Meanings = Readonly<Record<string, Meaning>> &
  Readonly<Record<"denied" | "dismissed" | "system" | "otherwise", Meaning>>;

const INSECURE: Meaning = [
  "insecure-context",
  "Capturing needs a secure page. Serve the page over https, or from localhost.",
];
const BUSY: Meaning = [
  "device-busy",
  "The device is in use by another program. Close that program, then try again.",
];
const TOO_MUCH: Meaning = [
  "constraints-unsatisfied",
  "No device satisfies the constraints. Ask for less, or choose another device.",
];

/** The meaning of each failure of `getUserMedia` (Media Capture, section 10.2), and what to do about it. */
export const DEVICE_FAILURES: Meanings = {
  NotFoundError: ["device-missing", "There is no such device. Connect one, then try again."],
  NotReadableError: BUSY,
  AbortError: BUSY,
  OverconstrainedError: TOO_MUCH,
  TypeError: TOO_MUCH,
  SecurityError: INSECURE,
  denied: [
    "permission-denied",
    "The browser blocks this page. Allow camera and microphone in the site settings beside the address, then try again.",
  ],
  system: [
    "permission-denied",
    "The operating system blocks the browser. Allow camera and microphone for the browser in the system's privacy settings.",
  ],
  dismissed: ["permission-dismissed", "The prompt was closed without an answer. Ask again."],
  otherwise: BUSY,
};

const NOT_STARTED: Meaning = [
  "device-busy",
  "The system could not capture this screen, window or tab. Choose another one, or try again.",
];
const NO_ACTIVATION: Meaning = [
  "activation-required",
  "`startScreenShare()` needs transient activation. Call it directly in a click or key handler, before any `await`.",
];
const DISPLAY_OPTIONS: Meaning = [
  "constraints-unsatisfied",
  "The options of `startScreenShare()` cannot be satisfied. Screen capture allows no `exact`, no `min`, and needs `video`.",
];

/** The meaning of each failure of `getDisplayMedia` (Screen Capture, section 5.1), and what to do about it. */
export const SCREEN_FAILURES: Meanings = {
  NotFoundError: ["device-missing", "There is no screen, window or tab that can be shared."],
  NotReadableError: NOT_STARTED,
  AbortError: NOT_STARTED,
  InvalidStateError: NO_ACTIVATION,
  // WebKit's name for the same.
  InvalidAccessError: NO_ACTIVATION,
  OverconstrainedError: DISPLAY_OPTIONS,
  TypeError: DISPLAY_OPTIONS,
  SecurityError: INSECURE,
  denied: [
    "permission-denied",
    "The browser blocks screen sharing for this page. Allow it in the site settings or in the browser's policies.",
  ],
  system: [
    "permission-denied",
    "The operating system blocks screen recording. Allow it for the browser in the system's privacy settings, then restart the browser.",
  ],
  dismissed: ["permission-dismissed", "The user closed the dialog without choosing what to share."],
  otherwise: NOT_STARTED,
};

const POLICY: Meaning = [
  "permission-denied",
  'A permissions policy blocks access. Add allow="camera; microphone; display-capture" to the <iframe>, and check the Permissions-Policy header.',
];

/** The failure of a capture as a {@link CallError} with its remedy. */
async function captureError(
  environment: MediaEnvironment,
  cause: unknown,
  sources: readonly CaptureSource[],
  afterMs: number,
): Promise<CallError> {
  if (cause instanceof CallError) return cause;
  const meanings = sources.includes("screen") ? SCREEN_FAILURES : DEVICE_FAILURES;
  const { name = "", message = "" } = (cause ?? {}) as Partial<Error>;
  const meaning =
    name === "NotAllowedError"
      ? await refusal(environment, meanings, sources, message, afterMs)
      : (meanings[name] ?? meanings.otherwise);
  return new CallError(...meaning, { cause });
}

/** No user answers a prompt or a dialog within this time in ms; a policy refuses within it (Firefox: 5 to 15). */
const POLICY_REFUSAL_MS = 150;

/**
 * Tells the reasons for `NotAllowedError` apart. Its name is the same for all of them, so what the
 * browser says elsewhere decides, and a cancel by the user is what remains.
 */
async function refusal(
  environment: MediaEnvironment,
  meanings: Meanings,
  sources: readonly CaptureSource[],
  message: string,
  afterMs: number,
): Promise<Meaning> {
  if (sources.some((source) => environment.policyAllows(source) === false)) return POLICY;
  // Chromium names the operating system, and the user who cancels the choice of a screen, in the
  // message alone: "Permission denied by system", "Permission denied by user".
  if (message.endsWith("by system")) return meanings.system;
  if (meanings === SCREEN_FAILURES && message.endsWith("by user")) return meanings.dismissed;
  const states = await permissions(environment, sources);
  if (states.includes("denied")) return meanings.denied;
  // The browser granted access, so it was the system that refused.
  if (states.every((state) => state === "granted")) return meanings.system;
  const isPolicy =
    environment.isFramed &&
    afterMs < POLICY_REFUSAL_MS &&
    sources.some((source) => !environment.policyAllows(source));
  return isPolicy ? POLICY : meanings.dismissed;
}

/** What the Permissions API says of each source; undefined where the browser does not know it. */
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
