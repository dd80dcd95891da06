"use client";
import { forwardRef, useEffect, useRef, useState, type ComponentPropsWithoutRef } from "react";
import { audioLevel, type AudioSource } from "../../core/stats/audio-level.ts";
import { useSpeaking } from "../../react/use-audio-level.ts";
import { useMessages } from "../i18n/messages-context.tsx";

/** Accepts the props of a `div`, too. */
export interface LevelMeterProps extends ComponentPropsWithoutRef<"div"> {
  /** The source to measure: a participant, or `{ stream: media.stream }`. */
  subject: AudioSource;
}

/**
 * Shows the level of an audio source as a bar, and a text once speech was detected. Screen readers
 * announce only the text, because the bar changes up to thirty times a second. The level changes the
 * bar without a render.
 *
 * State: `data-heard`, `data-speaking`; `--twocan-level` on the bar, 0 to 1, scaled to perceived
 * loudness (the square root of `audioLevel`). Another `key` resets it.
 *
 * @example
 * <LevelMeter subject={{ stream: media.stream }} key={media.microphone.deviceId} />
 */
export const LevelMeter = forwardRef<HTMLDivElement, LevelMeterProps>(function LevelMeter(
  { subject, children, ...props },
  ref,
) {
  const texts = useMessages().levelMeter;
  const bar = useRef<HTMLSpanElement>(null);
  const [heard, setHeard] = useState(false);
  const speaking = useSpeaking(subject);
  if (speaking && !heard) setHeard(true);
  const level = audioLevel(subject);
  useEffect(() => {
    const update = () =>
      bar.current?.style.setProperty(
        "--twocan-level",
        Math.min(1, Math.sqrt(level.getSnapshot()) * 1.5).toFixed(2),
      );
    update();
    return level.subscribe(update);
  }, [level]);
  return (
    <div {...props} ref={ref} data-twocan="level-meter" data-heard={heard} data-speaking={speaking}>
      <span ref={bar} data-twocan="level-meter-bar" aria-hidden="true" />
      <output>{heard ? texts.heard : texts.listening}</output>
      {children}
    </div>
  );
});
