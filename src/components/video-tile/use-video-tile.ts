"use client";
/** Owns what a tile knows of its picture: that it plays, its shape, who speaks, and the words for it all. */
import { useEffect, useMemo, useState } from "react";
import { audioLevel, createSpeaking } from "../../core/stats/audio-level.ts";
import type { Participant } from "../../core/call/participants.ts";
import { connectionStats } from "../../core/stats/connection-stats.ts";
import type { Store } from "../../core/lib/store.ts";
import { useStore } from "../../react/use-store.ts";
import { useMessages } from "../i18n/messages-context.tsx";
import type { Messages } from "../i18n/messages.ts";
import { playStream } from "../audio/play-stream.ts";

/** Which picture {@link useVideoTile} is about, and how it is shown. */
export interface VideoTileOptions {
  participant: Participant;
  /** Which of the person's pictures to show. Default `"camera"`. */
  source?: "camera" | "screen" | undefined;
  /** Shows a camera like a mirror; a screen never is. Default: this page's own camera, unless it is a rear camera. */
  mirrored?: boolean | undefined;
  /**
   * Fill the tile or show all of the picture. Default `"contain"` for a screen; a camera fills the
   * tile, unless one of them is upright and the other is not: then most of the picture would be cut off.
   */
  fit?: "cover" | "contain" | undefined;
}

/** A tile, to be put on markup of one's own. */
export type VideoTileState = ReturnType<typeof useVideoTile>;

/** A picture's shape, width to height. */
const [UPRIGHT, LYING] = [0.8, 1.25];

/**
 * Everything a tile shows. `tileProps` go on the element around it (a `figure`, or give it a role),
 * `videoProps` on the `<video>` in it, which is always there. Both carry a ref.
 *
 * `data-speaking` and `data-shape` (`upright`, `lying`, `square`; where `fit` is left to the tile) are
 * set on the element itself: a voice renders nothing.
 *
 * @example
 * const { tileProps, videoProps, picture, displayName } = useVideoTile({ participant });
 * return (
 *   <figure {...tileProps}>
 *     <video {...videoProps} hidden={picture === "avatar"} />
 *     <figcaption>{displayName}</figcaption>
 *   </figure>
 * );
 */
export function useVideoTile({
  participant,
  source = "camera",
  mirrored = participant.isSelf && participant.facingMode !== "environment",
  fit,
}: VideoTileOptions) {
  const messages = useMessages();
  const [tile, tileRef] = useState<HTMLElement | null>(null);
  const [video, videoRef] = useState<HTMLVideoElement | null>(null);
  const isCamera = source === "camera";
  const { isSelf, status } = participant;
  const stream = isCamera ? participant.stream : participant.screen;
  const seen = usePicture(video, stream, !isCamera || participant.camera);
  const muted = isCamera && !participant.microphone;

  const audible = isCamera && !muted;
  const level = audioLevel(participant);
  useEffect(() => {
    if (tile && audible) return markSpeaking(tile, level);
  }, [tile, level, audible]);
  const choosesFit = isCamera && fit === undefined;
  useEffect(() => {
    if (tile && video && choosesFit) return markShape(tile, video);
  }, [tile, video, choosesFit]);

  const known = useQuality(isCamera ? participant : {});
  const quality = status === "connected" ? known : undefined;
  const isWell = isSelf || status === "connected" || status === "disconnected";
  const trouble = isWell ? undefined : messages[status];
  const displayName = nameOf(participant, source, messages);
  const parts = [
    displayName,
    muted && messages.microphoneOff,
    isCamera && !participant.camera && messages.cameraOff,
    trouble,
    (quality === "fair" || quality === "poor") && messages.videoTile[quality],
  ];
  const label = messages.list(parts.filter((part) => typeof part === "string"));
  const picture: "video" | "avatar" = seen ? "video" : "avatar";

  return {
    tileProps: {
      ref: tileRef,
      "aria-label": label,
      "data-twocan": "video-tile",
      "data-source": source,
      "data-camera": participant.camera ? "on" : "off",
      "data-microphone": participant.microphone ? "on" : "off",
      "data-status": status,
      "data-self": isSelf,
      "data-picture": picture,
      "data-mirrored": isCamera && mirrored,
      "data-fit": fit ?? (isCamera ? "cover" : "contain"),
      "data-quality": quality,
    },
    videoProps: {
      ref: videoRef,
      "data-twocan": "video-tile-video",
      playsInline: true,
      muted: true,
      autoPlay: true,
    },
    /** All that the tile shows, in words. */
    label,
    /** What to call the picture: the name, "Mina (you)", "Mina: screen". */
    displayName,
    /** What is wrong with the connection, in words. */
    trouble,
    /** `video` once there is one to see. */
    picture,
    /** Whether the microphone is off; never of a screen. */
    muted,
    /** How good the connection is, while there is one; undefined until measured. */
    quality,
  };
}

/** Plays the stream in the element, and says whether what is seen there is of now. */
function usePicture(
  video: HTMLVideoElement | null,
  stream: MediaStream | undefined,
  on: boolean,
): boolean {
  const [fresh, setFresh] = useState(false);

  useEffect(() => {
    if (video) return playSilently(video, stream);
  }, [video, stream]);

  useEffect(() => {
    if (!video || !stream || !on) return;
    // A camera that comes back still shows the last frame from before it went, perhaps minutes old.
    // The word "on" comes ahead of the picture, so the avatar stays until a new frame is there.
    const forget = onNextFrame(video, () => setFresh(true));
    return () => {
      forget();
      setFresh(false);
    };
  }, [video, stream, on]);

  return on && stream !== undefined && fresh;
}

function playSilently(video: HTMLVideoElement, stream: MediaStream | undefined): () => void {
  // Set as a property, before anything plays: React writes no attribute for it.
  video.muted = true;
  return playStream(video, stream);
}

function onNextFrame(video: HTMLVideoElement, listener: () => void): () => void {
  if ("requestVideoFrameCallback" in video) {
    const handle = video.requestVideoFrameCallback(listener);
    return () => video.cancelVideoFrameCallback(handle);
  }
  // Firefox before 132: time goes on only while frames arrive.
  const scope = new AbortController();
  const element: HTMLVideoElement = video;
  element.addEventListener("timeupdate", listener, { once: true, signal: scope.signal });
  return () => scope.abort();
}

/** Says on the element itself whether the person speaks. */
function markSpeaking(tile: HTMLElement, level: Store<number>): () => void {
  const speaking = createSpeaking(level);
  const tell = () => {
    tile.dataset["speaking"] = String(speaking.getSnapshot());
  };
  tell();
  const stop = speaking.subscribe(tell);
  return () => {
    stop();
    delete tile.dataset["speaking"];
  };
}

/** Says on the element itself what shape the picture has: it changes when a phone is turned. */
function markShape(tile: HTMLElement, video: HTMLVideoElement): () => void {
  const tell = () => {
    const ratio = video.videoWidth / video.videoHeight;
    if (ratio > 0)
      tile.dataset["shape"] = ratio < UPRIGHT ? "upright" : ratio > LYING ? "lying" : "square";
  };
  tell();
  video.addEventListener("resize", tell);
  return () => {
    video.removeEventListener("resize", tell);
    delete tile.dataset["shape"];
  };
}

/** The word alone: delay and loss are other ones with every measurement, and nobody renders for that. */
function useQuality({ connection }: Pick<Participant, "connection">) {
  const word = useMemo(() => {
    const stats = connectionStats(connection);
    return { subscribe: stats.subscribe, getSnapshot: () => stats.getSnapshot().quality };
  }, [connection]);
  return useStore(word);
}

function nameOf(person: Participant, source: "camera" | "screen", texts: Messages): string {
  const name = person.name ?? texts.nameless;
  if (source === "screen") return texts.screenOf(name);
  return person.isSelf ? texts.self(name) : name;
}
