"use client";
import { forwardRef, useId, type ComponentPropsWithoutRef } from "react";
import { useProvidedAudioOutput, type AudioOutputSelectState } from "./use-audio-output-select.ts";

/** Accepts the props of a `div`, too. */
export interface AudioOutputSelectProps extends ComponentPropsWithoutRef<"div"> {
  /**
   * The state from {@link useAudioOutputSelect}.
   *
   * @default the state of the surrounding `CallRoom`, if there is one
   */
  audioOutput?: AudioOutputSelectState | undefined;
}

/**
 * Renders a labelled `<select>` of the speakers. Renders nothing if there is no choice: in a browser
 * without `setSinkId`, or before microphone access is granted.
 *
 * State: `data-kind` is `audiooutput`. Built on {@link useAudioOutputSelect}. Give its `sinkId` to
 * {@link CallAudio}.
 *
 * @example
 * const audioOutput = useAudioOutputSelect(media);
 * return <AudioOutputSelect audioOutput={audioOutput} />;
 */
export const AudioOutputSelect = forwardRef<HTMLDivElement, AudioOutputSelectProps>(
  function AudioOutputSelect({ audioOutput: given, children, ...props }, ref) {
    // Not the id of the hook, so that one state can be rendered in two places.
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
