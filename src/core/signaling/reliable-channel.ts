/**
 * Delivers the messages of two peers in order, once, batched, and across an outage of the backend. No
 * other layer does; adapters only carry packets.
 *
 * Every packet carries the whole window of messages that the remote peer has not acknowledged. So any
 * packet may be lost, duplicated, delayed or dropped, as long as a newer one arrives; sending again is
 * harmless; and the two routes (the backend, the data channel between the peers) can be mixed.
 *
 * This file has the timers and routes. The state is a value, a `Conversation`, which pure
 * functions change (`conversation.ts`).
 */
import { monotonicNow } from "../lib/clock.ts";
import { after } from "../lib/abort.ts";
import type { CallError } from "../lib/errors.ts";
import { callUserCode } from "../lib/user-code.ts";
import {
  receivePacket,
  sendMessage,
  startConversation,
  toPacket,
  type AcceptedPacket,
} from "./conversation.ts";
import { invalid, parseMessage, parsePacket, type PeerMessage } from "./protocol.ts";
import { createSendMonitor } from "./send-monitor.ts";
import type { SignalMessage } from "./signaling.ts";

/** Connects a {@link ReliableChannel} to its routes and its receiver. */
export interface ReliableChannelOptions {
  /** Sends a packet over the backend. What it throws is reported by {@link createSendMonitor}. */
  send(packet: SignalMessage): Promise<void>;
  /** Whether the backend is connected, as far as its adapter knows. Default: always. */
  reachable?: (() => boolean) | undefined;
  /** Receives each message of the remote peer, in order, once. */
  deliver(message: PeerMessage): void;
  /** Called when a new conversation starts: earlier messages of both sides no longer hold. */
  onReset(): void;
  onError(error: CallError): void;
  signal: AbortSignal;
}

/** One side of the exchange with one remote peer. */
export interface ReliableChannel {
  send(message: PeerMessage): void;
  /** Receives a packet, unchecked, from either route. */
  receive(raw: unknown): void;
  /** Sends the window at once, because the backend is connected again. */
  resend(): void;
  /** Sends pending messages synchronously, because this side is closing. `"direct"`: not over the backend. */
  flush(route: "best" | "direct"): void;
  /** Sets the direct route while there is one. It returns whether it accepted the packet. */
  setDirect(direct: DirectRoute | undefined): void;
  /** Whether the remote peer has acknowledged everything. */
  settled(): boolean;
  /** The shortest one-way delay over the backend so far, in ms (half a round trip); 0 until measured. */
  latency(): number;
}

type DirectRoute = (packet: SignalMessage) => boolean;

/** How long an acknowledgement waits for a message that carries it. After that it is sent by itself. */
export const ACKNOWLEDGE_DELAY_MS = 15;
/** The first and the longest wait for an acknowledgement. Each retransmission doubles the wait. */
export const RESEND_INITIAL_MS = 2_000;
export const RESEND_MAX_MS = 64_000;

/** Creates a channel. It sends nothing before the first message or packet. */
export function createReliableChannel(options: ReliableChannelOptions): ReliableChannel {
  const { signal, reachable = () => true } = options;
  const onError = (error: CallError) => callUserCode(options.onError, error);
  const monitor = createSendMonitor({ signal, reachable, onError });
  const resendTimer = createResendTimer(signal, () => transmit("both"));
  let conversation = startConversation();
  let direct: DirectRoute | undefined;
  /** Over the direct route, an acknowledgement costs no backend operation. Once that route is lost, its speed matters more than its cost. */
  let hadDirect = false;
  let cancelAcknowledgement: (() => void) | undefined;
  let roundTrip = Infinity;

  const isSettled = () => conversation.outgoing.entries.length === 0;

  function transmit(route: "best" | "both" | "direct"): void {
    if (signal.aborted) return;
    cancelAcknowledgement?.();
    cancelAcknowledgement = undefined;
    const packet = toPacket(conversation);
    const sent = direct?.(packet) ?? false;
    if (route === "both" || (route === "best" && !sent)) monitor.run(() => options.send(packet));
    awaitAcknowledgement();
  }

  function awaitAcknowledgement(): void {
    if (isSettled()) resendTimer.stop();
    else resendTimer.start();
  }

  function acknowledgeSoon(): void {
    cancelAcknowledgement ??= after(signal, ACKNOWLEDGE_DELAY_MS, () => transmit("best"));
  }

  /** Puts all messages that are sent in one turn into one packet. */
  const transmitSoon = oncePerTurn(() => {
    if (!isSettled()) transmit("best");
  });

  /** The conversation has started over: nothing of the one before is sent any more. */
  function reset(): void {
    cancelAcknowledgement?.();
    cancelAcknowledgement = undefined;
    resendTimer.stop();
    callUserCode(options.onReset);
  }

  function onAcknowledged(sentAt: number): void {
    if (!direct) {
      monitor.succeeded();
      // The shortest round trip, because an outage or a lost packet makes one longer but not the next.
      roundTrip = Math.min(roundTrip, monotonicNow() - sentAt);
    }
    resendTimer.reset();
    awaitAcknowledgement();
  }

  function resend(): void {
    resendTimer.reset();
    if (!isSettled()) transmit("both");
  }

  function take({ acknowledged, fresh, gap }: AcceptedPacket, hasMessages: boolean): void {
    if (acknowledged) onAcknowledged(acknowledged.sentAt);
    for (const content of fresh) {
      const message = parsed(parseMessage, content, onError);
      if (message) callUserCode(options.deliver, message);
      // `deliver` may have closed this side.
      if (signal.aborted) return;
    }
    if (gap) onError(invalid("gap"));
    // A remote peer that was unreachable has returned, and may have missed earlier packets.
    else if (!isSettled() && resendTimer.hasBackedOff()) resend();
    // Over the backend an acknowledgement waits for the next message, and so costs no packet. A
    // retransmission is acknowledged by itself, or it would go on.
    else if (hasMessages && (hadDirect || fresh.length === 0)) acknowledgeSoon();
  }

  return {
    send(message) {
      if (signal.aborted) return;
      const result = sendMessage(conversation, message, monotonicNow());
      conversation = result.conversation;
      if (result.reset) reset();
      transmitSoon();
    },

    receive(raw) {
      if (signal.aborted) return;
      const packet = parsed(parsePacket, raw, onError);
      if (!packet) return;
      const result = receivePacket(conversation, packet);
      conversation = result.conversation;
      if (result.reset) reset();
      if (result.announce) acknowledgeSoon();
      if (result.accepted) take(result.accepted, packet.m.length > 0);
    },

    resend,

    flush: transmit,

    setDirect(next) {
      direct = next;
      hadDirect ||= next !== undefined;
      // Resends unacknowledged messages over the new route.
      if (next && !signal.aborted) transmit("best");
    },

    settled: isSettled,

    latency: () => (roundTrip < Infinity ? roundTrip / 2 : 0),
  };
}

/** Parses an untrusted value. Reports a malformed one and returns undefined. */
function parsed<T>(
  parse: (value: unknown) => T,
  value: unknown,
  onError: (error: CallError) => void,
): T | undefined {
  try {
    return parse(value);
  } catch (error) {
    onError(error as CallError);
    return undefined;
  }
}

/** Returns a function that runs `task` in a microtask, once however often it is called until then. */
function oncePerTurn(task: () => void): () => void {
  let queued = false;
  return () => {
    if (queued) return;
    queued = true;
    queueMicrotask(() => {
      queued = false;
      task();
    });
  };
}

/** Retransmits with a wait that doubles each time, until it is stopped or reset. */
function createResendTimer(signal: AbortSignal, retransmit: () => void) {
  let wait = RESEND_INITIAL_MS;
  let cancel = () => {};
  return {
    start() {
      cancel();
      cancel = after(signal, wait, () => {
        wait = Math.min(wait * 2, RESEND_MAX_MS);
        retransmit();
      });
    },
    stop: () => cancel(),
    reset() {
      wait = RESEND_INITIAL_MS;
    },
    hasBackedOff: () => wait > RESEND_INITIAL_MS,
  };
}
