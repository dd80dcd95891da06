/** Owns `CallError`, the one class of every failure that this library reports. */

/** What went wrong, as a word that code can branch on. */
export type CallErrorCode =
  /** The person, the browser or a policy refused the device for good. */
  | "permission-denied"
  /** The person closed the prompt or cancelled the choice; asking again is fine. */
  | "permission-dismissed"
  | "device-missing"
  | "device-busy"
  | "constraints-unsatisfied"
  | "insecure-context"
  | "unsupported"
  /** The backend cannot be reached, or stopped answering. */
  | "signaling-unavailable"
  /** The backend answers, and refuses. */
  | "signaling-denied"
  | "room-full"
  /** The name of the room is missing, empty or too long. */
  | "room-invalid"
  | "negotiation-failed"
  | "ice-failed"
  | "message-invalid"
  /** There is no signaling to use: none was given and the default could not be loaded. */
  | "no-signaling"
  /** What was asked for was overtaken: the call was left or the capture stopped meanwhile. */
  | "aborted";

/**
 * Every error of this library: a literal `code`, a message that names the remedy, and the `cause`
 * where there is one.
 *
 * What you asked for (a returned promise) rejects with it; what happens to you lands in `error`.
 *
 * @example
 * if (call.error?.code === "room-full") showLobby();
 */
export class CallError extends Error {
  override readonly name = "CallError";

  readonly code: CallErrorCode;

  constructor(code: CallErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The error itself where it is one of ours already, else one of `code` with it as the cause. */
export function toCallError(cause: unknown, code: CallErrorCode, message: string): CallError {
  return cause instanceof CallError ? cause : new CallError(code, message, { cause });
}
