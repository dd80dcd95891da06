import type { CallError } from "../../core/lib/errors.ts";
import {
  createReliableChannel,
  type ReliableChannel,
} from "../../core/signaling/reliable-channel.ts";
import type { PeerMessage } from "../../core/signaling/protocol.ts";
import { abortedError } from "../../core/lib/abort.ts";
import type { PeerInfo, SignalMessage, Signaling } from "../../core/signaling/signaling.ts";

/** A peer in a room that records every callback, with a reliable channel to each other peer. */
export interface TestClient {
  /** The id under which other peers list it. */
  readonly id: string;
  readonly room: string;
  /** The latest roster. */
  readonly peers: readonly PeerInfo[];
  /** The number of `onPeers` calls before `join()` resolved. */
  readonly listsBeforeJoined: number;
  /** Returns the ids in the latest roster. */
  ids(): string[];
  /** All received packets, in the order of arrival. */
  readonly packets: readonly { from: string; message: SignalMessage }[];
  /** The messages that the reliable channels delivered. */
  readonly heard: readonly { from: string; text: string }[];
  /** All values of `onStatus`. */
  readonly statuses: readonly ("connected" | "disconnected")[];
  /** All values of `onError`. */
  readonly errors: readonly CallError[];
  /** Sends a packet without the reliable channel. */
  send(to: { id: string }, message: SignalMessage): Promise<void>;
  /** Sends a text through the reliable channel. At most 160 characters. */
  say(to: { id: string }, text: string): void;
  /** Changes the peer's entry in the roster. */
  update(change: Partial<PeerInfo>): Promise<void>;
  /** Closes the reliable channels and leaves the room. */
  leave(): Promise<void>;
}

/** The room and the peer that {@link visit} joins. */
export interface TestClientOptions {
  /** The name of the room. */
  room: string;
  /** The name of the peer, and the prefix of its id. */
  name: string;
  /** Further fields of the roster entry. An `id` here replaces the generated one. */
  self?: Partial<PeerInfo> | undefined;
  /** Aborts joining. */
  signal?: AbortSignal | undefined;
}

let lastJoined = 0;

/** Appends a random suffix, for room names and ids that no other test uses. */
export function unique(word: string): string {
  const bytes = crypto.getRandomValues(new Uint8Array(5));
  return `${word}-${Array.from(bytes, (byte) => byte.toString(36).padStart(2, "0")).join("")}`;
}

/** Joins a room through the signaling under test, and records every callback. */
export async function visit(signaling: Signaling, options: TestClientOptions): Promise<TestClient> {
  const { room, name, signal = new AbortController().signal } = options;
  const scope = new AbortController();
  // The roster sorts peers with the same `joinedAt` by id.
  lastJoined = Math.max(Date.now(), lastJoined + 1);
  const self: PeerInfo = { id: unique(name), name, joinedAt: lastJoined, ...options.self };
  const channels = new Map<string, ReliableChannel>();
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
      // A peer that is listed again may have missed packets. A call resends in the same place.
      for (const { id } of next) if (!before.has(id)) channels.get(id)?.resend();
    },
    onMessage(from, message) {
      packets.push({ from, message });
      if ("v" in message) channelTo(from).receive(message);
    },
    onStatus(status) {
      statuses.push(status);
      if (status === "connected") for (const channel of channels.values()) channel.resend();
    },
    onError: (error) => errors.push(error),
  });
  const listsBeforeJoined = lists;

  function channelTo(id: string): ReliableChannel {
    const known = channels.get(id);
    if (known) return known;
    const channel = createReliableChannel({
      signal: scope.signal,
      send: async (packet) => session.send(id, packet),
      reachable: () => statuses.at(-1) !== "disconnected",
      deliver: (message) => heard.push({ from: id, text: textOf(message) }),
      onReset: () => heard.push({ from: id, text: "(reset)" }),
      onError: (error) => errors.push(error),
    });
    channels.set(id, channel);
    return channel;
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
      channelTo(to.id).send({ type: "candidates", connection: text, candidates: [], end: false }),
    update: (change) => session.update({ ...self, ...change }),
    async leave() {
      scope.abort(abortedError("The session"));
      await session.leave();
    },
  };
}

/** The reliable channel validates messages of a call. The `connection` of `candidates` is the only free text. */
function textOf(message: PeerMessage): string {
  return message.type === "candidates" ? message.connection : `(${message.type})`;
}
