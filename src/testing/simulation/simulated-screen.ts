import { screenDrawing } from "../fake-devices/drawings.ts";
import { FakeMediaStream } from "../fake-devices/fake-media-stream.ts";
import { streamOf, type Studio, type Take } from "../fake-devices/studio.ts";

/** The shared screen of one participant. */
export interface SimulatedScreen {
  stream(): MediaStream | undefined;
  /** Starts or stops sharing. */
  put(sharing: boolean): void;
  /** Opens or closes the track when the studio opens or closes. */
  stage(): void;
}

export function createSimulatedScreen(studio: Studio): SimulatedScreen {
  let sharing = false;
  let take: Take | undefined;
  let stream: MediaStream | undefined;

  function stage(): void {
    const isStaged = sharing && studio.isOpen();
    if (isStaged === (stream !== undefined)) return;
    take?.close();
    take = isStaged ? studio.film(screenDrawing) : undefined;
    stream = isStaged ? (streamOf(take) ?? emptyStream()) : undefined;
  }

  return {
    stream: () => stream,
    put(next) {
      sharing = next;
      stage();
    },
    stage,
  };
}

/** Represents a shared screen where nothing can be drawn. */
const emptyStream = (): MediaStream =>
  typeof MediaStream === "undefined"
    ? new FakeMediaStream(() => "simulated screen")
    : new MediaStream();
