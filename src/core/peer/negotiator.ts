/**
 * Owns offer and answer on one connection (WebRTC 1.0, section 4.4.1; RFC 9429, section 4.1): the
 * caller makes every offer, the callee answers and asks. Everything runs in the inbox of the
 * connection, one task at a time, so two descriptions are never under way at once.
 */
import { CallError, toCallError } from "../lib/errors.ts";
import type { MediaState, MessageOf, PeerMessage } from "../signaling/protocol.ts";
import { abortable, type SerialQueue } from "../lib/abort.ts";
import type { HandshakeEventName, HandshakeStep } from "../stats/handshake-trace.ts";

/** What the negotiator of one connection needs. */
export interface NegotiatorOptions {
  pc: RTCPeerConnection;
  /** The name of this connection on the wire. */
  connection: string;
  role: "caller" | "callee";
  inbox: SerialQueue;
  signal: AbortSignal;
  send(message: PeerMessage): void;
  /** What the person has switched on now; goes with each description, so that it costs no message. */
  mediaState(): MediaState;
  /** Callee: the first offer is set; put the tracks in its sections before it is answered. */
  adopt(): Promise<void>;
  /** A remote description was set. */
  onDescription(): Promise<void>;
  record(what: HandshakeStep | HandshakeEventName, round: number): void;
  /** A change could not be agreed; the running connection goes on. */
  onError(error: CallError): void;
  /** This connection cannot be negotiated any more: make another. */
  onBroken(error: CallError): void;
}

/** Offer and answer of one connection. */
export interface Negotiator {
  /** Makes an offer as soon as none is under way (caller), or asks for one (callee). */
  negotiate(): void;
  /** The same, with new ICE credentials (RFC 8839, section 4.4.1.1). Caller only. */
  restartIce(): void;
  receive(message: MessageOf<"offer" | "answer" | "reject">): Promise<void>;
  /** How many offers were made or taken. */
  round(): number;
}

/** More wishes of the browser's own than this in {@link BREAKER_WINDOW} ms are a loop. */
const BREAKER_NEEDED = 8;
/** More offers than this, whoever wished for them, are a flood. */
const BREAKER_OFFERS = 40;
const BREAKER_WINDOW = 10_000;
/** For so long after an answer a wish is the same one again, in ms. */
const AT_ONCE = 500;

/** Makes the negotiator; the caller's first offer goes out with the first `negotiate()`. */
export function createNegotiator(options: NegotiatorOptions): Negotiator {
  const { pc, connection, role, inbox, signal, send, record } = options;
  let round = 0;
  /** Caller: the round of the offer that is not answered yet, 0 for none. */
  let pending = 0;
  /** Caller: a change is waiting for the present offer to be answered. */
  let wanted = false;
  /** Callee: an offer was asked for and has not come yet. */
  let asked = false;
  /** Callee: when the offer was answered that it had asked for. */
  let granted = 0;
  /** A change was refused: the browser will want it again at once, and be refused again. */
  let refused = false;
  const needed = createBreaker(BREAKER_NEEDED);
  const offered = createBreaker(BREAKER_OFFERS);

  pc.addEventListener(
    "negotiationneeded",
    () => {
      // The first offer is made by `negotiate()`; before it is agreed this event says nothing new.
      if (!pc.currentRemoteDescription) return;
      if (needed.trips()) options.onBroken(failed(CIRCLES));
      // What the browser still wants right after an offer is what no plain offer gives: new ICE
      // credentials, because the application restarted ICE on the callee's own connection.
      else if (Date.now() - granted < AT_ONCE) send({ type: "ask", for: "restart", connection });
      else if (!refused) negotiate();
      refused = false;
    },
    { signal },
  );

  function negotiate(): void {
    if (role === "caller") {
      wanted = true;
      inbox.add(offerIfWanted);
    } else if (!asked) {
      asked = true;
      record("negotiation-asked", round);
      send({ type: "ask", for: "negotiation", connection });
    }
  }

  async function offerIfWanted(): Promise<void> {
    if (!wanted || pending || pc.signalingState !== "stable") return;
    if (offered.trips()) {
      options.onBroken(failed(CIRCLES));
      return;
    }
    wanted = false;
    round += 1;
    // No argument: the browser creates the offer and sets it in one step, and nothing slips between.
    record(3, round);
    try {
      await abortable(signal, pc.setLocalDescription());
    } catch (cause) {
      if (signal.aborted) throw cause;
      options.onBroken(failed("The offer could not be made. The connection is made anew.", cause));
      return;
    }
    record(4, round);
    pending = round;
    sendDescription("offer");
    record(6, round);
  }

  function sendDescription(type: "offer" | "answer"): void {
    const sdp = pc.localDescription?.sdp ?? "";
    send({ type, connection, round, sdp, media: options.mediaState() });
  }

  async function takeOffer(offer: MessageOf<"offer">): Promise<void> {
    if (role !== "callee" || offer.round <= round) return;
    round = offer.round;
    const wasAsked = asked;
    asked = false;
    try {
      record(7, round);
      await abortable(signal, pc.setRemoteDescription({ type: "offer", sdp: offer.sdp }));
      await options.adopt();
      record(8, round);
      await options.onDescription();
      record(9, round);
      await abortable(signal, pc.setLocalDescription());
      record(10, round);
    } catch (cause) {
      if (signal.aborted) throw cause;
      await rollBack();
      send({ type: "reject", connection, round });
      options.onError(toCallError(cause, "negotiation-failed", REFUSED));
      return;
    }
    if (wasAsked) granted = Date.now();
    sendDescription("answer");
    record(11, round);
  }

  async function takeAnswer(answer: MessageOf<"answer">): Promise<void> {
    // Doubled, or to an offer that was taken back: it answers nothing that was asked.
    if (pc.signalingState !== "have-local-offer" || answer.round !== pending) return;
    record(12, pending);
    try {
      await abortable(signal, pc.setRemoteDescription({ type: "answer", sdp: answer.sdp }));
    } catch (cause) {
      if (signal.aborted) throw cause;
      // Not worth another try: the usual reason, a changed DTLS role, stays (RFC 8842, section 5.5).
      options.onBroken(failed("The answer does not fit. The connection is made anew.", cause));
      return;
    }
    record(13, pending);
    pending = 0;
    await options.onDescription();
    await offerIfWanted();
  }

  async function takeReject(reject: MessageOf<"reject">): Promise<void> {
    if (reject.round !== pending) return;
    pending = 0;
    refused = true;
    await rollBack();
    const error = failed(REFUSED);
    // With no agreement to return to there is no connection.
    if (pc.remoteDescription) options.onError(error);
    else options.onBroken(error);
  }

  /** Back to the last state that both agreed on; the running call never left it. */
  async function rollBack(): Promise<void> {
    if (pc.signalingState === "stable") return;
    await abortable(
      signal,
      pc
        .setLocalDescription({ type: "rollback" })
        .catch(() => pc.setRemoteDescription({ type: "rollback" })),
    );
    record("rolled-back", round);
  }

  return {
    negotiate,
    restartIce() {
      pc.restartIce();
      record("ice-restarted", round);
      negotiate();
    },
    async receive(message) {
      if (message.type === "offer") await takeOffer(message);
      else if (message.type === "answer") await takeAnswer(message);
      else await takeReject(message);
    },
    round: () => round,
  };
}

/** Says when something has happened more than `limit` times within the window. */
function createBreaker(limit: number): { trips(): boolean } {
  let recent: number[] = [];
  return {
    trips() {
      const now = Date.now();
      recent = [...recent.filter((at) => at > now - BREAKER_WINDOW), now];
      return recent.length > limit;
    },
  };
}

const CIRCLES = "The offers went in circles. The connection is made anew.";
const REFUSED = "A change was refused and taken back. The call goes on without it.";

function failed(message: string, cause?: unknown): CallError {
  return new CallError("negotiation-failed", message, { cause });
}
