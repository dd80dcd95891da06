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
  const descriptions = createDescriptions(options);
  let state: RTCSignalingState = "stable";
  const local: Record<"current" | "pending", Description | null> = { current: null, pending: null };
  const remote: typeof local = { current: null, pending: null };
  let madeOffer: { description: Description; plan: Plan } | undefined;
  let madeAnswer: Description | undefined;
  /** The ufrag that the next offer has to replace. */
  let replace: string | undefined;

  function offer(restart: boolean): Description {
    if (state !== "stable" && state !== "have-local-offer") throw wrongState("An offer");
    const base = local.pending ?? local.current;
    const isReplaced = base?.session.credentials.ufrag === replace;
    madeOffer = descriptions.offer(base, restart || isReplaced);
    return madeOffer.description;
  }

  function answer(): Description {
    if (state !== "have-remote-offer" || !remote.pending) throw wrongState("An answer");
    madeAnswer = descriptions.answer(local.current, remote.current, remote.pending);
    return madeAnswer;
  }

  function setLocal({ type, sdp }: DescriptionInit): Outcome {
    if (type === "rollback") return rollBack("have-local-offer");
    return type === "offer" ? setLocalOffer(sdp) : setLocalAnswer(sdp);
  }

  function setLocalOffer(sdp: string): Outcome {
    const description = sdp === "" ? offer(false) : madeOffer?.description;
    if (!madeOffer || !description || (sdp !== "" && sdp !== description.text)) throw modified();
    if (state !== "stable" && state !== "have-local-offer")
      throw wrongState("Setting a local offer");
    if (state === "stable") matching.begin();
    for (const [slot, mid] of madeOffer.plan.mids) slot.mid = mid;
    local.pending = description;
    return moved("have-local-offer", noChanges());
  }

  function setLocalAnswer(sdp: string): Outcome {
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

/** Creates the offers and answers of one connection (RFC 9429, section 5). */
function createDescriptions(options: NegotiationOptions) {
  const { slots, fingerprint, sessionId, hasChannels } = options;
  let version = 1;

  function session(credentials: Credentials) {
    version += 1;
    return { id: sessionId, version, credentials, fingerprint };
  }

  return {
    /** An offer based on the last local description, with new credentials if `renew` is true. */
    offer(base: Description | null, renew: boolean): { description: Description; plan: Plan } {
      const plan = planOffer(slots(), base?.session.sections ?? [], hasChannels());
      const { sections } = plan;
      const own = base && !renew ? base.session.credentials : options.credentials();
      return {
        description: describe("offer", { ...session(own), sections, setup: "actpass" }),
        plan,
      };
    },
    /** An answer, with the current descriptions of both sides. */
    answer(
      local: Description | null,
      remote: Description | null,
      offered: Description,
    ): Description {
      const previous = remote?.session.credentials;
      const restarted = previous && previous.ufrag !== offered.session.credentials.ufrag;
      const own = local?.session.credentials;
      return describe("answer", {
        ...session(own && !restarted ? own : options.credentials()),
        sections: planAnswer(slots(), offered),
        // The DTLS roles do not change (RFC 8842, section 5.5).
        setup:
          setupOf(local, remote) ?? (offered.session.setup === "active" ? "passive" : "active"),
      });
    },
  };
}

/** The local DTLS role in the current descriptions. */
function setupOf(
  local: Description | null,
  remote: Description | null,
): "active" | "passive" | undefined {
  const answered = [local, remote].find((known) => known?.type === "answer");
  if (!answered || answered.session.setup === "actpass") return undefined;
  const isLocal = answered === local;
  return isLocal === (answered.session.setup === "active") ? "active" : "passive";
}

const wrongState = (what: string) =>
  failure("InvalidStateError", `${what} is not allowed in the current signaling state.`);
const modified = () =>
  failure(
    "InvalidModificationError",
    "The description was modified after it was created. Set it unchanged.",
  );
