"use client";
/** Owns the sound of a call: one `<audio>` for each remote person, apart from every picture. */
import Volume2 from "lucide-react/icons/volume-2";
import { forwardRef, type ComponentPropsWithoutRef } from "react";
import type { Call } from "../../core/call/call.ts";
import { useMessages } from "../i18n/messages-context.tsx";
import { useCallAudio, type CallAudioOptions } from "./use-call-audio.ts";

/** Props of {@link CallAudio}: these, and those of a `div`. */
export interface CallAudioProps extends ComponentPropsWithoutRef<"div">, CallAudioOptions {
  /** Default: that of the nearest `CallProvider`. */
  call?: Call | undefined;
}

/**
 * Plays every remote voice. One for each call and page: two play everything twice.
 *
 * `VideoGrid` brings its own. An application that swaps its layout during a call renders this
 * outside of what it swaps, and the grid with `audio={false}`, so that no voice stops on the way.
 * Inside a hidden `<Activity>` no voice plays.
 *
 * Where the browser plays no sound before a click, there is a button to click; a click or a key
 * anywhere does the same. State: `data-blocked`.
 *
 * @example
 * const { sinkId } = useAudioOutputSelect(media);
 * return <CallAudio call={call} sinkId={sinkId} />;
 */
export const CallAudio = forwardRef<HTMLDivElement, CallAudioProps>(function CallAudio(
  { call, sinkId, children, ...props },
  ref,
) {
  const messages = useMessages();
  const { blocked, voices } = useCallAudio(call, { sinkId });

  return (
    <div {...props} ref={ref} data-twocan="call-audio" data-blocked={blocked}>
      {voices.map(({ key, audioProps }) => (
        // oxlint-disable-next-line jsx-a11y/media-has-caption -- a live voice has no captions
        <audio key={key} {...audioProps} />
      ))}
      {blocked && (
        // It needs no handler: playStream takes any click on the page, this one too.
        <button type="button" data-twocan="audio-button">
          <Volume2 aria-hidden="true" />
          {messages.playSound}
        </button>
      )}
      {children}
    </div>
  );
});
