import type { CallError } from "./errors.ts";

/** StrictMode runs an effect twice with the same error. */
const printed = new WeakSet<CallError>();

/**
 * Prints an error that no `onError` and no caller handles to the console, once, in development only.
 * Production bundles contain none of this: bundlers replace `process.env.NODE_ENV`, as for React.
 */
export function reportUnhandled(error: CallError): void {
  try {
    if (process.env.NODE_ENV !== "production") {
      const { code, cause, message } = error;
      // Not a failure: the call was left, or a prompt was closed.
      if (code === "aborted" || printed.has(error)) return;
      printed.add(error);
      console.error(`twocan: ${message} (${code})`, ...(cause === undefined ? [] : [cause]));
    }
  } catch {
    // A page without a bundler has no `process`, and prints nothing, as in production.
  }
}
