import {
  createDeviceControl,
  type DeviceControl,
  type DeviceControlOptions,
  type ManagedDevice,
} from "./device-control.ts";
import { createDeviceList } from "./device-list.ts";
import type { LocalMedia, LocalMediaOptions } from "./local-media-state.ts";
import type { DeviceKind } from "./media-environment.ts";
import { shallowEqual } from "../lib/store.ts";

/** The microphone and the camera, the stream that contains their tracks, and the list of connected devices. */
export interface MediaDevicePair {
  readonly all: readonly ManagedDevice[];
  /** The stream, created by the first track; undefined after `stop()`. */
  stream(): MediaStream | undefined;
  hasError(): boolean;
  /** Each device is the same object until something in it changes. */
  snapshot(): Pick<LocalMedia, "microphone" | "camera" | "audioOutputs">;
  /** Follows the list of devices, and retries failed ones. Returns the function that ends it. */
  watch(): () => void;
  /** Stops both tracks. */
  stop(): void;
}

export interface MediaDevicesOptions extends Pick<
  DeviceControlOptions,
  "environment" | "live" | "settled" | "onLost" | "onChange" | "onTrack"
> {
  media: Pick<LocalMediaOptions, "audio" | "video" | "initial">;
}

/** Creates both devices. They capture nothing yet. */
export function createMediaDevices(options: MediaDevicesOptions): MediaDevicePair {
  const { environment, media, onChange } = options;
  const { audio = true, video = true, initial } = media;
  let stream: MediaStream | undefined;
  let last: Pick<LocalMedia, "microphone" | "camera"> | undefined;
  const list = createDeviceList(environment, () => {
    onChange();
    retry();
  });
  const microphone = createDevice("audio", audio, initial?.microphone);
  const camera = createDevice("video", video, initial?.camera);
  const all = [microphone, camera];

  function createDevice(
    kind: DeviceKind,
    constraints: DeviceControlOptions["constraints"],
    choice: DeviceControlOptions["initial"],
  ): ManagedDevice {
    return createDeviceControl({
      ...options,
      kind,
      constraints,
      initial: choice,
      onTrack(track) {
        stream ??= environment.createStream();
        for (const old of stream.getTracks()) if (old.kind === kind) stream.removeTrack(old);
        if (track) stream.addTrack(track);
        list.refresh();
        options.onTrack(track);
      },
    });
  }

  function retry(): void {
    for (const device of all) device.retry();
  }

  function merge(
    device: ManagedDevice,
    kind: MediaDeviceKind,
    before: DeviceControl | undefined,
  ): DeviceControl {
    const next: DeviceControl = { ...device.snapshot(), devices: list.of(kind) };
    return before && shallowEqual(next, before) ? before : next;
  }

  return {
    all,
    stream: () => stream,
    hasError: () => all.some((device) => device.snapshot().error),
    snapshot() {
      last = {
        microphone: merge(microphone, "audioinput", last?.microphone),
        camera: merge(camera, "videoinput", last?.camera),
      };
      return { ...last, audioOutputs: list.of("audiooutput") };
    },
    watch() {
      const unwatch = list.watch();
      // The user leaves this page to close another program or to change the site settings. So a device
      // that failed is tried again when the page receives focus.
      const unsubscribe = environment.onFocus(retry);
      return () => {
        unsubscribe();
        unwatch();
      };
    },
    stop() {
      for (const device of all) device.stop();
      stream = undefined;
    },
  };
}
