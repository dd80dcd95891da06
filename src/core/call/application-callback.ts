/**
 * Calls a callback of the application. If it throws, the error is reported as an uncaught one, as the
 * platform does for event listeners, and the caller goes on.
 */
export function callApplication<Args extends readonly unknown[]>(
  callback: (...args: Args) => unknown,
  ...args: Args
): void {
  try {
    callback(...args);
  } catch (error) {
    if (typeof reportError === "function") reportError(error);
    else
      // Node has no `reportError()`. Its own `EventTarget` does this.
      queueMicrotask(() => {
        throw error;
      });
  }
}
