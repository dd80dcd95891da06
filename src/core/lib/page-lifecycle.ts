/** Owns the moment in which the page goes: who hears of it, and in which order. */

const listeners = new Set<() => void>();

/**
 * Calls `listener` at `pagehide`, those who came last first; returns the way to call it off.
 *
 * The order matters. A closing page has half a second (Chromium), and to close one connection can
 * take a fifth of that; what comes too late is not sent. So the signaling, which is opened last, says
 * its goodbye first. The browsers call in the order of registration, in whichever phase: `pagehide`
 * is fired at the window itself.
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
  for (const listener of [...listeners].reverse())
    try {
      listener();
    } catch (error) {
      // As the browser does it: one that fails does not keep the others from hearing.
      reportError(error);
    }
}
