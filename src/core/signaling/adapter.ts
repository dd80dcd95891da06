/**
 * The adapter kit: what every adapter needs, once. `createSignaling()` turns the few functions that
 * differ between backends into a `Signaling`. It implements the life cycle of a session (time limit,
 * abort, leaving once, leaving on `pagehide`), orders the roster, checks sizes and shapes, and maps
 * errors.
 */
import { adapterError, CallError } from "../lib/errors.ts";
import { onPageHide } from "../lib/page-lifecycle.ts";
import { abortable, abortedError, after, withTimeout } from "../lib/abort.ts";
import {
  MAX_PEER_INFO,
  type JoinOptions,
  type PeerInfo,
  type SignalMessage,
  type Signaling,
  type SignalingSession,
} from "./signaling.ts";
import { byJoinTime, isObject, isPeerInfo, stringifyPacket } from "./wire-format.ts";

export { byJoinTime, isObject, parseObject, stringifyPacket } from "./wire-format.ts";

/** The functions of one adapter; see {@link createSignaling}. */
export interface AdapterOptions {
  /** The adapter's name for error messages, for example `"mqttSignaling()"`. */
  name: string;
  /** The message of `signaling-unavailable`: what is unreachable, and what to check. */
  unavailable: string;
  /**
   * Joins one room. Resolves when the peer is in the room and the first roster has been passed to
   * {@link AdapterContext.setPeers}. Register the cleanup of each step with
   * {@link AdapterContext.onLeave} as soon as the step has succeeded.
   */
  join(context: AdapterContext): AdapterSession | Promise<AdapterSession>;
  /**
   * Maps an error of the client library, for example a refusal to `signaling-denied`. If it returns
   * `undefined`, the error becomes `signaling-unavailable`, or `adapter-failed` for a `TypeError` of the
   * adapter.
   */
  toCallError?: ((cause: unknown) => CallError | undefined) | undefined;
  /**
   * How long joining may take, in ms. Then it is aborted and fails with `signaling-unavailable`.
   * `Infinity` if the client library has its own time limit.
   *
   * @default 10,000
   */
  joinTimeoutMs?: number | undefined;
  /**
   * Whether the session ends on `pagehide`. `false` for a backend that is part of the page: there is
   * nothing to send, and a test may simulate the reload of one participant of several in a page.
   *
   * @default true
   */
  endOnPageHide?: boolean | undefined;
}

/** The result of {@link AdapterOptions.join}: how to send in a room that was joined. */
export interface AdapterSession extends Pick<
  SignalingSession,
  "id" | "presence" | "responseTimeoutMs" | "usage"
> {
  /**
   * Sends a packet to one peer. Is not called after the session has ended, for a packet that is too
   * long, or for a packet to this peer itself.
   *
   * @param json The packet, serialized.
   */
  send(to: string, message: SignalMessage, json: string): void | Promise<void>;
  /**
   * Publishes a changed name or changed metadata. {@link AdapterContext.self} has changed already, so
   * an adapter may do nothing while the backend is unreachable, and publish `self` when it reconnects.
   */
  update(self: PeerInfo): void | Promise<void>;
}

/** One join of a room, as {@link createSignaling} passes it to an adapter. After the session has ended, its functions do nothing, except `onLeave`. */
export interface AdapterContext {
  readonly room: string;
  /** How this peer describes itself now. */
  readonly self: PeerInfo;
  /** Aborted when the session ends: left, failed to join in time, or `pagehide` fired. */
  readonly signal: AbortSignal;
  /** Whether {@link AdapterOptions.join} has resolved. */
  readonly joined: boolean;
  /** Reports the complete roster, in any order and with or without this peer. Entries without an id are dropped. */
  setPeers(peers: Iterable<unknown>): void;
  /** Reports whether the backend is reachable. Joining implies `"connected"`. A status that is reported already is ignored. */
  setStatus(status: "connected" | "disconnected"): void;
  /** Makes the call retransmit what was not acknowledged, because packets may have been refused. */
  retransmit(): void;
  /** Delivers a packet. Reports `message-invalid` if it is not an object. */
  deliver(from: string, message: unknown): void;
  /** Reports `message-invalid`: what this peer sent is malformed and was dropped. */
  reportMalformed(from: string): void;
  /** Reports a failure that does not end the join or the session. */
  report(cause: unknown): void;
  /** Reports a failure. While joining, it ends the join. */
  fail(cause: unknown): void;
  /**
   * Registers a cleanup. The cleanups run once, when the session ends, the last one first. All of them
   * start in the same task, because on `pagehide` nothing that is sent later is delivered. Leaving
   * waits for them, at most 2 s. After the session has ended, a cleanup runs at once.
   */
  onLeave(cleanup: () => unknown): void;
}

/** Joining fails after this time. */
const JOIN_TIMEOUT_MS = 10_000;
/** Leaving does not wait longer for the backend; what is pending completes in the background. */
const LEAVE_TIMEOUT_MS = 2_000;

/**
 * Creates an adapter: implement `join`, and the rest of the signaling contract is taken care of.
 *
 * @example
 * const mySignaling = (url: string) =>
 *   createSignaling({
 *     name: "mySignaling()",
 *     unavailable: `The server at ${url} is unreachable. Check the network and the address.`,
 *     async join({ room, self, signal, setPeers, deliver, onLeave }) {
 *       const client = await MyClient.connect(url, { signal });
 *       onLeave(() => client.close());
 *       client.on("packet", ({ from, text }) => deliver(from, parseObject(text)));
 *       client.on("roster", setPeers);
 *       setPeers(await client.enter(room, self));
 *       return {
 *         send: (to, _message, json) => client.send(to, json),
 *         update: (next) => client.describe(next),
 *       };
 *     },
 *   });
 */
export function createSignaling(options: AdapterOptions): Signaling {
  return { name: options.name, join: (joining) => joinRoom(options, joining) };
}

async function joinRoom(options: AdapterOptions, joining: JoinOptions): Promise<SignalingSession> {
  const { signal, end, onLeave } = createLifetime(options.endOnPageHide ?? true);
  let { self } = joining;
  let own: AdapterSession | undefined;
  let joined = false;
  let peers: readonly PeerInfo[] = [];
  let status = "connected" as "connected" | "disconnected";

  const ownId = () => own?.id ?? joining.self.id;

  function toError(cause: unknown, fn: string): CallError {
    if (cause instanceof CallError) return cause;
    return options.toCallError?.(cause) ?? adapterError(cause, fn, options.unavailable);
  }

  const context: AdapterContext = {
    room: joining.room,
    get self() {
      return self;
    },
    signal,
    get joined() {
      return joined;
    },
    setPeers(next) {
      if (signal.aborted) return;
      peers = [...next]
        .filter(isPeerInfo)
        .filter(({ id }) => id !== ownId())
        .sort(byJoinTime);
      if (joined) joining.onPeers(peers);
    },
    setStatus(next) {
      if (signal.aborted || next === status) return;
      status = next;
      if (joined) joining.onStatus(next);
    },
    retransmit() {
      if (!signal.aborted && joined && status === "connected") joining.onStatus(status);
    },
    deliver(from, message) {
      if (signal.aborted || from === ownId()) return;
      if (isObject(message)) joining.onMessage(from, message);
      else context.reportMalformed(from);
    },
    reportMalformed: (from) => context.report(malformedError(from)),
    report(cause) {
      if (!signal.aborted) joining.onError(toError(cause, "join"));
    },
    fail(cause) {
      if (joined) context.report(cause);
      else if (!signal.aborted) void end(toError(cause, "join"));
    },
    onLeave,
  };

  const abort = () => void end(abortedError("Joining"));
  const { joinTimeoutMs = JOIN_TIMEOUT_MS } = options;
  const timeOut = () => void end(toError(undefined, "join"));
  // A browser reads an infinite delay as 0.
  const cancelTimeout = joinTimeoutMs < Infinity ? after(signal, joinTimeoutMs, timeOut) : noop;
  joining.signal.addEventListener("abort", abort);
  try {
    if (joining.signal.aborted) abort();
    signal.throwIfAborted();
    own = await abortable(signal, start(options, context));
    signal.throwIfAborted();
  } catch (cause) {
    const error = signal.aborted ? (signal.reason as CallError) : toError(cause, "join");
    await end(error);
    throw error;
  } finally {
    cancelTimeout();
    joining.signal.removeEventListener("abort", abort);
  }
  const session = own;
  joined = true;
  joining.onStatus("connected");
  joining.onPeers(peers);
  if (status === "disconnected") joining.onStatus(status);

  async function call(fn: "send" | "update", act: () => void | Promise<void>): Promise<void> {
    assertJoined(signal);
    try {
      await act();
    } catch (cause) {
      assertJoined(signal);
      throw toError(cause, fn);
    }
  }

  return {
    id: session.id,
    presence: session.presence,
    responseTimeoutMs: session.responseTimeoutMs,
    send: (to, message) =>
      call("send", async () => {
        const json = stringifyPacket(message);
        if (to !== ownId()) await session.send(to, message, json);
      }),
    update: (next) =>
      call("update", async () => {
        assertFits(next);
        self = { ...next, id: joining.self.id };
        await session.update(self);
      }),
    leave: () => end(abortedError("The session")),
    ...(session.usage && { usage: () => session.usage?.() ?? {} }),
  };
}

/** Ends one session, once: by `end()` or on `pagehide`. */
function createLifetime(endOnPageHide: boolean) {
  const scope = new AbortController();
  const { signal } = scope;
  const cleanups: (() => unknown)[] = [];
  let ending: Promise<void> | undefined;

  /** Everything that the adapter sends on leaving is sent in this task. */
  function end(reason: CallError): Promise<void> {
    if (ending) return ending;
    let settle = () => {};
    ending = new Promise((resolve) => (settle = resolve));
    scope.abort(reason);
    const pending = cleanups.splice(0).toReversed().map(run);
    void withTimeout(LEAVE_TIMEOUT_MS, Promise.all(pending)).then(() => {
      offPageHide();
      settle();
    });
    return ending;
  }

  // A page that returns from the back/forward cache joins again.
  const offPageHide = endOnPageHide
    ? onPageHide(() => void end(abortedError("The session")))
    : noop;
  return {
    signal,
    end,
    onLeave(cleanup: () => unknown) {
      if (signal.aborted) void run(cleanup);
      else cleanups.push(cleanup);
    },
  };
}

/** Also turns what `join` throws before it returns a promise into a rejection. */
async function start(options: AdapterOptions, context: AdapterContext): Promise<AdapterSession> {
  return options.join(context);
}

/** Starts a cleanup in this task. What it throws concerns a session that has ended, so it is ignored. */
async function run(cleanup: () => unknown): Promise<void> {
  try {
    await cleanup();
  } catch {
    // The backend removes by itself what could not be removed.
  }
}

/**
 * Throws if the session has ended.
 *
 * @throws {CallError} `aborted`.
 */
function assertJoined(signal: AbortSignal): void {
  if (signal.aborted) throw abortedError("The session");
}

const noop = () => undefined;

function assertFits(self: PeerInfo): void {
  const { length } = JSON.stringify(self);
  if (length > MAX_PEER_INFO)
    throw new CallError(
      "message-invalid",
      `The description of this peer has ${length} characters; the limit is ${MAX_PEER_INFO}.`,
    );
}

function malformedError(from: string): CallError {
  return new CallError(
    "message-invalid",
    `A malformed message of ${from} was dropped. The call goes on; check who can write to this room.`,
  );
}
