"use client";
import { useId, useState, type ChangeEvent } from "react";
import type { DeviceControl } from "../../core/media/device-control.ts";
import { CallError } from "../../core/lib/errors.ts";
import { useCurrentMedia } from "../../react/call-provider.tsx";
import { useMessages } from "../i18n/messages-context.tsx";
import type { DeviceMessages, Messages } from "../i18n/messages.ts";

/** The kind of the devices to select from, as in `MediaDeviceInfo.kind`. */
export type CaptureKind =
  /** Microphones. */
  | "audioinput"
  /** Cameras. */
  | "videoinput";

type DeviceSelectStatus =
  /** The device is on or off, and another one can be selected. */
  | "ready"
  /** The device is starting. */
  | "starting"
  /** The browser lists no devices before access is granted. */
  | "unknown"
  /** There is no device. */
  | "missing"
  /** The selected device is starting. */
  | "changing"
  /** The device in use was unplugged. */
  | "gone"
  /** The selected device could not be used. The previous device stays in use. */
  | "failed";

/** The devices of one kind and the selected one, with the props of a `<select>`. */
export interface DeviceSelectState {
  readonly status: DeviceSelectStatus;
  /** All devices, each with a name. Empty while `unknown` or `missing`. */
  readonly options: readonly { readonly value: string; readonly label: string }[];
  /** Reports a problem, for the element with `noteProps`. */
  readonly note: string | undefined;
  /** The label of the select. */
  readonly label: string;
  /** Changes to the device with this value. `status` reports the outcome. */
  choose(value: string): void;
  readonly labelProps: { readonly htmlFor: string };
  readonly selectProps: {
    readonly id: string;
    readonly value: string;
    readonly disabled: boolean;
    readonly "aria-busy": boolean;
    readonly "aria-describedby": string;
    onChange(event: ChangeEvent<HTMLSelectElement>): void;
  };
  readonly noteProps: { readonly id: string };
}

/**
 * Returns the devices of one kind and the props of a `<select>`.
 *
 * @param given `media.microphone` for `"audioinput"`, `media.camera` for `"videoinput"`. Default: the
 *   device of the nearest `CallProvider`.
 *
 * @example
 * const { label, labelProps, selectProps, options, note, noteProps } = useDeviceSelect(media.camera, "videoinput");
 * return (
 *   <>
 *     <label {...labelProps}>{label}</label>
 *     <select {...selectProps}>
 *       {options.map(({ value, label }) => <option key={value} value={value}>{label}</option>)}
 *     </select>
 *     <output {...noteProps}>{note}</output>
 *   </>
 * );
 */
export function useDeviceSelect(
  given: DeviceControl | undefined,
  kind: CaptureKind,
): DeviceSelectState {
  const { microphone, camera } = useCurrentMedia(given && { microphone: given, camera: given });
  const control = kind === "audioinput" ? microphone : camera;
  const messages = useMessages();
  const texts = messages.deviceSelect;
  const names = kind === "audioinput" ? messages.microphone : messages.camera;
  const id = useId();
  const { devices } = control;
  const [used, setUsed] = useState<Used>({});
  const { attempt, change } = useDeviceChange(control, () => setUsed(({ now }) => ({ now })));
  // While the device is off, the one that was on last counts.
  const deviceId = control.deviceId ?? used.now?.deviceId;
  const current = devices.find((device) => device.deviceId === deviceId);
  if (current && current.deviceId !== used.now?.deviceId)
    setUsed({ now: current, before: used.now });
  const gone = devices.length > 0 ? unplugged(used, devices) : undefined;

  const trying = typeof attempt === "string" ? attempt : undefined;
  const status = statusOf(control, attempt, gone);

  const choose = (value: string) => void change(value);
  return {
    status,
    choose,
    options: devices.map((device, index) => ({
      value: device.deviceId,
      label: device.label || texts.numbered(names.label, index + 1),
    })),
    note: noteOf(status, names, messages, { attempt, gone }),
    label: names.label,
    labelProps: { htmlFor: `${id}select` },
    selectProps: {
      id: `${id}select`,
      value: trying ?? current?.deviceId ?? "",
      // Not while `changing`: a disabled element would lose the focus of the user who selects.
      disabled: ["starting", "unknown", "missing"].includes(status),
      "aria-busy": status === "starting" || status === "changing",
      "aria-describedby": `${id}note`,
      onChange: ({ currentTarget }) => choose(currentTarget.value),
    },
    noteProps: { id: `${id}note` },
  };
}

/** The value of the device that is being tried, or the reason why it could not be used. */
type Attempt = string | CallError | undefined;

/** Changes the device, and keeps the attempt until it has succeeded. */
function useDeviceChange({ select }: DeviceControl, onChanged: () => void) {
  const [attempt, setAttempt] = useState<Attempt>();
  const change = async (value: string): Promise<void> => {
    setAttempt(value);
    try {
      await select(value);
      setAttempt(undefined);
      // The user has left the previous device, so its unplugging is not reported.
      onChanged();
    } catch (error) {
      setAttempt(error instanceof CallError && error.code !== "aborted" ? error : undefined);
    }
  };
  return { attempt, change };
}

function statusOf(
  { status, devices }: DeviceControl,
  attempt: Attempt,
  gone: MediaDeviceInfo | undefined,
): DeviceSelectStatus {
  if (typeof attempt === "string") return "changing";
  if (status === "starting") return "starting";
  if (devices.length === 0) return status === "missing" ? "missing" : "unknown";
  if (attempt) return "failed";
  return gone ? "gone" : "ready";
}

function noteOf(
  status: DeviceSelectStatus,
  names: DeviceMessages,
  { deviceSelect, errors }: Messages,
  { attempt, gone }: { attempt: Attempt; gone: MediaDeviceInfo | undefined },
): string | undefined {
  if (status === "missing") return names.missing;
  if (status === "gone") return gone && deviceSelect.gone(gone.label || names.label);
  return status === "failed" && attempt instanceof CallError ? errors[attempt.code] : undefined;
}

/** When the device in use is unplugged, another one takes over before the list of devices changes. */
interface Used {
  now?: MediaDeviceInfo | undefined;
  before?: MediaDeviceInfo | undefined;
}

function unplugged({ now, before }: Used, devices: readonly MediaDeviceInfo[]) {
  const has = (one: MediaDeviceInfo) => devices.some(({ deviceId }) => deviceId === one.deviceId);
  return [now, before].find((one) => one && !has(one));
}
