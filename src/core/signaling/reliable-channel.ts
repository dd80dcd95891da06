/**
 * Owns delivery between two peers: in order, once, batched, and across a lost connection to the
 * backend. This is the one layer that does so, above every adapter.
 *
 * Every packet carries the whole window of messages that the other has not acknowledged. So any
 * packet may be lost, doubled, late or skipped, as long as a newer one arrives; sending again is
 * harmless; and two routes (the backend, the data channel between the peers) can be used at will.
 */
import { CallError } from "../lib/errors.ts";
import {
  MAX_MESSAGES,
  PROTOCOL_VERSION,
  invalid,
  parseMessage,
  parsePacket,
  type Packet,
  type PeerMessage,
} from "./protocol.ts";
import { after } from "../lib/abort.ts";
import { createRetiredEpochs } from "./retired-epochs.ts";
import { MAX_PACKET, type SignalMessage } from "./signaling.ts";

/** What a link needs. */
export interface ReliableChannelOptions {
  /** Hands a packet to the backend. */
  send(packet: SignalMessage): Promise<void>;
  /** A message from the other, in order, once. */
  deliver(message: PeerMessage): void;
  /** The other began anew and knows nothing of what was said: neither should this side. */
  onReset(): void;
  onError(error: CallError): void;
  signal: AbortSignal;
}

/** One side of the exchange with one peer. */
export interface ReliableChannel {
  send(message: PeerMessage): void;
  /** A packet as it came, unchecked, by either route. */
  receive(raw: unknown): void;
  /** Sends the window once more, now: the backend is back. */
  resend(): void;
  /** Sends what waits for its batch at once, because this side is about to go; only past the backend if `"direct"`. */
  flush(route: "best" | "direct"): void;
  /** The way past the backend while there is one: true where the packet could be handed over. */
  setDirect(direct: ((packet: SignalMessage) => boolean) | undefined): void;
  /** Whether the other has acknowledged everything. */
  settled(): boolean;
  /** The shortest way of a message by the backend so far, in ms: half a round trip. 0 until it is known. */
  latency(): number;
}

/** How long an acknowledgement of its own waits for something to ride on, in ms. */
const ACKNOWLEDGE = 15;
/** The first wait for an acknowledgement, and the longest, in ms; each one doubles the last. */
const RESEND_FIRST = 2_000;
const RESEND_LAST = 64_000;
/** A window longer than this, in characters, is nobody's who still listens. Leaves room for the frame. */
const MAX_WINDOW = MAX_PACKET - 1_024;

/** Makes a link. It says nothing until somebody sends. */
export function createReliableChannel(options: ReliableChannelOptions): ReliableChannel {
  const { signal } = options;
  /** Sent, and not acknowledged. */
  let unacknowledged: { seq: number; message: PeerMessage; size: number; at: number }[] = [];
  let nextSeq = 0;
  let own = newStay();
  /** The other's stay (0: not known yet), and the last of its messages that was delivered. */
  let other = 0;
  let delivered: number | undefined;
  const retired = createRetiredEpochs();
  /** Whether the other has spoken to this very stay yet, and not only to whoever would be there. */
  let addressed = false;
  let direct: ((packet: SignalMessage) => boolean) | undefined;
  /** There was a direct way once: without it now something is wrong, and time counts more than packets. */
  let acquainted = false;
  let cancelFlush: (() => void) | undefined;
  let cancelResend: (() => void) | undefined;
  let flushing = false;
  let bug: string | undefined;
  let roundTrip = Infinity;
  let wait = RESEND_FIRST;

  const packet = (): Packet => ({
    v: PROTOCOL_VERSION,
    s: own,
    r: other,
    a: delivered ?? -1,
    m: unacknowledged.map(({ seq, message }): [number, unknown] => [seq, message]),
  });

  function transmit(route: "best" | "both" | "direct"): void {
    if (signal.aborted) return;
    cancelFlush?.();
    cancelFlush = undefined;
    const now = packet();
    const gone = direct?.(now) ?? false;
    if (route === "both" || (route === "best" && !gone)) {
      options.send(now).catch((error: unknown) => {
        // `signaling-unavailable` is a state that the adapter reports itself; the window goes out again then.
        if (signal.aborted || !(error instanceof CallError)) return;
        const isBug = error.code === "adapter-failed";
        // A bug fails each packet in the same way, so it is reported once.
        if (error.code === "signaling-denied" || (isBug && error.message !== bug)) {
          if (isBug) bug = error.message;
          options.onError(error);
        }
      });
    }
    awaitAcknowledgement();
  }

  function awaitAcknowledgement(): void {
    cancelResend?.();
    if (unacknowledged.length === 0) return;
    cancelResend = after(signal, wait, () => {
      wait = Math.min(wait * 2, RESEND_LAST);
      transmit("both");
    });
  }

  function acknowledgeSoon(): void {
    cancelFlush ??= after(signal, ACKNOWLEDGE, () => transmit("best"));
  }

  /** Everything that is said in one go is one packet. */
  function transmitSoon(): void {
    if (flushing) return;
    flushing = true;
    queueMicrotask(() => {
      flushing = false;
      if (unacknowledged.length > 0) transmit("best");
    });
  }

  /** What was said is void: nobody waits for it any more. The numbers go on. */
  function forget(): void {
    unacknowledged = [];
    cancelFlush?.();
    cancelFlush = undefined;
    cancelResend?.();
    options.onReset();
  }

  function acknowledge(upTo: number): void {
    const newest = unacknowledged.findLast(({ seq }) => seq <= upTo);
    if (!newest) return;
    unacknowledged = unacknowledged.filter(({ seq }) => seq > upTo);
    // The shortest: an outage or a lost packet makes a round trip longer, and says nothing of the next.
    if (!direct) roundTrip = Math.min(roundTrip, Date.now() - newest.at);
    wait = RESEND_FIRST;
    awaitAcknowledgement();
  }

  function resend(): void {
    wait = RESEND_FIRST;
    if (unacknowledged.length > 0) transmit("both");
  }

  return {
    send(message) {
      if (signal.aborted) return;
      const size = JSON.stringify(message).length + 16;
      const total = unacknowledged.reduce((sum, entry) => sum + entry.size, size);
      // The other has been deaf for hundreds of messages, so what they say no longer matters. A new
      // number for this stay makes both sides begin anew when it listens again.
      if (unacknowledged.length >= MAX_MESSAGES || total > MAX_WINDOW) {
        own = Math.max(newStay(), own + 1);
        addressed = false;
        // What the other had said in vain it will forget, so its next message may have any number.
        delivered = undefined;
        forget();
      }
      unacknowledged.push({ seq: nextSeq, message, size, at: Date.now() });
      nextSeq += 1;
      transmitSoon();
    },

    receive(raw) {
      if (signal.aborted) return;
      let received: Packet;
      try {
        received = parsePacket(raw);
      } catch (error) {
        options.onError(error as CallError);
        return;
      }
      if (received.s !== other) {
        if (retired.isLate(received, other)) return;
        const known = other !== 0;
        if (known) retired.retire(other, delivered);
        other = received.s;
        delivered = undefined;
        addressed = false;
        if (known) forget();
      }
      // Said to a former stay of this side: tell the other which one it is talking to now.
      if (received.r !== 0 && received.r !== own) {
        acknowledgeSoon();
        return;
      }
      if (received.r === own) {
        acknowledge(received.a);
        // What came before may have been late, said to whoever would be there, and forgotten since.
        if (!addressed) delivered = startOf(received, delivered);
        addressed = true;
      }

      let fresh = false;
      for (const [seq, content] of received.m) {
        // The first window of a stay that is known here may begin anywhere: what came before it was
        // said to nobody. From then on there is no honest way to leave one out.
        delivered ??= seq - 1;
        if (seq <= delivered) continue;
        if (seq > delivered + 1) {
          options.onError(invalid("gap"));
          return;
        }
        delivered = seq;
        fresh = true;
        try {
          const message = parseMessage(content);
          if (message) options.deliver(message);
        } catch (error) {
          options.onError(error as CallError);
        }
        // Delivering may have ended this side.
        if (signal.aborted) return;
      }
      // Whoever was not heard for a while is there again, and may have missed what was said meanwhile.
      if (unacknowledged.length > 0 && wait > RESEND_FIRST) resend();
      // By the backend an acknowledgement rides on the next packet and costs nothing; one of its own
      // is sent only to a peer that repeats itself. Between the peers it is free.
      else if (received.m.length > 0 && (acquainted || !fresh)) acknowledgeSoon();
    },

    resend,

    flush: transmit,

    setDirect(next) {
      direct = next;
      acquainted ||= next !== undefined;
      // Settles at once, past the backend, whatever is still waiting for an acknowledgement.
      if (next && !signal.aborted) transmit("best");
    },

    settled: () => unacknowledged.length === 0,

    latency: () => (roundTrip < Infinity ? roundTrip / 2 : 0),
  };
}

/** A number greater than that of any former stay: microseconds, by a clock that is never set back. */
function newStay(): number {
  return Math.floor((performance.timeOrigin + performance.now()) * 1_000);
}

/** The last message that counts as delivered when `packet` is the first one said to this stay. */
function startOf({ m }: Packet, delivered: number | undefined): number | undefined {
  const first = m[0]?.[0];
  return first !== undefined && first > (delivered ?? -1) + 1 ? first - 1 : delivered;
}
