import { captureDisplay, stopTracks } from "./capture.ts";
import type { MediaEnvironment } from "./media-environment.ts";
import { abortedError } from "../lib/abort.ts";

/** Shares one screen, window or tab at a time. */
export interface ScreenShare {
  /** The shared screen; undefined while there is none. */
  stream(): MediaStream | undefined;
  /** Asks the user what to share. @throws {CallError} See {@link captureDisplay}; `aborted` when a later call wins. */
  start(options: DisplayMediaStreamOptions | undefined, signal: AbortSignal): Promise<void>;
  stop(): void;
}

/** Creates a screen share that is stopped. */
export function createScreenShare(
  environment: MediaEnvironment,
  onChange: () => void,
): ScreenShare {
  let stream: MediaStream | undefined;
  /** The number of the newest `start()` or `stop()`. Only that one takes effect. */
  let newest = 0;

  function stop(): void {
    newest += 1;
    stopTracks(stream);
    stream = undefined;
    onChange();
  }

  return {
    stream: () => stream,
    stop,
    async start(options, signal) {
      newest += 1;
      const own = newest;
      const shared = await captureDisplay(
        environment,
        { video: true, audio: false, ...options },
        signal,
      );
      // While the dialog was open, the media can have stopped, or `start()` or `stop()` can have been
      // called again. Keeping this stream would share a screen that is no longer requested.
      if (signal.aborted || own !== newest) {
        stopTracks(shared);
        throw abortedError("Sharing the screen");
      }
      stopTracks(stream);
      stream = shared;
      for (const track of shared.getVideoTracks())
        // The user stopped sharing in the browser's own bar, or closed the window.
        track.addEventListener("ended", () => {
          if (stream === shared) stop();
        });
      onChange();
    },
  };
}
