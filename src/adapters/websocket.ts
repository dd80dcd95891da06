import ReconnectingWebSocket from "partysocket/ws";
import { monotonicNow } from "../core/lib/clock.ts";
import { CallError } from "../core/lib/errors.ts";
import { after } from "../core/lib/abort.ts";
import {
  createSignaling,
  type AdapterContext,
  type AdapterSession,
} from "../core/signaling/adapter.ts";
import type { Signaling } from "../core/signaling/signaling.ts";
import { CLOSE_REFUSED, parseRelayFrame, type ClientFrame } from "../relay/frames.ts";

/** How {@link webSocketSignaling} connects. */
export interface WebSocketSignalingOptions {
  /** Subprotocols to offer, if your server requires them. */
  protocols?: string | string[] | undefined;
  /**
   * The WebSocket class to use.
   *
   * @default the global one, which Node has since version 22
   */
  WebSocket?: WebSocketClass | undefined;
  /**
   * How long joining may take, in ms. It tries several times within it. A call waits at most 60 s.
   *
   * @default 10,000
   */
  timeout?: number | undefined;
}

/** A WebSocket class: that of the browser, or that of the package `ws`. */
export type WebSocketClass = new (
  url: string,
  protocols?: string | string[],
) => { send(data: string): void; close(code?: number, reason?: string): void };

/** The relay sends a heartbeat every 7 s. A connection that received nothing for two of them is down. */
const SILENCE_MS = 15_000;
/** If frames were sent for this long and nothing was received, the connection may be down. */
const UNANSWERED_MS = 1_500;
/** A connection that was just replaced is not suspected for this long: the peers may have nothing to send. */
const TRUST_MS = 10_000;
/** How long the browser takes to close the connections of the previous network once it is online again. */
const NETWORK_CHANGE_MS = 50;

type Address = string | (() => string | Promise<string>);

/**
 * Creates signaling through a relay: `npx -p twocan twocan-relay`, or `createRelay()` of `twocan/relay`
 * on your server. After a lost connection it reconnects by itself, as the same peer.
 *
 * @param url The address of the relay, or a function that returns it, which is called for each
 * connection (a fresh token).
 * @throws {CallError} On joining: `signaling-unavailable`, `signaling-denied`, `room-full`,
 * `unsupported` without a WebSocket class, `aborted`.
 * @example
 * const signaling = webSocketSignaling("wss://relay.example.org");
 */
export function webSocketSignaling(
  url: Address,
  options: WebSocketSignalingOptions = {},
): Signaling {
  return createSignaling({
    name: "webSocketSignaling()",
    unavailable: UNREACHABLE,
    // The connection adds the address and the cause, so its own time limit elapses first.
    joinTimeoutMs: Infinity,
    join(context) {
      if (!options.WebSocket && typeof WebSocket === "undefined") {
        const message =
          "There is no global WebSocket. Pass one: { WebSocket } from the package ws.";
        throw new CallError("unsupported", message);
      }
      return joinRelay(url, options, context);
    },
  });
}

const UNREACHABLE =
  "The relay is unreachable. The connection is retried; check the network and the address.";

/** Joins, and joins again on each new connection. */
async function joinRelay(
  url: Address,
  options: WebSocketSignalingOptions,
  context: AdapterContext,
): Promise<AdapterSession> {
  const { room, signal } = context;
  const secret = createSecret();
  let connected = false;
  /** Frames that arrive together with the first roster are handled before `join` has resolved. */
  let listed = false;
  let onJoined = () => {};
  const joined = new Promise<void>((resolve) => (onJoined = resolve));

  const connection = createConnection(url, options, signal, {
    onOpen: () => connection.send({ type: "join", room, peer: context.self, secret }),
    onLost() {
      connected = false;
      context.setStatus("disconnected");
    },
    onData: receive,
  });
  context.onLeave(() => connection.close(connected ? { type: "leave" } : undefined));

  const fail = (error: CallError) => (listed ? context.report(error) : context.fail(error));

  function receive(data: unknown): void {
    const frame = parseRelayFrame(data);
    switch (frame?.type) {
      case "peers":
        // Before the roster, because the call retransmits on `connected` what it could not send.
        connected = true;
        context.setStatus("connected");
        context.setPeers(frame.peers);
        listed = true;
        onJoined();
        return;
      case "message":
        context.deliver(frame.from, frame.message);
        return;
      case "error":
        fail(new CallError(frame.code, `The relay refused: ${frame.message}`));
        return;
      case undefined: {
        const message = `The server at ${connection.address()} is not a twocan relay. Check the address.`;
        fail(new CallError(listed ? "message-invalid" : "signaling-unavailable", message));
      }
    }
  }

  const { timeout = 10_000 } = options;
  after(signal, timeout, () => {
    if (listed) return;
    const message = `No relay answered at ${connection.address()} within ${timeout / 1_000} s. Check that it runs there; "npx -p twocan twocan-relay" starts one.`;
    const { cause } = connection;
    context.fail(new CallError("signaling-unavailable", message, { cause: cause() }));
  });
  await joined;

  return {
    send(to, message) {
      if (!connected || !connection.send({ type: "send", to, message }))
        throw new CallError("signaling-unavailable", UNREACHABLE);
      connection.expectReply();
    },
    update(peer) {
      // Without a connection, the next join publishes it.
      if (connected) connection.send({ type: "update", peer });
    },
  };
}

/** A connection that is replaced whenever it is lost, until it is closed. */
interface Connection {
  /** Returns false without a connection. The frame is not queued: it would be stale on the next one. */
  send(frame: ClientFrame): boolean;
  /** Call after sending a frame that is usually answered. Without a reply, a second connection is tried. */
  expectReply(): void;
  /** Sends a last frame and closes. */
  close(last?: ClientFrame): void;
  /** The address that was tried last, and the last error. */
  address(): string;
  cause(): unknown;
}

interface ConnectionEvents {
  onOpen(): void;
  onData(data: unknown): void;
  onLost(): void;
}

function createConnection(
  url: Address,
  options: WebSocketSignalingOptions,
  signal: AbortSignal,
  events: ConnectionEvents,
): Connection {
  let address = "the given address";
  let cause: unknown;
  let cancelSilence = () => {};
  /** When the first frame was sent that has no reply yet. */
  let unansweredSince: number | undefined;
  let trustedUntil = 0;
  let socket = open();
  /** Replaces the current socket if it opens before anything is received there. */
  let spare: ReconnectingWebSocket | undefined;

  async function findAddress(): Promise<string> {
    try {
      address = typeof url === "string" ? url : await url();
      return address;
    } catch (error) {
      // The library requires an `Error`, and retries after it.
      throw (cause = error instanceof Error ? error : new Error("No address", { cause: error }));
    }
  }

  function open(): ReconnectingWebSocket {
    const opened = new ReconnectingWebSocket(findAddress, options.protocols ?? null, {
      WebSocket: options.WebSocket,
      maxEnqueuedMessages: 0,
      // Random, so that the clients of a restarted relay do not all reconnect at the same time.
      minReconnectionDelay: 100 + Math.random() * 300,
      maxReconnectionDelay: 1_500,
      reconnectionDelayGrowFactor: 1.6,
      shouldReconnectOnClose: (event) => event.code !== CLOSE_REFUSED,
    });
    // Events of a socket that was replaced, or whose session has ended, are ignored.
    const isCurrent = () => opened === socket && !signal.aborted;
    opened.addEventListener("open", () => {
      const previous = opened === spare ? replaceSocket(opened) : undefined;
      if (!isCurrent()) return;
      watchForSilence();
      events.onOpen();
      // After the join, so that the relay moves the peer to the new connection before the old one closes.
      previous?.close();
    });
    opened.addEventListener("message", ({ data }) => {
      if (!isCurrent()) return;
      watchForSilence();
      unansweredSince = undefined;
      spare?.close();
      spare = undefined;
      events.onData(data);
    });
    opened.addEventListener("error", ({ error }) => {
      if (error instanceof Error) cause = error;
    });
    opened.addEventListener("close", () => {
      cancelSilence();
      if (isCurrent()) events.onLost();
    });
    return opened;
  }

  function watchForSilence(): void {
    cancelSilence();
    cancelSilence = after(signal, SILENCE_MS, reconnect);
  }

  function replaceSocket(next: ReconnectingWebSocket): ReconnectingWebSocket {
    const previous = socket;
    socket = next;
    if (spare !== next) spare?.close();
    spare = undefined;
    trustedUntil = monotonicNow() + TRUST_MS;
    events.onLost();
    return previous;
  }

  /** With a new socket, because the library would first wait for its delay between two attempts. */
  const reconnect = () => replaceSocket(open()).close();

  // Chromium closes the connections of the previous network shortly after `online`, and with them one
  // that is opened in the same task.
  globalThis.addEventListener?.("online", () => after(signal, NETWORK_CHANGE_MS, reconnect), {
    signal,
  });
  return {
    send: (frame) => !signal.aborted && socket.send(JSON.stringify(frame)),
    expectReply() {
      const now = monotonicNow();
      unansweredSince ??= now;
      if (now > unansweredSince + UNANSWERED_MS && now > trustedUntil) spare ??= open();
    },
    close(last) {
      if (last) socket.send(JSON.stringify(last));
      socket.close();
      spare?.close();
    },
    address: () => address,
    cause: () => cause,
  };
}

/** Proves to the relay that a new connection belongs to the same peer. `randomUUID` requires a secure context. */
function createSecret(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");
}
