/** Owns one simulated device, the microphone or the camera: what it is doing, and its track where there is one. */
import { DEVICE_FAILURES, type DeviceKind } from "../../core/media/capture.ts";
import type { DeviceControl } from "../../core/media/device-control.ts";
import { CallError } from "../../core/lib/errors.ts";
import { refusalOf, refused, type Permission } from "./simulated-devices.ts";
import type { Take } from "../fake-devices/studio.ts";

/** What a device needs. */
export interface SimulatedDeviceOptions {
  kind: DeviceKind;
  enabled: boolean;
  permission: Permission;
  /** What is plugged in of this kind. */
  devices(): readonly MediaDeviceInfo[];
  /** A track of the device, where tracks can be made. */
  open(deviceId: string): Take | undefined;
  onChange(): void;
  /** Another track, or none, and whether a device is captured at all. */
  onCapture(track: MediaStreamTrack | undefined, captured: boolean): void;
}

/** A device. Everything here happens at once; src/testing/simulation/simulated-control.ts takes its time. */
export interface SimulatedDevice {
  readonly kind: DeviceKind;
  snapshot(): Omit<DeviceControl, "devices" | "toggle" | "setEnabled" | "select">;
  captured(): boolean;
  /** What the person wants. The device itself follows by one of the others. */
  want(enabled: boolean): void;
  starting(): void;
  /** @throws {CallError} As a capture of the browser does; what was captured before goes on. */
  capture(deviceId?: string): void;
  fail(error: CallError): void;
  /** Mutes the device as the system does, or unmutes it. Lasts through switching off and on. */
  interrupt(interrupted: boolean): void;
  /** Says what follows from the person's wish: a captured device is on, or silenced. */
  settle(): void;
  stop(): void;
  /** Keeps the choice for the next capture. */
  choose(deviceId: string): void;
  /** The same device with another track: the studio has opened or closed, or the picture has another shape. */
  retake(): void;
}

/** The word for each failure, as in src/core/media/device-control.ts. */
const STATUS_OF: Partial<Record<CallError["code"], DeviceControl["status"]>> = {
  "permission-denied": "blocked",
  "permission-dismissed": "blocked",
  "insecure-context": "blocked",
  "device-missing": "missing",
  "constraints-unsatisfied": "missing",
};

/** Makes a device that is off. */
export function createSimulatedDevice(options: SimulatedDeviceOptions): SimulatedDevice {
  const { kind, permission, devices } = options;
  let { enabled } = options;
  let interrupted = false;
  let status: DeviceControl["status"] = "off";
  let error: CallError | undefined;
  /** The device that is captured. Stands for the track, which is not everywhere. */
  let used: string | undefined;
  let chosen: string | undefined;
  let take: Take | undefined;

  function become(next: DeviceControl["status"], cause?: CallError): void {
    status = next;
    error = cause;
    options.onChange();
  }

  function place(device: string | undefined): void {
    take?.close();
    used = device;
    take = device === undefined ? undefined : options.open(device);
    if (take) take.track.enabled = enabled;
    options.onCapture(take?.track, used !== undefined);
  }

  function settle(): void {
    if (take) take.track.enabled = enabled;
    if (used === undefined || !enabled) become("off");
    else become(interrupted ? "interrupted" : "on");
  }

  return {
    kind,
    snapshot: () => ({
      status,
      enabled,
      track: take?.track,
      deviceId: used ?? chosen,
      selectedDeviceId: chosen,
      error,
    }),
    captured: () => used !== undefined,
    want(wish) {
      enabled = wish;
      // Silence does not wait for its turn.
      if (take && kind === "audio") take.track.enabled = wish;
      options.onChange();
    },
    starting: () => become("starting"),
    capture(deviceId) {
      const refusal = refusalOf(permission.get());
      if (refusal) throw refusal;
      const list = devices();
      const named = list.find((device) => device.deviceId === (deviceId ?? chosen));
      if (deviceId !== undefined && !named)
        throw new CallError(
          ...(DEVICE_FAILURES["OverconstrainedError"] ?? DEVICE_FAILURES.otherwise),
        );
      const device = named ?? list[0];
      if (!device) throw refused("missing");
      place(device.deviceId);
      settle();
    },
    fail: (cause) => become(STATUS_OF[cause.code] ?? "busy", cause),
    interrupt(next) {
      interrupted = next;
      if (used !== undefined) settle();
    },
    settle,
    stop() {
      place(undefined);
      become("off");
    },
    choose(deviceId) {
      chosen = deviceId;
      options.onChange();
    },
    retake() {
      if (used !== undefined) place(used);
    },
  };
}
