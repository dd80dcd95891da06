/** Owns who sits in which room of the relay, and tells the others of it. Knows nothing of sockets. */
import type { PeerInfo } from "../core/signaling.ts";
import type { RelayErrorCode, RelayFrame } from "./frames.ts";

/** A peer's place in a room. */
export interface Seat {
  readonly room: string;
  peer: PeerInfo;
  /** Known to this peer alone: proof that a second connection is the same peer come back. */
  readonly secret: string;
  /** Writes a frame to this peer. */
  send(frame: RelayFrame): void;
  /** Another connection of the same peer has the seat now. */
  onTaken(): void;
}

/** How many fit. */
export interface RoomLimits {
  peersPerRoom: number;
  rooms: number;
}

/** Why somebody may not sit down. */
export interface Refusal {
  code: RelayErrorCode;
  message: string;
}

/** The rooms of a relay. */
export interface Rooms {
  /** Takes the seat and tells everybody, or says why not. */
  enter(seat: Seat): Refusal | undefined;
  leave(seat: Seat): void;
  update(seat: Seat, peer: PeerInfo): void;
  /** The seat of that peer in the same room, if it is not `seat` itself. */
  reach(seat: Seat, id: string): Seat | undefined;
}

/** Makes the rooms: each begins with its first peer and ends with its last. */
export function createRooms(limits: RoomLimits): Rooms {
  const rooms = new Map<string, Map<string, Seat>>();

  function refusal(seat: Seat, room: Map<string, Seat> | undefined): Refusal | undefined {
    const sitting = room?.get(seat.peer.id);
    if (sitting?.secret === seat.secret) return undefined;
    if (sitting)
      return { code: "signaling-denied", message: "Somebody else in the room has this id." };
    if ((room?.size ?? 0) >= limits.peersPerRoom)
      return { code: "room-full", message: `The relay lets ${limits.peersPerRoom} into a room.` };
    if (!room && rooms.size >= limits.rooms)
      return { code: "signaling-denied", message: "The relay has no more rooms to give." };
    return undefined;
  }

  function announce(name: string, except?: Seat): void {
    const seats = rooms.get(name);
    if (!seats) return;
    const sorted = [...seats.values()].map((seat) => seat.peer).toSorted(byJoining);
    for (const seat of seats.values()) {
      if (seat === except) continue;
      seat.send({ type: "peers", peers: sorted.filter((peer) => peer !== seat.peer) });
    }
  }

  return {
    enter(seat) {
      const room = rooms.get(seat.room) ?? new Map<string, Seat>();
      const refused = refusal(seat, rooms.get(seat.room));
      if (refused) return refused;
      const former = room.get(seat.peer.id);
      rooms.set(seat.room, room.set(seat.peer.id, seat));
      // After the seat has changed hands, so that the end of the old connection finds nothing to end.
      former?.onTaken();
      announce(seat.room);
      return undefined;
    },
    leave(seat) {
      const room = rooms.get(seat.room);
      if (room?.get(seat.peer.id) !== seat) return;
      room.delete(seat.peer.id);
      if (room.size === 0) rooms.delete(seat.room);
      announce(seat.room);
    },
    update(seat, peer) {
      seat.peer = peer;
      announce(seat.room, seat);
    },
    reach(seat, id) {
      const found = rooms.get(seat.room)?.get(id);
      return found === seat ? undefined : found;
    },
  };
}

function byJoining(a: PeerInfo, b: PeerInfo): number {
  return (a.joined ?? 0) - (b.joined ?? 0) || (a.id < b.id ? -1 : 1);
}
