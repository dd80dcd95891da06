/**
 * The remote peers of a room: who joins, leaves, continues an earlier session, or does not fit. One roster or packet is
 * processed at a time. While one waits for the proof of a resume token, a peer may still say goodbye or time out.
 */
import { abortable, after } from "../lib/abort.ts";
import { CallError } from "../lib/errors.ts";
import { verifyResumeToken } from "../signaling/identity.ts";
import { invalid, parsePacket, parsePeerInfo } from "../signaling/protocol.ts";
import { MAX_PEERS, type PeerInfo, type SignalMessage } from "../signaling/signaling.ts";
import { byJoinTime } from "../signaling/wire-format.ts";
import type { RemoteParticipant } from "../transport/transport.ts";
import {
  createRemotePeer,
  GRACE_MS,
  type RemotePeer,
  type RemotePeerOptions,
} from "./remote-peer.ts";

export interface RosterOptions extends Omit<RemotePeerOptions, "onGone"> {
  /** Called when the room turns out to be full. */
  onEnded(error: CallError): void;
}

/** The remote peers of a room. */
export interface Roster {
  /** In order of joining. A session that continues an earlier one takes its place. */
  participants(): readonly RemoteParticipant[];
  /** Takes the complete list of peers that the backend lists now. */
  takeRoster(peers: readonly PeerInfo[]): Promise<void>;
  /** Takes a packet. Rejects if it is invalid. */
  receive(from: string, message: SignalMessage): Promise<void>;
  /** Visits each remote peer, unresponsive ones included. */
  forEach(visit: (remote: RemotePeer) => void): void;
  /** Removes all remote peers. */
  close(): void;
}

/** The number of packets kept from peers that are not listed yet; more are dropped. */
const MAX_EARLY_PACKETS = 16;

/** Creates an empty roster. */
export function createRoster(options: RosterOptions): Roster {
  const { self, signal, onChange, onError } = options;
  const remotes = new Map<string, RemotePeer>();
  /** The position in order of joining of each id so far. A continued session inherits it. */
  const positions = new Map<string, number>();
  /** Ids that cannot come back: this one, and those that said goodbye, were continued or were refused. */
  const ignored = new Set([self.id]);
  /** The listed peers that have said that the room is full. */
  const refusals = new Set<string>();
  /** Whether a peer was ever connected. Then this page has a place in the room, and refusals do not matter. */
  let wasConnected = false;
  let listed = new Set<string>();
  /** The newest packet of each peer that is not listed yet. */
  const early = new Map<string, SignalMessage>();

  const remoteOptions: RemotePeerOptions = {
    ...options,
    onChange() {
      wasConnected ||= present().some(({ peer }) => peer.getSnapshot().status === "connected");
      onChange();
    },
    onGone(id, goodbye) {
      if (goodbye) ignored.add(id);
      remove(id);
      onChange();
      if (goodbye !== "room-full") return;
      if (listed.has(id)) refusals.add(id);
      // One member's word proves nothing: the room is full if as many refuse as fill it, all at once.
      const isRefused = refusals.size >= MAX_PEERS - 1 && present().length === 0;
      if (isRefused && !wasConnected && !signal.aborted) options.onEnded(roomFullError());
    },
  };

  async function takeRoster(peers: readonly PeerInfo[]): Promise<void> {
    listed = new Set(peers.map(({ id }) => id));
    for (const info of [...peers].sort(byJoinTime)) {
      if (ignored.has(info.id)) continue;
      const remote = remotes.get(info.id);
      if (remote) remote.onListed(info);
      // oxlint-disable-next-line no-await-in-loop -- one newcomer after the other
      else await admit(info);
    }
    for (const id of refusals) if (!listed.has(id)) refusals.delete(id);
    for (const [id, message] of early) if (listed.has(id)) await receive(id, message);
    for (const [id, remote] of remotes) if (!listed.has(id)) remote.onUnlisted();
    onChange();
  }

  async function receive(from: string, message: SignalMessage): Promise<void> {
    if (ignored.has(from)) return;
    early.delete(from);
    const remote = remotes.get(from);
    if (remote) remote.receive(message);
    // A packet may arrive before the roster that lists its sender, and only the roster proves that the
    // sender is in the room. The newest packet contains all messages of the earlier ones.
    else if (!listed.has(from)) keepEarly(from, message);
    else if (!(await isEarlierSelf(from))) refuse(from);
  }

  function keepEarly(from: string, message: SignalMessage): void {
    parsePeerInfo({ id: from });
    parsePacket(message);
    if (early.size >= MAX_EARLY_PACKETS) return;
    early.set(from, message);
    after(signal, GRACE_MS, () => {
      if (early.delete(from)) onError(invalid("not in the room"));
    });
  }

  async function admit(info: PeerInfo): Promise<void> {
    const earlier = await abortable(signal, earlierSession(info, [...positions.keys()]));
    if (earlier) {
      // The backend may still list it for a while.
      ignored.add(earlier);
      remove(earlier);
    }
    if (present().length >= MAX_PEERS - 1 || (await isEarlierSelf(info.id))) return;
    // Both sides compare the same two times, so exactly one of them joined later and is the caller.
    const role = byJoinTime(info, self) < 0 ? "caller" : "callee";
    const remote = createRemotePeer(info, role, remoteOptions);
    remotes.set(info.id, remote);
    positions.set(info.id, positions.get(earlier ?? info.id) ?? positions.size);
    remote.peer.start();
  }

  /** After a reload, the backend may still list the earlier session of this page, where no page is any more. */
  const isEarlierSelf = async (id: string) =>
    (await abortable(signal, earlierSession(self, [id]))) !== undefined;

  function remove(id: string): void {
    const remote = remotes.get(id);
    // Delete before closing: `close()` calls `onGone`, which would remove a new peer of the same id.
    remotes.delete(id);
    remote?.close();
  }

  /** Sends `room-full` to a peer that does not fit. */
  function refuse(id: string): void {
    const { peer } = createRemotePeer({ id }, "callee", remoteOptions);
    ignored.add(id);
    peer.start();
    peer.close("room-full");
  }

  const positionOf = ({ info }: RemotePeer) => positions.get(info.id) ?? 0;

  function present(): readonly RemotePeer[] {
    return [...remotes.values()]
      .filter(({ isUnresponsive }) => !isUnresponsive)
      .sort((a, b) => positionOf(a) - positionOf(b));
  }

  return {
    participants: () => present().map((remote) => remote.snapshot()),
    takeRoster,
    receive,
    forEach(visit) {
      for (const remote of remotes.values()) visit(remote);
    },
    close() {
      for (const id of remotes.keys()) remove(id);
    },
  };
}

/** Returns whether the room was full before `self` joined, not counting its earlier session. */
export async function isFull(roster: readonly PeerInfo[], self: PeerInfo): Promise<boolean> {
  const others = roster.filter((peer) => byJoinTime(peer, self) < 0);
  if (others.length < MAX_PEERS) return false;
  const earlier = await earlierSession(
    self,
    others.map(({ id }) => id),
  );
  return !earlier || others.length > MAX_PEERS;
}

/** Creates the error for a participant who does not fit. */
export function roomFullError(): CallError {
  return new CallError(
    "room-full",
    `The room is full with ${MAX_PEERS} participants. Try again when one has left.`,
  );
}

/** Returns which of `ids` is the earlier session that `info` continues, proved by its resume token. */
async function earlierSession(info: PeerInfo, ids: readonly string[]): Promise<string | undefined> {
  const { replaces } = info;
  if (!replaces) return undefined;
  const proofs = await Promise.all(ids.map((id) => verifyResumeToken(replaces, id)));
  return ids.find((_, at) => proofs[at]);
}
