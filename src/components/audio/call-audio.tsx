"use client";
import Volume2 from "lucide-react/icons/volume-2";
import { forwardRef, type ComponentPropsWithoutRef } from "react";
import type { Call } from "../../core/call/call.ts";
import { useMessages } from "../i18n/messages-context.tsx";
import { useCallAudio, type CallAudioOptions } from "./use-call-audio.ts";

/** Accepts the props of a `div`, too. */
export interface CallAudioProps extends ComponentPropsWithoutRef<"div">, CallAudioOptions {
  /** @default the call of the nearest `CallProvider` */
  call?: Call | undefined;
}

/**
 * Plays the audio of every remote participant. Render it once for each call: two of them play
 * everything twice.
 *
 * The layouts, such as `VideoGrid`, include it. If your application changes the layout during a call,
 * render this component outside of the layout, and the layout with `audio={false}`, so that playback
 * is not interrupted. Inside a hidden `<Activity>` it plays nothing.
 *
 * If the autoplay policy of the browser blocks playback, a button is shown. A click or a key anywhere
 * on the page starts playback, too. State: `data-blocked`. Built on {@link useCallAudio}.
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
        // oxlint-disable-next-line jsx-a11y/media-has-caption -- live speech has no captions
        <audio key={key} {...audioProps} />
      ))}
      {blocked && (
        // Without a handler: playStream starts playback on any click on the page.
        <button type="button" data-twocan="audio-button">
          <Volume2 aria-hidden="true" />
          {messages.playSound}
        </button>
      )}
      {children}
    </div>
  );
});
