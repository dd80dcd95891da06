"use client";
/** Owns the plain layout of a call: a tile for everybody, and one for each shared screen. */
import { forwardRef } from "react";
import type { Participant } from "../core/participants.ts";
import { CallStage, type CallStageProps } from "./call-stage.tsx";
import { VideoTile } from "./video-tile.tsx";

/** Props of {@link VideoGrid}. */
export type VideoGridProps = CallStageProps;

/**
 * Everybody in a call, oneself last. Fills a container that has a height, else takes what it needs.
 *
 * State: `data-status` of the call, `data-people` and `data-screens` (how many tiles of each).
 *
 * @example
 * <VideoGrid call={call} />
 */
export const VideoGrid = forwardRef<HTMLElement, VideoGridProps>(function VideoGrid(
  { call, ...props },
  ref,
) {
  const people = [...call.participants, call.self];
  const screens = people.filter((person) => person.screen !== undefined);

  return (
    <CallStage
      {...props}
      ref={ref}
      call={call}
      layout="video-grid"
      data-people={people.length}
      data-screens={screens.length}
      stage={
        <div data-twocan="video-grid-stage">
          {/* Two boxes, so that a screen that comes or goes moves no camera tile in the document. */}
          {screens.length > 0 && (
            <div data-twocan="video-grid-screens">
              {screens.map((person) => (
                <VideoTile key={keyOf(person)} participant={person} source="screen" />
              ))}
            </div>
          )}
          <div data-twocan="video-grid-people">
            {people.map((person) => (
              <VideoTile key={keyOf(person)} participant={person} />
            ))}
          </div>
        </div>
      }
    />
  );
});

/** The own tile stays the same element when joining brings an id. */
const keyOf = (person: Participant) => (person.isSelf ? "self" : person.id);
