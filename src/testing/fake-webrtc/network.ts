import type { Candidate, Reach } from "./fake-candidates.ts";
import type { Random } from "./random.ts";
import type { Credentials } from "./sdp.ts";

/** The interface of a connection for the remote one. */
export interface End {
  /** The fingerprint of its certificate. It has to match the description (RFC 8827, section 6.5). */
  readonly fingerprint: string;
  takeData(packet: DataPacket): void;
  /** Media may have started to arrive for the section. */
  takeMedia(mid: string): void;
  /** The counters of the media that it sent for the section. */
  sent(mid: string): Sent | undefined;
}

/** A packet of a data channel. */
export interface DataPacket {
  readonly id: number;
  readonly what: "open" | "message" | "close" | "closed" | "gone";
  readonly label?: string;
  readonly init?: RTCDataChannelInit;
  readonly data?: string | ArrayBuffer | Blob;
}

/** The counters of sent media. They never decrease. */
export interface Sent {
  readonly packets: number;
  readonly bytes: number;
  readonly flowing: boolean;
}

/** The ICE agent of a connection on the network. */
export interface Agent {
  readonly end: End;
  /** The credentials of both sides, once offer and answer are complete. */
  pair(): { readonly local: Credentials; readonly remote: Credentials } | undefined;
  /** The gathered candidates. */
  localCandidates(): readonly Candidate[];
  /** The received candidates of a remote ufrag. */
  remoteCandidates(ufrag: string): readonly Candidate[];
  /** Checks the routes again after a change of the network. */
  update(): void;
}

/** Whether a route is cut: silently, or so that ICE fails at once. */
export type Cut = false | "silent" | "failed";

/** The network that all connections share. */
export interface Network {
  readonly random: Random;
  /** The one-way latency in ms. */
  readonly latency: number;
  readonly reach: Reach;
  join(agent: Agent): void;
  leave(agent: Agent): void;
  name(agent: Agent, ufrag: string): void;
  /** Returns an unused port. */
  port(): number;
  /** The agent whose credentials match, in both directions. */
  counterpart(agent: Agent): Agent | undefined;
  isCut(a: Agent, b: Agent): Cut;
  /** Lets all agents check their routes, after a new candidate or a change of the routes. */
  changed(): void;
}

export interface NetworkOptions {
  readonly random: Random;
  readonly latency: number;
  readonly reach: Reach;
  isCut(a: Agent, b: Agent): Cut;
}

export function createNetwork({ random, latency, reach, isCut }: NetworkOptions): Network {
  const agents = new Set<Agent>();
  const byUfrag = new Map<string, Agent>();
  let lastPort = 50_000;
  return {
    random,
    latency,
    reach,
    // A closed or crashed agent sends nothing.
    isCut: (a, b) => (agents.has(a) && agents.has(b) ? isCut(a, b) : "silent"),
    join: (agent) => void agents.add(agent),
    leave: (agent) => void agents.delete(agent),
    name: (agent, ufrag) => void byUfrag.set(ufrag, agent),
    port: () => (lastPort += 1),
    counterpart(agent) {
      const own = agent.pair();
      const other = own && byUfrag.get(own.remote.ufrag);
      const theirs = other && agents.has(other) ? other.pair() : undefined;
      const isMatch =
        own && theirs && same(own.local, theirs.remote) && same(own.remote, theirs.local);
      return isMatch ? other : undefined;
    },
    changed() {
      for (const agent of [...agents]) agent.update();
    },
  };
}

function same(a: Credentials, b: Credentials): boolean {
  return a.ufrag === b.ufrag && a.pwd === b.pwd;
}
