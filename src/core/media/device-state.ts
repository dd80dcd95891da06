/**
 * `enabled` is what the user asked for, and is kept apart from the track. A new track always starts
 * enabled, so one that arrives while the microphone is muted is disabled before anything can use it.
 */
import type { DeviceKind } from "./media-environment.ts";
import { createTrackSlot } from "./track-slot.ts";
import type { CallError, CallErrorCode } from "../lib/errors.ts";
import { abortedError } from "../lib/abort.ts";

/** Describes what a camera or microphone is doing. */
export type DeviceStatus =
  /** Not in use: turned off by the user, or not started. A microphone that was turned off keeps its track, disabled. */
  | "off"
  /** The browser is asking the user, or is starting the device. */
  | "starting"
  /** Captured, and not turned off. */
  | "on"
  /** Captured, but the system has muted it, for example during a phone call. It returns to `on` without any action. */
  | "interrupted"
  /** The user, the browser, the system or a policy refused access, or the page is not secure. */
  | "blocked"
  /** No such device is connected, none satisfies the constraints, or this browser cannot capture. */
  | "missing"
  /** Another program is using the device, or the system could not start it. */
  | "busy";

/** The members of {@link DeviceControl} that depend on its `status`. A device that cannot be used has an `error`. */
export type DeviceState =
  | {
      readonly status: Extract<DeviceStatus, "off" | "starting" | "on" | "interrupted">;
      readonly track: MediaStreamTrack | undefined;
      readonly error: undefined;
    }
  | {
      readonly status: Extract<DeviceStatus, "blocked" | "missing" | "busy">;
      readonly track: undefined;
      /** Why the device cannot be used. */
      readonly error: CallError;
    };

type FailedStatus = Extract<DeviceStatus, "blocked" | "missing" | "busy">;

const FAILED_STATUS: Partial<Record<CallErrorCode, FailedStatus>> = {
  "permission-denied": "blocked",
  "permission-dismissed": "blocked",
  "insecure-context": "blocked",
  unsupported: "missing",
  "device-missing": "missing",
  "constraints-unsatisfied": "missing",
  "device-busy": "busy",
};

/** The facts from which the status of a device is derived. */
export interface DeviceFacts {
  readonly enabled: boolean;
  readonly track: MediaStreamTrack | undefined;
  readonly isStarting: boolean;
  readonly error: CallError | undefined;
}

/** Derives the status of a device. */
export function deviceState({ enabled, track, isStarting, error }: DeviceFacts): DeviceState {
  if (track && enabled)
    return { status: track.muted ? "interrupted" : "on", track, error: undefined };
  if (track) return { status: "off", track, error: undefined };
  if (isStarting && enabled) return { status: "starting", track, error: undefined };
  if (error) return { status: FAILED_STATUS[error.code] ?? "busy", track, error };
  return { status: "off", track, error: undefined };
}

/** The track of a device, and what its status depends on. Captures nothing. */
export interface DeviceModel {
  isEnabled(): boolean;
  setEnabled(enabled: boolean): void;
  track(): MediaStreamTrack | undefined;
  /** Why the last capture failed; undefined once another one has started or succeeded. */
  error(): CallError | undefined;
  state(): DeviceState;
  /** Shows `starting` until `take()`, `fail()` or `clear()`. */
  starting(): void;
  /** Puts a captured track in place of the current one. */
  take(track: MediaStreamTrack): void;
  fail(error: CallError): void;
  /** Stops the track, and keeps `enabled`. */
  clear(): void;
  /** Stops the track because another capture follows. No subscriber sees `off` in between. */
  release(): void;
  /** Returns a signal that aborts when the device is turned off, which ends the retries. */
  untilOff(): AbortSignal;
}

export interface DeviceModelOptions {
  kind: DeviceKind;
  enabled: boolean;
  onChange(): void;
  /** The current track was replaced or removed. */
  onTrack(track: MediaStreamTrack | undefined): void;
  /** The current track ended on its own. */
  onEnded(): void;
}

/** Creates a device without a track. */
export function createDeviceModel(options: DeviceModelOptions): DeviceModel {
  const { kind, onChange, onTrack, onEnded } = options;
  let { enabled } = options;
  let isStarting = false;
  let error: CallError | undefined;
  let turnedOff = new AbortController();
  const slot = createTrackSlot({ onReplace: onTrack, onMuteChange: onChange, onEnded });

  function replace(next: MediaStreamTrack | undefined): void {
    isStarting = false;
    error = undefined;
    slot.replace(next);
    onChange();
  }

  return {
    isEnabled: () => enabled,
    setEnabled(next) {
      enabled = next;
      if (!next) turnedOff.abort(abortedError("Capturing"));
      const track = slot.current();
      if (track && kind === "audio") track.enabled = next;
      onChange();
    },
    track: slot.current,
    error: () => error,
    state: () => deviceState({ enabled, track: slot.current(), isStarting, error }),
    starting() {
      isStarting = true;
      error = undefined;
      onChange();
    },
    take(track) {
      track.enabled = enabled;
      replace(track);
    },
    fail(cause) {
      isStarting = false;
      // `aborted` means that the device was turned off or stopped, which is not a failure.
      error = cause.code === "aborted" || slot.current() ? undefined : cause;
      onChange();
    },
    clear: () => replace(undefined),
    release() {
      isStarting = true;
      slot.replace(undefined);
    },
    untilOff() {
      if (turnedOff.signal.aborted) turnedOff = new AbortController();
      return turnedOff.signal;
    },
  };
}
