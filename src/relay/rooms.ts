/** Owns who sits in which room of the relay, and tells the others of it. Knows nothing of sockets. */
import type { PeerInfo } from "../core/signaling/signaling.ts";
import type { RelayErrorCode, RelayFrame } from "./frames.ts";

/** A peer's place in a room. */
export interface RelayMember {
  readonly room: string;
  peer: PeerInfo;
  /** Known to this peer alone: proof that a second connection is the same peer come back. */
  readonly secret: string;
  /** Writes a frame to this peer; returns its length. */
  send(frame: RelayFrame): number;
  /** Another connection of the same peer has the seat now. */
  onTaken(): void;
}

/** What fits, and how long a seat is kept. */
export interface RoomLimits {
  /** How many peers fit in a room, absent ones included. Default 64. */
  peersPerRoom: number;
  /** How many rooms there are at a time. Default 10,000. */
  rooms: number;
  /** How long the seat of a peer that stopped answering is kept for it, in ms. Default 90,000. */
  absence: number;
  /**
   * How many characters of lists a room's peers are sent per second in the long run, all together:
   * one newcomer or one changed name makes as many lists as there are peers. Faster changes share a
   * list. Default 4,000,000.
   */
  listsPerSecond: number;
}

/** Why somebody may not sit down. */
export interface Refusal {
  code: RelayErrorCode;
  message: string;
}

/** The rooms of a relay. */
export interface Rooms {
  /** Takes the seat and tells everybody, or says why not. */
  enter(seat: RelayMember): Refusal | undefined;
  leave(seat: RelayMember): void;
  /** Keeps the seat for a peer that fell silent: it stays on the lists, and is sent nothing. */
  keep(seat: RelayMember): void;
  update(seat: RelayMember, peer: PeerInfo): void;
  /** The seat of that peer in the same room, if it is not `seat` itself. */
  reach(seat: RelayMember, id: string): RelayMember | undefined;
  /** Forgets everybody. Connections that are still open have to be ended first. */
  close(): void;
}

interface Room {
  readonly seats: Map<string, RelayMember>;
  /** Until when the lists sent so far use up what may be sent; by `performance.now()`. */
  busyUntil: number;
  /** The list that waits for that. */
  nextList?: ReturnType<typeof setTimeout> | undefined;
}

/** Makes the rooms: each begins with its first peer and ends with its last. */
export function createRooms(limits: RoomLimits): Rooms {
  const rooms = new Map<string, Room>();
  /** When the seats of those who are absent are given up. */
  const absences = new Map<RelayMember, ReturnType<typeof setTimeout>>();

  function refusal(seat: RelayMember, room: Room | undefined): Refusal | undefined {
    const sitting = room?.seats.get(seat.peer.id);
    if (sitting?.secret === seat.secret) return undefined;
    if (sitting)
      return { code: "signaling-denied", message: "Somebody else in the room has this id." };
    if ((room?.seats.size ?? 0) >= limits.peersPerRoom)
      return { code: "room-full", message: `The relay lets ${limits.peersPerRoom} into a room.` };
    if (!room && rooms.size >= limits.rooms)
      return { code: "signaling-denied", message: "The relay has no more rooms to give." };
    return undefined;
  }

  /** Tells everybody, but for one who knows already; later if the room has had many lists just now. */
  function announce(room: Room, except?: RelayMember): void {
    if (room.nextList) return;
    const now = performance.now();
    if (now >= room.busyUntil) {
      const length = tell(room, [...room.seats.values()], except);
      room.busyUntil = now + (length / limits.listsPerSecond) * 1_000;
      return;
    }
    // Whatever happens until then is on that list, too.
    room.nextList = setTimeout(() => {
      room.nextList = undefined;
      room.busyUntil = 0;
      announce(room);
    }, room.busyUntil - now);
  }

  function tell(room: Room, seats: readonly RelayMember[], except?: RelayMember): number {
    const sorted = [...room.seats.values()].map((seat) => seat.peer).toSorted(byJoining);
    let length = 0;
    for (const seat of seats) {
      if (seat === except) continue;
      length += seat.send({ type: "peers", peers: sorted.filter((peer) => peer !== seat.peer) });
    }
    return length;
  }

  function endAbsence(seat: RelayMember): void {
    clearTimeout(absences.get(seat));
    absences.delete(seat);
  }

  function leave(seat: RelayMember): void {
    endAbsence(seat);
    const room = rooms.get(seat.room);
    if (room?.seats.get(seat.peer.id) !== seat) return;
    room.seats.delete(seat.peer.id);
    if (room.seats.size > 0) return announce(room);
    clearTimeout(room.nextList);
    rooms.delete(seat.room);
  }

  return {
    enter(seat) {
      const refused = refusal(seat, rooms.get(seat.room));
      if (refused) return refused;
      const room = rooms.get(seat.room) ?? { seats: new Map<string, RelayMember>(), busyUntil: 0 };
      rooms.set(seat.room, room);
      const former = room.seats.get(seat.peer.id);
      room.seats.set(seat.peer.id, seat);
      // After the seat has changed hands, so that the end of the old connection finds nothing to end.
      former?.onTaken();
      // The answer to joining, which waits for nothing.
      tell(room, [seat]);
      announce(room, seat);
      return undefined;
    },
    leave,
    keep(seat) {
      if (limits.absence <= 0) return leave(seat);
      absences.set(
        seat,
        setTimeout(() => leave(seat), limits.absence),
      );
      seat.send = () => 0;
      seat.onTaken = () => endAbsence(seat);
    },
    update(seat, peer) {
      seat.peer = peer;
      const room = rooms.get(seat.room);
      if (room) announce(room, seat);
    },
    reach(seat, id) {
      const found = rooms.get(seat.room)?.seats.get(id);
      return found === seat ? undefined : found;
    },
    close() {
      for (const seat of absences.keys()) endAbsence(seat);
      for (const room of rooms.values()) clearTimeout(room.nextList);
      rooms.clear();
    },
  };
}

function byJoining(a: PeerInfo, b: PeerInfo): number {
  return (a.joinedAt ?? 0) - (b.joinedAt ?? 0) || (a.id < b.id ? -1 : 1);
}
