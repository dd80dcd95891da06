import { viewOf } from "../own-document.ts";

/** The events that give a page user activation, which permits playback. */
const GESTURES = ["pointerup", "keydown", "click"] as const;

/**
 * Plays `stream` in `element` until the returned function is called. Without a stream, removes the
 * stream from the element.
 *
 * If the autoplay policy blocks playback, `onBlocked(true)` is called. The next gesture in the window
 * of the element starts playback and `onBlocked(false)` is called. The two calls alternate.
 */
export function playStream(
  element: HTMLMediaElement,
  stream: MediaStream | undefined,
  onBlocked?: (blocked: boolean) => void,
): () => void {
  // jsdom has no `srcObject`, and reports every play() as not implemented.
  if (!("srcObject" in element)) return () => {};
  if (!stream) {
    element.srcObject = null;
    return () => {};
  }
  const scope = new AbortController();
  const { signal } = scope;
  let waiting: AbortController | undefined;

  const setBlocked = (blocked: boolean) => {
    if (blocked === (waiting !== undefined)) return;
    if (blocked) {
      waiting = new AbortController();
      // Captured at the window, before a handler of the application can stop the event.
      const options = { capture: true, signal: waiting.signal };
      for (const gesture of GESTURES)
        viewOf(element).addEventListener(gesture, () => void start(), options);
    } else {
      waiting?.abort();
      waiting = undefined;
    }
    onBlocked?.(blocked);
  };

  const start = async () => {
    // play() must run within the event of the gesture, so nothing is awaited before it.
    const blocked = await isBlocked(element);
    if (blocked !== undefined && !signal.aborted) setBlocked(blocked);
  };

  // Setting the same stream again restarts the element, with a black frame and a gap in the sound.
  if (element.srcObject !== stream) element.srcObject = stream;
  // A phone call, an unplugged headset or a media key pauses the element, so play it again. The end of
  // the stream pauses it, too, and then there is nothing left to play.
  const resume = () => {
    if (element.isConnected && stream.active) void start();
  };
  element.addEventListener("pause", resume, { signal });
  void start();

  return () => {
    scope.abort();
    setBlocked(false);
    // StrictMode and a new stream run this cleanup and play again within one task, with the element
    // still in the document. Removing the stream now would restart the element, so check one task later.
    setTimeout(() => {
      if (!element.isConnected) element.srcObject = null;
    });
  };
}

/** Plays the element. Resolves with whether the autoplay policy blocks it; undefined if play() was interrupted. */
async function isBlocked(element: HTMLMediaElement): Promise<boolean | undefined> {
  try {
    await element.play();
    return false;
  } catch (error) {
    // By its name: in another window, the error is an instance of another DOMException class.
    if ((error as DOMException | undefined)?.name === "NotAllowedError") return true;
    // AbortError: the element was paused or got another stream before playback began. That code calls
    // play() itself if it needs playback.
    return undefined;
  }
}
