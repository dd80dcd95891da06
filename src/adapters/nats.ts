/**
 * Signaling over NATS. The server stores nothing: each peer announces its presence when it is asked and
 * every few seconds, and a peer that was not received for a while is removed.
 *
 *     {prefix}.{room}.all.{from}         { peer, ask? } present (and asking who else is); { bye: true } leaving
 *     {prefix}.{room}.to.{to}.{from}     { peer } the answer to `ask`; { message } a packet
 *
 * The room is percent-encoded, `.` and `*` too, and ids have `/` for `.`, so that no name contains a
 * separator or a wildcard.
 */
import type { ConnectionOptions, Msg, NatsConnection } from "@nats-io/nats-core";
import { monotonicNow } from "../core/lib/clock.ts";
import { CallError } from "../core/lib/errors.ts";
import { after } from "../core/lib/abort.ts";
import {
  createSignaling,
  isObject,
  parseObject,
  type AdapterContext,
  type AdapterSession,
} from "../core/signaling/adapter.ts";
import { MAX_PACKET, type PeerInfo, type Signaling } from "../core/signaling/signaling.ts";

/** How {@link natsSignaling} connects, and the subjects it uses. */
export interface NatsSignalingOptions {
  /**
   * The first token of every subject.
   *
   * @default "twocan"
   */
  prefix?: string | undefined;
  /** Passed to the connection, if an address was given: `user`, `pass`, `authenticator`, `wsFactory` … */
  connection?: ConnectionOptions | undefined;
}

/** How often a peer announces its presence. */
const HEARTBEAT_MS = 4_000;
/** A peer that was not received for this time is removed. Together with a heartbeat under 15 s. */
const GONE_MS = 10_000;
/** How long joining waits for the peers that are present to answer. */
const ANSWER_MS = 200;
/** How long the listed peers may take to answer after a reconnect. */
const ANSWER_AFTER_RECONNECT_MS = 2_000;
/** The longest frame, in characters: a packet and its envelope. */
const MAX_FRAME = MAX_PACKET + 100;

/**
 * Creates signaling over NATS: by its WebSocket listener, or by a connection of yours (in Node one of
 * `@nats-io/transport-node`), which stays open.
 *
 * @throws {CallError} On joining: `signaling-unavailable`, `signaling-denied`, `no-signaling` if the
 * package @nats-io/nats-core is not installed, `aborted`.
 * @example
 * natsSignaling("wss://nats.example.org");
 * natsSignaling(await wsconnect({ servers, authenticator }));
 */
export function natsSignaling(
  server: string | NatsConnection,
  options: NatsSignalingOptions = {},
): Signaling {
  return createSignaling({
    name: "natsSignaling()",
    unavailable: UNREACHABLE,
    toCallError: refusal,
    async join(context) {
      const connection =
        typeof server === "string" ? await connectTo(server, options, context) : server;
      context.signal.throwIfAborted();
      const base = `${options.prefix ?? "twocan"}.${encodeRoom(context.room)}`;
      return joinSubjects(connection, base, context);
    },
  });
}

/** A listed peer, and when it was received last. */
interface Entry {
  peer: PeerInfo;
  json: string;
  receivedAt: number;
}

async function joinSubjects(
  connection: NatsConnection,
  base: string,
  context: AdapterContext,
): Promise<AdapterSession> {
  const { signal } = context;
  const { id } = context.self;
  const entries = new Map<string, Entry>();
  let online = true;

  const publish = (to: string, content: string) =>
    connection.publish(`${base}.${to}.${encodeId(id)}`, content);
  const announce = (ask?: true) => {
    if (online) publish("all", JSON.stringify({ peer: context.self, ask }));
  };
  const reportPeers = () => context.setPeers([...entries.values()].map(({ peer }) => peer));

  function receivePeer(from: string, info: Record<string, unknown>): void {
    const json = JSON.stringify(info);
    const changed = entries.get(from)?.json !== json;
    entries.set(from, { peer: { ...info, id: from }, json, receivedAt: monotonicNow() });
    if (changed) reportPeers();
  }

  function removeSilentPeers(): void {
    const before = entries.size;
    for (const [peerId, { receivedAt }] of entries)
      if (monotonicNow() - receivedAt > GONE_MS) entries.delete(peerId);
    if (entries.size < before) reportPeers();
  }

  /** Leaves that happened without a connection were missed, so only peers that answer stay listed. */
  function askAgain(): void {
    const receivedAt = monotonicNow() - GONE_MS + ANSWER_AFTER_RECONNECT_MS;
    for (const entry of entries.values()) entry.receivedAt = receivedAt;
    announce(true);
    after(signal, ANSWER_AFTER_RECONNECT_MS + 100, removeSilentPeers);
  }

  function heartbeat(): void {
    announce();
    removeSilentPeers();
    after(signal, HEARTBEAT_MS, heartbeat);
  }

  function receive(frame: Msg, direct: boolean): void {
    const from = frame.subject.slice(frame.subject.lastIndexOf(".") + 1).replaceAll("/", ".");
    if (signal.aborted || from === id) return;
    const { peer, ask, bye, message } = parseObject(frame.string(), MAX_FRAME) ?? {};
    if (direct && isObject(message)) context.deliver(from, message);
    else if (isObject(peer)) {
      receivePeer(from, peer);
      if (ask === true && online)
        publish(`to.${encodeId(from)}`, JSON.stringify({ peer: context.self }));
    } else if (bye === true) {
      if (entries.delete(from)) reportPeers();
    } else context.reportMalformed(from);
  }

  function setOnline(next: boolean): void {
    if (next === online || signal.aborted) return;
    online = next;
    if (online) askAgain();
    context.setStatus(online ? "connected" : "disconnected");
  }

  async function followStatus(): Promise<void> {
    const statuses = connection.status();
    // A connection that was passed in outlives this session.
    context.onLeave(() => {
      if ("stop" in statuses && typeof statuses.stop === "function") statuses.stop();
    });
    for await (const { type } of statuses) {
      if (signal.aborted) return;
      if (type === "disconnect" || type === "close") setOnline(false);
      if (type === "reconnect") setOnline(true);
      // The library has stopped reconnecting, or the application has closed its connection.
      if (type === "close") context.fail(new CallError("signaling-unavailable", UNREACHABLE));
    }
  }

  const subscriptions = (["all", `to.${encodeId(id)}`] as const).map((to) =>
    connection.subscribe(`${base}.${to}.*`, {
      callback: (error, message) => (error ? context.fail(error) : receive(message, to !== "all")),
    }),
  );
  context.onLeave(async () => {
    if (connection.isClosed()) return;
    for (const subscription of subscriptions) subscription.unsubscribe();
    if (!online) return;
    publish("all", '{"bye":true}');
    await connection.flush();
  });

  void followStatus();
  announce(true);
  // After it, the server has accepted the subscriptions. Peers that answer later are listed later.
  await connection.flush();
  await new Promise<void>((resolve) => {
    after(signal, ANSWER_MS, resolve);
  });
  after(signal, HEARTBEAT_MS, heartbeat);

  return {
    send(to, _message, json) {
      // The library would queue the packet, and deliver it stale on the next connection.
      if (!online) throw new CallError("signaling-unavailable", UNREACHABLE);
      publish(`to.${encodeId(to)}`, `{"message":${json}}`);
    },
    update: () => announce(),
  };
}

/** Connects for one session. */
async function connectTo(
  server: string,
  options: NatsSignalingOptions,
  context: AdapterContext,
): Promise<NatsConnection> {
  const { wsconnect } = await import("@nats-io/nats-core").catch((cause: unknown) => {
    const message =
      "The package @nats-io/nats-core could not be loaded. Run `npm install @nats-io/nats-core`.";
    throw new CallError("no-signaling", message, { cause });
  });
  context.signal.throwIfAborted();
  const connecting = wsconnect({
    servers: server,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 1_000,
    // Detects within 15 s that a connection is down that was not closed.
    pingInterval: 5_000,
    maxPingOut: 2,
    ...options.connection,
  });
  // Registered first, so it runs last: what is sent on leaving is sent before the connection drains.
  // Leaving does not wait for a connection that may never be established.
  context.onLeave(() => {
    void connecting.then((connection) => connection.drain()).catch(() => undefined);
  });
  return connecting;
}

const encodeId = (id: string) => id.replaceAll(".", "/");

const encodeRoom = (room: string) =>
  encodeURIComponent(room).replaceAll(".", "%2E").replaceAll("*", "%2A");

/** Maps a refusal of the server. */
function refusal(cause: unknown): CallError | undefined {
  const name = cause instanceof Error ? cause.name : "";
  if (!/^(Authorization|PermissionViolation)Error$/.test(name)) return undefined;
  const message =
    "NATS refused. Check the credentials, and which subjects they are authorized for.";
  return new CallError("signaling-denied", message, { cause });
}

const UNREACHABLE =
  "NATS is unreachable. The connection is retried; check the network and the address: browsers require its WebSocket listener.";
