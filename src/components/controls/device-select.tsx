"use client";
import { forwardRef, type ComponentPropsWithoutRef } from "react";
import type { LocalMedia } from "../../core/media/local-media.ts";
import { useCurrentMedia } from "../../react/call-provider.tsx";
import { useMessages } from "../i18n/messages-context.tsx";
import { useDeviceSelect, type CaptureKind } from "./use-device-select.ts";

/** Accepts the props of a `div`, too. */
export interface DeviceSelectProps extends ComponentPropsWithoutRef<"div"> {
  /** @default the media of the nearest `CallProvider` */
  media?: LocalMedia | undefined;
  /** Selects the microphone or the camera. */
  kind: CaptureKind;
}

/**
 * Renders a labelled `<select>` of the microphones or the cameras. The list follows devices that are
 * plugged in and unplugged. A note reports that the device in use was unplugged, or that the selected
 * device does not work and the previous device stays in use.
 *
 * State: `data-kind`, `data-status` as in {@link DeviceSelectState}. Built on {@link useDeviceSelect}.
 *
 * @example
 * <DeviceSelect media={media} kind="videoinput" />
 */
export const DeviceSelect = forwardRef<HTMLDivElement, DeviceSelectProps>(function DeviceSelect(
  { media: given, kind, children, ...props },
  ref,
) {
  const media = useCurrentMedia(given);
  const texts = useMessages().deviceSelect;
  const { status, options, note, label, labelProps, selectProps, noteProps } = useDeviceSelect(
    kind === "audioinput" ? media.microphone : media.camera,
    kind,
  );
  const listed = options.some(({ value }) => value === selectProps.value);
  return (
    <div {...props} ref={ref} data-twocan="device-select" data-kind={kind} data-status={status}>
      <label {...labelProps}>{label}</label>
      <select data-twocan="field" {...selectProps}>
        {!listed && (
          <option value={selectProps.value} disabled>
            {status === "missing" ? texts.none : options.length > 0 ? texts.choose : texts.unknown}
          </option>
        )}
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
      <output {...noteProps}>{note}</output>
      {children}
    </div>
  );
});
