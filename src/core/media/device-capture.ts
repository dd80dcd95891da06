import { acquire } from "./acquire.ts";
import { deviceMissing, permissions, stopTracks } from "./capture.ts";
import type { DeviceModel } from "./device-state.ts";
import type { DeviceKind, MediaEnvironment } from "./media-environment.ts";
import type { CallError } from "../lib/errors.ts";
import { abortedError } from "../lib/abort.ts";

export interface DeviceCaptureOptions {
  environment: MediaEnvironment;
  kind: DeviceKind;
  constraints: boolean | MediaTrackConstraints;
  device: DeviceModel;
  /** Returns the id of the selected device. */
  selected(): string | undefined;
}

/**
 * The operations that capture a track for one device. They must not overlap, and each rejects with
 * `aborted` once its signal aborts.
 */
export interface DeviceCapture {
  /** Captures for a device that has no track. Shows `starting`, and the failure if there is one. */
  start(signal: AbortSignal, deviceId?: string): Promise<void>;
  /** Replaces the current track by one of another device. On failure the current device stays in use. */
  swap(signal: AbortSignal, deviceId: string): Promise<void>;
  /** Captures again after the current track ended on its own. */
  replaceLost(signal: AbortSignal): Promise<void>;
  /** Captures again after a failure, if that shows no prompt. Another failure changes nothing. */
  recover(signal: AbortSignal): Promise<void>;
}

/** Creates the operations of one device. */
export function createDeviceCapture(options: DeviceCaptureOptions): DeviceCapture {
  const { environment, kind, constraints, device, selected } = options;

  /** Captures `deviceId`, or without it the selected device or a replacement. On failure the current track stays. */
  async function exchange(
    signal: AbortSignal,
    deviceId: string | undefined,
    retryUntil?: AbortSignal,
  ): Promise<void> {
    const request = { kind, constraints, deviceId: deviceId ?? selected() };
    const fallback = deviceId === undefined;
    const stream = await acquire(environment, [request], { signal, retryUntil, fallback });
    if (signal.aborted) {
      stopTracks(stream);
      throw abortedError("Capturing");
    }
    const [track] = stream.getTracks();
    if (!track) throw deviceMissing();
    device.take(track);
  }

  async function start(signal: AbortSignal, deviceId?: string): Promise<void> {
    if (signal.aborted) throw abortedError("Capturing");
    device.starting();
    try {
      await exchange(signal, deviceId, device.untilOff());
    } catch (cause) {
      // `stop()` has set the state already, and a new scope may have changed it since.
      if (!signal.aborted) device.fail(cause as CallError);
      throw cause;
    }
  }

  return {
    start,
    async swap(signal, deviceId) {
      const previous = device.track()?.getSettings().deviceId ?? selected();
      try {
        // Without retries: on a phone it is the current camera that keeps the next one busy.
        return await exchange(signal, deviceId);
      } catch (cause) {
        if ((cause as CallError).code !== "device-busy") throw cause;
      }
      // A phone opens one camera at a time, so the current one has to stop first.
      device.release();
      try {
        await start(signal, deviceId);
      } catch (cause) {
        // If the device was turned off or stopped during the retries, the previous one stays off too.
        if ((cause as CallError).code !== "aborted") await start(signal, previous);
        throw cause;
      }
    },
    async replaceLost(signal) {
      if (device.track()?.readyState !== "ended") return;
      if (!device.isEnabled()) return device.clear();
      device.release();
      await start(signal);
    },
    async recover(signal) {
      const [permission] = await permissions(environment, [kind]);
      const isFailed = device.isEnabled() && !device.track() && device.error();
      if (isFailed && permission === "granted") await exchange(signal, undefined);
    },
  };
}
