/** Owns how a media element plays a stream: set once, started, started again when the browser refuses. */

import { viewOf } from "../own-document.ts";

/** What counts as the person's permission to play: the events that give a page user activation. */
const GESTURES = ["pointerup", "keydown", "click"] as const;

/**
 * Plays `stream` in `element` until the returned function is called; without a stream, empties it.
 *
 * If the browser requires a gesture first, `onRefused(true)` is called. The next gesture in the
 * window of the element starts it and `onRefused(false)` is called. The two calls alternate.
 */
export function playStream(
  element: HTMLMediaElement,
  stream: MediaStream | undefined,
  onRefused?: (refused: boolean) => void,
): () => void {
  // jsdom: an element takes no stream there, and reports every play() as not implemented.
  if (!("srcObject" in element)) return () => {};
  if (!stream) {
    element.srcObject = null;
    return () => {};
  }
  const scope = new AbortController();
  const { signal } = scope;
  let waiting: AbortController | undefined;

  const settle = (refused: boolean) => {
    if (refused === (waiting !== undefined)) return;
    if (refused) {
      waiting = new AbortController();
      // Captured at the window, so that no handler of the application can keep the gesture from us.
      const options = { capture: true, signal: waiting.signal };
      for (const gesture of GESTURES)
        viewOf(element).addEventListener(gesture, () => void start(), options);
    } else {
      waiting?.abort();
      waiting = undefined;
    }
    onRefused?.(refused);
  };

  const start = async () => {
    // Called within the gesture itself: nothing is awaited before play().
    const refused = await playedOrRefused(element);
    if (refused !== undefined && !signal.aborted) settle(refused);
  };

  // The same stream set again restarts the element: a black flash, and a gap in the sound.
  if (element.srcObject !== stream) element.srcObject = stream;
  // A phone call, a headset that goes or a media key pauses an element that nobody here pauses.
  // A stream that has ended pauses it too, and is not to be played again.
  const resume = () => {
    if (element.isConnected && stream.active) void start();
  };
  element.addEventListener("pause", resume, { signal });
  void start();

  return () => {
    scope.abort();
    settle(false);
    // Effects of StrictMode, and of a new stream, are undone and done again within one task with the
    // element still in the page. Only an element that has really gone is let go of, one task later.
    setTimeout(() => {
      if (!element.isConnected) element.srcObject = null;
    });
  };
}

/** False once it plays, true when the browser wants a gesture first, undefined when it came to nothing. */
async function playedOrRefused(element: HTMLMediaElement): Promise<boolean | undefined> {
  try {
    await element.play();
    return false;
  } catch (error) {
    // By its name: the error of an element in another window is an instance of another DOMException.
    if ((error as DOMException | undefined)?.name === "NotAllowedError") return true;
    // AbortError: the element was paused, or given another stream, before it got to play. Not a
    // failure: whoever did that has called play() after us, or has no use for it any more.
    return undefined;
  }
}
