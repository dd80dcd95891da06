/**
 * Signaling between the tabs of one origin: a BroadcastChannel per room carries packets, and a Web Lock
 * per peer shows presence. It needs no server.
 *
 * Presence needs no heartbeat. Each peer holds a lock for its session, and every other peer requests
 * that lock: the browser grants it when the holder has left, crashed or been discarded. Without locks
 * (an insecure context) only the message on leaving ends a presence, so a crashed tab stays listed.
 */
import { CallError } from "../core/lib/errors.ts";
import { after } from "../core/lib/abort.ts";
import {
  createSignaling,
  isObject,
  type AdapterContext,
  type AdapterSession,
} from "../core/signaling/adapter.ts";
import type { PeerInfo, SignalMessage, Signaling } from "../core/signaling/signaling.ts";

/** The names that {@link broadcastChannelSignaling} uses. */
export interface BroadcastChannelSignalingOptions {
  /**
   * The first part of the names of channels and locks. Peers with the same prefix can meet.
   *
   * @default "twocan"
   */
  prefix?: string | undefined;
}

/** A message to the channel, for all peers of the room. */
type Envelope =
  /** The sender has joined; each peer answers with `here`. */
  | { type: "hello"; peer: PeerInfo; locked: boolean }
  /** The sender is present: the answer to a `hello`, or (without `to`) a changed description. */
  | { type: "here"; to?: string; peer: PeerInfo; locked: boolean }
  | { type: "message"; from: string; to: string; message: SignalMessage }
  | { type: "bye"; id: string };

/**
 * How long joining waits for answers, in ms. The locks list the peers that are present, so joining
 * usually ends with the last answer, and at once in an empty room. A tab that is too busy to answer in
 * time is listed when it does, and pages without locks wait the whole time. An idle tab answers within
 * 10 ms.
 */
const ANSWER_WINDOW_MS = 150;

/**
 * Creates signaling between tabs, windows and frames of one origin in one browser.
 *
 * @throws {CallError} On joining: `unsupported` in a browser without BroadcastChannel; `aborted`.
 * @example
 * <CallProvider signaling={broadcastChannelSignaling()}>…</CallProvider>
 */
export function broadcastChannelSignaling(
  options: BroadcastChannelSignalingOptions = {},
): Signaling {
  const { prefix = "twocan" } = options;
  return createSignaling({
    name: "broadcastChannelSignaling()",
    unavailable: "The BroadcastChannel cannot be used. Reload the page.",
    async join(context) {
      if (typeof BroadcastChannel === "undefined") {
        const message = "This browser has no BroadcastChannel. Use another signaling adapter.";
        throw new CallError("unsupported", message);
      }
      // An id has no "/", so the last part of a lock's name is the id, for any name of the room.
      const base = `${prefix}/${context.room}`;
      // Before the hello: a peer that receives it requests this lock, and would be granted a lock that
      // is not held yet, which means that this peer has left.
      const locked = await holdLock(`${base}/${context.self.id}`, context.signal);
      context.signal.throwIfAborted();
      return joinChannel(base, locked, context);
    },
  });
}

async function joinChannel(
  base: string,
  locked: boolean,
  context: AdapterContext,
): Promise<AdapterSession> {
  const { signal } = context;
  const { id } = context.self;
  const channel = new BroadcastChannel(base);
  const peers = new Map<string, PeerInfo>();
  const watched = new Set<string>();
  let onAnswer = () => {};

  const post = (envelope: Envelope) => channel.postMessage(envelope);

  function add(peer: PeerInfo, holdsLock: boolean): void {
    peers.set(peer.id, peer);
    if (holdsLock) void watch(peer.id);
    context.setPeers(peers.values());
    onAnswer();
  }

  async function watch(peerId: string): Promise<void> {
    if (watched.has(peerId)) return;
    watched.add(peerId);
    await lockIsFree(`${base}/${peerId}`, signal);
    watched.delete(peerId);
    remove(peerId);
  }

  function remove(peerId: string): void {
    if (peers.delete(peerId)) context.setPeers(peers.values());
  }

  function receive(envelope: Envelope): void {
    switch (envelope.type) {
      case "hello":
        if (envelope.peer.id === id) return;
        post({ type: "here", to: envelope.peer.id, peer: context.self, locked });
        add(envelope.peer, envelope.locked);
        return;
      case "here":
        if (envelope.peer.id === id || (envelope.to ?? id) !== id) return;
        add(envelope.peer, envelope.locked);
        return;
      case "message":
        if (envelope.to === id) context.deliver(envelope.from, envelope.message);
        return;
      case "bye":
        remove(envelope.id);
    }
  }

  channel.addEventListener("message", ({ data }) => {
    if (signal.aborted) return;
    if (isEnvelope(data)) return receive(data);
    const message = `An unknown message on the channel "${base}" was ignored. Use another \`prefix\`; this one is in use.`;
    context.report(new CallError("message-invalid", message));
  });
  context.onLeave(() => {
    post({ type: "bye", id });
    channel.close();
  });

  post({ type: "hello", peer: context.self, locked });
  const present = locked ? await lockHolders(base, id) : undefined;
  await new Promise<void>((resolve) => {
    onAnswer = () => {
      if (present?.every((peerId) => peers.has(peerId))) resolve();
    };
    after(signal, ANSWER_WINDOW_MS, resolve);
    onAnswer();
  });

  return {
    send: (to, message) => post({ type: "message", from: id, to, message }),
    update: (self) => post({ type: "here", peer: self, locked }),
  };
}

/** Holds the lock until `signal` is aborted. Resolves with false if the page cannot hold locks. */
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
    // Rejects in a sandboxed frame, and when the request is aborted while it waits.
    locks.request(name, { signal }, hold).catch(() => resolve(false));
  });
}

/** Waits until the lock is not held, or `signal` is aborted. */
async function lockIsFree(name: string, signal: AbortSignal): Promise<void> {
  // Shared, so that all peers that wait for a lock are granted it at the same time.
  const request = navigator.locks.request(name, { signal, mode: "shared" }, () => undefined);
  await request.catch(() => undefined);
}

/** The ids of the other peers that hold a lock in this room. */
async function lockHolders(base: string, self: string): Promise<string[]> {
  const { held = [] } = await navigator.locks.query();
  return held
    .filter((lock) => lock.mode === "exclusive" && lock.name?.startsWith(`${base}/`))
    .map((lock) => lock.name?.slice(base.length + 1) ?? "")
    .filter((id) => id !== self && !id.includes("/"));
}

/** Checks the envelope only; the description of the peer and the packet are validated above the adapters. */
function isEnvelope(value: unknown): value is Envelope {
  if (!isObject(value)) return false;
  const { type, to, peer, locked, from, id, message } = value;
  switch (type) {
    case "hello":
    case "here":
      if (to !== undefined && typeof to !== "string") return false;
      return isObject(peer) && typeof peer["id"] === "string" && typeof locked === "boolean";
    case "message":
      return typeof from === "string" && typeof to === "string" && isObject(message);
    case "bye":
      return typeof id === "string";
    default:
      return false;
  }
}
