"use client";
/** Owns the plain layout of a call: a tile for everybody, and one for each shared screen. */
import ChevronRight from "lucide-react/icons/chevron-right";
import { forwardRef } from "react";
import { useCurrentCall } from "../../react/call-provider.tsx";
import { CallStage, type CallStageProps } from "./call-stage.tsx";
import { useMessages } from "../i18n/messages-context.tsx";
import { useVideoGrid, type VideoGridOptions, type VideoGridState } from "./use-video-grid.ts";
import { VideoTile } from "../video-tile/video-tile.tsx";

/** Props of {@link VideoGrid}. */
export interface VideoGridProps extends CallStageProps, VideoGridOptions {}

/**
 * Everybody in a call, oneself last: tiles of their pictures' shapes, packed so that the most is
 * seen. Fills a container that has a height, else 70 % of the window. A shared screen takes the large
 * part. People who would be too small, or more than `pageSize`, are on further pages.
 *
 * State: `data-status` of the call, `data-people` and `data-screens` (how many of each), `data-page`
 * and `data-pages`. Look: `--twocan-gap`, `--twocan-tile-ratio` of tiles without a picture.
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
      // Not `disabled`: at the last page, the keyboard would be left without a place.
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
