import { callUserCode } from "./user-code.ts";

const listeners = new Set<() => void>();

/**
 * Calls `listener` at `pagehide`, the newest listener first. Returns a function that removes it.
 *
 * The order matters. A closing page has half a second (Chromium), closing one connection can take a
 * fifth of that, and what is not sent by then is lost. Signaling is opened last, so it is closed first
 * and its goodbye is sent. Browsers call listeners in the order of registration, in either phase,
 * because `pagehide` is fired at the window itself; so this module keeps its own list.
 */
export function onPageHide(listener: () => void): () => void {
  globalThis.addEventListener?.("pagehide", hide);
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) globalThis.removeEventListener?.("pagehide", hide);
  };
}

function hide(): void {
  for (const listener of [...listeners].reverse()) callUserCode(listener);
}
