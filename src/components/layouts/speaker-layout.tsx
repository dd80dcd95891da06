"use client";
/** Owns the layout with one large picture: it, and a strip of all the others. */
import Pin from "lucide-react/icons/pin";
import PinOff from "lucide-react/icons/pin-off";
import { forwardRef } from "react";
import { CallStage, type CallStageProps } from "./call-stage.tsx";
import { useMessages } from "../i18n/messages-context.tsx";
import { useSpotlight } from "./use-spotlight.ts";
import { VideoTile } from "../video-tile/video-tile.tsx";

/** Props of {@link SpeakerLayout}. */
export type SpeakerLayoutProps = CallStageProps;

/**
 * One picture large: the pinned one, a shared screen, or who speaks. The others stand in a strip
 * beside it, below it where it is narrow. Fills a container that has a height, else 70 % of the window.
 *
 * Every tile has a button that pins it. Video elements stay the same when the large one changes.
 *
 * State: `data-status` of the call, `data-spotlight` (`pinned`, `screen`, `speaker`, `first`,
 * `self`: why that picture), `data-pinned`; of each tile `data-place` (`large`, `strip`) and
 * `data-pinned`. `--twocan-strip-size` is the width of a picture in the strip.
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
          {/* One box for all, the large one too: a video element that is moved in the document starts anew. */}
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
