/**
 * Owns the signaling between tabs of one origin: a BroadcastChannel per room carries packets, and a
 * Web Lock per peer tells who is there. No server.
 *
 * Presence needs no heartbeat. Each peer holds a lock for its stay, and every other queues for that
 * lock: the browser grants it when the holder has left, crashed or been discarded. Without locks
 * (an insecure context) there are goodbyes alone, and a crashed tab stays in the list.
 */
import { CallError } from "../core/lib/errors.ts";
import { onPageHide } from "../core/lib/page-lifecycle.ts";
import { abortedError, after } from "../core/lib/abort.ts";
import type {
  JoinOptions,
  PeerInfo,
  SignalMessage,
  Signaling,
  SignalingSession,
} from "../core/signaling/signaling.ts";
import { byJoinTime, isRecord, packetText } from "../core/signaling/wire-format.ts";

/** Options of {@link broadcastChannelSignaling}. */
export interface BroadcastChannelSignalingOptions {
  /** Begins the names of channels and locks; peers meet where it is the same. Default "twocan". */
  prefix?: string | undefined;
}

/** What goes over the channel, heard by everybody in the room. */
type Envelope =
  /** I have come: who else is there? */
  | { type: "hello"; peer: PeerInfo; locked: boolean }
  /** I am there: the answer to a hello, or (without `to`) news of me for everybody. */
  | { type: "here"; to?: string; peer: PeerInfo; locked: boolean }
  | { type: "message"; from: string; to: string; message: SignalMessage }
  | { type: "bye"; id: string };

/**
 * How long joining waits for answers, in ms. The locks name everybody who is there, so it usually
 * ends with the last answer, or at once in an empty room. The limit is for a tab that is too busy to
 * answer, which shows up later, and for pages without locks. An idle tab answers within 10 ms.
 */
const ANSWER_WINDOW = 150;

/**
 * Signaling between tabs, windows and frames of one origin in one browser.
 *
 * @throws {CallError} On joining: `unsupported` where there is no BroadcastChannel.
 * @example
 * <CallProvider signaling={broadcastChannelSignaling()}>…</CallProvider>
 */
export function broadcastChannelSignaling(
  options: BroadcastChannelSignalingOptions = {},
): Signaling {
  const { prefix = "twocan" } = options;
  return {
    async join(joining) {
      if (joining.signal.aborted) throw abortedError("Joining");
      if (typeof BroadcastChannel === "undefined") {
        const message = "This browser has no BroadcastChannel. Use another signaling here.";
        throw new CallError("unsupported", message);
      }
      // "/" cannot be in an id, so the end of a lock's name is the id, whatever the room is called.
      const place = `${prefix}/${joining.room}`;
      const stay = new AbortController();
      const end = () => stay.abort();
      joining.signal.addEventListener("abort", end, { signal: stay.signal });
      // The lock comes before the hello: whoever hears of this peer queues for the lock, and would
      // take it for gone if the lock were still free.
      const locked = await holdLock(`${place}/${joining.self.id}`, stay.signal);
      if (stay.signal.aborted) throw abortedError("Joining");
      return enter(place, locked, joining, stay);
    },
  };
}

async function enter(
  place: string,
  locked: boolean,
  joining: JoinOptions,
  stay: AbortController,
): Promise<SignalingSession> {
  const { signal } = stay;
  const channel = new BroadcastChannel(place);
  const peers = new Map<string, PeerInfo>();
  const watched = new Set<string>();
  let self = joining.self;
  let entered = false;
  let onAnswer = () => {};

  const post = (envelope: Envelope) => channel.postMessage(envelope);
  const tell = () => {
    if (entered) joining.onPeers([...peers.values()].toSorted(byJoinTime));
  };

  function add(peer: PeerInfo, holdsLock: boolean): void {
    peers.set(peer.id, peer);
    if (holdsLock) void watch(peer.id);
    tell();
    onAnswer();
  }

  async function watch(id: string): Promise<void> {
    if (watched.has(id)) return;
    watched.add(id);
    await lockIsFree(`${place}/${id}`, signal);
    watched.delete(id);
    remove(id);
  }

  function remove(id: string): void {
    if (!signal.aborted && peers.delete(id)) tell();
  }

  function receive(envelope: Envelope): void {
    switch (envelope.type) {
      case "hello":
        if (envelope.peer.id === self.id) return;
        post({ type: "here", to: envelope.peer.id, peer: self, locked });
        add(envelope.peer, envelope.locked);
        return;
      case "here":
        if (envelope.peer.id === self.id || (envelope.to ?? self.id) !== self.id) return;
        add(envelope.peer, envelope.locked);
        return;
      case "message":
        if (envelope.to !== self.id || envelope.from === self.id) return;
        joining.onMessage(envelope.from, envelope.message);
        return;
      case "bye":
        remove(envelope.id);
    }
  }

  channel.addEventListener("message", ({ data }) => {
    if (signal.aborted) return;
    if (isEnvelope(data)) return receive(data);
    const message = `Something else writes to the channel "${place}"; it was ignored. Give this signaling a prefix of its own.`;
    joining.onError(new CallError("message-invalid", message));
  });

  // A page that goes says so. If it comes back from the back/forward cache, the call joins anew.
  signal.addEventListener(
    "abort",
    onPageHide(() => stay.abort()),
  );
  signal.addEventListener("abort", () => {
    post({ type: "bye", id: self.id });
    channel.close();
  });

  post({ type: "hello", peer: self, locked });
  const present = locked ? await lockHolders(place, self.id) : undefined;
  await new Promise<void>((resolve) => {
    onAnswer = () => {
      if (present?.every((id) => peers.has(id))) resolve();
    };
    signal.addEventListener("abort", () => resolve(), { once: true });
    after(signal, ANSWER_WINDOW, resolve);
    onAnswer();
  });
  if (signal.aborted) throw abortedError("Joining");
  entered = true;
  joining.onStatus("connected");
  tell();

  return {
    async send(to, message) {
      if (signal.aborted) throw abortedError("The stay in the room");
      packetText(message);
      post({ type: "message", from: self.id, to, message });
    },
    async update(next) {
      if (signal.aborted) throw abortedError("The stay in the room");
      self = { ...next, id: self.id };
      post({ type: "here", peer: self, locked });
    },
    leave: async () => stay.abort(),
  };
}

/** Holds the lock of that name until the scope ends; false where the page cannot hold one. */
async function holdLock(name: string, signal: AbortSignal): Promise<boolean> {
  const locks = globalThis.navigator?.locks;
  if (!locks) return false;
  return new Promise((resolve) => {
    const hold = () =>
      new Promise<void>((release) => {
        signal.addEventListener("abort", () => release(), { once: true });
        if (signal.aborted) release();
        resolve(true);
      });
    // Refused in a sandboxed frame, and ended by the signal while it waits.
    locks.request(name, { signal }, hold).catch(() => resolve(false));
  });
}

/** Waits until nobody holds the lock of that name, or until the scope ends. */
async function lockIsFree(name: string, signal: AbortSignal): Promise<void> {
  // Shared, so that all who watch a peer hear of its end at the same time.
  const request = navigator.locks.request(name, { signal, mode: "shared" }, () => undefined);
  await request.catch(() => undefined);
}

/** The ids of the others who hold a lock in this place. */
async function lockHolders(place: string, self: string): Promise<string[]> {
  const { held = [] } = await navigator.locks.query();
  return held
    .filter((lock) => lock.mode === "exclusive" && lock.name?.startsWith(`${place}/`))
    .map((lock) => lock.name?.slice(place.length + 1) ?? "")
    .filter((id) => id !== self && !id.includes("/"));
}

/** Enough of a check to go by; the layer above looks into the peer and the message. */
function isEnvelope(value: unknown): value is Envelope {
  if (!isRecord(value)) return false;
  const { type, to, peer, locked, from, id, message } = value;
  switch (type) {
    case "hello":
    case "here":
      if (to !== undefined && typeof to !== "string") return false;
      return isRecord(peer) && typeof peer["id"] === "string" && typeof locked === "boolean";
    case "message":
      return typeof from === "string" && typeof to === "string" && isRecord(message);
    case "bye":
      return typeof id === "string";
    default:
      return false;
  }
}
