import type { DeviceRequest } from "./acquire.ts";
import { createDeviceCapture } from "./device-capture.ts";
import { createDeviceModel, type DeviceModel, type DeviceState } from "./device-state.ts";
import type { DeviceKind, MediaEnvironment } from "./media-environment.ts";
import type { CallError } from "../lib/errors.ts";
import { abortedError, createSerialQueue } from "../lib/abort.ts";

/** The members of {@link DeviceControl} that do not depend on its `status`. */
export interface DeviceControlBase {
  /** The user's choice. Switching devices, interruptions and reconnects do not change it. */
  readonly enabled: boolean;
  /** The id of the device in use, or of the selected one while none is in use. */
  readonly deviceId: string | undefined;
  /** The id that was passed to `select()` or `initial`. The device may be unplugged. */
  readonly selectedDeviceId: string | undefined;
  /** The connected devices of this kind, updated while the media has subscribers. Empty until the user has granted access. */
  readonly devices: readonly MediaDeviceInfo[];
  /** Turns the device off if it is on, and on otherwise. @throws {CallError} Like `setEnabled()`. */
  toggle(): Promise<void>;
  /**
   * Turns the device on or off. Off stops the camera, and disables the microphone.
   *
   * @throws {CallError} If the device cannot be captured: `permission-denied`, `permission-dismissed`,
   * `device-missing`, `device-busy`, `constraints-unsatisfied`, `insecure-context`, `unsupported`;
   * `aborted` if it is turned off or stopped first.
   */
  setEnabled(enabled: boolean): Promise<void>;
  /**
   * Switches to another device, without renegotiation. On failure the current device stays in use.
   *
   * @throws {CallError} Like `setEnabled()`.
   */
  select(deviceId: string): Promise<void>;
}

/** Represents the camera or the microphone at one moment. An immutable snapshot. */
export type DeviceControl = DeviceControlBase & DeviceState;

/** Sets how a device starts, from what the user chose before. */
export interface DeviceChoice {
  /** Whether the device is on. @default true */
  readonly enabled?: boolean | undefined;
  /** The device to use while it is connected. If it is not, another one is used. */
  readonly deviceId?: string | undefined;
}

export interface DeviceControlOptions {
  environment: MediaEnvironment;
  kind: DeviceKind;
  /** From the application. With `false`, only `setEnabled(true)` captures the device. */
  constraints: boolean | MediaTrackConstraints;
  initial: DeviceChoice | undefined;
  /** Resolves once no combined prompt is open. A second prompt beside it would ask the user twice. */
  settled(): Promise<unknown>;
  /** Returns the scope of the media, which `stop()` ends. Begins one if there is none. */
  live(): AbortSignal;
  onChange(): void;
  /** The current track was replaced or removed. */
  onTrack(track: MediaStreamTrack | undefined): void;
  /** A track ended on its own, and no device could replace it. No caller awaits that. */
  onLost(error: CallError): void;
}

/** A device, as the local media manages it. */
export interface ManagedDevice extends Pick<
  DeviceModel,
  "starting" | "take" | "fail" | "untilOff" | "isEnabled"
> {
  readonly kind: DeviceKind;
  snapshot(): Omit<DeviceControlBase, "devices"> & DeviceState;
  /** Whether `start()` has to capture it. */
  isRequested(): boolean;
  /** Returns what to capture for it. */
  request(): DeviceRequest;
  /** Captures again after a failure, if that shows no prompt. */
  retry(): void;
  /** Stops the track, and keeps `enabled`. */
  stop(): void;
}

/** Creates the control of one device. It captures nothing before one of its functions is called. */
export function createDeviceControl(options: DeviceControlOptions): ManagedDevice {
  const { environment, kind, constraints, initial, onChange, onTrack } = options;
  /** Kept while the device is off. */
  let selected = initial?.deviceId;
  /** The number of `setEnabled()` calls in the queue. While there are any, the status lags behind `enabled`. */
  let switching = 0;
  const queue = createSerialQueue(new AbortController().signal, ignore);
  const device = createDeviceModel({
    kind,
    enabled: constraints !== false && initial?.enabled !== false,
    onChange,
    onTrack,
    onEnded: () => void serially(replaceLost).catch(ignore),
  });
  const capture = createDeviceCapture({
    environment,
    kind,
    constraints,
    device,
    selected: () => selected,
  });

  /** Runs one operation at a time. Two captures of one device at once would leave one of them on. */
  function serially(operation: (signal: AbortSignal) => Promise<void>): Promise<void> {
    // While an operation waits for its turn, `stop()` can end the scope and `start()` can begin another.
    // In the new scope, the operation would turn on a device that was not requested there. So each
    // operation keeps the scope in which it was requested.
    const signal = options.live();
    return new Promise((resolve, reject) => {
      queue.add(() =>
        (signal.aborted ? Promise.reject(abortedError("Capturing")) : operation(signal)).then(
          resolve,
          reject,
        ),
      );
    });
  }

  async function replaceLost(signal: AbortSignal): Promise<void> {
    try {
      await capture.replaceLost(signal);
    } catch (cause) {
      if (!signal.aborted) options.onLost(cause as CallError);
    }
  }

  async function recover(signal: AbortSignal): Promise<void> {
    await options.settled();
    await capture.recover(signal);
  }

  async function apply(requested: boolean, signal: AbortSignal): Promise<void> {
    // An open prompt may deliver the track.
    if (requested) await options.settled();
    // A later call has changed it while this one waited for its turn.
    if (requested !== device.isEnabled()) return;
    const track = device.track();
    if (requested && !track) await capture.start(signal);
    // A microphone stays captured while it is off, so that it is back at once. A camera is stopped, so
    // that its light goes out.
    else if (track && (requested || kind === "audio")) device.take(track);
    else device.clear();
  }

  async function setEnabled(requested: boolean): Promise<void> {
    switching += 1;
    // First, so that a subscriber that calls `stop()` at the change below cancels it.
    const result = serially((signal) => apply(requested, signal));
    // Muting must not wait for its turn in the queue.
    device.setEnabled(requested);
    try {
      await result;
    } finally {
      switching -= 1;
    }
  }

  function toggle(): Promise<void> {
    const isOn = ["on", "starting", "interrupted"].includes(device.state().status);
    return setEnabled(switching > 0 ? !device.isEnabled() : !isOn);
  }

  async function select(deviceId: string, signal: AbortSignal): Promise<void> {
    await options.settled();
    if (device.track()) await capture.swap(signal, deviceId);
    else if (device.isEnabled() && device.error()) await capture.start(signal, deviceId);
    selected = deviceId;
    onChange();
  }

  const verbs = {
    toggle,
    setEnabled,
    select: (deviceId: string) => serially((signal) => select(deviceId, signal)),
  };
  return {
    kind,
    snapshot: () => ({
      ...device.state(),
      enabled: device.isEnabled(),
      deviceId: device.track()?.getSettings().deviceId ?? selected,
      selectedDeviceId: selected,
      ...verbs,
    }),
    isEnabled: device.isEnabled,
    isRequested: () => device.isEnabled() && constraints !== false && !device.track(),
    request: () => ({ kind, constraints, deviceId: selected }),
    starting: device.starting,
    untilOff: device.untilOff,
    take: device.take,
    fail: device.fail,
    retry: () => void (device.error() && serially(recover).catch(ignore)),
    stop: device.clear,
  };
}

const ignore = () => undefined;
