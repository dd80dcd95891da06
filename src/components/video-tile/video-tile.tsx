"use client";
/** Owns one picture of a call: the camera or the screen of one person, or what stands in for it. */
import MicOff from "lucide-react/icons/mic-off";
import Signal from "lucide-react/icons/signal";
import { forwardRef, memo, useCallback, type ComponentPropsWithoutRef } from "react";
import { Avatar } from "./avatar.tsx";
import { useVideoTile, type VideoTileOptions } from "./use-video-tile.ts";

/** Props of {@link VideoTile}: these, and those of a `figure`. Children are laid over the picture. */
export interface VideoTileProps extends ComponentPropsWithoutRef<"figure">, VideoTileOptions {}

/**
 * The camera or the screen of one person, with the name and what the others need to know.
 *
 * Always silent: voices play through `CallAudio`, so a tile can come and go without a gap in the
 * sound, and nobody hears themselves.
 *
 * State: `data-camera` and `data-microphone` (`on`, `off`), `data-status`, `data-self`, `data-source`
 * (`camera`, `screen`), `data-picture` (`video` once there is one to see, else `avatar`),
 * `data-speaking` (not of the muted, nor of screens), `data-quality` (`good`, `fair`, `poor`, once
 * measured), `data-mirrored`, `data-fit` and `data-shape` (`upright`, `lying`, `square`: the
 * picture's, where `fit` is left to the tile).
 *
 * Look: `--twocan-tile-ratio`, `--twocan-radius`, `--twocan-tile`, `--twocan-screen-ground`,
 * `--twocan-plate`, `--twocan-on-plate`, and `--twocan-speaking` for the ring.
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
        {/* The label of the group says the same: read once is enough. */}
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
