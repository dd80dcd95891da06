"use client";
import { forwardRef, useState } from "react";
import type { Participant } from "../../core/call/participants.ts";
import { useCurrentCall } from "../../react/call-provider.tsx";
import { CallStage, type CallStageProps } from "./call-stage.tsx";
import { useMessages } from "../i18n/messages-context.tsx";
import type { Messages } from "../i18n/messages.ts";
import { SpeakerLayout } from "./speaker-layout.tsx";
import { useSelfView } from "./use-self-view.ts";
import { tilesOf } from "./use-spotlight.ts";
import { VideoTile } from "../video-tile/video-tile.tsx";

/** Configures {@link OneToOneLayout}. */
export type OneToOneLayoutProps = CallStageProps;

/**
 * Shows the remote participant large and the local participant small in a corner. Without a remote
 * participant the local one is large. With more than one it is a {@link SpeakerLayout}. Fills a
 * container that has a height, otherwise 70 % of the window.
 *
 * The user drags the small tile from corner to corner, or moves it with the arrow keys. A click, or
 * Enter, swaps the two. While the remote participant shares a screen, the screen is large.
 *
 * State: `data-status` of the call, `data-swapped`, and on the stage `data-corner` (`top-start`,
 * `top-end`, `bottom-start`, `bottom-end`) and `data-dragging`; of each tile `data-place` (`large`,
 * `small`). `--twocan-self-view-size` sets the width of the small tile.
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
  const [swapRequested, setSwapped] = useState(false);
  const { participants, self } = call;
  const swapped = swapRequested && participants.length > 0;

  // Without the local screen, which the user sees anyway.
  const tiles = tilesOf([...participants, self]).filter(
    ({ participant, source }) => !participant.isSelf || source === "camera",
  );
  const large = swapped ? tiles.length - 1 : 0;
  // The handle moves the last small tile. A second small tile follows it.
  const movable = tiles.at(large === tiles.length - 1 ? -2 : -1);

  return (
    <CallStage
      {...props}
      ref={ref}
      call={call}
      layout="one-to-one-layout"
      data-swapped={swapped}
      stage={
        <div data-twocan="one-to-one-stage" data-corner={corner} data-dragging={dragging}>
          {tiles.map(({ key, participant, source }, index) => {
            const isSmall = index !== large;
            return (
              <VideoTile
                key={key}
                participant={participant}
                source={source}
                mirrored={participant.isSelf ? mirrored : undefined}
                fit={isSmall && source === "camera" ? "cover" : undefined}
                data-place={isSmall ? "small" : "large"}
                data-aside={isSmall && key !== movable?.key ? "" : undefined}
              />
            );
          })}
          {/* A sibling that covers the small tile, so that it keeps the focus when the tiles swap. */}
          {movable && (
            <button
              {...selfViewProps}
              type="button"
              data-twocan="self-view-handle"
              aria-label={texts.oneToOneLayout.small(nameOf(movable.participant, texts))}
              title={texts.oneToOneLayout.help}
              onClick={(event) => {
                // The second click of a double click would undo the first.
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
