"use client";
/** Owns the meter of a voice: it moves without rendering anything. */
import { forwardRef, useEffect, useRef, useState, type ComponentPropsWithoutRef } from "react";
import { audioLevel, type AudioSource } from "../../core/stats/audio-level.ts";
import { useSpeaking } from "../../react/use-audio-level.ts";
import { useMessages } from "../i18n/messages-context.tsx";

/** Props of {@link LevelMeter}: these, and those of a `div`. */
export interface LevelMeterProps extends ComponentPropsWithoutRef<"div"> {
  /** Whose voice: a participant, or `{ stream: media.stream }`. */
  subject: AudioSource;
}

/**
 * How loud a voice is, with a word when it was heard. The bar is for the eye alone, because a value
 * that is read aloud thirty times a second helps nobody; the word is what a screen reader gets.
 *
 * State: `data-heard`, `data-speaking`; `--twocan-level` on the bar, 0 to 1, as loud as it seems to
 * an ear (the square root of `audioLevel`). It begins anew with another `key`.
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
    const show = () =>
      bar.current?.style.setProperty(
        "--twocan-level",
        Math.min(1, Math.sqrt(level.getSnapshot()) * 1.5).toFixed(2),
      );
    show();
    return level.subscribe(show);
  }, [level]);
  return (
    <div {...props} ref={ref} data-twocan="level-meter" data-heard={heard} data-speaking={speaking}>
      <span ref={bar} data-twocan="level-meter-bar" aria-hidden="true" />
      <output>{heard ? texts.heard : texts.listening}</output>
      {children}
    </div>
  );
});
