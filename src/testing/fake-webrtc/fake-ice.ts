/** Owns ICE of one played connection: gathering, the checks, and noticing that the way is gone (RFC 8445, RFC 7675). */
import { bestPair, gathered, type Candidate, type CandidatePair } from "./fake-candidates.ts";
import type { Agent, End, Network } from "./network.ts";
import { queueTask } from "../fake-devices/fake-events.ts";
import type { Credentials } from "./sdp.ts";

/** What ICE needs. */
export interface IceOptions {
  readonly ether: Network;
  /** The number of the browser, which is the last part of its address. */
  readonly host: number;
  /** What takes that which arrives. */
  readonly end: End;
  configuration(): RTCConfiguration;
  onState(): void;
  onGathering(): void;
  /** A candidate of the generation was found; undefined is the end of them. */
  onCandidate(candidate: Candidate | undefined, credentials: Credentials): void;
  /** The way is there, gone or back: what goes over it should look. */
  onWay(): void;
}

/** ICE of one connection; everything goes over one transport, as with `max-bundle`. */
export interface Ice extends Agent {
  state(): RTCIceConnectionState;
  gathering(): RTCIceGatheringState;
  /** Finds the candidates of a local description that was set. */
  gather(credentials: Credentials): void;
  /** The description was taken back. */
  release(credentials: Credentials): void;
  /** Offer and answer are agreed: from now on these two check each other. */
  agree(local: Credentials, remote: Credentials): void;
  learn(candidate: Candidate, ufrag: string): void;
  /** The other end, once the two have found each other. */
  other(): Agent | undefined;
  /** Whether a packet would get through just now. */
  isOpen(): boolean;
  selected(): CandidatePair | undefined;
  close(): void;
}

/** Until a way that fell silent is called so, until it is given up, and until checks that find nothing are, in ms. */
const DISCONNECTED = 5_000;
const FAILED = 20_000;
const NOT_FOUND = 15_000;

/** Makes it; nothing happens before a local description is set. */
export function createIce(options: IceOptions): Ice {
  const { ether, onState, onGathering, onCandidate, onWay } = options;
  const remotes = new Map<string, Candidate[]>();
  let locals: Candidate[] = [];
  /** Those whose candidates are being found, or were found last. */
  let generation: Credentials | undefined;
  let agreed: { local: Credentials; remote: Credentials } | undefined;
  /** The generation that has found its way, and with whom. */
  let found: { pair: object; other: Agent; selected: CandidatePair } | undefined;
  /** The generation that found none, or lost it for good: only other credentials are another chance. */
  let exhausted: object | undefined;
  let state: RTCIceConnectionState = "new";
  let gathering: RTCIceGatheringState = "new";
  let open = false;
  const timers = createTimers();

  function become(next: RTCIceConnectionState): void {
    if (state === next || state === "closed") return;
    state = next;
    onState();
  }

  function gather(credentials: Credentials): void {
    if (generation?.ufrag === credentials.ufrag) return;
    generation = credentials;
    ether.name(agent, credentials.ufrag);
    const fresh = gathered(ether.port, options.host, options.configuration());
    // Whatever was taken back, or closed, meanwhile finds nothing more.
    const step = (task: () => void) =>
      queueTask(() => {
        if (generation === credentials && state !== "closed") task();
      });
    step(() => gatheringBecomes("gathering"));
    for (const candidate of fresh)
      step(() => {
        locals.push(candidate);
        onCandidate(candidate, credentials);
        ether.changed();
      });
    step(() => {
      gatheringBecomes("complete");
      onCandidate(undefined, credentials);
    });
  }

  function gatheringBecomes(next: RTCIceGatheringState): void {
    if (gathering === next) return;
    gathering = next;
    onGathering();
  }

  /** The way to the one who is meant, if there is one. */
  function reachable(): { other: Agent; selected: CandidatePair } | undefined {
    const other = ether.counterpart(agent);
    if (!other || !agreed || ether.isCut(agent, other)) return undefined;
    // One side that was told an address is enough: the other learns it from the check itself.
    const { reach } = ether;
    const mine = bestPair(reach, locals, valid(agent.told(agreed.remote.ufrag), other.own()));
    const theirs = bestPair(reach, other.own(), valid(other.told(agreed.local.ufrag), locals));
    const selected = mine ?? (theirs && { local: theirs.remote, remote: theirs.local });
    return selected && { other, selected };
  }

  function look(): void {
    if (!agreed || state === "closed") return;
    const other = ether.counterpart(agent) ?? found?.other;
    if (other && ether.isCut(agent, other) === "failed" && exhausted !== agreed) giveUp();
    const way = reachable();
    if (found?.pair !== agreed) {
      if (agent.told(agreed.remote.ufrag).length > 0 || way) check();
      if (way && !timers.isSet("finding")) timers.set("finding", ether.latency * 2, find);
    }
    watch();
  }

  /** On a restart, a way that still works stays what it is until the new one is found. */
  function check(): void {
    if (state === "connected" || state === "checking" || exhausted === agreed) return;
    timers.clear();
    timers.set("failed", NOT_FOUND, giveUp);
    become("checking");
  }

  function giveUp(): void {
    exhausted = agreed;
    timers.clear();
    open = false;
    become("failed");
    onWay();
  }

  function find(): void {
    const way = reachable();
    if (!way || !agreed || exhausted === agreed) return;
    timers.clear();
    found = { pair: agreed, ...way };
    open = true;
    become("connected");
    onWay();
    ether.changed();
  }

  /** Consent (RFC 7675): packets that get no reply tell that the way is gone. */
  function watch(): void {
    if (!found || state === "failed") return;
    const isOpen = !ether.isCut(agent, found.other);
    if (isOpen === open) return;
    open = isOpen;
    onWay();
    if (!open) {
      timers.set("disconnected", DISCONNECTED, () => become("disconnected"));
      timers.set("failed", FAILED, giveUp);
    } else if (state === "connected" || state === "disconnected") {
      timers.drop("disconnected");
      timers.drop("failed");
      timers.set("back", ether.latency * 2, () => {
        if (open) become("connected");
      });
    }
  }

  const agent: Ice = {
    end: options.end,
    pair: () => agreed,
    own: () => locals,
    told: (ufrag) => remotes.get(ufrag) ?? [],
    look,
    state: () => state,
    gathering: () => gathering,
    gather,
    release(credentials) {
      if (generation !== credentials) return;
      generation = agreed?.local;
      locals = agreed ? locals : [];
      gatheringBecomes(agreed ? "complete" : "new");
    },
    agree(local, remote) {
      if (agreed?.local.ufrag === local.ufrag && agreed.remote.ufrag === remote.ufrag) return;
      agreed = { local, remote };
      timers.drop("finding");
      ether.changed();
    },
    learn(candidate, ufrag) {
      remotes.set(ufrag, [...agent.told(ufrag), candidate]);
      ether.changed();
    },
    other: () => found?.other,
    isOpen: () => open && (state === "connected" || state === "disconnected"),
    selected: () => found?.selected,
    close() {
      timers.clear();
      state = "closed";
      open = false;
      ether.leave(agent);
      ether.changed();
    },
  };
  ether.join(agent);
  return agent;
}

/** Those of the given addresses that really are the other's. */
function valid(told: readonly Candidate[], own: readonly Candidate[]): Candidate[] {
  return told.filter(({ address, port }) =>
    own.some((candidate) => candidate.address === address && candidate.port === port),
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
