"use client";
/** Owns `useLocalMedia`: the camera, the microphone and the screen of this page, while a component is mounted. */
import {
  createLocalMedia,
  type LocalMedia,
  type LocalMediaOptions,
} from "../core/media/local-media.ts";
import { useRetained } from "./use-retained.ts";
import { useStore } from "./use-store.ts";

/**
 * Camera and microphone, asked for on mount (once, in StrictMode too) and released on unmount.
 *
 * The options count when the component mounts; later ones do not restart anything.
 *
 * @example
 * const media = useLocalMedia({ audio: true, video: true });
 * if (media.error) return <p>{media.error.message}</p>;
 * return <button onClick={() => media.camera.toggle()}>Camera</button>;
 */
export function useLocalMedia(options?: LocalMediaOptions): LocalMedia {
  return useStore(useRetained(() => createLocalMedia(options), []));
}
