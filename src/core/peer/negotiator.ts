/**
 * Offer and answer on one connection: the caller makes every offer, the callee answers and asks for
 * offers. Everything runs in the inbox of the connection, one task at a time, so two descriptions are
 * never in progress at once and only the first offers of two connections can cross.
 *
 * @see WebRTC 1.0, section 4.4.1, and RFC 9429 (JSEP), section 4.1
 */
import { CallError, toCallError } from "../lib/errors.ts";
import { monotonicNow } from "../lib/clock.ts";
import type { MediaState, MessageOf, PeerMessage } from "../signaling/protocol.ts";
import { abortable, type SerialQueue } from "../lib/abort.ts";
import type { HandshakeEventName, HandshakeStep } from "../stats/handshake-trace.ts";

export interface NegotiatorOptions {
  pc: RTCPeerConnection;
  /** The name of this connection on the wire. */
  connection: string;
  role: "caller" | "callee";
  inbox: SerialQueue;
  signal: AbortSignal;
  send(message: PeerMessage): void;
  /** Returns what is switched on now. It travels with each description, which saves a message. */
  mediaState(): MediaState;
  /** Callee: the first offer is set. Puts the tracks in its sections before it is answered. */
  adopt(): Promise<void>;
  /** A remote description was set. */
  onDescription(): Promise<void>;
  record(event: HandshakeStep | HandshakeEventName, round: number): void;
  /** A change was rolled back; the connection goes on as it was. */
  onError(error: CallError): void;
  /** This connection cannot be negotiated any more and has to be replaced. */
  onBroken(error: CallError): void;
}

/** Offer and answer of one connection. */
export interface Negotiator {
  /** Makes an offer as soon as none is unanswered (caller), or asks for one (callee). */
  negotiate(): void;
  /**
   * Makes an offer with new ICE credentials. Caller only.
   *
   * @see RFC 8839, section 4.4.1.1
   */
  restartIce(): void;
  receive(message: MessageOf<"offer" | "answer" | "reject">): Promise<void>;
  /** Returns how many offers were made or received. */
  round(): number;
  /** Returns which change cannot be negotiated, while it is made; undefined otherwise. */
  problem(): CallError | undefined;
}

/** More `negotiationneeded` events than this within {@link LOOP_WINDOW_MS} are a loop. */
const MAX_EVENTS = 8;
/** More offers than this within {@link LOOP_WINDOW_MS} are a flood, whichever side asked for them. */
const MAX_OFFERS = 40;
const LOOP_WINDOW_MS = 10_000;
/** A `negotiationneeded` event this soon after the requested answer is about the same change. */
const SAME_CHANGE_MS = 500;

/** One role in the negotiation. */
interface Side extends Pick<Negotiator, "negotiate" | "receive" | "round"> {
  /** Returns whether the browser needs a change that cannot be negotiated, and reports it once. */
  refuseChange?(): boolean;
  /** The browser needs a renegotiation, after the first one. */
  onNeeded(): void;
  problem?(): CallError | undefined;
}

/** Creates the negotiator. A caller's first offer is sent by the first `negotiate()`. */
export function createNegotiator(options: NegotiatorOptions): Negotiator {
  const { pc, signal, role } = options;
  const side = role === "caller" ? createOfferer(options) : createAnswerer(options);
  const isLoop = createRateLimit(MAX_EVENTS);

  pc.addEventListener(
    "negotiationneeded",
    () => {
      // `negotiate()` makes the first offer. Until it is answered, this event is about that offer.
      if (!pc.currentRemoteDescription) return;
      if (side.refuseChange?.()) return;
      if (isLoop()) options.onBroken(failed(LOOP));
      else side.onNeeded();
    },
    { signal },
  );

  return {
    negotiate: side.negotiate,
    restartIce() {
      pc.restartIce();
      options.record("ice-restarted", side.round());
      side.negotiate();
    },
    receive: side.receive,
    round: side.round,
    problem: () => side.problem?.(),
  };
}

/** The caller's side: makes one offer at a time. */
function createOfferer(options: NegotiatorOptions): Side {
  const { pc, connection, inbox, signal, send, record } = options;
  let round = 0;
  /** The round of the unanswered offer; 0 for none. */
  let unanswered = 0;
  /** A change waits until the current offer is answered. */
  let isOfferNeeded = false;
  /** The callee rejected a change. The browser still needs it and fires its event at once. */
  let wasRejected = false;
  const isFlood = createRateLimit(MAX_OFFERS);

  function negotiate(): void {
    isOfferNeeded = true;
    inbox.add(offerIfNeeded);
  }

  async function offerIfNeeded(): Promise<void> {
    if (!isOfferNeeded || unanswered || pc.signalingState !== "stable") return;
    if (isFlood()) {
      options.onBroken(failed(LOOP));
      return;
    }
    isOfferNeeded = false;
    round += 1;
    record(3, round);
    try {
      // Without an argument the browser creates and sets the offer in one step, so no other change can
      // come between.
      await abortable(signal, pc.setLocalDescription());
    } catch (cause) {
      if (signal.aborted) throw cause;
      options.onBroken(failed("The offer failed. A new connection replaces this one.", cause));
      return;
    }
    record(4, round);
    unanswered = round;
    send({ type: "offer", connection, round, ...localDescription(options) });
    record(6, round);
  }

  async function takeAnswer(answer: MessageOf<"answer">): Promise<void> {
    // A duplicate, or the answer to an offer that was rolled back.
    if (pc.signalingState !== "have-local-offer" || answer.round !== unanswered) return;
    record(12, unanswered);
    try {
      await abortable(signal, pc.setRemoteDescription({ type: "answer", sdp: answer.sdp }));
    } catch (cause) {
      if (signal.aborted) throw cause;
      // The usual cause, a changed DTLS role, would persist (RFC 8842, section 5.5), so do not retry.
      options.onBroken(
        failed("The answer was refused. A new connection replaces this one.", cause),
      );
      return;
    }
    record(13, unanswered);
    unanswered = 0;
    await options.onDescription();
    await offerIfNeeded();
  }

  async function takeReject(reject: MessageOf<"reject">): Promise<void> {
    if (reject.round !== unanswered) return;
    unanswered = 0;
    wasRejected = true;
    await rollBack(options, round);
    // Without an earlier agreement there is nothing to return to.
    if (pc.remoteDescription) options.onError(failed(REJECTED));
    else options.onBroken(failed(REJECTED));
  }

  return {
    negotiate,
    round: () => round,
    onNeeded() {
      if (!wasRejected) negotiate();
      wasRejected = false;
    },
    async receive(message) {
      if (message.type === "answer") await takeAnswer(message);
      else if (message.type === "reject") await takeReject(message);
    },
  };
}

/** The callee's side: answers, and asks for offers. */
function createAnswerer(options: NegotiatorOptions): Side {
  const { pc, connection, signal, send, record } = options;
  let round = 0;
  /** An offer was requested and has not arrived. */
  let isRequested = false;
  /** When a requested offer was answered, on the monotonic clock. */
  let grantedAt = -Infinity;
  let unsupported: CallError | undefined;

  function negotiate(): void {
    if (isRequested) return;
    isRequested = true;
    record("negotiation-asked", round);
    send({ type: "ask", for: "negotiation", connection });
  }

  async function takeOffer(offer: MessageOf<"offer">): Promise<void> {
    if (offer.round <= round) return;
    round = offer.round;
    const wasRequested = isRequested;
    isRequested = false;
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
      await rollBack(options, round);
      send({ type: "reject", connection, round });
      options.onError(toCallError(cause, "negotiation-failed", REJECTED));
      return;
    }
    if (wasRequested) grantedAt = monotonicNow();
    send({ type: "answer", connection, round, ...localDescription(options) });
    record(11, round);
  }

  return {
    negotiate,
    round: () => round,
    problem: () => (hasUnofferedTransceiver(pc) ? unsupported : undefined),
    refuseChange() {
      if (!hasUnofferedTransceiver(pc)) return false;
      // The caller's offers never contain these transceivers, so the browser fires its event again after
      // each offer. To ask for another one would be a loop.
      if (!unsupported) {
        unsupported = new CallError("unsupported", NOT_OFFERED);
        options.onError(unsupported);
      }
      return true;
    },
    onNeeded() {
      // An event right after a requested offer means that the offer was not enough: the application has
      // called `restartIce()` of `connection`, which takes new ICE credentials.
      if (monotonicNow() - grantedAt < SAME_CHANGE_MS)
        send({ type: "ask", for: "restart", connection });
      else negotiate();
    },
    async receive(message) {
      if (message.type === "offer") await takeOffer(message);
    },
  };
}

function localDescription({ pc, mediaState }: NegotiatorOptions) {
  return { sdp: pc.localDescription?.sdp ?? "", media: mediaState() };
}

/** Returns to the last agreement. Media was never interrupted. */
async function rollBack({ pc, signal, record }: NegotiatorOptions, round: number): Promise<void> {
  if (pc.signalingState === "stable") return;
  await abortable(
    signal,
    pc
      .setLocalDescription({ type: "rollback" })
      .catch(() => pc.setRemoteDescription({ type: "rollback" })),
  );
  record("rolled-back", round);
}

/** Whether a transceiver was added that is in no section of the caller's offers. */
function hasUnofferedTransceiver(pc: RTCPeerConnection): boolean {
  return pc.getTransceivers().some(({ mid, direction }) => mid === null && direction !== "stopped");
}

/** Returns a function that counts its calls, and returns true at more than `limit` of them within the window. */
function createRateLimit(limit: number): () => boolean {
  let calledAt: number[] = [];
  return () => {
    const now = monotonicNow();
    calledAt = [...calledAt.filter((at) => at > now - LOOP_WINDOW_MS), now];
    return calledAt.length > limit;
  };
}

const LOOP = "The offers repeated in a loop. A new connection replaces this one.";
const REJECTED = "A change was rejected and rolled back. The connection goes on without it.";
const NOT_OFFERED =
  "A track that was added to `connection` is not sent: this side is the callee, and only the caller can offer more tracks. Send it in `streams` or with `setMedia()`, or make this side the caller.";

function failed(message: string, cause?: unknown): CallError {
  return new CallError("negotiation-failed", message, { cause });
}
