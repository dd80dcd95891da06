/** Owns moving pictures without a camera: drawn on a canvas while somebody holds them, and only then. */
import { createRetained } from "../../core/lib/retained.ts";
import { darkness, personDrawing, screenDrawing, type Drawing } from "./drawings.ts";

/** A drawn picture as a stream. */
export interface SyntheticVideo {
  /** The same object for good; its track lives while the picture is held. Undefined where nothing can be drawn (Node, jsdom). */
  readonly stream: MediaStream | undefined;
  /** Draws until the returned function is called; after the last one the track ends. */
  retain(): () => void;
}

/** Who is drawn. */
export interface SyntheticCameraOptions {
  /** Picks the looks: eight in a row differ. Default 0. */
  seed?: number | undefined;
  /** Width to height. Default 16/9. */
  aspectRatio?: number | undefined;
}

/** How a picture goes on: `still` is a connection that is lost, `dark` a camera that is off. */
export interface Manner {
  readonly pace: "moving" | "stuttering" | "still" | "dark";
  /** Whether the mouth moves. */
  readonly speaking: boolean;
}

const FRAMES_PER_SECOND = 15;
/** As many pixels as 640 by 360, in any shape. */
const PIXELS = 640 * 360;
const LIVELY: Manner = { pace: "moving", speaking: true };

/**
 * Somebody in front of a wall, moving and talking without a sound.
 *
 * @example
 * const [picture] = useState(() => syntheticCamera({ seed: 3, aspectRatio: 9 / 16 }));
 * useEffect(() => picture.retain(), [picture]);
 */
export function syntheticCamera({
  seed = 0,
  aspectRatio,
}: SyntheticCameraOptions = {}): SyntheticVideo {
  return holdable(createPicture(personDrawing(seed), aspectRatio));
}

/** A screen with a document on it. */
export function syntheticScreen(): SyntheticVideo {
  return holdable(createPicture(screenDrawing));
}

function holdable(picture: Picture | undefined): SyntheticVideo {
  if (!picture) return { stream: undefined, retain: () => () => {} };
  const { stream, start, stop } = picture;
  return { stream, retain: createRetained(start, stop).retain };
}

/** A picture that somebody else switches on and off. */
interface Picture {
  readonly stream: MediaStream;
  start(): void;
  stop(): void;
}

/** Makes a picture of any drawing; `manner` is asked for each frame. Undefined where nothing can be drawn. */
export function createPicture(
  draw: Drawing,
  aspectRatio = 16 / 9,
  manner: () => Manner = () => LIVELY,
): Picture | undefined {
  const context = createContext(aspectRatio);
  if (!context) return undefined;
  const { canvas } = context;
  const stream = new MediaStream();
  /** Frames so far, and the one that is seen. */
  let frames = 0;
  let seen = 0;
  let timer: ReturnType<typeof setInterval> | undefined;

  const paint = () => {
    const { pace, speaking } = manner();
    frames += 1;
    // A still picture is painted too: who comes to watch only now would see nothing otherwise.
    if (pace === "moving" || (pace === "stuttering" && stutters(frames))) seen = frames;
    if (pace === "dark") darkness(context, canvas.width, canvas.height);
    else draw(context, canvas.width, canvas.height, seen / FRAMES_PER_SECOND, speaking);
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

/** About twice a second, and not evenly. */
const stutters = (frame: number) => frame % 11 === 0 || frame % 17 === 0;

/** Undefined in Node, in jsdom (no `MediaStream`) and in happy-dom (no drawing). */
function createContext(aspectRatio: number): CanvasRenderingContext2D | undefined {
  if (typeof document === "undefined" || typeof MediaStream === "undefined") return undefined;
  const canvas = document.createElement("canvas");
  if (!("captureStream" in canvas)) return undefined;
  const height = Math.sqrt(PIXELS / aspectRatio);
  canvas.height = even(height);
  canvas.width = even(height * aspectRatio);
  return canvas.getContext("2d") ?? undefined;
}

/** Video encoders want even sizes. */
const even = (length: number) => 2 * Math.round(length / 2);
