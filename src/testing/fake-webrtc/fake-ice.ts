import {
  bestPair,
  gatherCandidates,
  type Candidate,
  type CandidatePair,
} from "./fake-candidates.ts";
import type { Agent, End, Network } from "./network.ts";
import { queueTask } from "../fake-devices/fake-events.ts";
import type { Credentials } from "./sdp.ts";

export interface IceOptions {
  readonly network: Network;
  /** The number of the browser: the last part of its address. */
  readonly host: number;
  /** Receives the packets of the connection. */
  readonly end: End;
  configuration(): RTCConfiguration;
  onState(): void;
  onGathering(): void;
  /** A candidate was gathered; undefined is the end of candidates. */
  onCandidate(candidate: Candidate | undefined, credentials: Credentials): void;
  /** The route was found, lost or restored. */
  onRoute(): void;
}

/** ICE of one connection (RFC 8445, RFC 7675). There is one transport, as with `max-bundle`. */
export interface Ice extends Agent {
  state(): RTCIceConnectionState;
  gathering(): RTCIceGatheringState;
  /** Gathers the candidates of a local description. */
  gather(credentials: Credentials): void;
  /** Discards the candidates of a local description that was rolled back. */
  release(credentials: Credentials): void;
  /** Starts the connectivity checks after offer and answer. */
  agree(local: Credentials, remote: Credentials): void;
  learn(candidate: Candidate, ufrag: string): void;
  /** The remote agent, once ICE has connected. */
  other(): Agent | undefined;
  /** Whether a packet would arrive now. */
  isOpen(): boolean;
  selected(): CandidatePair | undefined;
  close(): void;
}

/** The time in ms without a reply after which ICE becomes `disconnected`. */
const DISCONNECTED_MS = 5_000;
/** The time in ms without a reply after which ICE becomes `failed`. */
const FAILED_MS = 20_000;
/** The time in ms after which connectivity checks without a result fail. */
const CHECKS_MS = 15_000;

/** Creates ICE in the state `new`. Gathering starts with the first local description. */
export function createIce(options: IceOptions): Ice {
  const { network, onState, onRoute } = options;
  const remotes = new Map<string, Candidate[]>();
  let agreed: { local: Credentials; remote: Credentials } | undefined;
  /** The credentials that ICE has connected with, and the remote agent. */
  let found: { pair: object; other: Agent; selected: CandidatePair } | undefined;
  /** The credentials that have failed. Only new credentials start checks again. */
  let exhausted: object | undefined;
  let state: RTCIceConnectionState = "new";
  let open = false;
  const timers = createTimers();
  const gatherer = createGatherer(options, () => state === "closed");
  const reachable = () => (agreed ? routeOf(network, agent, agreed) : undefined);

  function setState(next: RTCIceConnectionState): void {
    if (state === next || state === "closed") return;
    state = next;
    onState();
  }

  function update(): void {
    if (!agreed || state === "closed") return;
    const other = network.counterpart(agent) ?? found?.other;
    if (other && network.isCut(agent, other) === "failed" && exhausted !== agreed) giveUp();
    const route = reachable();
    if (found?.pair !== agreed) {
      if (agent.remoteCandidates(agreed.remote.ufrag).length > 0 || route) check();
      if (route && !timers.isSet("finding")) timers.set("finding", network.latency * 2, find);
    }
    watch();
  }

  /** Starts the checks. During an ICE restart, a working route stays connected until the new one is found. */
  function check(): void {
    if (state === "connected" || state === "checking" || exhausted === agreed) return;
    timers.clear();
    timers.set("failed", CHECKS_MS, giveUp);
    setState("checking");
  }

  function giveUp(): void {
    exhausted = agreed;
    timers.clear();
    open = false;
    setState("failed");
    onRoute();
  }

  function find(): void {
    const route = reachable();
    if (!route || !agreed || exhausted === agreed) return;
    timers.clear();
    found = { pair: agreed, ...route };
    open = true;
    setState("connected");
    onRoute();
    network.changed();
  }

  /** Checks consent (RFC 7675): without replies the route is lost. */
  function watch(): void {
    if (!found || state === "failed") return;
    const isOpen = !network.isCut(agent, found.other);
    if (isOpen === open) return;
    open = isOpen;
    onRoute();
    if (!open) {
      timers.set("disconnected", DISCONNECTED_MS, () => setState("disconnected"));
      timers.set("failed", FAILED_MS, giveUp);
    } else if (state === "connected" || state === "disconnected") {
      timers.drop("disconnected");
      timers.drop("failed");
      timers.set("back", network.latency * 2, () => {
        if (open) setState("connected");
      });
    }
  }

  const agent: Ice = {
    end: options.end,
    pair: () => agreed,
    localCandidates: gatherer.candidates,
    remoteCandidates: (ufrag) => remotes.get(ufrag) ?? [],
    update,
    state: () => state,
    gathering: gatherer.state,
    gather(credentials) {
      if (gatherer.gather(credentials)) network.name(agent, credentials.ufrag);
    },
    release: (credentials) => gatherer.release(credentials, agreed?.local),
    agree(local, remote) {
      if (agreed?.local.ufrag === local.ufrag && agreed.remote.ufrag === remote.ufrag) return;
      agreed = { local, remote };
      timers.drop("finding");
      network.changed();
    },
    learn(candidate, ufrag) {
      remotes.set(ufrag, [...agent.remoteCandidates(ufrag), candidate]);
      network.changed();
    },
    other: () => found?.other,
    isOpen: () => open && (state === "connected" || state === "disconnected"),
    selected: () => found?.selected,
    close() {
      timers.clear();
      state = "closed";
      open = false;
      network.leave(agent);
      network.changed();
    },
  };
  network.join(agent);
  return agent;
}

/** Gathers the candidates of local descriptions, in one task each. */
function createGatherer(options: IceOptions, isClosed: () => boolean) {
  const { network, host, configuration, onGathering, onCandidate } = options;
  let state: RTCIceGatheringState = "new";
  let candidates: Candidate[] = [];
  /** The credentials of the current or last gathering. */
  let generation: Credentials | undefined;

  function setState(next: RTCIceGatheringState): void {
    if (state === next) return;
    state = next;
    onGathering();
  }

  return {
    state: () => state,
    candidates: () => candidates,
    /** Starts gathering. Returns false if these credentials are the current ones. */
    gather(credentials: Credentials): boolean {
      if (generation?.ufrag === credentials.ufrag) return false;
      generation = credentials;
      // Tasks of a description that was rolled back, or of a closed connection, do nothing.
      const step = (task: () => void) =>
        queueTask(() => {
          if (generation === credentials && !isClosed()) task();
        });
      step(() => setState("gathering"));
      for (const candidate of gatherCandidates(network.port, host, configuration()))
        step(() => {
          candidates.push(candidate);
          onCandidate(candidate, credentials);
          network.changed();
        });
      step(() => {
        setState("complete");
        onCandidate(undefined, credentials);
      });
      return true;
    },
    /** Discards a rolled-back description. `agreed` are the credentials that stay in use. */
    release(credentials: Credentials, agreed: Credentials | undefined): void {
      if (generation !== credentials) return;
      generation = agreed;
      if (!agreed) candidates = [];
      setState(agreed ? "complete" : "new");
    },
  };
}

/** The remote agent and the best pair, if there is a route to it. */
function routeOf(
  network: Network,
  agent: Agent,
  agreed: { readonly local: Credentials; readonly remote: Credentials },
): { other: Agent; selected: CandidatePair } | undefined {
  const other = network.counterpart(agent);
  if (!other || network.isCut(agent, other)) return undefined;
  // A candidate on one side is enough: the other side learns the address from the connectivity check.
  const [locals, remotes] = [agent.localCandidates(), other.localCandidates()];
  const { reach } = network;
  const mine = bestPair(reach, locals, valid(agent.remoteCandidates(agreed.remote.ufrag), remotes));
  const theirs = bestPair(
    reach,
    remotes,
    valid(other.remoteCandidates(agreed.local.ufrag), locals),
  );
  const selected = mine ?? (theirs && { local: theirs.remote, remote: theirs.local });
  return selected && { other, selected };
}

/** The received candidates that the remote agent really has. */
function valid(received: readonly Candidate[], existing: readonly Candidate[]): Candidate[] {
  return received.filter(({ address, port }) =>
    existing.some((candidate) => candidate.address === address && candidate.port === port),
  );
}

/** Timers by name. */
function createTimers() {
  const timers = new Map<string, ReturnType<typeof setTimeout> | undefined>();
  const drop = (name: string) => {
    clearTimeout(timers.get(name));
    timers.delete(name);
  };
  return {
    isSet: (name: string) => timers.has(name),
    set(name: string, ms: number, task: () => void) {
      drop(name);
      timers.set(
        name,
        setTimeout(() => {
          timers.delete(name);
          task();
        }, ms),
      );
    },
    drop,
    clear() {
      for (const name of [...timers.keys()]) drop(name);
    },
  };
}
