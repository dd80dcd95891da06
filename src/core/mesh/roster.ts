/**
 * Owns who else is in a room: who comes, who goes, who replaces whom and who is one too many. It is given
 * one roster or packet at a time; but while it waits for a proof somebody may say goodbye, or time out.
 */
import { CallError } from "../lib/errors.ts";
import { verifyResumeToken } from "../signaling/identity.ts";
import {
  createRemotePeer,
  GRACE_MS,
  type RemotePeer,
  type RemotePeerOptions,
} from "./remote-peer.ts";
import { invalid, parsePacket, parsePeerInfo } from "../signaling/protocol.ts";
import { after, abortable } from "../lib/abort.ts";
import { MAX_PEERS, type PeerInfo, type SignalMessage } from "../signaling/signaling.ts";
import { byJoinTime } from "../signaling/wire-format.ts";

/** What it needs of the stay in the room. */
export interface RosterOptions extends Omit<RemotePeerOptions, "onGone"> {
  /** The room is too full for this page. */
  onRefused(error: CallError): void;
}

/** The others in a room. */
export interface Roster {
  /** Those who are there, by the order of their coming; a later stay is in the place of the former. */
  list(): readonly RemotePeer[];
  /** Everybody whom the backend names now. */
  takeRoster(peers: readonly PeerInfo[]): Promise<void>;
  /** A packet, of whomever. Rejects where nothing can be made of it. */
  receive(from: string, message: SignalMessage): Promise<void>;
  /** Each of them, ghosts included. */
  forEach(act: (member: RemotePeer) => void): void;
  /** Removes everybody. */
  close(): void;
}

/** How many packets of people whom the backend does not name yet are kept. */
const MAX_EARLY = 16;

/** Makes the list, with nobody on it. */
export function createRoster(options: RosterOptions): Roster {
  const { self, signal, onChange, onError } = options;
  const members = new Map<string, RemotePeer>();
  /** The place of everybody who was ever here, in order of joining; a later stay inherits it. */
  const places = new Map<string, number>();
  /** This page itself, and whoever said goodbye, was replaced or refused: what still arrives of them is late, and brings nobody back. */
  const ignored = new Set([self.id]);
  /** Whom the backend names; and the newest packet of those whom it does not name yet. */
  let listed = new Set<string>();
  const early = new Map<string, SignalMessage>();

  const memberOptions: RemotePeerOptions = {
    ...options,
    onGone(id, goodbye) {
      if (goodbye) ignored.add(id);
      remove(id);
      onChange();
      // Only a room that this page is not part of yet can be too full for it; and that it has not left.
      const inside = list().some(({ peer }) => peer.getSnapshot().status === "connected");
      if (goodbye === "room-full" && !inside && !signal.aborted) options.onRefused(roomFullError());
    },
  };

  async function takeRoster(peers: readonly PeerInfo[]): Promise<void> {
    listed = new Set(peers.map(({ id }) => id));
    for (const info of [...peers].sort(byJoinTime)) {
      if (ignored.has(info.id)) continue;
      const member = members.get(info.id);
      if (member) member.named(info);
      // oxlint-disable-next-line no-await-in-loop -- one newcomer after the other
      else await admit(info);
    }
    for (const [id, message] of early) if (listed.has(id)) await receive(id, message);
    for (const [id, member] of members) if (!listed.has(id)) member.unnamed();
    onChange();
  }

  async function receive(from: string, message: SignalMessage): Promise<void> {
    if (ignored.has(from)) return;
    early.delete(from);
    const member = members.get(from);
    if (member) member.receive(message);
    // The backend vouches for who is in the room; a packet may be quicker than its word. The newest
    // one holds all that was said before.
    else if (!listed.has(from)) keepEarly(from, message);
    else if (!(await isFormerSelf(from))) refuse(from);
  }

  function keepEarly(from: string, message: SignalMessage): void {
    parsePeerInfo({ id: from });
    parsePacket(message);
    if (early.size >= MAX_EARLY) return;
    early.set(from, message);
    after(signal, GRACE_MS, () => {
      if (early.delete(from)) onError(invalid("not in the room"));
    });
  }

  async function admit(info: PeerInfo): Promise<void> {
    const former = await abortable(signal, formerStay(info, [...places.keys()]));
    if (former) {
      // The backend may name it for a while yet.
      ignored.add(former);
      remove(former);
    }
    if (list().length >= MAX_PEERS - 1 || (await isFormerSelf(info.id))) return;
    // Both sides see the same figures, so exactly one of them is the later, and calls.
    const member = createRemotePeer(
      info,
      byJoinTime(info, self) < 0 ? "caller" : "callee",
      memberOptions,
    );
    members.set(info.id, member);
    places.set(info.id, places.get(former ?? info.id) ?? places.size);
    member.peer.start();
  }

  /** After a reload the backend may still show this page's own former stay: nobody is there. */
  const isFormerSelf = async (id: string) =>
    (await abortable(signal, formerStay(self, [id]))) !== undefined;

  function remove(id: string): void {
    const member = members.get(id);
    // First, for closing tells of itself, by `onGone` too; and by then an id must not stand for anybody.
    members.delete(id);
    member?.close();
  }

  /** Tells one too many that it is. */
  function refuse(id: string): void {
    const { peer } = createRemotePeer({ id }, "callee", memberOptions);
    ignored.add(id);
    peer.start();
    peer.close("room-full");
  }

  const placeOf = ({ info }: RemotePeer) => places.get(info.id) ?? 0;

  function list(): readonly RemotePeer[] {
    return [...members.values()]
      .filter(({ ghost }) => !ghost)
      .sort((a, b) => placeOf(a) - placeOf(b));
  }

  return {
    list,
    takeRoster,
    receive,
    forEach(act) {
      for (const member of members.values()) act(member);
    },
    close() {
      for (const id of members.keys()) remove(id);
    },
  };
}

/** Whether as many as fit were here before this page, its own former stay not counted. */
export async function isFull(roster: readonly PeerInfo[], self: PeerInfo): Promise<boolean> {
  const others = roster.filter((peer) => byJoinTime(peer, self) < 0);
  if (others.length < MAX_PEERS) return false;
  const former = await formerStay(
    self,
    others.map(({ id }) => id),
  );
  return !former || others.length > MAX_PEERS;
}

/** What one too many is told. */
export function roomFullError(): CallError {
  return new CallError(
    "room-full",
    `The room is full with ${MAX_PEERS} people. Try again when somebody has left.`,
  );
}

/** The id among `ids` that was the former stay of `info`, by proof. */
async function formerStay(info: PeerInfo, ids: readonly string[]): Promise<string | undefined> {
  const { replaces } = info;
  if (!replaces) return undefined;
  const proofs = await Promise.all(ids.map((id) => verifyResumeToken(replaces, id)));
  return ids.find((_, at) => proofs[at]);
}
