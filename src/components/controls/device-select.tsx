"use client";
/** Owns the choice of a microphone or a camera. */
import { forwardRef, type ComponentPropsWithoutRef } from "react";
import type { LocalMedia } from "../../core/media/local-media.ts";
import { useCurrentMedia } from "../../react/call-provider.tsx";
import { useMessages } from "../i18n/messages-context.tsx";
import { useDeviceSelect, type CaptureKind } from "./use-device-select.ts";

/** Props of {@link DeviceSelect}: these, and those of a `div`. */
export interface DeviceSelectProps extends ComponentPropsWithoutRef<"div"> {
  /** Default: those of the nearest `CallProvider`. */
  media?: LocalMedia | undefined;
  kind: CaptureKind;
}

/**
 * A labelled `<select>` of the microphones or the cameras. Follows plugging and unplugging, and says
 * when the device in use has gone, or when the one chosen does not work and the former one goes on.
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
