"use client";
/** Owns the choice of the speaker. */
import { forwardRef, useId, type ComponentPropsWithoutRef } from "react";
import { useProvidedAudioOutput, type AudioOutputSelectState } from "./use-audio-output-select.ts";

/** Props of {@link AudioOutputSelect}: these, and those of a `div`. */
export interface AudioOutputSelectProps extends ComponentPropsWithoutRef<"div"> {
  /** From {@link useAudioOutputSelect}. Default: that of the `CallRoom` around. */
  audioOutput?: AudioOutputSelectState | undefined;
}

/**
 * A labelled `<select>` of the speakers. Nothing where there is no choice: in a browser that knows
 * only the system's own, or before access to the microphone was allowed.
 *
 * State: `data-kind` is `audiooutput`. Built on {@link useAudioOutputSelect}, whose `sinkId` is for the
 * {@link CallAudio}.
 *
 * @example
 * const audioOutput = useAudioOutputSelect(media);
 * return <AudioOutputSelect audioOutput={audioOutput} />;
 */
export const AudioOutputSelect = forwardRef<HTMLDivElement, AudioOutputSelectProps>(
  function AudioOutputSelect({ audioOutput: given, children, ...props }, ref) {
    // Not the hook's, so that one choice can be shown in two places.
    const id = useId();
    const audioOutput = useProvidedAudioOutput(given);
    if (!audioOutput || audioOutput.options.length === 0) return null;
    const { options, label, selectProps } = audioOutput;
    return (
      <div {...props} ref={ref} data-twocan="device-select" data-kind="audiooutput">
        <label htmlFor={id}>{label}</label>
        <select data-twocan="field" {...selectProps} id={id}>
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
        {children}
      </div>
    );
  },
);
