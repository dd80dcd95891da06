/**
 * Owns the signaling over a Socket.IO server that has the server part of docs/SIGNALING.md in it
 * (examples/socket-io-server.mjs). The connection is the application's, and stays open.
 *
 * The client says `twocan:join` (room, peer, secret, answer), again for a changed name and after each
 * reconnect, `twocan:send` (room, from, to, message) and `twocan:leave` (room, id); the server says
 * `twocan:peers` (room, to, peers), the whole list, and `twocan:message` (room, to, from, message).
 */
import type { Socket } from "socket.io-client";
import { CallError, toCallError, type CallErrorCode } from "../core/lib/errors.ts";
import { abortedError } from "../core/lib/abort.ts";
import type { JoinOptions, PeerInfo, Signaling } from "../core/signaling/signaling.ts";
import {
  assertJoined,
  joinWithTimeout,
  leaveOnce,
  malformedError,
  type JoiningSession,
} from "../core/signaling/join.ts";
import { byJoinTime, isRecord, packetText } from "../core/signaling/wire-format.ts";

/** How long the server may take to answer, in ms. */
const PATIENCE = 10_000;
/** What the server may answer instead of letting somebody in. */
const REFUSALS: readonly CallErrorCode[] = ["signaling-denied", "room-full", "message-invalid"];

/**
 * Signaling over a connection of Socket.IO: `io(url)` of socket.io-client. One connection serves any
 * number of rooms.
 *
 * @throws {CallError} On joining: `signaling-unavailable`, `signaling-denied`, `room-full`, `aborted`.
 * @example
 * const signaling = socketIoSignaling(io("https://example.org"));
 */
export function socketIoSignaling(socket: Socket): Signaling {
  return {
    join: (joining) =>
      joinWithTimeout(joining, unreachable, (stay) => enter(socket, joining, stay)),
  };
}

function enter(socket: Socket, joining: JoinOptions, stay: AbortController): JoiningSession {
  const { room } = joining;
  const { signal } = stay;
  const { id } = joining.self;
  // Proves after a reconnect that this is the same peer.
  const secret = crypto.getRandomValues(new Uint32Array(4)).join("-");
  let self = joining.self;
  let online = false;
  let entered: (() => void) | undefined;
  const firstList = new Promise<void>((resolve) => {
    entered = resolve;
  });

  /** Listens until the stay ends. */
  function on(event: string, listener: Parameters<Socket["on"]>[1]): void {
    socket.on(event, listener);
    signal.addEventListener("abort", () => socket.off(event, listener));
  }

  async function announce(): Promise<void> {
    try {
      const answer: unknown = await socket
        .timeout(PATIENCE)
        .emitWithAck("twocan:join", room, self, secret);
      if (answer !== undefined && answer !== null && !signal.aborted) refuse(answer);
    } catch {
      // It took too long: the next connection tries again, and joining has a limit of its own.
    }
  }

  function refuse(answer: unknown): void {
    const code = REFUSALS.find((known) => known === answer) ?? "signaling-denied";
    fail(new CallError(code, `The server lets nobody in (${code}): see who may enter this room.`));
  }

  function fail(error: CallError): void {
    if (entered) stay.abort(error);
    else joining.onError(error);
  }

  on("twocan:peers", (of: unknown, to: unknown, peers: unknown) => {
    if (of !== room || to !== id || !Array.isArray(peers)) return;
    if (!online) joining.onStatus("connected");
    online = true;
    joining.onPeers(
      peers
        .filter(isPeer)
        .filter((peer) => peer.id !== id)
        .toSorted(byJoinTime),
    );
    entered?.();
    entered = undefined;
  });
  on("twocan:message", (of: unknown, to: unknown, from: unknown, message: unknown) => {
    if (of !== room || to !== id || typeof from !== "string" || from === id) return;
    if (isRecord(message)) joining.onMessage(from, message);
    else joining.onError(malformedError(from));
  });
  on("connect", () => void announce());
  on("disconnect", () => {
    if (online) joining.onStatus("disconnected");
    online = false;
  });
  on("connect_error", (cause: Error) => {
    // As long as it is active it tries again by itself; otherwise the server refused it.
    if (!socket.active)
      fail(toCallError(cause, "signaling-denied", "The server refuses: sign in?"));
  });

  if (socket.connected) void announce();
  else socket.connect();

  const leave = leaveOnce(async () => {
    stay.abort(abortedError("The stay in the room"));
    // Also from the way in: the server may just have let this peer in.
    if (socket.connected) socket.emit("twocan:leave", room, id);
  });

  return {
    entered: firstList,
    session: {
      async send(to, message) {
        assertJoined(signal);
        packetText(message);
        // Nothing waits for the next connection, which would find it stale.
        if (!online) throw unreachable();
        socket.emit("twocan:send", room, id, to, message);
      },
      async update(next) {
        assertJoined(signal);
        self = { ...next, id };
        if (online) await announce();
      },
      leave,
    },
  };
}

function isPeer(value: unknown): value is PeerInfo & Record<string, unknown> {
  return isRecord(value) && typeof value["id"] === "string";
}

function unreachable(): CallError {
  const message =
    "The Socket.IO server is out of reach, or has no rooms. It is tried again; see docs/SIGNALING.md for the server part.";
  return new CallError("signaling-unavailable", message);
}
