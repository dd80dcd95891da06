/** Identifies what went wrong, so that code can branch on it. */
export type CallErrorCode =
  /** The user, the browser or a policy blocked the device. Asking again shows no prompt. */
  | "permission-denied"
  /** The user closed the prompt or cancelled the choice. Asking again shows it again. */
  | "permission-dismissed"
  /** The browser allows this only in response to a click or a key press (transient activation). */
  | "activation-required"
  /** No such device is connected. */
  | "device-missing"
  /** Another application is using the device, or the system could not start it. */
  | "device-busy"
  /** No device satisfies the constraints. */
  | "constraints-unsatisfied"
  /** The page is not served over https, so the browser offers no devices. */
  | "insecure-context"
  /** The browser does not have this feature. */
  | "unsupported"
  /** The signaling backend cannot be reached, or has stopped responding. */
  | "signaling-unavailable"
  /** The signaling backend rejects the request: the user is not signed in, for example. */
  | "signaling-denied"
  /** The signaling adapter has a bug: it threw a `TypeError`, for example, or returned no session. */
  | "adapter-failed"
  /** The name of the room is missing, empty, too long or reserved. */
  | "room-invalid"
  /** The room has as many participants as it can hold. */
  | "room-full"
  /** The browser rejected a step of the offer/answer exchange. */
  | "negotiation-failed"
  /** ICE found no route to the remote participant. */
  | "ice-failed"
  /** The browser rejects an entry of `iceServers`, or the function that fetches them failed. */
  | "ice-servers-invalid"
  /** A message or a value is malformed or too long, and was dropped. */
  | "message-invalid"
  /** No signaling was given, and the default one could not be loaded. */
  | "no-signaling"
  /** The operation was cancelled: the call was left or the capture was stopped while it was running. */
  | "aborted";

/** Marks the prototype. `Symbol.for` returns the same symbol in all copies and realms of a page. */
const BRAND = Symbol.for("twocan.CallError");

/**
 * Represents every failure that this library reports: a `code` to branch on, a message that says what to
 * do, and the original `cause` if there is one.
 *
 * A promise that you asked for rejects with it. Any other failure is in the `error` of a
 * snapshot, and is passed to `onError`.
 *
 * @example
 * if (call.error?.code === "room-full") showLobby();
 */
export class CallError extends Error {
  static {
    Object.defineProperty(this.prototype, BRAND, { value: true });
  }

  /**
   * Returns whether a value is a `CallError`, also one of another copy of this library (two bundles on a
   * page) or of another realm (an `iframe`), for which `instanceof` is false.
   *
   * @example
   * try {
   *   await call.join();
   * } catch (error) {
   *   if (CallError.is(error) && error.code === "room-full") showLobby();
   * }
   */
  static is(value: unknown): value is CallError {
    return read(value, BRAND) === true && typeof read(value, "code") === "string";
  }

  override readonly name = "CallError";

  readonly code: CallErrorCode;

  constructor(code: CallErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Returns `cause` if it is a {@link CallError}, else a new one of `code` with `cause` as its cause. */
export function toCallError(cause: unknown, code: CallErrorCode, message: string): CallError {
  return CallError.is(cause) ? cause : new CallError(code, message, { cause });
}

const UNREACHABLE =
  "The call service could not be reached or did not accept the request. Check the network, its address and its access rules.";

/**
 * Converts what a function of a signaling adapter threw: `adapter-failed` for a bug in the adapter, else
 * `signaling-unavailable`. A {@link CallError} is returned as it is. Never throws.
 */
export function adapterError(cause: unknown, name: string, message = UNREACHABLE): CallError {
  if (CallError.is(cause)) return cause;
  const detail = typeof cause === "string" ? cause : readText(cause, "message");
  return isBug(cause)
    ? adapterBug(name, `threw ${readText(cause, "name")}: ${detail}`, { cause })
    : new CallError("signaling-unavailable", detail ? `${message} (${detail})` : message, {
        cause,
      });
}

/** Creates the error for a bug in an adapter. `did` continues a sentence: "threw …", "returned …". */
export function adapterBug(name: string, did: string, options?: ErrorOptions): CallError {
  const message = `${name}() of the signaling adapter ${did}. This is a bug in the adapter: fix it there.`;
  return new CallError("adapter-failed", message, options);
}

/**
 * Calls a function of an adapter at once, and converts the error with which it fails.
 *
 * @throws {CallError} See {@link adapterError}.
 */
export async function callAdapter<T>(name: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    throw adapterError(cause, name);
  }
}

/** `SyntaxError` is missing because a gateway can respond with HTML where JSON is expected. */
const BUGS = new Set(["TypeError", "ReferenceError", "RangeError"]);
/** `fetch()` and `import()` reject with a `TypeError` if the network fails. Its text differs by browser. */
const NETWORK =
  /^(failed to fetch|fetch failed|network ?error|network request failed|a network error|load failed|terminated|cancelled|the (internet|network) connection|error (loading|in body)|error sending|importing a module|could not connect|a server with|the request timed out)/i;

/** Looks at the name only, because `instanceof` is false for an error of another realm. */
function isBug(cause: unknown): boolean {
  return (
    BUGS.has(readText(cause, "name")) &&
    // `undici` puts the failure of the network into `cause`; an engine never sets it.
    read(cause, "cause") === undefined &&
    !NETWORK.test(readText(cause, "message").trim())
  );
}

function readText(value: unknown, name: string): string {
  const text = read(value, name);
  return typeof text === "string" ? text : "";
}

/** Reads a property of anything. Anything can be thrown, a proxy with traps that throw included. */
function read(value: unknown, name: PropertyKey): unknown {
  try {
    return (value as Record<PropertyKey, unknown> | null | undefined)?.[name];
  } catch {
    return undefined;
  }
}
