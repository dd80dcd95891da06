/** Prints errors that the application does not handle; in development only. */
import type { CallError } from "./errors.ts";

/** StrictMode runs an effect twice with the same error. */
const printed = new WeakSet<CallError>();

/**
 * Prints an error that no `onError` and no caller handles, with its remedy, once. Production bundles
 * contain none of it: bundlers replace `process.env.NODE_ENV`, as they do for React.
 */
export function reportUnhandled(error: CallError): void {
  try {
    if (process.env.NODE_ENV !== "production") {
      // Nothing is wrong: the call was left, or a prompt was closed.
      const { code, cause, message } = error;
      if (code === "aborted" || printed.has(error)) return;
      printed.add(error);
      console.error(`twocan: ${message} (${code})`, ...(cause === undefined ? [] : [cause]));
    }
  } catch {
    // In a page without a bundler there is no `process`: silent, as in production.
  }
}
