/**
 * Signaling over an MQTT 5 broker. A retained message per peer shows presence, and each peer has an
 * inbox. The broker removes the presence of a peer that crashed by publishing its last will.
 *
 *     {prefix}/{room}/peers/{peer}           the peer's PeerInfo, retained; empty after it has left
 *     {prefix}/{room}/inbox/{to}/{from}      a packet
 *
 * The room is percent-encoded, so no name contains a `/` or a wildcard. `{peer}` and `{from}` are the
 * client id, so a broker with the access rules of docs/SIGNALING.md authenticates both.
 */
import type { IClientOptions, IClientPublishOptions, MqttClient } from "mqtt";
import { CallError } from "../core/lib/errors.ts";
import { withTimeout } from "../core/lib/abort.ts";
import {
  createSignaling,
  parseObject,
  type AdapterContext,
  type AdapterSession,
} from "../core/signaling/adapter.ts";
import type { PeerInfo, Signaling } from "../core/signaling/signaling.ts";

/** Creates a client with these options and yours: `(options) => mqtt.connect(url, { ...yours, ...options })`. */
export type MqttConnect = (options: IClientOptions) => MqttClient;

/** The topics that {@link mqttSignaling} uses. */
export interface MqttSignalingOptions {
  /**
   * The first level of every topic; without `/`, `+` and `#`.
   *
   * @default "twocan"
   */
  prefix?: string | undefined;
}

/**
 * The broker declares a client dead after one and a half of these without a packet; mosquitto up to 5 s
 * later. Then it waits for {@link WILL_DELAY_S}: 14 s in total.
 */
const KEEP_ALIVE_S = 4;
/** How long a peer whose connection was lost stays listed. Reconnecting takes less. */
const WILL_DELAY_S = 3;
/** How long the broker queues packets for a peer whose connection was lost. */
const SESSION_EXPIRY_S = 15;
/** How long a presence remains at a broker that has lost the last will. */
const PRESENCE_EXPIRY_S = 86_400;
/** Leaving does not wait longer for the broker to accept that the presence ends. */
const GOODBYE_TIMEOUT_MS = 2_000;
/** Reason codes of a refusal (MQTT 5, section 2.4): client id, credentials, authorization, banned. */
const REFUSALS = [133, 134, 135, 138, 140];

/**
 * Creates signaling over an MQTT 5 broker: by `ws://` or `wss://` in browsers, by `mqtt://` in Node too.
 *
 * Each session opens its own connection, because the last will, which ends the presence of a peer that
 * crashed, is part of the connection. So it takes an address or a function that connects, and no
 * connected client.
 *
 * @throws {CallError} On joining: `signaling-unavailable`, `signaling-denied`, `no-signaling` if the
 * package mqtt is not installed, `aborted`.
 * @example
 * mqttSignaling("wss://broker.example.org/mqtt");
 * mqttSignaling((options) => mqtt.connect(url, { username, password, ...options }));
 */
export function mqttSignaling(
  broker: string | MqttConnect,
  options: MqttSignalingOptions = {},
): Signaling {
  return createSignaling({
    name: "mqttSignaling()",
    unavailable: UNREACHABLE,
    toCallError: refusal,
    async join(context) {
      const base = `${options.prefix ?? "twocan"}/${encodeURIComponent(context.room)}`;
      const connect = typeof broker === "string" ? await connectTo(broker) : broker;
      context.signal.throwIfAborted();
      return joinBroker(connect, base, context);
    },
  });
}

async function joinBroker(
  connect: MqttConnect,
  base: string,
  context: AdapterContext,
): Promise<AdapterSession> {
  const { signal } = context;
  const { id } = context.self;
  const peers = new Map<string, PeerInfo>();
  let online = false;
  /** The number of the connection. Own presence with this number arrives after everything retained before. */
  let turn = 0;
  /** Whether everything retained has arrived on this connection. */
  let complete = false;
  let onJoined = () => {};
  const joined = new Promise<void>((resolve) => (onJoined = resolve));

  const presence = `${base}/peers/${id}`;
  const client = connect(clientOptions(id, presence));

  const publish = (topic: string, payload: string, options: IClientPublishOptions) =>
    settled((done) => client.publish(topic, payload, { qos: 1, ...options }, done));

  const announce = () =>
    publish(presence, JSON.stringify({ ...context.self, id: undefined }), {
      retain: true,
      properties: { messageExpiryInterval: PRESENCE_EXPIRY_S, userProperties: { turn: `${turn}` } },
    });

  context.onLeave(async () => {
    // If the page closes before this completes, the broker publishes the last will. After it, the
    // broker discards the will and the session.
    if (online) await withTimeout(GOODBYE_TIMEOUT_MS, publish(presence, "", { retain: true }));
    const properties = { sessionExpiryInterval: 0 };
    await settled((done) => client.end(!online, { properties }, done));
  });

  /** An unreachable broker does not end the join: the client retries until the time limit. */
  function fail(cause: unknown): void {
    if (context.joined) context.report(cause);
    else if (refusal(cause)) context.fail(cause);
  }

  function reportPeers(): void {
    if (complete) context.setPeers(peers.values());
  }

  function completeRoster(): void {
    if (complete) return;
    complete = true;
    context.setStatus("connected");
    reportPeers();
    onJoined();
  }

  async function subscribe(): Promise<void> {
    online = true;
    complete = false;
    turn += 1;
    // Leaves that happened without a connection were missed, so the roster is read again.
    peers.clear();
    const topics = [`${base}/peers/+`, `${base}/inbox/${id}/+`];
    await settled((done) => client.subscribe(topics, { qos: 1 }, done));
    await announce();
  }

  function receivePresence(peerId: string, text: string, turnOf: unknown): void {
    if (peerId === id) {
      // Cleared by another client, or by the last will of an earlier connection.
      if (text === "") announce().catch(fail);
      else if (turnOf === `${turn}`) completeRoster();
      return;
    }
    const peer = parseObject(text);
    if (peer) peers.set(peerId, { ...peer, id: peerId });
    else peers.delete(peerId);
    if (!peer && text !== "") context.reportMalformed(peerId);
    reportPeers();
  }

  client.on("connect", () => void subscribe().catch(fail));
  client.on("close", () => {
    if (online && complete) context.setStatus("disconnected");
    online = false;
  });
  client.on("error", fail);
  client.on("message", (topic, payload, { properties }) => {
    if (signal.aborted) return;
    const [kind, to = "", from = ""] = topic.slice(base.length + 1).split("/");
    const text = payload.toString();
    if (kind === "peers") receivePresence(to, text, properties?.userProperties?.["turn"]);
    else context.deliver(from, parseObject(text));
  });
  await joined;

  return {
    async send(to, _message, json) {
      // The client would queue the packet, and deliver it stale on the next connection.
      if (!online) throw new CallError("signaling-unavailable", UNREACHABLE);
      await publish(`${base}/inbox/${to}/${id}`, json, {});
    },
    async update() {
      // Without a connection, the next one announces it.
      if (online) await announce();
    },
  };
}

function clientOptions(id: string, presence: string): IClientOptions {
  return {
    protocolVersion: 5,
    clientId: id,
    // The session, and the last will, outlive a short interruption.
    clean: false,
    keepalive: KEEP_ALIVE_S,
    reconnectPeriod: 700 + Math.random() * 600,
    reconnectOnConnackError: true,
    resubscribe: false,
    properties: { sessionExpiryInterval: SESSION_EXPIRY_S },
    will: {
      topic: presence,
      payload: "",
      qos: 1,
      retain: true,
      properties: { willDelayInterval: WILL_DELAY_S },
    },
  };
}

/** Promisifies one call of the client: mqtt 4 has no `publishAsync()`. */
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

/** Maps a refusal of the broker. */
function refusal(cause: unknown): CallError | undefined {
  const code: unknown = cause instanceof Error && "code" in cause && cause.code;
  if (!REFUSALS.some((refused) => refused === code)) return undefined;
  const message =
    "The MQTT broker refused. Check the credentials, and which topics they are authorized for.";
  return new CallError("signaling-denied", message, { cause });
}

const UNREACHABLE =
  "The MQTT broker is unreachable. The connection is retried; check the network and the address: browsers require its WebSocket listener.";
