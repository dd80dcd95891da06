"use client";
import ChevronRight from "lucide-react/icons/chevron-right";
import { forwardRef } from "react";
import { useCurrentCall } from "../../react/call-provider.tsx";
import { CallStage, type CallStageProps } from "./call-stage.tsx";
import { useMessages } from "../i18n/messages-context.tsx";
import { useVideoGrid, type VideoGridOptions, type VideoGridState } from "./use-video-grid.ts";
import { VideoTile } from "../video-tile/video-tile.tsx";

/** Configures {@link VideoGrid}. */
export interface VideoGridProps extends CallStageProps, VideoGridOptions {}

/**
 * Shows all participants, the local one last, in tiles with the aspect ratios of their video, packed
 * to cover the largest area. A shared screen takes the larger part. If there are more than `pageSize`
 * people, or their tiles would be too small, there are several pages. Fills a container that has a
 * height, otherwise 70 % of the window.
 *
 * State: `data-status` of the call, `data-people` and `data-screens` (the number of each),
 * `data-page` and `data-pages`. `--twocan-gap` sets the distance between tiles, and
 * `--twocan-tile-ratio` the ratio of a tile without video. Built on {@link useVideoGrid}.
 *
 * @example
 * <VideoGrid call={call} />
 */
export const VideoGrid = forwardRef<HTMLElement, VideoGridProps>(function VideoGrid(
  { call: given, pageSize, mirrored, ...props },
  ref,
) {
  const call = useCurrentCall(given);
  const grid = useVideoGrid(call, { pageSize });
  const people = [...call.participants, call.self];

  return (
    <CallStage
      {...props}
      ref={ref}
      call={call}
      layout="video-grid"
      data-people={people.length}
      data-screens={people.filter(({ screen }) => screen).length}
      data-page={grid.page}
      data-pages={grid.pages}
      stage={
        <div {...grid.gridProps}>
          {grid.tiles.map(({ key, ...tile }) => (
            <VideoTile
              key={key}
              {...tile}
              mirrored={tile.participant.isSelf ? mirrored : undefined}
            />
          ))}
          {grid.pages > 1 && <Pages {...grid} />}
        </div>
      }
    />
  );
});

function Pages({ page, pages, setPage }: VideoGridState) {
  const texts = useMessages().videoGrid;
  const turn = (by: number, label: string) => (
    <button
      type="button"
      data-twocan="control-button"
      data-control="page"
      aria-label={label}
      title={label}
      // Not `disabled`, which would lose the focus on the first and the last page.
      aria-disabled={page + by < 1 || page + by > pages}
      onClick={() => setPage(Math.min(pages, Math.max(1, page + by)))}
    >
      <ChevronRight aria-hidden="true" />
    </button>
  );
  return (
    <nav data-twocan="video-grid-pages" aria-label={texts.pages}>
      {turn(-1, texts.previous)}
      <span aria-live="polite">{texts.page(page, pages)}</span>
      {turn(1, texts.next)}
    </nav>
  );
}
