/**
 * The negotiated data channel between the two peers. It carries packets past the backend, and verifies
 * that traffic gets through: each side counts the probes it sends and receives, and reports the counts
 * to the other. No browser state proves that. After an ICE restart both sides can report `connected`
 * while one of them receives nothing.
 */
import { after, abortable } from "../lib/abort.ts";
import type { SignalMessage } from "../signaling/signaling.ts";

/** The control channel of one connection. */
export interface ControlChannel {
  /** Sends a packet. Returns false if the channel is not open or the packet is too long for it. */
  send(packet: SignalMessage): boolean;
  /** Resolves with whether traffic gets through in both directions within `ms`, by the counts of both sides. */
  verify(ms: number): Promise<boolean>;
  /** Sends one probe. Its answer counts as arriving traffic. */
  probe(): void;
}

export interface ControlChannelOptions {
  pc: RTCPeerConnection;
  signal: AbortSignal;
  onPacket(packet: unknown): void;
  onOpen(): void;
  onClosed(): void;
}

/** The longest message that every browser accepts, in characters (RFC 8831, section 6.6). */
const MAX_MESSAGE_LENGTH = 16_384;
/** The interval of probes during a verification. */
const PROBE_INTERVAL_MS = 200;

/** Opens the control channel, in the last section. It is negotiated, so neither side announces it. */
export function createControlChannel({
  pc,
  signal,
  onPacket,
  onOpen,
  onClosed,
}: ControlChannelOptions): ControlChannel {
  const channel = pc.createDataChannel("twocan", { negotiated: true, id: 0, ordered: true });
  /** The probes that this side has sent, and how many of them the remote peer has confirmed. */
  let sent = 0;
  let confirmed = 0;
  /** The probes of the remote peer that arrived. */
  let received = 0;
  const verifications = new Set<() => void>();

  channel.addEventListener("open", onOpen, { signal });
  channel.addEventListener("close", onClosed, { signal });
  channel.addEventListener(
    "message",
    ({ data }: MessageEvent<unknown>) => {
      const content = parse(data);
      const counts = Array.isArray(content?.["flow"]) ? (content["flow"] as unknown[]) : undefined;
      if (!counts) {
        onPacket(content);
        return;
      }
      const [theirs, mine] = counts;
      if (typeof mine === "number" && mine <= sent) confirmed = Math.max(confirmed, mine);
      // A probe has a new number and is answered. An answer has 0 there and is not.
      if (typeof theirs === "number" && theirs > received) {
        received = theirs;
        send({ flow: [0, received] });
      }
      for (const check of [...verifications]) check();
    },
    { signal },
  );

  function send(content: SignalMessage): boolean {
    const text = JSON.stringify(content);
    if (channel.readyState !== "open" || text.length > MAX_MESSAGE_LENGTH) return false;
    try {
      channel.send(text);
      return true;
    } catch {
      // The channel is closing or its buffer is full, so signaling carries it.
      return false;
    }
  }

  function probe(): void {
    if (send({ flow: [sent + 1, received] })) sent += 1;
  }

  return {
    send,
    probe,

    async verify(ms) {
      const before = sent;
      const verdict = new Promise<boolean>((resolve) => {
        let cancelProbe = () => {};
        const end = (flows: boolean) => {
          verifications.delete(check);
          cancelTimeout();
          cancelProbe();
          resolve(flows);
        };
        // A probe that was sent from now on is confirmed, so both directions work.
        const check = () => {
          if (confirmed > before) end(true);
        };
        const probeRepeatedly = () => {
          probe();
          cancelProbe = after(signal, PROBE_INTERVAL_MS, probeRepeatedly);
        };
        verifications.add(check);
        const cancelTimeout = after(signal, ms, () => end(false));
        probeRepeatedly();
      });
      return abortable(signal, verdict);
    },
  };
}

function parse(data: unknown): Record<string, unknown> | undefined {
  try {
    const content: unknown = JSON.parse(String(data));
    return typeof content === "object" && content !== null
      ? (content as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
