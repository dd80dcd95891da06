/**
 * Calls a function of the application, if there is one, and returns its result.
 *
 * If it throws, the exception is reported to the page (the `error` event and the console), as browsers
 * do for an event listener, and the result is `undefined`. So a mistake in the application does not stop
 * the queue, timer or loop that made the call.
 */
export function callUserCode<Args extends unknown[], Result>(
  callback: ((...args: Args) => Result) | undefined,
  ...args: Args
): Result | undefined {
  try {
    return callback?.(...args);
  } catch (error) {
    reportException(error);
    return undefined;
  }
}

function reportException(error: unknown): void {
  if (typeof reportError === "function") reportError(error);
  // Node and jsdom have no `reportError`.
  else
    queueMicrotask(() => {
      throw error;
    });
}
