/** The rooms of a relay and the rosters it sends, without any knowledge of sockets. */
import type { PeerInfo } from "../core/signaling/signaling.ts";
import { byJoinTime } from "../core/signaling/wire-format.ts";
import type { RelayErrorCode, RelayFrame } from "./frames.ts";

/** A peer in a room. */
export interface RelayMember {
  readonly room: string;
  peer: PeerInfo;
  /** Known to this peer only: proves that a second connection belongs to the same peer. */
  readonly secret: string;
  /** Sends a frame to this peer; returns its length. */
  send(frame: RelayFrame): number;
  /** Another connection of the same peer has taken over. */
  onTakenOver(): void;
}

/** The limits of the rooms. */
export interface RoomLimits {
  /** Peers in a room, including absent ones. Default 64. */
  peersPerRoom: number;
  /** Rooms at a time. Default 10,000. */
  rooms: number;
  /** How long a peer that stopped answering stays listed, in ms. Default 90,000. */
  absence: number;
  /**
   * Characters of rosters that are sent to all peers of a room per second, on average: one peer that
   * joins or changes its name causes one roster for each peer. Faster changes share a roster.
   * Default 4,000,000.
   */
  listsPerSecond: number;
}

/** Why a peer may not join. */
export interface Refusal {
  code: RelayErrorCode;
  message: string;
}

/** The rooms of a relay. */
export interface Rooms {
  /** Adds the peer and sends the rosters, or returns why not. */
  enter(member: RelayMember): Refusal | undefined;
  leave(member: RelayMember): void;
  /** Keeps a peer that stopped answering: it stays listed, and nothing is sent to it. */
  keep(member: RelayMember): void;
  update(member: RelayMember, peer: PeerInfo): void;
  /** Returns the peer with that id in the same room, unless it is `member` itself. */
  find(member: RelayMember, id: string): RelayMember | undefined;
  /** Removes all peers. Connections that are still open have to be closed first. */
  close(): void;
}

interface Room {
  readonly members: Map<string, RelayMember>;
  /** When the rosters sent so far are within the limit again; by `performance.now()`. */
  busyUntil: number;
  /** The roster that waits for that. */
  nextRoster?: ReturnType<typeof setTimeout> | undefined;
}

/** Creates the rooms: each exists from its first peer to its last. */
export function createRooms(limits: RoomLimits): Rooms {
  const rooms = new Map<string, Room>();
  /** The absent peers, with the timers that remove them. */
  const absences = new Map<RelayMember, ReturnType<typeof setTimeout>>();

  function refusal(member: RelayMember, room: Room | undefined): Refusal | undefined {
    const present = room?.members.get(member.peer.id);
    if (present?.secret === member.secret) return undefined;
    if (present)
      return { code: "signaling-denied", message: "Another peer in the room has this id." };
    if ((room?.members.size ?? 0) >= limits.peersPerRoom)
      return {
        code: "room-full",
        message: `The relay allows ${limits.peersPerRoom} peers in a room.`,
      };
    if (!room && rooms.size >= limits.rooms)
      return { code: "signaling-denied", message: "The relay has too many rooms." };
    return undefined;
  }

  /** Sends the roster to all peers but one; later if the limit is exceeded. */
  function announce(room: Room, except?: RelayMember): void {
    if (room.nextRoster) return;
    const now = performance.now();
    if (now >= room.busyUntil) {
      const length = sendRoster(room, [...room.members.values()], except);
      room.busyUntil = now + (length / limits.listsPerSecond) * 1_000;
      return;
    }
    // It includes every change until then.
    room.nextRoster = setTimeout(() => {
      room.nextRoster = undefined;
      room.busyUntil = 0;
      announce(room);
    }, room.busyUntil - now);
  }

  function sendRoster(
    room: Room,
    recipients: readonly RelayMember[],
    except?: RelayMember,
  ): number {
    const sorted = [...room.members.values()].map(({ peer }) => peer).toSorted(byJoinTime);
    let length = 0;
    for (const member of recipients) {
      if (member === except) continue;
      const peers = sorted.filter((peer) => peer !== member.peer);
      length += member.send({ type: "peers", peers });
    }
    return length;
  }

  function endAbsence(member: RelayMember): void {
    clearTimeout(absences.get(member));
    absences.delete(member);
  }

  function leave(member: RelayMember): void {
    endAbsence(member);
    const room = rooms.get(member.room);
    if (room?.members.get(member.peer.id) !== member) return;
    room.members.delete(member.peer.id);
    if (room.members.size > 0) return announce(room);
    clearTimeout(room.nextRoster);
    rooms.delete(member.room);
  }

  return {
    enter(member) {
      const refused = refusal(member, rooms.get(member.room));
      if (refused) return refused;
      const room = rooms.get(member.room) ?? {
        members: new Map<string, RelayMember>(),
        busyUntil: 0,
      };
      rooms.set(member.room, room);
      const previous = room.members.get(member.peer.id);
      room.members.set(member.peer.id, member);
      // After the replacement, so that the end of the previous connection does not remove the peer.
      previous?.onTakenOver();
      // The answer to the join is not limited.
      sendRoster(room, [member]);
      announce(room, member);
      return undefined;
    },
    leave,
    keep(member) {
      if (limits.absence <= 0) return leave(member);
      absences.set(
        member,
        setTimeout(() => leave(member), limits.absence),
      );
      member.send = () => 0;
      member.onTakenOver = () => endAbsence(member);
    },
    update(member, peer) {
      member.peer = peer;
      const room = rooms.get(member.room);
      if (room) announce(room, member);
    },
    find(member, id) {
      const found = rooms.get(member.room)?.members.get(id);
      return found === member ? undefined : found;
    },
    close() {
      for (const member of absences.keys()) endAbsence(member);
      for (const room of rooms.values()) clearTimeout(room.nextRoster);
      rooms.clear();
    },
  };
}
