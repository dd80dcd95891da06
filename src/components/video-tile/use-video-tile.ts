"use client";
import { useEffect, useMemo, useState, type RefCallback } from "react";
import { audioLevel, createSpeaking } from "../../core/stats/audio-level.ts";
import type { Participant } from "../../core/call/participants.ts";
import { connectionStats, type ConnectionStats } from "../../core/stats/connection-stats.ts";
import type { Store } from "../../core/lib/store.ts";
import { useStore } from "../../react/use-store.ts";
import { useMessages } from "../i18n/messages-context.tsx";
import type { Messages } from "../i18n/messages.ts";
import { playStream } from "../audio/play-stream.ts";

/** The source of a video of a participant. */
export type VideoSource =
  /** The camera. */
  | "camera"
  /** The shared screen. */
  | "screen";

/** Configures {@link useVideoTile}. */
export interface VideoTileOptions {
  participant: Participant;
  /** @default "camera" */
  source?: VideoSource | undefined;
  /**
   * Mirrors a camera. A screen is never mirrored.
   *
   * @default true for the local camera, unless it is a rear camera
   */
  mirrored?: boolean | undefined;
  /**
   * Whether the video fills the tile (`cover`) or is shown as a whole (`contain`).
   *
   * @default "contain" for a screen. A camera covers the tile, unless one of the two is upright and the other is not, because most of the video would be cropped.
   */
  fit?: "cover" | "contain" | undefined;
}

/** The state of a tile, with the props of its elements. */
export interface VideoTileState {
  /** The props of the element around the video: a `figure`, or an element with a role. */
  readonly tileProps: {
    readonly ref: RefCallback<HTMLElement>;
    readonly "aria-label": string;
    readonly "data-twocan": string;
    readonly "data-source": VideoSource;
    readonly "data-camera": "on" | "off";
    readonly "data-microphone": "on" | "off";
    readonly "data-status": Participant["status"];
    readonly "data-self": boolean;
    readonly "data-picture": "video" | "avatar";
    readonly "data-mirrored": boolean;
    readonly "data-fit": "cover" | "contain";
    readonly "data-quality": ConnectionStats["quality"];
  };
  /** The props of the `<video>`, which must always be mounted. */
  readonly videoProps: {
    readonly ref: RefCallback<HTMLVideoElement>;
    readonly "data-twocan": string;
    readonly playsInline: true;
    readonly muted: true;
    readonly autoPlay: true;
  };
  /** Describes everything that the tile shows. */
  readonly label: string;
  /** The name on the tile: "Mina", "Mina (you)", "Mina: screen". */
  readonly displayName: string;
  /** Describes a problem of the connection; undefined while it is up, and for the local participant. */
  readonly trouble: string | undefined;
  /** `video` once a current frame is shown, otherwise `avatar`. */
  readonly picture: "video" | "avatar";
  /** Whether the microphone is off; false for a screen. */
  readonly muted: boolean;
  /** The quality of the connection; undefined until measured and while it is down. */
  readonly quality: ConnectionStats["quality"];
}

/** The limits of an upright and of a lying video, as ratios of width to height. */
const [UPRIGHT_RATIO, LYING_RATIO] = [0.8, 1.25];

/**
 * Returns the state of a tile and the props of its elements. Both `tileProps` and `videoProps` contain
 * a ref.
 *
 * `data-speaking` and `data-shape` (`upright`, `lying`, `square`, if `fit` is not set) are set on the
 * element directly, so that a change of the audio level does not render.
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
}: VideoTileOptions): VideoTileState {
  const messages = useMessages();
  const [tile, tileRef] = useState<HTMLElement | null>(null);
  const [video, videoRef] = useState<HTMLVideoElement | null>(null);
  const isCamera = source === "camera";
  const stream = isCamera ? participant.stream : participant.screen;
  const showsVideo = useFreshVideo(video, stream, !isCamera || participant.camera);
  const muted = isCamera && !participant.microphone;
  useTileAttributes(tile, video, {
    level: audioLevel(participant),
    marksSpeaking: isCamera && !muted,
    marksShape: isCamera && fit === undefined,
  });
  const measured = useQuality(isCamera ? participant : {});
  const quality = participant.status === "connected" ? measured : undefined;
  const picture = showsVideo ? "video" : "avatar";
  const texts = textsOf(participant, source, quality, messages);

  return {
    tileProps: {
      ref: tileRef,
      "aria-label": texts.label,
      "data-twocan": "video-tile",
      "data-source": source,
      "data-camera": onOrOff(participant.camera),
      "data-microphone": onOrOff(participant.microphone),
      "data-status": participant.status,
      "data-self": participant.isSelf,
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
    ...texts,
    picture,
    muted,
    quality,
  };
}

const onOrOff = (on: boolean) => (on ? "on" : "off");

function textsOf(
  { name, isSelf, status, microphone, camera }: Participant,
  source: VideoSource,
  quality: ConnectionStats["quality"],
  messages: Messages,
): Pick<VideoTileState, "label" | "displayName" | "trouble"> {
  const known = name ?? messages.nameless;
  const self = isSelf ? messages.self(known) : known;
  const displayName = source === "screen" ? messages.screenOf(known) : self;
  const trouble =
    isSelf || status === "connected" || status === "disconnected" ? undefined : messages[status];
  const parts = [displayName];
  if (source === "camera" && !microphone) parts.push(messages.microphoneOff);
  if (source === "camera" && !camera) parts.push(messages.cameraOff);
  if (trouble !== undefined) parts.push(trouble);
  if (quality === "fair" || quality === "poor") parts.push(messages.videoTile[quality]);
  return { label: messages.list(parts), displayName, trouble };
}

interface TileAttributes {
  level: Store<number>;
  marksSpeaking: boolean;
  marksShape: boolean;
}

/** Keeps `data-speaking` and `data-shape` up to date, without a render. */
function useTileAttributes(
  tile: HTMLElement | null,
  video: HTMLVideoElement | null,
  { level, marksSpeaking, marksShape }: TileAttributes,
): void {
  useEffect(() => {
    if (tile && marksSpeaking) return markSpeaking(tile, level);
  }, [tile, level, marksSpeaking]);
  useEffect(() => {
    if (tile && video && marksShape) return markShape(tile, video);
  }, [tile, video, marksShape]);
}

/** Plays the stream in the element. Returns whether the element shows a current frame. */
function useFreshVideo(
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
    // When a camera is turned on again, the element still shows the last frame from before. The
    // message that it is on arrives ahead of the video, so the avatar stays until a new frame arrives.
    const cancel = onNextFrame(video, () => setFresh(true));
    return () => {
      cancel();
      setFresh(false);
    };
  }, [video, stream, on]);

  return on && stream !== undefined && fresh;
}

function playSilently(video: HTMLVideoElement, stream: MediaStream | undefined): () => void {
  // Set as a property, before playback: React does not render the attribute.
  video.muted = true;
  return playStream(video, stream);
}

function onNextFrame(video: HTMLVideoElement, listener: () => void): () => void {
  if ("requestVideoFrameCallback" in video) {
    const handle = video.requestVideoFrameCallback(listener);
    return () => video.cancelVideoFrameCallback(handle);
  }
  // Firefox before 132: the time advances only while frames arrive.
  const scope = new AbortController();
  const element: HTMLVideoElement = video;
  element.addEventListener("timeupdate", listener, { once: true, signal: scope.signal });
  return () => scope.abort();
}

/** Sets `data-speaking` on the element. */
function markSpeaking(tile: HTMLElement, level: Store<number>): () => void {
  const speaking = createSpeaking(level);
  const update = () => {
    tile.dataset["speaking"] = String(speaking.getSnapshot());
  };
  update();
  const stop = speaking.subscribe(update);
  return () => {
    stop();
    delete tile.dataset["speaking"];
  };
}

/** Sets `data-shape` on the element. The shape changes when a phone is rotated. */
function markShape(tile: HTMLElement, video: HTMLVideoElement): () => void {
  const update = () => {
    const ratio = video.videoWidth / video.videoHeight;
    if (ratio > 0)
      tile.dataset["shape"] =
        ratio < UPRIGHT_RATIO ? "upright" : ratio > LYING_RATIO ? "lying" : "square";
  };
  update();
  video.addEventListener("resize", update);
  return () => {
    video.removeEventListener("resize", update);
    delete tile.dataset["shape"];
  };
}

/** Selects the quality, because the other figures change with every measurement and would render the tile. */
function useQuality({ connection }: Pick<Participant, "connection">) {
  const quality = useMemo(() => {
    const stats = connectionStats(connection);
    return { subscribe: stats.subscribe, getSnapshot: () => stats.getSnapshot().quality };
  }, [connection]);
  return useStore(quality);
}
