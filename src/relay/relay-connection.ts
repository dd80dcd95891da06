/** Owns one connection to the relay: its seat, its pulse, and how much it may ask for. */
import type { RawData, WebSocket } from "ws";
import type { PeerInfo } from "../core/signaling/signaling.ts";
import { parseClientFrame, type ClientFrame, type RelayFrame } from "./frames.ts";
import type { Refusal, Rooms, RelayMember } from "./rooms.ts";

/** What one connection may ask for. */
export interface ConnectionLimits {
  /** How many frames may come at once; long ones count as several. Default 200. */
  burst: number;
  /** How many frames a second after that. Default 100. */
  perSecond: number;
  /** How many frames that do not fit are forgiven. Default 10. */
  strikes: number;
  /**
   * How often it is asked for a sign of life, in ms; whoever owes one when the next is due has fallen
   * silent. Default 7,000. Not longer: clients take 15 s without a beat for a dead connection.
   */
  heartbeat: number;
}

/** Whether a peer may enter a room. */
export type Admission = (asking: { room: string; peer: PeerInfo }) => Promise<boolean>;

/** A connection as the relay sees it. */
export interface Connection {
  /** Says goodbye because the relay ends; the client is to come back. Resolves when it is closed. */
  end(): Promise<void>;
}

type Join = Extract<ClientFrame, { type: "join" }>;

/** A frame longer than this, in bytes, counts as several. Honest ones hardly ever are. */
const FRAME_UNIT = 16_384;
/** What may wait to be written to a peer that does not read, in bytes. */
const MAX_BACKLOG = 4_194_304;
/** The close code for "coming back is pointless" (RFC 6455: policy violation). */
const REFUSED = 1008;
/** The close code for "come back, to the next one" (IANA: service restart). */
const RESTART = 1012;
/** How long a client has for its side of the closing handshake, in ms. */
const GOODBYE = 2_000;

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
  let seat: RelayMember | undefined;
  /** The join that admission is being asked for. */
  let asking: Join | undefined;
  let alive = true;
  let strikes = 0;
  let tokens = limits.burst;
  let refilled = performance.now();

  const heartbeat = setInterval(beat, limits.heartbeat);

  function send(frame: RelayFrame): number {
    if (socket.bufferedAmount > MAX_BACKLOG) socket.terminate();
    if (socket.readyState !== socket.OPEN) return 0;
    const text = JSON.stringify(frame);
    socket.send(text);
    return text.length;
  }

  function sayGoodbye(code: number, reason: string): void {
    socket.close(code, reason);
    // Reads on, past all that is ignored now, to the client's own goodbye; but not for long.
    socket.resume();
    setTimeout(() => socket.terminate(), GOODBYE).unref();
  }

  function refuse({ code, message }: Refusal): void {
    send({ type: "error", code, message });
    giveUpSeat();
    sayGoodbye(REFUSED, code);
  }

  function strike(message: string): void {
    strikes += 1;
    if (strikes > limits.strikes) refuse({ code: "signaling-denied", message });
    else send({ type: "error", code: "message-invalid", message });
  }

  function giveUpSeat(): void {
    if (seat) rooms.leave(seat);
    seat = undefined;
    asking = undefined;
  }

  function beat(): void {
    if (!alive) {
      // Nobody said that it ends: a network may be cut, or a lid closed. The seat waits.
      if (seat) rooms.keep(seat);
      seat = undefined;
      return socket.terminate();
    }
    alive = false;
    socket.ping();
    send({ type: "beat" });
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

  async function ask(admit: Admission, join: Join): Promise<void> {
    asking = join;
    const admitted = await admit(join).catch(() => false);
    // Left, closed or refused in the meantime: nobody is there to sit down.
    if (asking !== join || socket.readyState !== socket.OPEN) return;
    asking = undefined;
    if (admitted) sitDown(join);
    else refuse({ code: "signaling-denied", message: "You may not enter this room." });
  }

  function sitDown({ room, peer, secret }: Join): void {
    const onTaken = () => {
      seat = undefined;
      socket.terminate();
    };
    const next: RelayMember = { room, peer, secret, send, onTaken };
    const refused = rooms.enter(next);
    if (refused) return refuse(refused);
    seat = next;
    // The last pong may have been from before, when it was nobody's.
    alive = true;
  }

  function handle(frame: ClientFrame): void {
    if (frame.type === "join") {
      if (seat ?? asking) strike("This connection has joined already.");
      else if (admission) void ask(admission, frame);
      else sitDown(frame);
      return;
    }
    if (frame.type === "leave" && asking) return giveUpSeat();
    if (!seat) return strike("Join a room first, and wait for the list of peers.");
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
  socket.on("close", () => {
    clearInterval(heartbeat);
    giveUpSeat();
  });
  // Too long a frame, or no WebSocket frame at all: the library closes the connection by itself.
  socket.on("error", () => undefined);

  return {
    end: () =>
      new Promise((resolve) => {
        socket.once("close", () => resolve());
        sayGoodbye(RESTART, "The relay restarts.");
      }),
  };
}
