"use client";
import Pin from "lucide-react/icons/pin";
import PinOff from "lucide-react/icons/pin-off";
import { forwardRef } from "react";
import { CallStage, type CallStageProps } from "./call-stage.tsx";
import { useMessages } from "../i18n/messages-context.tsx";
import { useSpotlight } from "./use-spotlight.ts";
import { VideoTile } from "../video-tile/video-tile.tsx";

/** Configures {@link SpeakerLayout}. */
export type SpeakerLayoutProps = CallStageProps;

/**
 * Shows one tile large, and the others in a strip beside it, or below it in a narrow container. The
 * large tile is the pinned one, a shared screen, or the speaker: see {@link useSpotlight}. Fills a
 * container that has a height, otherwise 70 % of the window.
 *
 * Each tile has a button to pin it. The video elements stay mounted when the large tile changes.
 *
 * State: `data-status` of the call, `data-spotlight` (`pinned`, `screen`, `speaker`, `first`,
 * `self`: the reason for the large tile), `data-pinned`; of each tile `data-place` (`large`, `strip`)
 * and `data-pinned`. `--twocan-strip-size` sets the width of a tile in the strip.
 *
 * @example
 * <SpeakerLayout call={call} />
 */
export const SpeakerLayout = forwardRef<HTMLElement, SpeakerLayoutProps>(function SpeakerLayout(
  { call, mirrored, ...props },
  ref,
) {
  const texts = useMessages();
  const { pictures, spotlight, reason, pinned, pin, unpin } = useSpotlight(call);

  return (
    <CallStage
      {...props}
      ref={ref}
      call={call}
      layout="speaker-layout"
      data-spotlight={reason}
      data-pinned={pinned !== undefined}
      stage={
        <div data-twocan="speaker-layout-stage">
          {/* One parent for all tiles: a video element that moves in the document restarts. */}
          <div data-twocan="speaker-layout-strip">
            {pictures.map(({ key, participant, source }) => {
              const isPinned = key === pinned?.key;
              const name = participant.name ?? texts.nameless;
              const label = texts.speakerLayout.pin(
                source === "screen" ? texts.screenOf(name) : name,
              );
              return (
                <VideoTile
                  key={key}
                  participant={participant}
                  source={source}
                  mirrored={participant.isSelf ? mirrored : undefined}
                  data-place={key === spotlight.key ? "large" : "strip"}
                  data-pinned={isPinned}
                >
                  <button
                    type="button"
                    data-twocan="pin-button"
                    aria-label={label}
                    aria-pressed={isPinned}
                    title={label}
                    onClick={() => (isPinned ? unpin() : pin(participant.id, source))}
                  >
                    {isPinned ? <PinOff aria-hidden="true" /> : <Pin aria-hidden="true" />}
                  </button>
                </VideoTile>
              );
            })}
          </div>
        </div>
      }
    />
  );
});
