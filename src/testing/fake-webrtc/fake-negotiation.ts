import { failure } from "../fake-devices/fake-events.ts";
import { createMatching, type MatchingOptions } from "./matching.ts";
import { describe, parse, type Credentials, type Description } from "./sdp.ts";
import { assertAnswers, differs, planAnswer, planOffer, type Plan } from "./media-sections.ts";
import { noChanges, type Changes } from "./track-events.ts";

export interface NegotiationOptions extends MatchingOptions {
  readonly fingerprint: string;
  readonly sessionId: string;
  /** Creates new ICE credentials. */
  credentials(): Credentials;
  hasChannels(): boolean;
}

/** The result of a description: the signaling states to fire in order, and the changes of tracks. */
export interface Outcome {
  readonly states: readonly RTCSignalingState[];
  readonly changes: Changes;
}

/** The description that the application sets. */
export interface DescriptionInit {
  readonly type: RTCSdpType;
  readonly sdp: string;
}

/** Offer and answer of one connection: the signaling state, the pending and the current descriptions (WebRTC 1.0, section 4.4). */
export interface Negotiation {
  state(): RTCSignalingState;
  local(which: "current" | "pending"): Description | null;
  remote(which: "current" | "pending"): Description | null;
  offer(restart: boolean): Description;
  answer(): Description;
  setLocal(given: DescriptionInit): Outcome;
  setRemote(given: DescriptionInit): Outcome;
  isNeeded(): boolean;
  /** Lets the next offer have new credentials. */
  restartIce(): void;
}

export function createNegotiation(options: NegotiationOptions): Negotiation {
  const { slots } = options;
  const matching = createMatching(options);
  let state: RTCSignalingState = "stable";
  const local: Record<"current" | "pending", Description | null> = { current: null, pending: null };
  const remote: typeof local = { current: null, pending: null };
  let madeOffer: { description: Description; plan: Plan } | undefined;
  let madeAnswer: Description | undefined;
  /** The ufrag that the next offer has to replace. */
  let replace: string | undefined;
  let version = 1;

  function session(credentials: Credentials) {
    version += 1;
    const { fingerprint, sessionId } = options;
    return { id: sessionId, version, credentials, fingerprint };
  }

  function offer(restart: boolean): Description {
    if (state !== "stable" && state !== "have-local-offer") throw wrongState("An offer");
    const base = local.pending ?? local.current;
    const plan = planOffer(slots(), base?.session.sections ?? [], options.hasChannels());
    const previous = base?.session.credentials;
    const kept =
      previous && previous.ufrag !== replace && !restart ? previous : options.credentials();
    const { sections } = plan;
    const description = describe("offer", { ...session(kept), sections, setup: "actpass" });
    madeOffer = { description, plan };
    return description;
  }

  function answer(): Description {
    const asked = remote.pending;
    if (state !== "have-remote-offer" || !asked) throw wrongState("An answer");
    const previous = remote.current?.session.credentials;
    const restarted = previous && previous.ufrag !== asked.session.credentials.ufrag;
    const own = local.current?.session.credentials;
    madeAnswer = describe("answer", {
      ...session(own && !restarted ? own : options.credentials()),
      sections: planAnswer(slots(), asked),
      // The DTLS roles do not change (RFC 8842, section 5.5).
      setup: roleBefore() ?? (asked.session.setup === "active" ? "passive" : "active"),
    });
    return madeAnswer;
  }

  function roleBefore(): "active" | "passive" | undefined {
    const answered = [local.current, remote.current].find((known) => known?.type === "answer");
    if (!answered || answered.session.setup === "actpass") return undefined;
    const own = answered === local.current;
    return own === (answered.session.setup === "active") ? "active" : "passive";
  }

  function setLocal({ type, sdp }: DescriptionInit): Outcome {
    if (type === "rollback") return rollBack("have-local-offer");
    if (type === "offer") {
      const description = sdp === "" ? offer(false) : madeOffer?.description;
      if (!madeOffer || !description || (sdp !== "" && sdp !== description.text)) throw modified();
      if (state !== "stable" && state !== "have-local-offer")
        throw wrongState("Setting a local offer");
      if (state === "stable") matching.begin();
      for (const [slot, mid] of madeOffer.plan.mids) slot.mid = mid;
      local.pending = description;
      return moved("have-local-offer", noChanges());
    }
    const description = sdp === "" && state !== "stable" ? answer() : madeAnswer;
    if (!description || (sdp !== "" && sdp !== description.text)) throw modified();
    if (state !== "have-remote-offer") throw wrongState("Setting a local answer");
    for (const section of description.session.sections) matching.applyLocalAnswer(section);
    local.current = description;
    remote.current = remote.pending;
    return settled(noChanges());
  }

  function setRemote({ type, sdp }: DescriptionInit): Outcome {
    if (type === "rollback") return rollBack("have-remote-offer");
    const description = parse(type === "offer" ? "offer" : "answer", sdp);
    const { sections } = description.session;
    const changes = noChanges();
    if (type === "offer") {
      // A local offer is rolled back in the same step (RFC 9429, section 4.1.10.2).
      const rolledBack = state === "have-local-offer" ? rollBack("have-local-offer").states : [];
      if (state === "stable") matching.begin();
      for (const section of sections) matching.applyRemoteOffer(section, changes);
      remote.pending = description;
      const { states } = moved("have-remote-offer", changes);
      return { states: [...rolledBack, ...states], changes };
    }
    if (state !== "have-local-offer" || !local.pending) throw wrongState("Setting a remote answer");
    assertAnswers(local.pending, description);
    for (const section of sections) matching.applyRemoteAnswer(section, changes);
    local.current = local.pending;
    remote.current = description;
    return settled(changes);
  }

  function rollBack(from: RTCSignalingState): Outcome {
    if (state !== from) throw wrongState("A rollback");
    const changes = noChanges();
    matching.rollBack(changes);
    return settled(changes);
  }

  function settled(changes: Changes): Outcome {
    local.pending = null;
    remote.pending = null;
    if (local.current?.session.credentials.ufrag !== replace) replace = undefined;
    return moved("stable", changes);
  }

  function moved(next: RTCSignalingState, changes: Changes): Outcome {
    const states = next === state ? [] : [next];
    state = next;
    return { states, changes };
  }

  return {
    state: () => state,
    local: (which) => local[which],
    remote: (which) => remote[which],
    offer,
    answer,
    setLocal,
    setRemote,
    isNeeded: () =>
      replace !== undefined ||
      differs({
        slots: slots(),
        local: local.current,
        remote: remote.current,
        hasChannels: options.hasChannels(),
      }),
    restartIce() {
      replace = local.current?.session.credentials.ufrag;
    },
  };
}

const wrongState = (what: string) =>
  failure("InvalidStateError", `${what} is not allowed in the current signaling state.`);
const modified = () =>
  failure(
    "InvalidModificationError",
    "The description was modified after it was created. Set it unchanged.",
  );
