/** Owns `CallError`, the one class of every failure that this library reports. */

/** What went wrong, as a word that code can branch on. */
export type CallErrorCode =
  /** The person, the browser or a policy refused the device for good. */
  | "permission-denied"
  /** The person closed the prompt or cancelled the choice; asking again is fine. */
  | "permission-dismissed"
  /** The browser allows this only in response to a click or a key press (transient activation). */
  | "activation-required"
  | "device-missing"
  | "device-busy"
  | "constraints-unsatisfied"
  | "insecure-context"
  | "unsupported"
  /** The backend cannot be reached, or stopped answering. */
  | "signaling-unavailable"
  /** The backend answers, and refuses. */
  | "signaling-denied"
  /** The signaling adapter has a bug: it threw a `TypeError`, for example, or returned no session. */
  | "adapter-failed"
  /** The name of the room is missing, empty, too long or reserved. */
  | "room-invalid"
  | "room-full"
  | "negotiation-failed"
  | "ice-failed"
  /** The browser refuses an entry of `iceServers`, or the function that fetches them failed. */
  | "ice-servers-invalid"
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

const UNREACHABLE = "The call service could not be reached. Check the network and its address.";

/**
 * The failure of a function of a signaling adapter: `adapter-failed` for a bug in it, else
 * `signaling-unavailable`. A {@link CallError} is returned as it is.
 */
export function adapterError(cause: unknown, name: string, message = UNREACHABLE): CallError {
  if (cause instanceof CallError) return cause;
  // Also of a string, a `DOMException`, or an object of the backend's own.
  const { message: said = typeof cause === "string" ? cause : "" } = (cause ??
    {}) as Partial<Error>;
  return isBug(cause)
    ? adapterBug(name, `threw ${cause.name}: ${said}`, { cause })
    : new CallError("signaling-unavailable", said ? `${message} (${said})` : message, { cause });
}

/** Names the function with the bug and what it did. */
export function adapterBug(name: string, did: string, options?: ErrorOptions): CallError {
  const message = `${name}() of the signaling adapter ${did}. This is a bug in the adapter: fix it there.`;
  return new CallError("adapter-failed", message, options);
}

/** Calls a function of an adapter, in this very turn. @throws {CallError} See {@link adapterError}. */
export async function callAdapter<T>(name: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    throw adapterError(cause, name);
  }
}

/** `SyntaxError` is not one of them: a gateway answers with HTML where JSON is expected. */
const BUGS = new Set(["TypeError", "ReferenceError", "RangeError"]);
/** `fetch()` and `import()` reject with a `TypeError` when the network fails. Browsers differ in the words. */
const NETWORK =
  /^(failed to fetch|fetch failed|network ?error|network request failed|a network error|load failed|terminated|cancelled|the (internet|network) connection|error (loading|in body)|error sending|importing a module|could not connect|a server with|the request timed out)/i;

function isBug(cause: unknown): cause is Error {
  // `undici` puts the failure of the network into `cause`; an engine never sets it.
  return (
    cause instanceof Error &&
    BUGS.has(cause.name) &&
    cause.cause === undefined &&
    !NETWORK.test(cause.message.trim())
  );
}
