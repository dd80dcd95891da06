import type { DeviceChoice, DeviceControl } from "./device-control.ts";
import type { CallError } from "../lib/errors.ts";

/** Configures {@link createLocalMedia} and `useLocalMedia`. */
export interface LocalMediaOptions {
  /** Constraints for the microphone, or `false` to leave it off until `microphone.setEnabled(true)`. @default true */
  audio?: boolean | MediaTrackConstraints | undefined;
  /** Constraints for the camera, or `false` to leave it off until `camera.setEnabled(true)`. @default true */
  video?: boolean | MediaTrackConstraints | undefined;
  /**
   * Whether to start as soon as the media is retained (a component with `useLocalMedia` mounts). With
   * `false`, nothing is captured before `start()`.
   *
   * @default true
   */
  autoStart?: boolean | undefined;
  /** The user's earlier choices, for example from `readPreferences()`. A device that is off is not captured until it is turned on. */
  initial?:
    | {
        readonly microphone?: DeviceChoice | undefined;
        readonly camera?: DeviceChoice | undefined;
      }
    | undefined;
  /**
   * Called once with each error that appears in `error` of the media or of a device. Errors that only a
   * promise rejects with (of `startScreenShare()`, or of `select()` while the current device stays in
   * use) are not passed to it.
   *
   * Without `onError`, an error counts as handled only if a promise of the application rejects because of
   * it. All others are printed on the console in development: of an automatic start, of a device that
   * failed although `start()` resolved, and of a device that was lost. Rendering `error` does not make it
   * handled.
   */
  onError?: ((error: CallError) => void) | undefined;
}

/** Describes what the local media is doing. */
export type LocalMediaStatus =
  /** Not started, or stopped. */
  | "idle"
  /** The browser is asking the user for access, or is starting the devices. Media that starts automatically begins in this status. */
  | "prompting"
  /** Started: at least one device was captured, or all are turned off. A device that failed has its own `error`. */
  | "live"
  /** No device could be captured; `error` says why. */
  | "failed";

/** The members of {@link LocalMedia} that do not depend on its `status`. */
export interface LocalMediaBase {
  /** The shared screen, window or tab; undefined while none is shared. */
  readonly screen: MediaStream | undefined;
  /** The microphone, with the functions that turn it on and off and select a device. */
  readonly microphone: DeviceControl;
  /** The camera, with the functions that turn it on and off and select a device. */
  readonly camera: DeviceControl;
  /** The `audiooutput` devices, empty until the user has granted access. In Chromium, `default` is the system's choice. */
  readonly audioOutputs: readonly MediaDeviceInfo[];
  /**
   * Captures the devices that are turned on, with one prompt. Calls during a start share its promise.
   * Resolves if at least one device was captured.
   *
   * With `prompt: false`, captures only if that shows no prompt. If access was denied before, it fails
   * at once; if the browser would have to ask, it does nothing.
   *
   * @throws {CallError} If no device was captured: `permission-denied`, `permission-dismissed`,
   * `device-missing`, `device-busy`, `constraints-unsatisfied`, `insecure-context`, `unsupported`;
   * `aborted` when `stop()` is called first.
   */
  start(options?: { prompt?: boolean | undefined }): Promise<void>;
  /** Stops every track, including those of the screen. */
  stop(): void;
  /**
   * Asks the user for a screen, window or tab, and shares it. It replaces the one that is shared.
   *
   * @throws {CallError} `permission-dismissed` when the user cancels, `activation-required` outside a
   * click or key handler, `permission-denied`, `device-missing`, `device-busy`,
   * `constraints-unsatisfied`, `insecure-context`, `unsupported`; `aborted` when the media is stopped or
   * another share starts first.
   */
  startScreenShare(options?: DisplayMediaStreamOptions): Promise<void>;
  /** Stops sharing. Has no effect while nothing is shared. */
  stopScreenShare(): void;
}

/** The members of {@link LocalMedia} that depend on its `status`. */
export type LocalMediaState =
  | {
      readonly status: Extract<LocalMediaStatus, "idle">;
      readonly stream: undefined;
      readonly error: undefined;
    }
  | {
      readonly status: Extract<LocalMediaStatus, "prompting">;
      readonly stream: MediaStream | undefined;
      readonly error: undefined;
    }
  | {
      readonly status: Extract<LocalMediaStatus, "live">;
      /** The camera and the microphone. The same object until `stop()`; undefined while nothing was captured. */
      readonly stream: MediaStream | undefined;
      /** Why a device could not be captured at the start. */
      readonly error: CallError | undefined;
    }
  | {
      readonly status: Extract<LocalMediaStatus, "failed">;
      readonly stream: undefined;
      readonly error: CallError;
    };

/** Represents the camera, the microphone and the screen of this page at one moment. An immutable snapshot. */
export type LocalMedia = LocalMediaBase & LocalMediaState;

/** The facts from which the status of the local media is derived. */
export interface LocalMediaFacts {
  readonly isPrompting: boolean;
  /** The last `start()` had nothing to capture, because every device is turned off. */
  readonly isAllOff: boolean;
  readonly stream: MediaStream | undefined;
  readonly error: CallError | undefined;
}

/** Derives the status of the local media. */
export function localMediaState(facts: LocalMediaFacts): LocalMediaState {
  const { isPrompting, isAllOff, stream, error } = facts;
  if (isPrompting) return { status: "prompting", stream, error: undefined };
  if (stream || isAllOff) return { status: "live", stream, error };
  if (error) return { status: "failed", stream, error };
  return { status: "idle", stream, error };
}
