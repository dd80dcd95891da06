/** Owns the pictures and the sound of one simulation: they are made while the call or the media is held or watched. */
import { createRetained, type Retained } from "../../core/lib/retained.ts";
import type { Drawing } from "./drawings.ts";
import { createPicture, type Manner } from "./synthetic-video.ts";
import { createChoir, type Voice } from "./synthetic-audio.ts";

/** A track that is made in this page. */
export interface Take {
  readonly track: MediaStreamTrack;
  close(): void;
}

/** Where tracks come from; none while the studio is closed, and none where a page can make none. */
export interface Studio {
  isOpen(): boolean;
  retain(): () => void;
  /** Holds the studio and something else, as one. */
  holdWith(lease: Retained): () => () => void;
  film(draw: Drawing, aspectRatio?: number, manner?: () => Manner): Take | undefined;
  record(seed: number): Voice | undefined;
}

/** What a studio needs. */
interface StudioOptions {
  sound: boolean;
  /** It has opened or closed: tracks are to be taken, or given up. */
  onChange(): void;
}

/** Makes a studio, closed. */
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
    holdWith: (lease) => () => {
      const releases = [retain(), lease.retain()];
      return () => {
        for (const release of releases) release();
      };
    },
    film: (...picture) => (open ? film(...picture) : undefined),
    record: (seed) => (open && sound ? choir.voice(seed) : undefined),
  };
}

function film(...options: Parameters<Studio["film"]>): Take | undefined {
  const picture = createPicture(...options);
  picture?.start();
  const track = picture?.stream.getTracks()[0];
  return picture && track && { track, close: picture.stop };
}

/** A stream of what there is; none without any. */
export function streamOf(...takes: (Take | undefined)[]): MediaStream | undefined {
  const tracks = takes.flatMap((take) => take?.track ?? []);
  return tracks.length > 0 ? new MediaStream(tracks) : undefined;
}

/** One stream whose tracks come and go: the same object until it is forgotten. */
export function createLiveStream() {
  let stream: MediaStream | undefined;
  return {
    now: () => stream,
    /** The one track of its kind, or none. */
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
