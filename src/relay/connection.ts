/** Owns one connection to the relay: its seat, its pulse, and how much it may ask for. */
import type { RawData, WebSocket } from "ws";
import { parseClientFrame, type ClientFrame, type RelayFrame } from "./frames.ts";
import type { Refusal, Rooms, Seat } from "./rooms.ts";

/** What one connection may ask for. */
export interface ConnectionLimits {
  /** How many frames may come at once; long ones count as several. Default 200. */
  burst: number;
  /** How many frames a second after that. Default 100. */
  perSecond: number;
  /** How many frames that do not fit are forgiven. Default 10. */
  strikes: number;
}

/** A connection as the relay sees it. */
export interface Connection {
  /** Asks for a sign of life; ends the connection if the last question got none. */
  beat(): void;
  end(): void;
}

/** A frame longer than this, in bytes, counts as several. Honest ones hardly ever are. */
const FRAME_UNIT = 16_384;
/** What may wait to be written to a peer that does not read, in bytes. */
const MAX_BACKLOG = 4_194_304;
/** The close code for "coming back is pointless" (RFC 6455: policy violation). */
const REFUSED = 1008;
/** How long a client that was refused has for its side of the closing handshake, in ms. */
const GOODBYE = 2_000;

/** Serves a socket until it closes. */
export function acceptConnection(
  socket: WebSocket,
  rooms: Rooms,
  limits: ConnectionLimits,
): Connection {
  let seat: Seat | undefined;
  let alive = true;
  let strikes = 0;
  let tokens = limits.burst;
  let refilled = performance.now();

  function send(frame: RelayFrame): void {
    if (socket.bufferedAmount > MAX_BACKLOG) return socket.terminate();
    if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(frame));
  }

  function refuse({ code, message }: Refusal): void {
    send({ type: "error", code, message });
    giveUpSeat();
    socket.close(REFUSED, code);
    // Reads on, past all that is ignored now, to the client's own goodbye; but not for long.
    socket.resume();
    setTimeout(() => socket.terminate(), GOODBYE).unref();
  }

  function strike(message: string): void {
    strikes += 1;
    if (strikes > limits.strikes) refuse({ code: "signaling-denied", message });
    else send({ type: "error", code: "message-invalid", message });
  }

  function giveUpSeat(): void {
    if (seat) rooms.leave(seat);
    seat = undefined;
  }

  /** A token bucket. False for a flood; who is merely fast is not read until the bucket has refilled. */
  function spend(bytes: number): boolean {
    const now = performance.now();
    const refill = ((now - refilled) / 1_000) * limits.perSecond;
    tokens = Math.min(limits.burst, tokens + refill) - 1 - Math.floor(bytes / FRAME_UNIT);
    refilled = now;
    // Frames that were read together with the one that emptied the bucket still come.
    if (tokens < -2 * limits.burst) return false;
    if (tokens < 0 && !socket.isPaused) {
      socket.pause();
      setTimeout(() => socket.resume(), (-tokens / limits.perSecond) * 1_000).unref();
    }
    return true;
  }

  function join({ room, peer, secret }: Extract<ClientFrame, { type: "join" }>): void {
    const onTaken = () => {
      seat = undefined;
      socket.terminate();
    };
    const next: Seat = { room, peer, secret, send, onTaken };
    const refused = rooms.enter(next);
    if (refused) return refuse(refused);
    seat = next;
  }

  function handle(frame: ClientFrame): void {
    if (frame.type === "join") {
      if (seat) strike("This connection is in a room already.");
      else join(frame);
      return;
    }
    if (!seat) return strike("Join a room first.");
    if (frame.type === "leave") return giveUpSeat();
    if (frame.type === "send") {
      const { message } = frame;
      rooms.reach(seat, frame.to)?.send({ type: "message", from: seat.peer.id, message });
    } else if (frame.peer.id === seat.peer.id) rooms.update(seat, frame.peer);
    else strike("An id cannot change.");
  }

  function receive(data: RawData, isBinary: boolean): void {
    if (socket.readyState !== socket.OPEN) return;
    // With the default binary type every frame comes as one Buffer.
    if (!Buffer.isBuffer(data)) return;
    if (!spend(data.length))
      return refuse({ code: "signaling-denied", message: "Too many frames." });
    const frame = isBinary ? undefined : parseClientFrame(data.toString());
    if (!frame) return strike("This frame is not one of the relay's protocol.");
    try {
      handle(frame);
    } catch {
      // JSON that can be read but is nested too deep to be written.
      strike("This frame cannot be passed on.");
    }
  }

  socket.on("message", receive);
  // A connection that has not joined by its second beat is nobody's.
  socket.on("pong", () => (alive = seat !== undefined));
  socket.on("close", giveUpSeat);
  // Too long a frame, or no WebSocket frame at all: the library closes the connection by itself.
  socket.on("error", () => undefined);

  return {
    beat() {
      if (!alive) return socket.terminate();
      alive = false;
      socket.ping();
      send({ type: "beat" });
    },
    end: () => socket.terminate(),
  };
}
