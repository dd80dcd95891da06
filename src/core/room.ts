/**
 * Owns one stay in a room: the session with the backend, and one peer for everybody else who is
 * there. Who comes, who goes, who replaces whom and who is one too many is decided here, one event
 * at a time.
 */
import { CallError } from "./errors.ts";
import { speaksFor } from "./identity.ts";
import type { OutgoingMedia } from "./layout.ts";
import { invalid, parsePacket, parsePeerInfo } from "./messages.ts";
import { createPeer, type Peer, type PeerSnapshot } from "./peer.ts";
import { aborted, after, createInbox, until } from "./scope.ts";
import {
  MAX_PEERS,
  type PeerInfo,
  type SignalMessage,
  type Signaling,
  type SignalingSession,
} from "./signaling.ts";
import type { Trace } from "./trace.ts";
import { byJoining } from "./wire.ts";

/** What a stay needs. */
export interface RoomOptions {
  room: string;
  signaling: Signaling;
  self: PeerInfo;
  media(): OutgoingMedia;
  configuration(): RTCConfiguration | Promise<RTCConfiguration>;
  trace: Trace;
  /** Somebody came, went or changed; or the backend did. */
  onChange(): void;
  onError(error: CallError): void;
  /** The stay cannot go on: the room turned out to be full. */
  onRefused(error: CallError): void;
}

/** Somebody else in the room. */
export interface Member {
  readonly info: PeerInfo;
  readonly peer: PeerSnapshot;
}

/** A stay in a room. */
export interface Room {
  /** The id by which the others know this page. */
  readonly id: string;
  members(): readonly Member[];
  signaling(): "connected" | "disconnected";
  setMedia(media: OutgoingMedia): void;
  update(self: PeerInfo): Promise<void>;
  /** Says goodbye and leaves nothing behind. */
  leave(): Promise<void>;
}

interface Entry {
  info: PeerInfo;
  readonly peer: Peer;
  /** Whether the backend says that it is there; whose connection lives is there in any case. */
  present: boolean;
  /** When it was heard by the backend for the last time, in ms since 1970; 0 for never. */
  heard: number;
  /** Nobody answers there (a page that crashed, say), so nobody sees it until somebody does. */
  ghost: boolean;
  receive(message: SignalMessage): void;
  cancelRemoval?: (() => void) | undefined;
}

/** How many packets of people whom the backend does not name yet are kept. */
const MAX_EARLY = 16;
/** How long somebody whom the backend has lost may stay without a connection, in ms. */
const GRACE = 5_000;
/** How long somebody whom the backend names may be silent without a connection, in ms. */
const PATIENCE = 15_000;
/** How long somebody who is reconnecting may take to answer what the backend has taken, in ms. */
const ANSWER = 9_000;

/**
 * Enters a room.
 *
 * @throws {CallError} `room-full`, and what {@link Signaling.join} throws.
 */
export async function enterRoom(options: RoomOptions, joining: AbortSignal): Promise<Room> {
  const { room, signaling, onChange, onError } = options;
  const scope = new AbortController();
  const { signal } = scope;
  const inbox = createInbox(signal, onError);
  const entries = new Map<string, Entry>();
  /** The place of everybody who was ever here, in order of joining; a later stay inherits it. */
  const places = new Map<string, number>();
  /** Those who said goodbye: what still arrives of them is late, and brings nobody back. */
  const departed = new Set<string>();
  /** Whom the backend names; and the newest packet of those whom it does not name yet. */
  let listed = new Set<string>();
  const early = new Map<string, SignalMessage>();
  let self = options.self;
  const { replaces } = self;
  let status: "connected" | "disconnected" = "connected";
  let session: SignalingSession | undefined;
  /** What this page says of itself, and whether the backend was away and refused to take it. */
  let said = self;
  let untold = false;
  let firstRoster: readonly PeerInfo[] | undefined;

  // Everything that the backend says goes through one inbox, which opens when the session is there.
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  inbox.add(() => opened);

  const abandon = () => scope.abort(aborted("Joining"));
  joining.addEventListener("abort", abandon, { once: true });
  try {
    session = await signaling.join({
      room,
      self,
      signal,
      onPeers(peers) {
        const known = peers.flatMap((peer) => valid(peer));
        firstRoster ??= known;
        inbox.add(() => takeRoster(known));
      },
      onMessage: (from, message) => inbox.add(() => takeMessage(from, message)),
      onStatus(next) {
        status = next;
        if (next === "connected") {
          for (const { peer } of entries.values()) peer.resend();
          if (untold) tell().catch((error: CallError) => signal.aborted || onError(error));
        }
        onChange();
      },
      onError,
    });
    if (signal.aborted) throw signal.reason as Error;
    self = { ...self, id: session.id ?? self.id };
    if (await isFull(firstRoster ?? [])) throw full();
    if (signal.aborted) throw signal.reason as Error;
  } catch (error) {
    abandon();
    await session?.leave();
    throw error;
  } finally {
    joining.removeEventListener("abort", abandon);
  }
  const entered = session;
  const { patience = PATIENCE } = session;
  open();

  /** Where the backend is away, again when it is back: else the others would keep a name that was changed meanwhile. */
  async function tell(): Promise<void> {
    untold = false;
    try {
      await entered.update(said);
    } catch (error) {
      if (status === "connected") throw error;
      untold = true;
    }
  }

  function valid(peer: unknown): PeerInfo[] {
    try {
      return [parsePeerInfo(peer)];
    } catch (error) {
      onError(error as CallError);
      return [];
    }
  }

  /** Whether as many as fit were here before this page, its own former stay not counted. */
  async function isFull(roster: readonly PeerInfo[]): Promise<boolean> {
    const others = roster.filter((peer) => before(peer, self));
    if (others.length < MAX_PEERS) return false;
    const former = await formerStay(
      self,
      others.map(({ id }) => id),
    );
    return others.length - (former ? 1 : 0) >= MAX_PEERS;
  }

  async function takeRoster(peers: readonly PeerInfo[]): Promise<void> {
    listed = new Set(peers.map(({ id }) => id));
    for (const info of [...peers].sort(byJoining)) {
      if (info.id === self.id || departed.has(info.id)) continue;
      const entry = entries.get(info.id);
      if (entry) {
        entry.info = info;
        // What was sent while it was away may be lost, and it is there to hear it again.
        if (!entry.present) entry.peer.resend();
        entry.present = true;
        // oxlint-disable-next-line no-await-in-loop -- one newcomer after the other
      } else await admit(info, before(info, self) ? "caller" : "callee");
    }
    for (const [id, message] of early) if (listed.has(id)) await takeMessage(id, message);
    for (const [id, entry] of entries) {
      if (listed.has(id)) continue;
      entry.present = false;
      considerRemoval(id, entry);
    }
    onChange();
  }

  async function takeMessage(from: string, message: SignalMessage): Promise<void> {
    if (from === self.id || departed.has(from)) return;
    early.delete(from);
    const entry = entries.get(from);
    if (entry) entry.receive(message);
    // The backend vouches for who is in the room; a packet may be quicker than its word. The newest
    // one holds all that was said before.
    else if (!listed.has(from)) keepEarly(from, message);
    else if (!(await isFormerSelf(from))) refuse(from);
  }

  function keepEarly(from: string, message: SignalMessage): void {
    try {
      parsePeerInfo({ id: from });
      parsePacket(message);
    } catch (error) {
      onError(error as CallError);
      return;
    }
    if (early.size >= MAX_EARLY) return;
    early.set(from, message);
    after(signal, GRACE, () => {
      if (early.delete(from)) onError(invalid("not in the room"));
    });
  }

  async function admit(info: PeerInfo, role: "caller" | "callee"): Promise<void> {
    const former = await until(signal, formerStay(info, [...places.keys()]));
    if (former) {
      // The backend may name it for a while yet.
      departed.add(former);
      remove(former);
    }
    const others = [...entries.values()].filter(({ ghost }) => !ghost);
    if (others.length >= MAX_PEERS - 1 || (await isFormerSelf(info.id))) return;
    const entry = createEntry(info, role);
    entries.set(info.id, entry);
    if (patience < Infinity) after(signal, patience, () => suspect(entry));
    places.set(info.id, places.get(former ?? info.id) ?? places.size);
    entry.peer.start();
  }

  /** After a reload the backend may still show this page's own former stay: nobody is there. */
  async function isFormerSelf(id: string): Promise<boolean> {
    return (await until(signal, formerStay(self, [id]))) !== undefined;
  }

  function createEntry(info: PeerInfo, role: "caller" | "callee"): Entry {
    const { id } = info;
    let receive: ((message: SignalMessage) => void) | undefined;
    const peer = createPeer({
      channel: {
        async send(message) {
          // The answer may be here before the backend's word that it took this.
          const since = Date.now();
          await entered.send(id, message);
          // A packet without a message in it only acknowledges, and is not answered. What the backend
          // took and nobody answers was for nobody, or for somebody who is cut off. Where it takes
          // nothing it is this side that is cut off.
          const asks = (message["m"] as unknown[]).length > 0;
          if (asks && entered.keepsVanished?.() && statusOf(entry) === "reconnecting")
            after(signal, ANSWER, () => suspect(entry, since));
        },
        subscribe(listener) {
          receive = listener;
          return () => {
            receive = undefined;
          };
        },
      },
      role,
      id: self.id,
      peerId: id,
      configuration: options.configuration,
      media: options.media(),
      trace: options.trace,
      goodbye: "direct",
      onBye(reason) {
        departed.add(id);
        remove(id);
        onChange();
        // Only a room that this page is not part of yet can be too full for it.
        const inside = [...entries.values()].some((other) => statusOf(other) === "connected");
        if (reason === "room-full" && !inside) options.onRefused(full());
      },
      onError,
    });
    const entry: Entry = {
      info,
      peer,
      present: true,
      heard: 0,
      ghost: false,
      receive(message) {
        entry.heard = Date.now();
        entry.ghost = false;
        receive?.(message);
      },
    };
    peer.subscribe(() => {
      const theirs = statusOf(entry);
      if (theirs === "connected") entry.ghost = false;
      if (!entry.present) considerRemoval(id, entry);
      else if (theirs === "failed") suspect(entry);
      onChange();
    });
    return entry;
  }

  /** Leaves out who was not heard since then. Where this side is cut off that says nothing about anybody. */
  function suspect(entry: Entry, since = Date.now() - 2 * patience): void {
    if (statusOf(entry) === "connected" || status === "disconnected" || entry.heard >= since)
      return;
    entry.ghost = true;
    onChange();
  }

  /** Whom the backend has lost stays as long as the connection lives, and a little longer if it did. */
  function considerRemoval(id: string, entry: Entry): void {
    const theirs = statusOf(entry);
    if (theirs === "connected") {
      entry.cancelRemoval?.();
      entry.cancelRemoval = undefined;
    } else if (theirs === "reconnecting") {
      entry.cancelRemoval ??= after(signal, GRACE, () => {
        entry.cancelRemoval = undefined;
        if (entry.present || statusOf(entry) === "connected") return;
        remove(id);
        onChange();
      });
    } else remove(id);
  }

  function remove(id: string): void {
    const entry = entries.get(id);
    if (!entry) return;
    entries.delete(id);
    entry.cancelRemoval?.();
    entry.peer.close();
  }

  /** Tells one too many that it is. */
  function refuse(id: string): void {
    const { peer } = createEntry({ id }, "callee");
    departed.add(id);
    peer.start();
    peer.close("room-full");
  }

  const placeOf = ({ info }: Entry) => places.get(info.id) ?? 0;

  return {
    id: self.id,
    members: () =>
      [...entries.values()]
        .filter(({ ghost }) => !ghost)
        .sort((a, b) => placeOf(a) - placeOf(b))
        .map(({ info, peer }) => ({ info, peer: peer.getSnapshot() })),
    signaling: () => status,
    setMedia(media) {
      for (const { peer } of entries.values()) peer.setMedia(media);
    },
    async update(next) {
      self = { ...next, id: self.id, ...(replaces && { replaces }) };
      said = { ...next, id: options.self.id };
      await tell();
    },
    async leave() {
      // First, for a page that closes may not get as far as the end of this: see page.ts.
      const left = entered.leave();
      for (const id of entries.keys()) remove(id);
      scope.abort(aborted("The stay"));
      await left;
    },
  };
}

/** The id among `ids` that was the former stay of `info`, by proof. */
async function formerStay(info: PeerInfo, ids: readonly string[]): Promise<string | undefined> {
  const { replaces } = info;
  if (!replaces) return undefined;
  const proofs = await Promise.all(ids.map((id) => speaksFor(replaces, id)));
  return ids.find((_, at) => proofs[at]);
}

const statusOf = ({ peer }: Entry) => peer.getSnapshot().status;

/** Whether `a` came before `b`. Both sides see the same figures, so exactly one of them is the later. */
function before(a: PeerInfo, b: PeerInfo): boolean {
  return byJoining(a, b) < 0;
}

function full(): CallError {
  return new CallError(
    "room-full",
    `The room is full with ${MAX_PEERS} people. Try again when somebody has left.`,
  );
}
