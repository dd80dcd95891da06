import type { CallError } from "../lib/errors.ts";
import { callUserCode } from "../lib/user-code.ts";

export interface PeerErrorsOptions {
  /** The application's `onError`. It may throw. */
  onError(error: CallError): void;
  /** Called after an error was reported. */
  onChange(): void;
  /** Whether the remote peer has acknowledged every message. */
  isSettled(): boolean;
}

/** Reports the errors of one session, each object once. */
export interface PeerErrors {
  report(error: CallError): void;
  /** Reports why connecting was given up; undefined once it no longer is. */
  reportGivenUp(error: CallError | undefined): void;
  /** The newest reported error, until `clear()`. */
  newest(): CallError | undefined;
  clear(): void;
}

export function createPeerErrors({ onError, onChange, isSettled }: PeerErrorsOptions): PeerErrors {
  let newest: CallError | undefined;
  /**
   * The errors that were reported. A failed configuration is reported by its source, by the step that
   * needed it, and as the reason for giving up.
   */
  const reported = new WeakSet<CallError>();

  function isFirst(error: CallError): boolean {
    if (reported.has(error)) return false;
    reported.add(error);
    return true;
  }

  return {
    report(error) {
      if (!isFirst(error)) return;
      newest = error;
      callUserCode(onError, error);
      onChange();
    },
    reportGivenUp(error) {
      // If the remote peer has not acknowledged anything, it may not be there at all.
      if (error && isSettled() && isFirst(error)) callUserCode(onError, error);
    },
    newest: () => newest,
    clear() {
      newest = undefined;
    },
  };
}
