"use client";
/** Owns one picture of a call: the camera or the screen of one person, or what stands in for it. */
import MicOff from "lucide-react/icons/mic-off";
import {
  forwardRef,
  memo,
  useEffect,
  useRef,
  useState,
  type ComponentPropsWithoutRef,
  type RefObject,
} from "react";
import type { Participant } from "../core/participants.ts";
import { Avatar } from "./avatar.tsx";
import { useMessages } from "./messages-context.tsx";
import type { Messages } from "./messages.ts";
import { playStream } from "./play-stream.ts";

/** Props of {@link VideoTile}: these, and those of a `figure`. Children are laid over the picture. */
export interface VideoTileProps extends ComponentPropsWithoutRef<"figure"> {
  participant: Participant;
  /** Which of the person's pictures to show. Default `"camera"`. */
  source?: "camera" | "screen";
  /** Like a mirror. Default: one's own camera is, nothing else. */
  mirrored?: boolean;
  /** Fill the tile or show all of the picture. Default `"cover"` for a camera, `"contain"` for a screen. */
  fit?: "cover" | "contain";
}

/**
 * The camera or the screen of one person, with the name and what the others need to know.
 *
 * Always silent: voices play through `AudioOutlet`, so a tile can come and go without a gap in the
 * sound, and nobody hears themselves.
 *
 * State: `data-camera`, `data-microphone`, `data-status`, `data-self`, `data-source`,
 * `data-picture` (`"video"` once there is one to see, else `"avatar"`).
 */
export const VideoTile = memo(
  forwardRef<HTMLElement, VideoTileProps>(function VideoTile(
    {
      participant,
      source = "camera",
      mirrored = participant.isSelf && source === "camera",
      fit = source === "screen" ? "contain" : "cover",
      children,
      ...props
    },
    ref,
  ) {
    const messages = useMessages();
    const video = useRef<HTMLVideoElement>(null);
    const stream = source === "screen" ? participant.screen : participant.stream;
    const showsPicture = usePicture(video, stream, source === "screen" || participant.camera);
    const trouble = participant.isSelf ? undefined : troubleOf(participant, messages);

    return (
      <figure
        aria-label={label(participant, source, messages)}
        {...props}
        ref={ref}
        data-twocan="video-tile"
        data-source={source}
        data-camera={participant.camera ? "on" : "off"}
        data-microphone={participant.microphone ? "on" : "off"}
        data-status={participant.status}
        data-self={participant.isSelf}
        data-picture={showsPicture ? "video" : "avatar"}
        data-mirrored={mirrored}
        data-fit={fit}
      >
        <video ref={video} data-twocan="video-tile-video" playsInline muted autoPlay />
        {!showsPicture && <Avatar name={participant.name} seed={participant.id} />}
        {trouble !== undefined && (
          <span data-twocan="video-tile-overlay" aria-hidden="true">
            <span data-twocan="video-tile-trouble">{trouble}</span>
          </span>
        )}
        {/* The label of the group says the same: read once is enough. */}
        <figcaption data-twocan="name-plate" aria-hidden="true">
          {source === "camera" && !participant.microphone && <MicOff />}
          <bdi>{displayName(participant, source, messages)}</bdi>
        </figcaption>
        {children}
      </figure>
    );
  }),
);

/** Plays the stream in the element, and says whether what is seen there is of now. */
function usePicture(
  ref: RefObject<HTMLVideoElement | null>,
  stream: MediaStream | undefined,
  on: boolean,
): boolean {
  const [fresh, setFresh] = useState(false);

  useEffect(() => {
    const video = ref.current;
    if (!video) return;
    // Set as a property, before anything plays: React writes no attribute for it.
    video.muted = true;
    return playStream(video, stream);
  }, [ref, stream]);

  useEffect(() => {
    const video = ref.current;
    if (!video || !stream || !on) return;
    // A camera that comes back still shows the last frame from before it went, perhaps minutes old.
    // The word "on" comes ahead of the picture, so the avatar stays until a new frame is there.
    const forget = onNextFrame(video, () => setFresh(true));
    return () => {
      forget();
      setFresh(false);
    };
  }, [ref, stream, on]);

  return on && stream !== undefined && fresh;
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

function displayName(person: Participant, source: "camera" | "screen", texts: Messages): string {
  const name = person.name ?? texts.nameless;
  if (source === "screen") return texts.screenOf(name);
  return person.isSelf ? texts.self(name) : name;
}

function troubleOf(person: Participant, texts: Messages): string | undefined {
  return person.status === "connected" ? undefined : texts[person.status];
}

/** All that the tile shows, in words. */
function label(person: Participant, source: "camera" | "screen", texts: Messages): string {
  const parts = [displayName(person, source, texts)];
  if (source === "camera" && !person.microphone) parts.push(texts.microphoneOff);
  if (source === "camera" && !person.camera) parts.push(texts.cameraOff);
  const trouble = person.isSelf ? undefined : troubleOf(person, texts);
  if (trouble !== undefined) parts.push(trouble);
  return texts.list(parts);
}
