import { createRetained, type Retained } from "../../core/lib/retained.ts";
import type { Drawing } from "./drawings.ts";
import { createVideo, type Motion } from "./synthetic-video.ts";
import { createChoir, type Voice } from "./synthetic-audio.ts";

/** A synthetic track and the function that ends it. */
export interface Take {
  readonly track: MediaStreamTrack;
  close(): void;
}

/** Creates the synthetic tracks of one simulation while its call or media is retained or watched. There are none while the studio is closed, and none where the page can create none. */
export interface Studio {
  isOpen(): boolean;
  retain(): () => void;
  /** Combines retaining the studio and another resource. */
  retainWith(other: Retained): () => () => void;
  film(draw: Drawing, aspectRatio?: number, motion?: () => Motion): Take | undefined;
  record(seed: number): Voice | undefined;
}

interface StudioOptions {
  sound: boolean;
  /** The studio has opened or closed, so tracks can be created or have to be closed. */
  onChange(): void;
}

/** Creates a studio that is closed. */
export function createStudio({ sound, onChange }: StudioOptions): Studio {
  const choir = createChoir();
  let open = false;
  const { retain } = createRetained(
    () => {
      open = true;
      onChange();
    },
    () => {
      open = false;
      onChange();
      choir.close();
    },
  );
  return {
    isOpen: () => open,
    retain,
    retainWith: (other) => () => {
      const releases = [retain(), other.retain()];
      return () => {
        for (const release of releases) release();
      };
    },
    film: (...options) => (open ? film(...options) : undefined),
    record: (seed) => (open && sound ? choir.voice(seed) : undefined),
  };
}

function film(...options: Parameters<Studio["film"]>): Take | undefined {
  const video = createVideo(...options);
  video?.start();
  const track = video?.stream.getTracks()[0];
  return video && track && { track, close: video.stop };
}

/** A stream of the given tracks; undefined if there are none. */
export function streamOf(...takes: (Take | undefined)[]): MediaStream | undefined {
  const tracks = takes.flatMap((take) => take?.track ?? []);
  return tracks.length > 0 ? new MediaStream(tracks) : undefined;
}

/** A stream whose tracks are replaced. It is the same object until `forget()`. */
export function createLiveStream() {
  let stream: MediaStream | undefined;
  return {
    now: () => stream,
    /** Replaces the track of one kind. */
    place(kind: "audio" | "video", track: MediaStreamTrack | undefined): void {
      if (track) stream ??= new MediaStream();
      for (const old of stream?.getTracks() ?? []) if (old.kind === kind) stream?.removeTrack(old);
      if (track) stream?.addTrack(track);
    },
    forget(): void {
      stream = undefined;
    },
  };
}
