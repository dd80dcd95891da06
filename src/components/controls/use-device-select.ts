"use client";
/** Owns `useDeviceSelect`: the choice of a microphone or a camera, for markup of one's own. */
import { useId, useState, type ChangeEvent } from "react";
import type { DeviceControl } from "../../core/media/device-control.ts";
import { CallError } from "../../core/lib/errors.ts";
import { useCurrentMedia } from "../../react/call-provider.tsx";
import { useMessages } from "../i18n/messages-context.tsx";

/** Which devices are chosen from. */
export type CaptureKind = "audioinput" | "videoinput";

/** A choice at one moment. */
export interface DeviceSelectState {
  /**
   * `unknown`: the browser names no device before access was allowed. `missing`: there is none.
   * `changing`: another one is being tried. `gone`: the one in use was unplugged. `failed`: the one
   * chosen could not be used, and the former one goes on.
   */
  readonly status: "ready" | "starting" | "unknown" | "missing" | "changing" | "gone" | "failed";
  /** Every device that there is, with a name for each. Empty while unknown or missing. */
  readonly options: readonly { readonly value: string; readonly label: string }[];
  /** What a person should know of it now; for the element with `noteProps`. */
  readonly note: string | undefined;
  readonly label: string;
  /** Changes to the device with this value; what comes of it is in `status`. */
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
 * The devices of one kind, and the way to choose: `control` is `media.microphone` for `"audioinput"`,
 * `media.camera` for `"videoinput"`; `undefined` takes that of the nearest `CallProvider`.
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
  /** The device that is being tried, or why it could not be used. */
  const [attempt, setAttempt] = useState<string | CallError | undefined>();

  const [used, setUsed] = useState<Used>({});
  // While it is off, the one that was on last.
  const deviceId = control.deviceId ?? used.now?.deviceId;
  const current = devices.find((device) => device.deviceId === deviceId);
  if (current && current.deviceId !== used.now?.deviceId)
    setUsed({ now: current, before: used.now });
  const gone = devices.length > 0 ? lost(used, devices) : undefined;

  const trying = typeof attempt === "string" ? attempt : undefined;
  const failure = attempt instanceof CallError ? attempt : undefined;
  const status = statusOf();
  function statusOf(): DeviceSelectState["status"] {
    if (trying !== undefined) return "changing";
    if (control.status === "starting") return "starting";
    if (devices.length === 0) return control.status === "missing" ? "missing" : "unknown";
    if (failure) return "failed";
    return gone ? "gone" : "ready";
  }
  const notes: Partial<Record<typeof status, string | undefined>> = {
    missing: names.missing,
    gone: gone && texts.gone(gone.label || names.label),
    failed: failure && messages.errors[failure.code],
  };

  async function change(value: string): Promise<void> {
    setAttempt(value);
    try {
      await control.select(value);
      setAttempt(undefined);
      // Left by choice: no news when it is unplugged later.
      setUsed(({ now }) => ({ now }));
    } catch (error) {
      setAttempt(error instanceof CallError && error.code !== "aborted" ? error : undefined);
    }
  }

  const choose = (value: string) => void change(value);
  return {
    status,
    choose,
    options: devices.map((device, index) => ({
      value: device.deviceId,
      label: device.label || texts.numbered(names.label, index + 1),
    })),
    note: notes[status],
    label: names.label,
    labelProps: { htmlFor: `${id}select` },
    selectProps: {
      id: `${id}select`,
      value: trying ?? current?.deviceId ?? "",
      // Not by one's own choice: the keyboard would lose its place.
      disabled: ["starting", "unknown", "missing"].includes(status),
      "aria-busy": status === "starting" || status === "changing",
      "aria-describedby": `${id}note`,
      onChange: ({ currentTarget }) => choose(currentTarget.value),
    },
    noteProps: { id: `${id}note` },
  };
}

/** The device in use, and the one in use before: when one is unplugged, another takes over first and the list follows. */
interface Used {
  now?: MediaDeviceInfo | undefined;
  before?: MediaDeviceInfo | undefined;
}

function lost({ now, before }: Used, devices: readonly MediaDeviceInfo[]) {
  const has = (one: MediaDeviceInfo) => devices.some(({ deviceId }) => deviceId === one.deviceId);
  return [now, before].find((one) => one && !has(one));
}
