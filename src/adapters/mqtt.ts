/**
 * Owns the signaling over an MQTT 5 broker: a retained message per peer tells who is there, and each
 * peer has an inbox. What a crashed peer leaves behind, the broker takes away by its last will.
 *
 *     {prefix}/{room}/peers/{peer}           the peer's PeerInfo, retained; empty when it is gone
 *     {prefix}/{room}/inbox/{to}/{from}      a packet
 *
 * The room is percent-encoded, so no name can hold a `/` or a wildcard. `{peer}` and `{from}` are the
 * client's id, so a broker with the access rules of docs/SIGNALING.md vouches for both.
 */
import type { IClientOptions, IClientPublishOptions, MqttClient } from "mqtt";
import { CallError } from "../core/lib/errors.ts";
import { abortedError, withTimeout } from "../core/lib/abort.ts";
import type { JoinOptions, PeerInfo, Signaling } from "../core/signaling/signaling.ts";
import {
  assertJoined,
  joinWithTimeout,
  LEAVE_TIMEOUT_MS,
  leaveOnce,
  malformedError,
  type JoiningSession,
} from "../core/signaling/join.ts";
import { byJoinTime, packetText, readObject } from "../core/signaling/wire-format.ts";

/** Makes a client with these options and yours: `(options) => mqtt.connect(url, { ...mine, ...options })`. */
export type MqttConnect = (options: IClientOptions) => MqttClient;

/** Options of {@link mqttSignaling}. */
export interface MqttSignalingOptions {
  /** Begins every topic; without `/`, `+` and `#`. Default "twocan". */
  prefix?: string | undefined;
}

/**
 * The broker misses a silent peer after one and a half of these, in s; mosquitto up to 5 s later, and
 * then waits for {@link WILL_DELAY}: 14 s in all.
 */
const KEEP_ALIVE = 4;
/** How long somebody whose connection broke still counts as there, in s. A reconnect is quicker. */
const WILL_DELAY = 3;
/** How long the broker keeps packets for somebody who is away, in s. */
const SESSION = 15;
/** How long a presence outlives a broker that lost the will with it, in s. */
const LIFETIME = 86_400;
/** What a broker answers to those it does not want (MQTT 5, section 2.4): bad id, password, rights; banned. */
const REFUSALS = [133, 134, 135, 138, 140];

/**
 * Signaling over an MQTT 5 broker: by `ws://` or `wss://` in browsers, also by `mqtt://` in Node.
 *
 * Each stay has a connection of its own, because the last will, by which the broker misses a peer that
 * crashed, belongs to one: so this takes an address or a function that connects, and no client that
 * is connected already.
 *
 * @throws {CallError} On joining: `signaling-unavailable`, `signaling-denied`, `no-signaling` where the
 * package mqtt is missing, `aborted`.
 * @example
 * mqttSignaling("wss://broker.example.org/mqtt");
 * mqttSignaling((options) => mqtt.connect(url, { username, password, ...options }));
 */
export function mqttSignaling(
  broker: string | MqttConnect,
  options: MqttSignalingOptions = {},
): Signaling {
  return {
    join: (joining) =>
      joinWithTimeout(joining, unreachable, async (stay) => {
        const base = `${options.prefix ?? "twocan"}/${encodeURIComponent(joining.room)}`;
        const connect = typeof broker === "string" ? await connectTo(broker) : broker;
        stay.signal.throwIfAborted();
        return enter(connect, base, joining, stay);
      }),
  };
}

function enter(
  connect: MqttConnect,
  base: string,
  joining: JoinOptions,
  stay: AbortController,
): JoiningSession {
  const { signal } = stay;
  const { id } = joining.self;
  const peers = new Map<string, PeerInfo>();
  let self = joining.self;
  let online = false;
  let inside = false;
  /** Which connection this is: presence that carries its number comes after all that was retained before. */
  let turn = 0;
  let complete = false;
  let entered = () => {};

  const presence = `${base}/peers/${id}`;
  const client = connect({
    protocolVersion: 5,
    clientId: id,
    // The session outlives a short interruption, and so does the will.
    clean: false,
    keepalive: KEEP_ALIVE,
    reconnectPeriod: 700 + Math.random() * 600,
    reconnectOnConnackError: true,
    resubscribe: false,
    properties: { sessionExpiryInterval: SESSION },
    will: {
      topic: presence,
      payload: "",
      qos: 1,
      retain: true,
      properties: { willDelayInterval: WILL_DELAY },
    },
  });

  const publish = (topic: string, payload: string, options: IClientPublishOptions) =>
    settled((done) => client.publish(topic, payload, { qos: 1, ...options }, done));

  function fail(cause: unknown): void {
    if (signal.aborted) return;
    const error = refusal(cause);
    if (inside) joining.onError(error);
    else if (error.code === "signaling-denied") stay.abort(error);
  }

  const announce = () =>
    publish(presence, JSON.stringify({ ...self, id: undefined }), {
      retain: true,
      properties: { messageExpiryInterval: LIFETIME, userProperties: { turn: `${turn}` } },
    });

  const tell = () => {
    if (complete) joining.onPeers([...peers.values()].toSorted(byJoinTime));
  };

  /** Everything that was retained has come: the list is whole. */
  function arrive(): void {
    if (complete) return;
    complete = true;
    joining.onStatus("connected");
    tell();
    inside = true;
    entered();
  }

  async function begin(): Promise<void> {
    online = true;
    complete = false;
    turn += 1;
    // Who left meanwhile is not told of: the list is made anew of what is retained.
    peers.clear();
    const topics = [`${base}/peers/+`, `${base}/inbox/${id}/+`];
    await settled((done) => client.subscribe(topics, { qos: 1 }, done));
    await announce();
  }

  function takePresence(of: string, text: string, turnOf: unknown): void {
    if (of === id) {
      // Somebody cleared it, or the will of a former connection: it stands again at once.
      if (text === "") announce().catch(fail);
      else if (turnOf === `${turn}`) arrive();
      return;
    }
    const peer = readObject(text);
    if (peer) peers.set(of, { ...peer, id: of });
    else peers.delete(of);
    if (!peer && text !== "") joining.onError(malformedError(of));
    tell();
  }

  client.on("connect", () => void begin().catch(fail));
  client.on("close", () => {
    if (online && complete && !signal.aborted) joining.onStatus("disconnected");
    online = false;
  });
  client.on("error", fail);
  client.on("message", (topic, payload, { properties }) => {
    if (signal.aborted) return;
    const [kind, to = "", from = ""] = topic.slice(base.length + 1).split("/");
    const text = payload.toString();
    if (kind === "peers") return takePresence(to, text, properties?.userProperties?.["turn"]);
    if (from === id) return;
    const packet = readObject(text);
    if (packet) joining.onMessage(from, packet);
    else joining.onError(malformedError(from));
  });

  /** The broker's answer, named. */
  async function accepted(answer: Promise<unknown>): Promise<void> {
    try {
      await answer;
    } catch (cause) {
      assertJoined(signal);
      throw refusal(cause);
    }
  }

  const leave = leaveOnce(async () => {
    stay.abort(abortedError("The stay in the room"));
    const goodbye = async () => {
      if (online) await publish(presence, "", { retain: true });
    };
    // Should the page not wait for it, the will says it. With it there is no will, and no session.
    await withTimeout(LEAVE_TIMEOUT_MS, goodbye());
    const properties = { sessionExpiryInterval: 0 };
    const end = settled((done) => client.end(!online, { properties }, done));
    await withTimeout(LEAVE_TIMEOUT_MS, end);
  });

  return {
    entered: new Promise((resolve) => {
      entered = resolve;
    }),
    session: {
      async send(to, message) {
        assertJoined(signal);
        const text = packetText(message);
        // Nothing waits for the next connection, which would find it stale.
        if (!online) throw unreachable();
        await accepted(publish(`${base}/inbox/${to}/${id}`, text, {}));
      },
      async update(next) {
        assertJoined(signal);
        self = { ...next, id };
        // While the broker is out of reach this is in vain, and the next connection tells it.
        if (online) await accepted(announce());
      },
      leave,
    },
  };
}

/** Promisifies one call of the client: mqtt 4 has no `publishAsync()` and the like. */
function settled(call: (done: (error?: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    call((error) => (error ? reject(error) : resolve()));
  });
}

async function connectTo(url: string): Promise<MqttConnect> {
  try {
    const { default: mqtt } = await import("mqtt");
    return (options) => mqtt.connect(url, options);
  } catch (cause) {
    const message = "The package mqtt could not be loaded. Run `npm install mqtt`.";
    throw new CallError("no-signaling", message, { cause });
  }
}

/** Names what the broker, or the way to it, has answered. */
function refusal(cause: unknown): CallError {
  const code: unknown = cause instanceof Error && "code" in cause && cause.code;
  if (!REFUSALS.some((refused) => refused === code)) return unreachable(cause);
  const message = "The MQTT broker refuses. Check the password, and which topics it is good for.";
  return new CallError("signaling-denied", message, { cause });
}

function unreachable(cause?: unknown): CallError {
  const message =
    "The MQTT broker is out of reach. It is tried again; check its address: browsers need its WebSocket listener.";
  return new CallError("signaling-unavailable", message, { cause });
}
