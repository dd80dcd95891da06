"use client";
import MicOff from "lucide-react/icons/mic-off";
import Signal from "lucide-react/icons/signal";
import { forwardRef, memo, useCallback, type ComponentPropsWithoutRef } from "react";
import { Avatar } from "./avatar.tsx";
import { useVideoTile, type VideoTileOptions } from "./use-video-tile.ts";

/** Accepts the props of a `figure`, too. Children are rendered over the video. */
export interface VideoTileProps extends ComponentPropsWithoutRef<"figure">, VideoTileOptions {}

/**
 * Shows the camera or the screen of a participant, with the name and the state of microphone, camera
 * and connection.
 *
 * The video is always muted: `CallAudio` plays the sound, so that it continues when a tile is unmounted
 * and the local participant is not played back.
 *
 * State: `data-camera` and `data-microphone` (`on`, `off`), `data-status`, `data-self`, `data-source`
 * (`camera`, `screen`), `data-picture` (`video` once a frame is shown, otherwise `avatar`),
 * `data-speaking` (absent for a muted participant and for screens), `data-quality` (`good`, `fair`,
 * `poor`, once measured), `data-mirrored`, `data-fit` and `data-shape` (`upright`, `lying`, `square`:
 * the shape of the video, if `fit` is not set).
 *
 * Styling: `--twocan-tile-ratio`, `--twocan-radius`, `--twocan-tile`, `--twocan-screen-ground`,
 * `--twocan-plate`, `--twocan-on-plate`, and `--twocan-speaking` for the ring. Built on
 * {@link useVideoTile}.
 *
 * @example
 * <VideoTile participant={call.self} />
 */
export const VideoTile = memo(
  forwardRef<HTMLElement, VideoTileProps>(function VideoTile(
    { participant, source, mirrored, fit, children, ...props },
    ref,
  ) {
    const tile = useVideoTile({ participant, source, mirrored, fit });
    const { ref: tileRef, ...tileProps } = tile.tileProps;
    const bothRefs = useCallback(
      (node: HTMLElement | null) => {
        tileRef(node);
        if (typeof ref === "function") ref(node);
        else if (ref) ref.current = node;
      },
      [tileRef, ref],
    );

    return (
      <figure {...tileProps} {...props} ref={bothRefs}>
        <video {...tile.videoProps} muted />
        {tile.picture === "avatar" && <Avatar name={participant.name} seed={participant.id} />}
        {tile.trouble !== undefined && (
          <span data-twocan="video-tile-overlay" aria-hidden="true">
            <span data-twocan="video-tile-trouble">{tile.trouble}</span>
          </span>
        )}
        {/* Hidden from screen readers, because the label of the tile has the same text. */}
        <figcaption data-twocan="name-plate" aria-hidden="true">
          {tile.muted && <MicOff />}
          <bdi>{tile.displayName}</bdi>
          {(tile.quality === "fair" || tile.quality === "poor") && <Signal />}
        </figcaption>
        {children}
      </figure>
    );
  }),
);
