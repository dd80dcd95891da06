/**
 * Signaling over a Socket.IO server that runs the server part of docs/SIGNALING.md
 * (examples/socket-io-server.mjs). The connection belongs to the application and stays open.
 *
 * The client emits `twocan:join` (room, peer, secret, acknowledge), again for a changed name and after
 * each reconnect, `twocan:send` (room, from, to, message) and `twocan:leave` (room, id). The server emits
 * `twocan:peers` (room, to, peers), the complete roster, and `twocan:message` (room, to, from, message).
 */
import type { Socket } from "socket.io-client";
import { CallError, toCallError, type CallErrorCode } from "../core/lib/errors.ts";
import {
  createSignaling,
  type AdapterContext,
  type AdapterSession,
} from "../core/signaling/adapter.ts";
import type { Signaling } from "../core/signaling/signaling.ts";

/** The server counts as unreachable if it has not acknowledged a join after this time. */
const ACKNOWLEDGE_TIMEOUT_MS = 10_000;
/** How the server may acknowledge a join that it refuses. */
const REFUSALS: readonly CallErrorCode[] = ["signaling-denied", "room-full", "message-invalid"];

/**
 * Creates signaling over a connection of Socket.IO: `io(url)` of socket.io-client. One connection serves
 * any number of rooms.
 *
 * @throws {CallError} On joining: `signaling-unavailable`, `signaling-denied`, `room-full`, `aborted`.
 * @example
 * const signaling = socketIoSignaling(io("https://example.org"));
 */
export function socketIoSignaling(socket: Socket): Signaling {
  return createSignaling({
    name: "socketIoSignaling()",
    unavailable: UNREACHABLE,
    join: (context) => joinServer(socket, context),
  });
}

async function joinServer(socket: Socket, context: AdapterContext): Promise<AdapterSession> {
  const { room, signal } = context;
  const { id } = context.self;
  // Proves after a reconnect that this is the same peer.
  const secret = crypto.getRandomValues(new Uint32Array(4)).join("-");
  let online = false;
  let onJoined = () => {};
  const joined = new Promise<void>((resolve) => (onJoined = resolve));

  /** Listens until the session ends. */
  function on(event: string, listener: Parameters<Socket["on"]>[1]): void {
    socket.on(event, listener);
    context.onLeave(() => socket.off(event, listener));
  }

  async function announce(): Promise<void> {
    try {
      const answer: unknown = await socket
        .timeout(ACKNOWLEDGE_TIMEOUT_MS)
        .emitWithAck("twocan:join", room, context.self, secret);
      if (answer !== undefined && answer !== null) context.fail(refusal(answer));
    } catch {
      // Not acknowledged in time: the next connection announces it again, and joining has its own limit.
    }
  }

  context.onLeave(() => {
    // While joining, too: the server may have accepted the join.
    if (socket.connected) socket.emit("twocan:leave", room, id);
  });
  on("twocan:peers", (of: unknown, to: unknown, peers: unknown) => {
    if (of !== room || to !== id || !Array.isArray(peers)) return;
    online = true;
    context.setStatus("connected");
    context.setPeers(peers);
    onJoined();
  });
  on("twocan:message", (of: unknown, to: unknown, from: unknown, message: unknown) => {
    if (of === room && to === id && typeof from === "string") context.deliver(from, message);
  });
  on("connect", () => void announce());
  on("disconnect", () => {
    online = false;
    context.setStatus("disconnected");
  });
  on("connect_error", (cause: Error) => {
    // An active socket reconnects by itself; otherwise the server refused the connection.
    if (!socket.active) context.fail(toCallError(cause, "signaling-denied", REFUSED));
  });

  if (socket.connected) void announce();
  else socket.connect();
  await joined;
  signal.throwIfAborted();

  return {
    send(to, message) {
      // The library would queue the packet, and deliver it stale on the next connection.
      if (!online) throw new CallError("signaling-unavailable", UNREACHABLE);
      socket.emit("twocan:send", room, id, to, message);
    },
    async update() {
      if (online) await announce();
    },
  };
}

const REFUSED = "The server refused the connection. Sign in, and check its middleware.";
const UNREACHABLE =
  "The Socket.IO server is unreachable, or does not run the server part of docs/SIGNALING.md. The connection is retried.";

function refusal(answer: unknown): CallError {
  const code = REFUSALS.find((known) => known === answer) ?? "signaling-denied";
  const message = `The server refused the join (${code}). Check who may enter this room.`;
  return new CallError(code, message);
}
