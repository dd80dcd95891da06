"use client";
/** Owns the layout for two: the other fills it, oneself floats in a corner. */
import { forwardRef, useState } from "react";
import type { Participant } from "../../core/call/participants.ts";
import { useCurrentCall } from "../../react/call-provider.tsx";
import { CallStage, type CallStageProps } from "./call-stage.tsx";
import { useMessages } from "../i18n/messages-context.tsx";
import type { Messages } from "../i18n/messages.ts";
import { SpeakerLayout } from "./speaker-layout.tsx";
import { useSelfView } from "./use-self-view.ts";
import { picturesOf } from "./use-spotlight.ts";
import { VideoTile } from "../video-tile/video-tile.tsx";

/** Props of {@link OneToOneLayout}. */
export type OneToOneLayoutProps = CallStageProps;

/**
 * Two people: the other large, oneself small in a corner. While alone, oneself large; with more
 * people than two it is a {@link SpeakerLayout}. Fills a container that has a height, else 70 % of
 * the window.
 *
 * The small picture is dragged from corner to corner, or moved with the arrow keys; a press, or
 * Enter, swaps it with the large one. A screen that the other shares is large, the camera then small too.
 *
 * State: `data-status` of the call, `data-swapped`, and on the stage `data-corner` (`top-start`,
 * `top-end`, `bottom-start`, `bottom-end`) and `data-dragging`; of each tile `data-place` (`large`,
 * `small`). `--twocan-self-view-size` is the width of the small picture.
 *
 * @example
 * <OneToOneLayout call={call} />
 */
export const OneToOneLayout = forwardRef<HTMLElement, OneToOneLayoutProps>(
  function OneToOneLayout(props, ref) {
    const call = useCurrentCall(props.call);
    const Layout = call.participants.length > 1 ? SpeakerLayout : Pair;
    return <Layout {...props} ref={ref} />;
  },
);

const Pair = forwardRef<HTMLElement, OneToOneLayoutProps>(function Pair(
  { call: given, mirrored, ...props },
  ref,
) {
  const call = useCurrentCall(given);
  const texts = useMessages();
  const { selfViewProps, corner, dragging } = useSelfView();
  const [wish, setSwapped] = useState(false);
  const { participants, self } = call;
  const swapped = wish && participants.length > 0;

  // The other's screen and camera, then oneself; one's own screen is in sight already.
  const pictures = picturesOf([...participants, self]).filter(
    ({ participant, source }) => !participant.isSelf || source === "camera",
  );
  const large = swapped ? pictures.length - 1 : 0;
  // The last of the small ones is moved, and another one follows it.
  const held = pictures.at(large === pictures.length - 1 ? -2 : -1);

  return (
    <CallStage
      {...props}
      ref={ref}
      call={call}
      layout="one-to-one-layout"
      data-swapped={swapped}
      stage={
        <div data-twocan="one-to-one-stage" data-corner={corner} data-dragging={dragging}>
          {pictures.map(({ key, participant, source }, index) => {
            const isSmall = index !== large;
            return (
              <VideoTile
                key={key}
                participant={participant}
                source={source}
                mirrored={participant.isSelf ? mirrored : undefined}
                fit={isSmall && source === "camera" ? "cover" : undefined}
                data-place={isSmall ? "small" : "large"}
                data-aside={isSmall && key !== held?.key ? "" : undefined}
              />
            );
          })}
          {/* Beside the pictures and over the small one, so that it keeps the focus when they swap. */}
          {held && (
            <button
              {...selfViewProps}
              type="button"
              data-twocan="self-view-handle"
              aria-label={texts.oneToOneLayout.small(nameOf(held.participant, texts))}
              title={texts.oneToOneLayout.help}
              onClick={(event) => {
                // The second click of a double one is the same wish.
                if (event.detail < 2) setSwapped(!swapped);
              }}
            />
          )}
        </div>
      }
    />
  );
});

function nameOf({ name, isSelf }: Participant, texts: Messages): string {
  const known = name ?? texts.nameless;
  return isSelf ? texts.self(known) : known;
}
