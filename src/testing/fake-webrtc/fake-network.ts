/** Owns `createFakeNetwork`: WebRTC played in one process, and the verbs for everything that can happen to a network. */
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

/** How a played network is. */
export interface FakeNetworkOptions {
  /** The same seed gives the same ids, credentials and losses. Default 1. */
  seed?: number | undefined;
  /** One way between two peers, in ms. Default 5. */
  latency?: number | undefined;
  /** What reaches what: `"direct"` (default), only what a STUN server found, or only what a TURN server relays. */
  reach?: Reach | undefined;
}

/** Whose ways a verb means: a peer's, or those of one connection. */
export type FakeTarget = FakePeer | RTCPeerConnection;

/** A connection that is open, whoever made it. */
export interface FakeConnection {
  readonly connection: RTCPeerConnection;
  /** Whose it is, by the signaling that its description went through; else by who made it. */
  readonly peer: FakePeer;
  /** The other end, once the two have found each other. */
  readonly remote: RTCPeerConnection | undefined;
}

/** A network of played browsers. */
export interface FakeNetwork {
  /** Another browser on this network. */
  peer(options?: FakePeerOptions): FakePeer;
  /** Signaling in memory between all of them. */
  readonly signaling: Signaling;
  /** Two ends of a channel, for `createPeer` and `usePeerConnection`. */
  channels(): readonly [PeerChannel, PeerChannel];
  /** All that is open, in the order in which it was made. */
  readonly connections: readonly FakeConnection[];
  /**
   * Cuts ways between connections: all, those of one target, or those between two; for `ms`, or
   * until `heal()`. ICE says `disconnected` after 5 s and `failed` after 20. Signaling goes on.
   */
  partition(ms?: number): void;
  partition(a: FakeTarget, ms?: number): void;
  partition(a: FakeTarget, b: FakeTarget, ms?: number): void;
  /** The same, and ICE gives up at once: `failed`, now and for whatever is tried until `heal()`. */
  failIce(a?: FakeTarget, b?: FakeTarget): void;
  /** Every way is open again, and nothing is lost, late or held in signaling. Who is offline stays so. */
  heal(): void;
  /** What is said in signaling waits until both of two sides have said something: two first offers cross. */
  glare(): void;
  /** So many messages of signaling are lost, 0 to 1. */
  lose(fraction: number): void;
  /** Each message of signaling takes so long, in ms. */
  delay(ms: number): void;
  /** A connection, or all of a peer's, is gone without a word, as when a browser crashes. */
  crash(target: FakeTarget): void;
}

/** Ways that do not work. */
interface Break {
  readonly between: readonly FakeTarget[];
  readonly how: "silent" | "failed";
}

interface Made {
  readonly face: FakePeerConnection;
  readonly wiring: Wiring;
  readonly maker: () => FakePeer;
}

/**
 * Plays WebRTC in plain Node, in jsdom or happy-dom, or in a page, for tests of applications with
 * calls: `RTCPeerConnection`, devices and signaling that keep the states and orders of the
 * specification, and pass their time with `setTimeout`, so that fake timers play it in an instant.
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
  const chance = createRandom(seed);
  const wire = createWire(createRandom(seed + 1));
  const backend = createBackend(wire);
  /** By the ufrag of a description that went through somebody's signaling: whose connection it is. */
  const claims = new Map<string, FakePeer>();
  const offline = new Set<FakePeer>();
  let breaks: Break[] = [];
  let connections: Made[] = [];
  let peers = 0;
  const ether = createNetwork({ chance, latency, reach, isCut });

  const madeBy = (agent: Agent) => connections.find(({ wiring }) => wiring.transport.ice === agent);
  const open = () => connections.filter(({ wiring }) => !wiring.isClosed());

  function ownerOf({ face, maker }: Made): FakePeer {
    const ufrag = /^a=ice-ufrag:(\S+)/m.exec(face.localDescription?.sdp ?? "")?.[1];
    return claims.get(ufrag ?? "") ?? maker();
  }

  function means(target: FakeTarget, made: Made | undefined): boolean {
    if (!made) return false;
    return "install" in target ? ownerOf(made) === target : same(made.face, target);
  }

  function isCut(a: Agent, b: Agent): Cut {
    const [one, other] = [madeBy(a), madeBy(b)];
    for (const made of [one, other]) if (made && offline.has(ownerOf(made))) return "silent";
    const found = breaks.filter(({ between: [first, second] }) => {
      if (!first) return true;
      if (!second) return means(first, one) || means(first, other);
      return (
        (means(first, one) && means(second, other)) || (means(first, other) && means(second, one))
      );
    });
    return found.find(({ how }) => how === "failed")?.how ?? found[0]?.how ?? false;
  }

  function add(made: Break): void {
    breaks = [...breaks, made];
    ether.changed();
  }

  function peer({ name, devices }: FakePeerOptions = {}): FakePeer {
    peers += 1;
    const own = backend.of((message) => {
      for (const [, ufrag = ""] of JSON.stringify(message).matchAll(/a=ice-ufrag:([\w+/]+)/g))
        if (!claims.has(ufrag)) claims.set(ufrag, made);
    });
    const made = createFakePeer({
      ether,
      number: peers,
      name: name ?? `peer ${peers}`,
      devices,
      signaling: own.signaling,
      onMade(face, wiring) {
        connections = [...open(), { face, wiring, maker: () => made }];
      },
      setOnline(online) {
        if (online) offline.delete(made);
        else offline.add(made);
        if (online) own.reconnect();
        else own.disconnect();
        ether.changed();
      },
    });
    return made;
  }

  function partition(...given: (FakeTarget | number | undefined)[]): void {
    const between = given.filter((target) => typeof target === "object");
    const ms = given.find((value) => typeof value === "number");
    const made: Break = { between, how: "silent" };
    add(made);
    if (ms === undefined) return;
    setTimeout(() => {
      breaks = breaks.filter((other) => other !== made);
      ether.changed();
    }, ms);
  }

  return {
    peer,
    signaling: backend.signaling,
    channels: () => createChannels(wire),
    get connections() {
      return open().map((made) => {
        const other = made.wiring.transport.ice.other();
        const remote = other && madeBy(other)?.face;
        return {
          connection: platform(made.face),
          peer: ownerOf(made),
          remote: remote && platform(remote),
        };
      });
    },
    partition,
    failIce: (...between) =>
      add({ between: between.filter((target) => target !== undefined), how: "failed" }),
    heal() {
      breaks = [];
      wire.heal();
      ether.changed();
    },
    glare: wire.glare,
    lose: wire.lose,
    delay: wire.delay,
    crash(target) {
      for (const made of open()) if (means(target, made)) made.wiring.close("crashed");
    },
  };
}

const same = (face: FakePeerConnection, connection: RTCPeerConnection) =>
  platform(face) === connection;

function platform(face: FakePeerConnection): RTCPeerConnection {
  return face as unknown as RTCPeerConnection;
}
