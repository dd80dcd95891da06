/**
 * Owns the signaling over NATS. The server keeps nothing: who is there says so when somebody asks and
 * every few seconds, and who has not been heard for a while is gone.
 *
 *     {prefix}.{room}.all.{from}         { peer, ask? } I am there (and who else?); { bye: true } I go
 *     {prefix}.{room}.to.{to}.{from}     { peer } the answer to one who asks; { message } a packet
 *
 * The room is percent-encoded, `.` and `*` too, and ids have `/` for `.`, so that no name can hold a
 * separator or a wildcard.
 */
import type { ConnectionOptions, Msg, NatsConnection } from "@nats-io/nats-core";
import { CallError, toCallError } from "../core/lib/errors.ts";
import { abortedError, after, withTimeout, abortable } from "../core/lib/abort.ts";
import {
  MAX_PACKET,
  type JoinOptions,
  type PeerInfo,
  type Signaling,
} from "../core/signaling/signaling.ts";
import {
  assertJoined,
  joinWithTimeout,
  LEAVE_TIMEOUT_MS,
  leaveOnce,
  malformedError,
  type JoiningSession,
} from "../core/signaling/join.ts";
import { byJoinTime, isRecord, packetText, readObject } from "../core/signaling/wire-format.ts";

/** Options of {@link natsSignaling}. */
export interface NatsSignalingOptions {
  /** Begins every subject. Default "twocan". */
  prefix?: string | undefined;
  /** For the connection that an address leads to: `user`, `pass`, `authenticator`, `wsFactory` … */
  connection?: ConnectionOptions | undefined;
}

/** How often a peer says that it is there, and how long it may be silent, in ms. Together under 15 s. */
const BEAT = 4_000;
const GONE = 10_000;
/** How long those who are there have to answer one who comes (back), in ms. */
const ANSWER = 200;
const ANSWER_AGAIN = 2_000;
/** The longest frame, in characters: a packet, and what is around it. */
const MAX_FRAME = MAX_PACKET + 100;
/**
 * Signaling over NATS: by its WebSocket listener, or by a connection of yours (in Node one of
 * `@nats-io/transport-node`), which stays open.
 *
 * @throws {CallError} On joining: `signaling-unavailable`, `signaling-denied`, `no-signaling` where the
 * package @nats-io/nats-core is missing, `aborted`.
 * @example
 * natsSignaling("wss://nats.example.org");
 * natsSignaling(await wsconnect({ servers, authenticator }));
 */
export function natsSignaling(
  server: string | NatsConnection,
  options: NatsSignalingOptions = {},
): Signaling {
  return {
    join: (joining) =>
      joinWithTimeout(joining, unreachable, async (stay) => {
        const connection = await connectionTo(server, options, stay.signal);
        const base = `${options.prefix ?? "twocan"}.${encodeRoom(joining.room)}`;
        return enter(connection, base, joining, stay);
      }),
  };
}

/** Somebody in the room, and when they were heard last. */
interface Entry {
  peer: PeerInfo;
  text: string;
  heard: number;
}

function enter(
  connection: NatsConnection,
  base: string,
  joining: JoinOptions,
  stay: AbortController,
): JoiningSession {
  const { signal } = stay;
  const { id } = joining.self;
  const me = encodeId(id);
  const entries = new Map<string, Entry>();
  let self = joining.self;
  let online = true;
  let inside = false;

  const publish = (to: string, content: string) =>
    connection.publish(`${base}.${to}.${me}`, content);
  const announce = (ask?: true) => {
    if (online) publish("all", JSON.stringify({ peer: self, ask }));
  };
  const tell = () => {
    if (inside) joining.onPeers([...entries.values()].map(({ peer }) => peer).toSorted(byJoinTime));
  };

  function hear(from: string, info: Record<string, unknown>): void {
    const text = JSON.stringify(info);
    const changed = entries.get(from)?.text !== text;
    entries.set(from, { peer: { ...info, id: from }, text, heard: Date.now() });
    if (changed) tell();
  }

  /** Whoever has been silent for too long is gone. */
  function sweep(): void {
    const before = entries.size;
    for (const [of, { heard }] of entries) if (Date.now() - heard > GONE) entries.delete(of);
    if (entries.size < before) tell();
  }

  /** Who left while this peer did not listen did so unheard: only those who answer stay. */
  function askAgain(): void {
    for (const entry of entries.values()) entry.heard = Date.now() - GONE + ANSWER_AGAIN;
    announce(true);
    after(signal, ANSWER_AGAIN + 100, sweep);
  }

  function beat(): void {
    announce();
    sweep();
    after(signal, BEAT, beat);
  }

  function receive(frame: Msg, personal: boolean): void {
    const from = frame.subject.slice(frame.subject.lastIndexOf(".") + 1).replaceAll("/", ".");
    if (signal.aborted || from === id) return;
    const { peer, ask, bye, message } = readObject(frame.string(), MAX_FRAME) ?? {};
    if (personal && isRecord(message)) joining.onMessage(from, message);
    else if (isRecord(peer)) {
      hear(from, peer);
      if (ask === true && online) publish(`to.${encodeId(from)}`, JSON.stringify({ peer: self }));
    } else if (bye === true) {
      if (entries.delete(from)) tell();
    } else joining.onError(malformedError(from));
  }

  function fail(cause: unknown): void {
    if (signal.aborted) return;
    const error = refusal(cause);
    if (inside) joining.onError(error);
    else stay.abort(error);
  }

  function setOnline(next: boolean): void {
    if (next === online || signal.aborted) return;
    online = next;
    if (online) askAgain();
    joining.onStatus(online ? "connected" : "disconnected");
  }

  async function followStatus(): Promise<void> {
    const statuses = connection.status();
    // A connection that is given outlives this stay.
    signal.addEventListener("abort", () => {
      if ("stop" in statuses && typeof statuses.stop === "function") statuses.stop();
    });
    for await (const { type } of statuses) {
      if (signal.aborted) return;
      if (type === "disconnect" || type === "close") setOnline(false);
      if (type === "reconnect") setOnline(true);
      // The library has given up, or the application has closed its connection.
      if (type === "close") fail(unreachable());
    }
  }

  const subscriptions = (["all", `to.${me}`] as const).map((to) =>
    connection.subscribe(`${base}.${to}.*`, {
      callback: (error, message) => (error ? fail(error) : receive(message, to !== "all")),
    }),
  );

  async function begin(): Promise<void> {
    void followStatus();
    announce(true);
    // The server has taken the subscriptions; and whoever is there answers as fast, or shows up later.
    await connection.flush();
    await new Promise<void>((resolve) => {
      after(signal, ANSWER, resolve);
    });
    inside = true;
    joining.onStatus("connected");
    tell();
    after(signal, BEAT, beat);
  }

  const leave = leaveOnce(async () => {
    stay.abort(abortedError("The stay in the room"));
    if (connection.isClosed()) return;
    for (const subscription of subscriptions) subscription.unsubscribe();
    if (!online) return;
    publish("all", '{"bye":true}');
    await withTimeout(LEAVE_TIMEOUT_MS, connection.flush());
  });

  return {
    entered: begin(),
    session: {
      async send(to, message) {
        assertJoined(signal);
        const content = `{"message":${packetText(message)}}`;
        // Nothing waits for the next connection, which would find it stale.
        if (!online) throw unreachable();
        publish(`to.${encodeId(to)}`, content);
      },
      async update(next) {
        assertJoined(signal);
        self = { ...next, id };
        announce();
      },
      leave,
    },
  };
}

/** The connection given, or one for this stay alone, which ends with it. */
async function connectionTo(
  server: string | NatsConnection,
  options: NatsSignalingOptions,
  signal: AbortSignal,
): Promise<NatsConnection> {
  if (typeof server !== "string") return server;
  const { wsconnect } = await import("@nats-io/nats-core").catch((cause: unknown) => {
    const message = "NATS could not be loaded. Run `npm install @nats-io/nats-core`.";
    throw new CallError("no-signaling", message, { cause });
  });
  const connecting = wsconnect({
    servers: server,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 1_000,
    // A connection that is dead without having closed is noticed within 15 s.
    pingInterval: 5_000,
    maxPingOut: 2,
    ...options.connection,
  });
  const close = () => {
    // The goodbye goes first.
    connecting.then((connection) => connection.drain()).catch(() => undefined);
  };
  signal.addEventListener("abort", close, { once: true });
  return abortable(signal, connecting);
}

const encodeId = (id: string) => id.replaceAll(".", "/");

const encodeRoom = (room: string) =>
  encodeURIComponent(room).replaceAll(".", "%2E").replaceAll("*", "%2A");

function refusal(cause: unknown): CallError {
  const name = cause instanceof Error ? cause.name : "";
  if (!/^(Authorization|PermissionViolation)Error$/.test(name))
    return toCallError(cause, "signaling-unavailable", unreachable().message);
  const message = "NATS refuses. Check the credentials, and which subjects they are good for.";
  return new CallError("signaling-denied", message, { cause });
}

function unreachable(): CallError {
  const message =
    "NATS is out of reach. It is tried again; check its address: browsers need its WebSocket listener.";
  return new CallError("signaling-unavailable", message);
}
