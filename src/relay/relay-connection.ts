import type { RawData, WebSocket } from "ws";
import type { PeerInfo } from "../core/signaling/signaling.ts";
import {
  CLOSE_REFUSED,
  CLOSE_RESTART,
  parseClientFrame,
  type ClientFrame,
  type RelayFrame,
} from "./frames.ts";
import type { Refusal, Rooms, RelayMember } from "./rooms.ts";

/** The limits of one connection. */
export interface ConnectionLimits {
  /** Frames at once; a long frame counts as several. Default 200. */
  burst: number;
  /** Frames per second after that. Default 100. */
  perSecond: number;
  /** Malformed frames that are tolerated. Default 10. */
  strikes: number;
  /**
   * The interval between two pings, in ms. A connection that has not answered by the next one counts as
   * lost. Default 7,000. Not longer: a client that received nothing for 15 s reconnects.
   */
  heartbeat: number;
}

/** Decides whether a peer may enter a room. */
export type Admission = (join: { room: string; peer: PeerInfo }) => Promise<boolean>;

/** A connection to the relay. */
export interface Connection {
  /** Closes because the relay restarts, so that the client reconnects. Resolves when it is closed. */
  end(): Promise<void>;
}

type Join = Extract<ClientFrame, { type: "join" }>;

/** A frame longer than this, in bytes, counts as several. Frames of a call rarely are. */
const FRAME_UNIT = 16_384;
/** How many bytes may be buffered for a client that does not read. */
const MAX_BUFFERED = 4_194_304;
/** A connection that the client has not closed after this time is terminated. */
const CLOSE_TIMEOUT_MS = 2_000;

/**
 * Serves a socket until it closes.
 *
 * @internal The package ws is part of the build, so the published types must not import it.
 */
export function acceptConnection(
  socket: WebSocket,
  rooms: Rooms,
  limits: ConnectionLimits,
  admission?: Admission,
): Connection {
  let member: RelayMember | undefined;
  /** The join whose admission is being decided. */
  let pending: Join | undefined;
  let alive = true;
  let strikes = 0;
  const { send, close } = createSender(socket);
  const spend = createTokenBucket(socket, limits);
  const heartbeat = setInterval(ping, limits.heartbeat);

  function refuse({ code, message }: Refusal): void {
    send({ type: "error", code, message });
    leave();
    close(CLOSE_REFUSED, code);
  }

  function strike(message: string): void {
    strikes += 1;
    if (strikes > limits.strikes) refuse({ code: "signaling-denied", message });
    else send({ type: "error", code: "message-invalid", message });
  }

  function leave(): void {
    if (member) rooms.leave(member);
    member = undefined;
    pending = undefined;
  }

  function ping(): void {
    if (!alive) {
      // It was not closed, so the network may be down or the device asleep. The peer stays listed.
      if (member) rooms.keep(member);
      member = undefined;
      return socket.terminate();
    }
    alive = false;
    socket.ping();
    send({ type: "beat" });
  }

  async function decide(admit: Admission, join: Join): Promise<void> {
    pending = join;
    const admitted = await admit(join).catch(() => false);
    // The client may have left, or the connection closed, while `admit` ran. The peer would then be
    // listed without a connection.
    if (pending !== join || socket.readyState !== socket.OPEN) return;
    pending = undefined;
    if (admitted) enter(join);
    else refuse({ code: "signaling-denied", message: "You may not enter this room." });
  }

  function enter({ room, peer, secret }: Join): void {
    const onTakenOver = () => {
      member = undefined;
      socket.terminate();
    };
    const next: RelayMember = { room, peer, secret, send, onTakenOver };
    const refused = rooms.enter(next);
    if (refused) return refuse(refused);
    member = next;
    // A pong before the join did not count.
    alive = true;
  }

  function handle(frame: ClientFrame): void {
    if (frame.type === "join") {
      if (member ?? pending) strike("This connection has joined already.");
      else if (admission) void decide(admission, frame);
      else enter(frame);
      return;
    }
    if (frame.type === "leave" && pending) return leave();
    if (!member) return strike("Join a room first, and wait for the list of peers.");
    if (frame.type === "leave") return leave();
    if (frame.type === "send") {
      const { message } = frame;
      rooms.find(member, frame.to)?.send({ type: "message", from: member.peer.id, message });
    } else if (frame.peer.id === member.peer.id) rooms.update(member, frame.peer);
    else strike("An id cannot change.");
  }

  function receive(data: RawData, isBinary: boolean): void {
    if (socket.readyState !== socket.OPEN) return;
    // With the default binary type every frame is one Buffer.
    if (!Buffer.isBuffer(data)) return;
    if (!spend(data.length))
      return refuse({ code: "signaling-denied", message: "Too many frames." });
    const frame = isBinary ? undefined : parseClientFrame(data.toString());
    if (!frame) return strike("This frame is not one of the relay's protocol.");
    try {
      handle(frame);
    } catch {
      // JSON that can be parsed, but is nested too deep to be serialized.
      strike("This frame cannot be delivered.");
    }
  }

  socket.on("message", receive);
  // A connection that has not joined by its second ping is closed.
  socket.on("pong", () => (alive = member !== undefined));
  socket.on("close", () => {
    clearInterval(heartbeat);
    leave();
  });
  // A frame that is too long, or malformed WebSocket data: the library closes the connection.
  socket.on("error", () => undefined);

  return {
    end: () =>
      new Promise((resolve) => {
        socket.once("close", () => resolve());
        close(CLOSE_RESTART, "The relay restarts.");
      }),
  };
}

function createSender(socket: WebSocket) {
  return {
    /** Returns the length of the frame; 0 if it was not sent. */
    send(frame: RelayFrame): number {
      if (socket.bufferedAmount > MAX_BUFFERED) socket.terminate();
      if (socket.readyState !== socket.OPEN) return 0;
      const text = JSON.stringify(frame);
      socket.send(text);
      return text.length;
    },
    close(code: number, reason: string): void {
      socket.close(code, reason);
      // Reads on, past frames that are now ignored, to the close frame of the client, within the timeout.
      socket.resume();
      setTimeout(() => socket.terminate(), CLOSE_TIMEOUT_MS).unref();
    },
  };
}

/** Returns a function that is false for a flood. A client that is only fast is not read until the bucket has refilled. */
function createTokenBucket(socket: WebSocket, limits: ConnectionLimits) {
  let tokens = limits.burst;
  let refilledAt = performance.now();
  return (bytes: number): boolean => {
    const now = performance.now();
    const refill = ((now - refilledAt) / 1_000) * limits.perSecond;
    tokens = Math.min(limits.burst, tokens + refill) - 1 - Math.floor(bytes / FRAME_UNIT);
    refilledAt = now;
    // Frames that were read together with the one that emptied the bucket are still emitted.
    if (tokens < -2 * limits.burst) return false;
    if (tokens < 0 && !socket.isPaused) {
      socket.pause();
      setTimeout(() => socket.resume(), (-tokens / limits.perSecond) * 1_000).unref();
    }
    return true;
  };
}
