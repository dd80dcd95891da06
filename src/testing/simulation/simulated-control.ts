/** Owns the switch of a simulated device: the verbs of `DeviceControl` in their order, and those of the simulation at once. */
import type { DeviceControl } from "../../core/media/device-control.ts";
import { CallError } from "../../core/lib/errors.ts";
import { abortedError, abortable } from "../../core/lib/abort.ts";
import type { SimulatedDevice } from "./simulated-device.ts";
import type { Permission } from "./simulated-devices.ts";

/** What a control needs. */
interface ControlOptions {
  device: SimulatedDevice;
  permission: Permission;
  live(): AbortSignal;
  /** Resolves when no question for both devices is open. */
  settled(): Promise<unknown>;
}

/** The microphone or the camera. */
export interface SimulatedControl {
  readonly device: SimulatedDevice;
  readonly verbs: Pick<DeviceControl, "toggle" | "setEnabled" | "select">;
  /** Whether it is to be captured when the media starts. */
  wanted(): boolean;
  /** Captures, or fails, by what the permission says now; returns the failure. */
  answer(): CallError | undefined;
  /** Switches it at once, as far as the permission allows. */
  put(enabled: boolean): void;
  /** The device is gone, if it was this one: another one, or none. */
  lose(deviceId?: string): void;
}

/** Makes the control of one device. */
export function createSimulatedControl(options: ControlOptions): SimulatedControl {
  const { device, permission } = options;
  const { setEnabled, toggle, select } = createVerbs(options);

  function answer(): CallError | undefined {
    try {
      device.capture();
    } catch (cause) {
      return failed(device, cause);
    }
    // Switched off while the question was open.
    if (device.kind === "video" && !device.snapshot().enabled) device.stop();
    return undefined;
  }

  return {
    device,
    verbs: { setEnabled, toggle, select },
    wanted: () => device.snapshot().enabled && !device.captured(),
    answer,
    put(wish) {
      if (permission.get() === "prompting") return void setEnabled(wish).catch(told);
      device.want(wish);
      if (wish && !device.captured()) answer();
      else follow(device, wish);
    },
    lose(deviceId) {
      const { deviceId: present, enabled } = device.snapshot();
      if (!device.captured() || (deviceId !== undefined && deviceId !== present)) return;
      device.stop();
      if (enabled) answer();
    },
  };
}

/** The verbs as src/core/media/device-control.ts has them: one wish at a time, in the life in which it was asked for. */
function createVerbs({ device, permission, live, settled }: ControlOptions) {
  let queue = Promise.resolve();
  let wishes = 0;

  function serially(operation: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const signal = live();
    const result = queue.then(() => {
      if (signal.aborted) throw abortedError("Capturing");
      return operation(signal);
    });
    queue = result.catch(told);
    return result;
  }

  async function acquire(signal: AbortSignal, deviceId?: string): Promise<void> {
    if (!device.captured()) device.starting();
    await abortable(signal, permission.answered());
    try {
      device.capture(deviceId);
    } catch (cause) {
      if (!device.captured()) failed(device, cause);
      throw cause;
    }
  }

  async function apply(wish: boolean, signal: AbortSignal): Promise<void> {
    if (wish) await settled();
    // Overtaken by a later wish.
    if (wish !== device.snapshot().enabled) return;
    if (wish && !device.captured()) await acquire(signal);
    else follow(device, wish);
  }

  async function setEnabled(wish: boolean): Promise<void> {
    device.want(wish);
    wishes += 1;
    try {
      await serially((signal) => apply(wish, signal));
    } finally {
      wishes -= 1;
    }
  }

  function toggle(): Promise<void> {
    const { status, enabled } = device.snapshot();
    const isOn = ["on", "starting", "interrupted"].includes(status);
    return setEnabled(wishes > 0 ? !enabled : !isOn);
  }

  function select(deviceId: string): Promise<void> {
    return serially(async (signal) => {
      await settled();
      const { enabled, status } = device.snapshot();
      if (device.captured() || (enabled && status !== "off")) await acquire(signal, deviceId);
      device.choose(deviceId);
    });
  }

  return { setEnabled, toggle, select };
}

/** A camera that is off is let go of, a microphone only silenced. */
function follow(device: SimulatedDevice, wish: boolean): void {
  if (wish || device.kind === "audio") device.settle();
  else device.stop();
}

function failed(device: SimulatedDevice, cause: unknown): CallError {
  if (!(cause instanceof CallError)) throw cause;
  device.fail(cause);
  return cause;
}

/** For promises whose failure is in the snapshot already. */
const told = () => undefined;
