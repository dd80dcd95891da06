import type { PeerChannel } from "../../core/peer/peer.ts";
import type { Signaling } from "../../core/signaling/signaling.ts";
import type { Reach } from "./fake-candidates.ts";
import { createRandom } from "./random.ts";
import { createNetwork, type Agent, type Cut } from "./network.ts";
import { createFakePeer, type FakePeer, type FakePeerOptions } from "./fake-peer.ts";
import type { FakePeerConnection } from "./fake-peer-connection.ts";
import { createBackend, createChannels } from "./fake-signaling.ts";
import { createWire } from "./wire.ts";
import type { Wiring } from "./wiring.ts";

/** The properties of a fake network. */
export interface FakeNetworkOptions {
  /** The seed of all ids, credentials and losses. @default 1 */
  seed?: number | undefined;
  /** The one-way latency between two peers in ms. @default 5 */
  latency?: number | undefined;
  /** The candidates that can connect. @default "direct" */
  reach?: Reach | undefined;
}

/** The target of a verb: all connections of a peer, or one connection. */
export type FakeTarget = FakePeer | RTCPeerConnection;

/** An open connection of any peer. */
export interface FakeConnection {
  /** The connection. */
  readonly connection: RTCPeerConnection;
  /** The peer whose signaling sent the description of the connection, or else the peer that created it. */
  readonly peer: FakePeer;
  /** The remote connection, once ICE has connected them. */
  readonly remote: RTCPeerConnection | undefined;
}

/** A network of fake browsers. */
export interface FakeNetwork {
  /** Adds a browser to the network. */
  peer(options?: FakePeerOptions): FakePeer;
  /** In-memory signaling between all peers. */
  readonly signaling: Signaling;
  /** Creates the two ends of a channel, for `createPeer` and `usePeerConnection`. */
  channels(): readonly [PeerChannel, PeerChannel];
  /** All open connections, in the order of their creation. */
  readonly connections: readonly FakeConnection[];
  /**
   * Cuts the routes between connections: all, those of one target, or those between two targets; for
   * `ms`, or until `heal()`. ICE becomes `disconnected` after 5 s and `failed` after 20 s. Signaling
   * continues.
   */
  partition(ms?: number): void;
  partition(a: FakeTarget, ms?: number): void;
  partition(a: FakeTarget, b: FakeTarget, ms?: number): void;
  /** Cuts the routes so that ICE becomes `failed` at once, also for new attempts, until `heal()`. */
  failIce(a?: FakeTarget, b?: FakeTarget): void;
  /** Restores all routes, and stops loss, delay and glare in signaling. Peers that are offline stay offline. */
  heal(): void;
  /** Holds signaling messages until two peers have both sent one, so that their first offers cross. */
  glare(): void;
  /** Drops this fraction of the signaling messages, from 0 to 1. */
  lose(fraction: number): void;
  /** Delays each signaling message by `ms`. */
  delay(ms: number): void;
  /** Ends a connection, or all of a peer, without any packet, as a crash of the browser does. */
  crash(target: FakeTarget): void;
}

/** Routes that are cut. */
interface Fault {
  readonly between: readonly FakeTarget[];
  readonly how: "silent" | "failed";
}

interface Registered {
  readonly connection: FakePeerConnection;
  readonly wiring: Wiring;
  readonly creator: () => FakePeer;
}

/**
 * Creates a fake WebRTC for tests of applications with calls, in Node, jsdom, happy-dom or a page:
 * `RTCPeerConnection`, devices and signaling with the states, errors and event order of the
 * specification. All delays use `setTimeout`, so they pass at once under fake timers.
 *
 * @example
 * const network = createFakeNetwork({ seed: 7 });
 * const mina = network.peer({ name: "Mina" });
 * const uninstall = mina.install();
 * render(<App signaling={network.signaling} />); // twice: the two call each other
 * network.partition(8_000);
 */
export function createFakeNetwork(options: FakeNetworkOptions = {}): FakeNetwork {
  const { seed = 1, latency = 5, reach = "direct" } = options;
  const random = createRandom(seed);
  const wire = createWire(createRandom(seed + 1));
  const backend = createBackend(wire);
  /** The peer of each ICE ufrag, by the signaling that sent its description. */
  const owners = new Map<string, FakePeer>();
  const offline = new Set<FakePeer>();
  let faults: Fault[] = [];
  let connections: Registered[] = [];
  let peers = 0;
  const network = createNetwork({ random, latency, reach, isCut });

  const registeredBy = (agent: Agent) =>
    connections.find(({ wiring }) => wiring.transport.ice === agent);
  const open = () => connections.filter(({ wiring }) => !wiring.isClosed());

  function ownerOf({ connection, creator }: Registered): FakePeer {
    const ufrag = /^a=ice-ufrag:(\S+)/m.exec(connection.localDescription?.sdp ?? "")?.[1];
    return owners.get(ufrag ?? "") ?? creator();
  }

  function matches(target: FakeTarget, entry: Registered | undefined): boolean {
    if (!entry) return false;
    return "install" in target ? ownerOf(entry) === target : platform(entry.connection) === target;
  }

  function isCut(a: Agent, b: Agent): Cut {
    const [one, other] = [registeredBy(a), registeredBy(b)];
    for (const entry of [one, other]) if (entry && offline.has(ownerOf(entry))) return "silent";
    const found = faults.filter(({ between: [first, second] }) => {
      if (!first) return true;
      if (!second) return matches(first, one) || matches(first, other);
      return (
        (matches(first, one) && matches(second, other)) ||
        (matches(first, other) && matches(second, one))
      );
    });
    return found.find(({ how }) => how === "failed")?.how ?? found[0]?.how ?? false;
  }

  function add(entry: Fault): void {
    faults = [...faults, entry];
    network.changed();
  }

  function peer({ name, devices }: FakePeerOptions = {}): FakePeer {
    peers += 1;
    const own = backend.of((message) => {
      for (const [, ufrag = ""] of JSON.stringify(message).matchAll(/a=ice-ufrag:([\w+/]+)/g))
        if (!owners.has(ufrag)) owners.set(ufrag, entry);
    });
    const entry = createFakePeer({
      network,
      number: peers,
      name: name ?? `peer ${peers}`,
      devices,
      signaling: own.signaling,
      onCreated(connection, wiring) {
        connections = [...open(), { connection, wiring, creator: () => entry }];
      },
      setOnline(online) {
        if (online) offline.delete(entry);
        else offline.add(entry);
        if (online) own.reconnect();
        else own.disconnect();
        network.changed();
      },
    });
    return entry;
  }

  function partition(...given: (FakeTarget | number | undefined)[]): void {
    const between = given.filter((target) => typeof target === "object");
    const ms = given.find((value) => typeof value === "number");
    const entry: Fault = { between, how: "silent" };
    add(entry);
    if (ms === undefined) return;
    setTimeout(() => {
      faults = faults.filter((other) => other !== entry);
      network.changed();
    }, ms);
  }

  return {
    peer,
    signaling: backend.signaling,
    channels: () => createChannels(wire),
    get connections() {
      return open().map((entry) => {
        const other = entry.wiring.transport.ice.other();
        const remote = other && registeredBy(other)?.connection;
        return {
          connection: platform(entry.connection),
          peer: ownerOf(entry),
          remote: remote && platform(remote),
        };
      });
    },
    partition,
    failIce: (...between) =>
      add({ between: between.filter((target) => target !== undefined), how: "failed" }),
    heal() {
      faults = [];
      wire.heal();
      network.changed();
    },
    glare: wire.glare,
    lose: wire.lose,
    delay: wire.delay,
    crash(target) {
      for (const entry of open()) if (matches(target, entry)) entry.wiring.close("crashed");
    },
  };
}

function platform(connection: FakePeerConnection): RTCPeerConnection {
  return connection as unknown as RTCPeerConnection;
}
