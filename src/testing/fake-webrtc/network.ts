/** Owns what lies between all connections of one played network: who has which address, and which ways are cut. */
import type { Candidate, Reach } from "./fake-candidates.ts";
import type { Random } from "./random.ts";
import type { Credentials } from "./sdp.ts";

/** What a connection does with what arrives, and what the other may ask of it. */
export interface End {
  /** Of its certificate: what the other's description must have named (RFC 8827, section 6.5). */
  readonly fingerprint: string;
  takeData(packet: DataPacket): void;
  /** Pictures or sound have begun, or may have begun, to arrive in the section. */
  takeMedia(mid: string): void;
  /** What it has sent in the section so far. */
  sent(mid: string): Sent | undefined;
}

/** What a data channel says to its other end. */
export interface DataPacket {
  readonly id: number;
  readonly what: "open" | "message" | "close" | "closed" | "gone";
  readonly label?: string;
  readonly init?: RTCDataChannelInit;
  readonly data?: string | ArrayBuffer | Blob;
}

/** Counters that only grow. */
export interface Sent {
  readonly packets: number;
  readonly bytes: number;
  readonly flowing: boolean;
}

/** A connection, as the others find it on the network. */
export interface Agent {
  readonly end: End;
  /** The two ends that have agreed to check each other, once both descriptions are in force. */
  pair(): { readonly local: Credentials; readonly remote: Credentials } | undefined;
  /** Its own candidates; and those of the other side that it was told, by the other's ufrag. */
  own(): readonly Candidate[];
  told(ufrag: string): readonly Candidate[];
  /** Something about the network has changed. */
  look(): void;
}

/** Whether the way is cut: in silence, or so that ICE gives it up at once. */
export type Cut = false | "silent" | "failed";

/** What all connections of a network share. */
export interface Network {
  readonly chance: Random;
  /** One way, in ms. */
  readonly latency: number;
  readonly reach: Reach;
  join(agent: Agent): void;
  leave(agent: Agent): void;
  /** Makes it known by its credentials and addresses. */
  name(agent: Agent, ufrag: string): void;
  /** A port that nobody has. */
  port(): number;
  /** The one who is meant by the agent's pair and means it too. */
  counterpart(agent: Agent): Agent | undefined;
  isCut(a: Agent, b: Agent): Cut;
  /** Everybody looks again: somebody has learned something, or a way was cut or mended. */
  changed(): void;
}

/** What an ether needs. */
export interface NetworkOptions {
  readonly chance: Random;
  readonly latency: number;
  readonly reach: Reach;
  isCut(a: Agent, b: Agent): Cut;
}

/** Makes the ether of a network; nobody is on it. */
export function createNetwork({ chance, latency, reach, isCut }: NetworkOptions): Network {
  const agents = new Set<Agent>();
  const byUfrag = new Map<string, Agent>();
  let lastPort = 50_000;
  return {
    chance,
    latency,
    reach,
    // Whoever has closed, or crashed, says nothing any more.
    isCut: (a, b) => (agents.has(a) && agents.has(b) ? isCut(a, b) : "silent"),
    join: (agent) => void agents.add(agent),
    leave: (agent) => void agents.delete(agent),
    name: (agent, ufrag) => void byUfrag.set(ufrag, agent),
    port: () => (lastPort += 1),
    counterpart(agent) {
      const mine = agent.pair();
      const other = mine && byUfrag.get(mine.remote.ufrag);
      const theirs = other && agents.has(other) ? other.pair() : undefined;
      const fits =
        mine && theirs && same(mine.local, theirs.remote) && same(mine.remote, theirs.local);
      return fits ? other : undefined;
    },
    changed() {
      for (const agent of [...agents]) agent.look();
    },
  };
}

function same(a: Credentials, b: Credentials): boolean {
  return a.ufrag === b.ufrag && a.pwd === b.pwd;
}
