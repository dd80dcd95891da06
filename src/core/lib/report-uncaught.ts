/**
 * Calls code of the application (a listener, a callback), and reports what it throws as uncaught
 * without interrupting the caller: the page's `error` event or Node's `uncaughtException` fires, so
 * that the application's error monitoring sees it.
 */
export function callIsolated(callback: () => void): void {
  try {
    callback();
  } catch (error) {
    reportUncaught(error);
  }
}

function reportUncaught(error: unknown): void {
  if (typeof reportError === "function") reportError(error);
  // Node and older versions of jsdom have no `reportError`.
  else
    queueMicrotask(() => {
      throw error;
    });
}
