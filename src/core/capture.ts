/** Owns asking the browser for devices: nothing that comes too late stays on, and every refusal has a name. */
import { CallError, type CallErrorCode } from "./errors.ts";
import { aborted, until } from "./scope.ts";

/** The two kinds of device that are captured by `getUserMedia`. */
export type DeviceKind = "audio" | "video";

/** Stops every track, so that the light goes out (Media Capture, section 4.3.1). */
export function stopTracks(stream: MediaStream | undefined): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

/**
 * `getUserMedia`, ended by the signal: a prompt cannot be taken back, so what it still grants
 * afterwards is stopped at once.
 *
 * @throws {CallError} See {@link captureError}.
 */
export async function captureUser(
  constraints: MediaStreamConstraints,
  signal: AbortSignal,
): Promise<MediaStream> {
  return capture(signal, kindsOf(constraints), () => mediaDevices().getUserMedia(constraints));
}

/** `getDisplayMedia`, likewise. @throws {CallError} `permission-dismissed` when the person cancels. */
export async function captureDisplay(
  options: DisplayMediaStreamOptions,
  signal: AbortSignal,
): Promise<MediaStream> {
  return capture(signal, [], () => {
    const devices = mediaDevices();
    if (!("getDisplayMedia" in devices))
      throw new CallError("unsupported", "This browser cannot share a screen. Use a computer.");
    return devices.getDisplayMedia(options);
  });
}

async function capture(
  signal: AbortSignal,
  kinds: readonly DeviceKind[],
  ask: () => Promise<MediaStream>,
): Promise<MediaStream> {
  try {
    if (signal.aborted) throw aborted("Capturing");
    const asked = ask();
    asked.then(
      (stream) => {
        if (signal.aborted) stopTracks(stream);
      },
      () => undefined,
    );
    const stream = await until(signal, asked);
    if (!signal.aborted) return stream;
    stopTracks(stream);
    throw aborted("Capturing");
  } catch (cause) {
    throw await captureError(cause, kinds);
  }
}

function kindsOf({ audio, video }: MediaStreamConstraints): DeviceKind[] {
  return [...(audio ? ["audio" as const] : []), ...(video ? ["video" as const] : [])];
}

function mediaDevices(): MediaDevices {
  const devices =
    typeof navigator === "undefined"
      ? undefined
      : (navigator.mediaDevices as MediaDevices | undefined);
  if (devices && "getUserMedia" in devices) return devices;
  if (globalThis.isSecureContext)
    throw new CallError(
      "unsupported",
      "This browser has no camera or microphone. Use a current one.",
    );
  throw new CallError("insecure-context", INSECURE);
}

const BUSY = "Another program holds the device. Close it there, then try again.";
const TOO_MUCH = "No device can do what was asked. Ask for less, or choose another device.";
const INSECURE = "Camera and microphone need a secure page. Open it by https, or on localhost.";

/** What each failure of a capture means (Media Capture, section 10.2), and what to do about it. */
const MEANINGS: Readonly<Record<string, readonly [CallErrorCode, string]>> = {
  NotFoundError: ["device-missing", "There is no such device. Connect one, then try again."],
  NotReadableError: ["device-busy", BUSY],
  AbortError: ["device-busy", BUSY],
  OverconstrainedError: ["constraints-unsatisfied", TOO_MUCH],
  TypeError: ["constraints-unsatisfied", TOO_MUCH],
  SecurityError: ["insecure-context", INSECURE],
};

/** The failure of a capture as a {@link CallError} with its remedy. */
async function captureError(cause: unknown, kinds: readonly DeviceKind[]): Promise<CallError> {
  if (cause instanceof CallError) return cause;
  const name = cause instanceof Error || cause instanceof DOMException ? cause.name : "";
  const meaning = MEANINGS[name];
  if (meaning) return new CallError(...meaning, { cause });
  if (name !== "NotAllowedError") return new CallError("device-busy", BUSY, { cause });
  return refusal(await permissions(kinds), kinds, cause);
}

function refusal(
  states: readonly (PermissionState | undefined)[],
  kinds: readonly DeviceKind[],
  cause: unknown,
): CallError {
  if (kinds.some((kind) => !allowedByPolicy(kind)))
    return new CallError(
      "permission-denied",
      'The page around this one passes no permission on. Give the iframe allow="camera; microphone; display-capture".',
      { cause },
    );
  if (states.includes("denied"))
    return new CallError(
      "permission-denied",
      "The browser refuses this page. Allow camera and microphone in the site settings beside the address, then try again.",
      { cause },
    );
  // Granted, and refused all the same: it was not the browser that said no.
  if (states.length > 0 && states.every((state) => state === "granted"))
    return new CallError(
      "permission-denied",
      "The system refuses the browser. Allow camera and microphone for it in the system's privacy settings.",
      { cause },
    );
  return new CallError(
    "permission-dismissed",
    "The question was closed without an answer. Ask again.",
    { cause },
  );
}

/** What the Permissions API says of the kinds; undefined where the browser does not tell. */
export async function permissions(
  kinds: readonly DeviceKind[],
): Promise<(PermissionState | undefined)[]> {
  return Promise.all(
    kinds.map(async (kind) => {
      try {
        const name = kind === "audio" ? "microphone" : "camera";
        return (await navigator.permissions.query({ name })).state;
      } catch {
        return undefined;
      }
    }),
  );
}

/** Chromium tells what the embedding page allows; elsewhere nothing is known, which is no refusal. */
function allowedByPolicy(kind: DeviceKind): boolean {
  // In Node, where devices are played, there is no document.
  const { document: page } = globalThis as {
    document?: { featurePolicy?: { allowsFeature(name: string): boolean } };
  };
  return page?.featurePolicy?.allowsFeature(kind === "audio" ? "microphone" : "camera") ?? true;
}
