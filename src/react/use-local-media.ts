"use client";
import { useEffect, useRef } from "react";
import {
  createLocalMedia,
  type LocalMedia,
  type LocalMediaOptions,
} from "../core/media/local-media.ts";
import { useRetained } from "./use-retained.ts";
import { useStore } from "./use-store.ts";

/**
 * Captures the camera and the microphone on mount (once, in StrictMode too) and stops them on unmount.
 *
 * The options of the first render apply; later ones restart nothing. Only `onError` may change at any
 * time. Errors that `onError` receives, or that a promise of the application rejects with, count as
 * handled. All others are printed on the console in development, even if a component renders `error`.
 *
 * @example
 * const media = useLocalMedia({ audio: true, video: true, onError: report });
 * if (media.error) return <p>{media.error.message}</p>;
 * return <button onClick={() => media.camera.toggle()}>Camera</button>;
 */
export function useLocalMedia(options?: LocalMediaOptions): LocalMedia {
  const latest = useRef(options);
  useEffect(() => {
    latest.current = options;
  });
  const media = useRetained(
    () =>
      createLocalMedia({
        ...options,
        get onError() {
          return latest.current?.onError;
        },
      }),
    [],
  );
  return useStore(media);
}
