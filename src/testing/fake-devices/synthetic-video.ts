import { createRetained } from "../../core/lib/retained.ts";
import { darkness, personDrawing, screenDrawing, type Drawing } from "./drawings.ts";

/** A synthetic video as a stream. It is drawn while it is retained. */
export interface SyntheticVideo {
  /** The stream, always the same object. It has a track while the video is retained. Undefined where nothing can be drawn (Node, jsdom). */
  readonly stream: MediaStream | undefined;
  /** Draws until the returned function is called. After the last release the track ends. */
  retain(): () => void;
}

/** The appearance and format of {@link syntheticCamera}. */
export interface SyntheticCameraOptions {
  /** Selects the appearance. Eight consecutive seeds differ. @default 0 */
  seed?: number | undefined;
  /** The width divided by the height. @default 16 / 9 */
  aspectRatio?: number | undefined;
}

/** How a video changes from frame to frame: `still` is a lost connection, `dark` a camera that is off. */
export interface Motion {
  readonly pace: "moving" | "stuttering" | "still" | "dark";
  /** Whether the mouth moves. */
  readonly speaking: boolean;
}

const FRAMES_PER_SECOND = 15;
/** The number of pixels of a frame, in any aspect ratio. */
const PIXELS = 640 * 360;
const DEFAULT_MOTION: Motion = { pace: "moving", speaking: true };

/**
 * Creates the video of a person in front of a wall, who moves and talks without sound.
 *
 * @example
 * const [video] = useState(() => syntheticCamera({ seed: 3, aspectRatio: 9 / 16 }));
 * useEffect(() => video.retain(), [video]);
 */
export function syntheticCamera({
  seed = 0,
  aspectRatio,
}: SyntheticCameraOptions = {}): SyntheticVideo {
  return retainable(createVideo(personDrawing(seed), aspectRatio));
}

/** Creates the video of a screen with a document. */
export function syntheticScreen(): SyntheticVideo {
  return retainable(createVideo(screenDrawing));
}

function retainable(video: Video | undefined): SyntheticVideo {
  if (!video) return { stream: undefined, retain: () => () => {} };
  const { stream, start, stop } = video;
  return { stream, retain: createRetained(start, stop).retain };
}

/** A video that its owner starts and stops. */
interface Video {
  readonly stream: MediaStream;
  start(): void;
  stop(): void;
}

/** Creates a video of any drawing. `motion` is called for each frame. Undefined where nothing can be drawn. */
export function createVideo(
  draw: Drawing,
  aspectRatio = 16 / 9,
  motion: () => Motion = () => DEFAULT_MOTION,
): Video | undefined {
  const context = createContext(aspectRatio);
  if (!context) return undefined;
  const { canvas } = context;
  const stream = new MediaStream();
  /** The number of frames so far, and the one that is shown. */
  let frames = 0;
  let shown = 0;
  let timer: ReturnType<typeof setInterval> | undefined;

  const paint = () => {
    const { pace, speaking } = motion();
    frames += 1;
    // Draw a still frame too, because an element that starts to play it later would show nothing otherwise.
    if (pace === "moving" || (pace === "stuttering" && stutters(frames))) shown = frames;
    if (pace === "dark") darkness(context, canvas.width, canvas.height);
    else draw(context, canvas.width, canvas.height, shown / FRAMES_PER_SECOND, speaking);
  };
  return {
    stream,
    start() {
      for (const track of canvas.captureStream().getTracks()) stream.addTrack(track);
      paint();
      timer = setInterval(paint, 1_000 / FRAMES_PER_SECOND);
    },
    stop() {
      clearInterval(timer);
      for (const track of stream.getTracks()) {
        track.stop();
        stream.removeTrack(track);
      }
    },
  };
}

/** About two frames a second, at irregular intervals. */
const stutters = (frame: number) => frame % 11 === 0 || frame % 17 === 0;

/** Undefined in Node, in jsdom (no `MediaStream`) and in happy-dom (no canvas). */
function createContext(aspectRatio: number): CanvasRenderingContext2D | undefined {
  if (typeof document === "undefined" || typeof MediaStream === "undefined") return undefined;
  const canvas = document.createElement("canvas");
  if (!("captureStream" in canvas)) return undefined;
  const height = Math.sqrt(PIXELS / aspectRatio);
  canvas.height = even(height);
  canvas.width = even(height * aspectRatio);
  return canvas.getContext("2d") ?? undefined;
}

/** Video encoders require even sizes. */
const even = (length: number) => 2 * Math.round(length / 2);
