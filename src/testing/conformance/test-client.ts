/** Owns a peer as the conformance suite plays it: in a room, with the real link to each other peer, remembering all it is told. */
import type { CallError } from "../../core/lib/errors.ts";
import {
  createReliableChannel,
  type ReliableChannel,
} from "../../core/signaling/reliable-channel.ts";
import type { PeerMessage } from "../../core/signaling/protocol.ts";
import { abortedError } from "../../core/lib/abort.ts";
import type { PeerInfo, SignalMessage, Signaling } from "../../core/signaling/signaling.ts";

/** A peer in a room, and everything it has been told. */
export interface TestClient {
  /** The id by which the others know it. */
  readonly id: string;
  readonly room: string;
  /** The newest list, and how many there were before joining resolved. */
  readonly peers: readonly PeerInfo[];
  readonly listsBeforeJoined: number;
  ids(): string[];
  /** Every packet as it came. */
  readonly packets: readonly { from: string; message: SignalMessage }[];
  /** What came through the link: in order, once. */
  readonly heard: readonly { from: string; text: string }[];
  readonly statuses: readonly ("connected" | "disconnected")[];
  readonly errors: readonly CallError[];
  /** Sends a packet as it is. */
  send(to: { id: string }, message: SignalMessage): Promise<void>;
  /** Says something through the link: at most 160 characters. */
  say(to: { id: string }, text: string): void;
  update(change: Partial<PeerInfo>): Promise<void>;
  leave(): Promise<void>;
}

/** Who comes, and how. */
export interface TestClientOptions {
  room: string;
  /** The name, and the beginning of the id. */
  name: string;
  /** More about it, also an id of its own. */
  self?: Partial<PeerInfo> | undefined;
  signal?: AbortSignal | undefined;
}

let lastJoined = 0;

/** A word that nobody else uses. */
export function unique(word: string): string {
  const bytes = crypto.getRandomValues(new Uint8Array(5));
  return `${word}-${Array.from(bytes, (byte) => byte.toString(36).padStart(2, "0")).join("")}`;
}

/** Enters a room. */
export async function visit(signaling: Signaling, options: TestClientOptions): Promise<TestClient> {
  const { room, name, signal = new AbortController().signal } = options;
  const scope = new AbortController();
  // Two who join within one millisecond would be sorted by id.
  lastJoined = Math.max(Date.now(), lastJoined + 1);
  const self: PeerInfo = { id: unique(name), name, joinedAt: lastJoined, ...options.self };
  const links = new Map<string, ReliableChannel>();
  const packets: { from: string; message: SignalMessage }[] = [];
  const heard: { from: string; text: string }[] = [];
  const statuses: ("connected" | "disconnected")[] = [];
  const errors: CallError[] = [];
  let peers: readonly PeerInfo[] = [];
  let lists = 0;

  const session = await signaling.join({
    room,
    self,
    signal,
    onPeers(next) {
      const before = new Set(peers.map(({ id }) => id));
      peers = next;
      lists += 1;
      // As a call does it: who is listed again may have missed something.
      for (const { id } of next) if (!before.has(id)) links.get(id)?.resend();
    },
    onMessage(from, message) {
      packets.push({ from, message });
      if ("v" in message) linkTo(from).receive(message);
    },
    onStatus(status) {
      statuses.push(status);
      if (status === "connected") for (const link of links.values()) link.resend();
    },
    onError: (error) => errors.push(error),
  });
  const listsBeforeJoined = lists;

  function linkTo(id: string): ReliableChannel {
    const known = links.get(id);
    if (known) return known;
    const link = createReliableChannel({
      signal: scope.signal,
      send: async (packet) => session.send(id, packet),
      reachable: () => statuses.at(-1) !== "disconnected",
      deliver: (message) => heard.push({ from: id, text: textOf(message) }),
      onReset: () => heard.push({ from: id, text: "(began anew)" }),
      onError: (error) => errors.push(error),
    });
    links.set(id, link);
    return link;
  }

  return {
    id: session.id ?? self.id,
    room,
    get peers() {
      return peers;
    },
    listsBeforeJoined,
    ids: () => peers.map(({ id }) => id),
    packets,
    heard,
    statuses,
    errors,
    send: (to, message) => session.send(to.id, message),
    say: (to, text) =>
      linkTo(to.id).send({ type: "candidates", connection: text, candidates: [], end: false }),
    update: (change) => session.update({ ...self, ...change }),
    async leave() {
      scope.abort(abortedError("The stay"));
      await session.leave();
    },
  };
}

/** The link carries what a call says, and the name of a connection is free text. */
function textOf(message: PeerMessage): string {
  return message.type === "candidates" ? message.connection : `(${message.type})`;
}
