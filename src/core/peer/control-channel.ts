/**
 * Owns the question whether anything really arrives. No state of a browser proves it: after an ICE
 * restart both sides can say "connected" while one of them hears nothing. So the two sides count
 * what they send and get on the control channel, and tell each other.
 */
import { after, abortable } from "../lib/abort.ts";
import type { SignalMessage } from "../signaling/signaling.ts";

/** The control channel of a connection. */
export interface ControlChannel {
  /** Hands a packet to the other side; false where the channel is not open or the packet too big for it. */
  send(packet: SignalMessage): boolean;
  /** Whether traffic gets through in both directions, by the counters of both sides, within `ms`. */
  verify(ms: number): Promise<boolean>;
  /** Sends one probe, whose answer is heard by whoever listens for anything at all. */
  probe(): void;
}

/** What the control channel needs. */
export interface ControlChannelOptions {
  pc: RTCPeerConnection;
  signal: AbortSignal;
  onPacket(packet: unknown): void;
  onOpen(): void;
  onClosed(): void;
}

/** The longest piece that every browser takes in one go (RFC 8831, section 6.6). */
const MAX_PIECE = 16_384;
/** How often a probe goes out while a flow is being verified, in ms. */
const PROBE = 200;

/** Opens the control channel: negotiated, so that neither side announces it, in the last section. */
export function createControlChannel({
  pc,
  signal,
  onPacket,
  onOpen,
  onClosed,
}: ControlChannelOptions): ControlChannel {
  const channel = pc.createDataChannel("twocan", { negotiated: true, id: 0, ordered: true });
  /** Probes that this side has sent, and how many of them the other says it got. */
  let sent = 0;
  let confirmed = 0;
  /** Probes of the other that arrived here. */
  let received = 0;
  const waiting = new Set<() => void>();

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
      // A number of its own is a probe and is answered with what has arrived; an answer is not.
      if (typeof theirs === "number" && theirs > received) {
        received = theirs;
        write({ flow: [0, received] });
      }
      for (const check of [...waiting]) check();
    },
    { signal },
  );

  function write(content: SignalMessage): boolean {
    const piece = JSON.stringify(content);
    if (channel.readyState !== "open" || piece.length > MAX_PIECE) return false;
    try {
      channel.send(piece);
      return true;
    } catch {
      // Closing, or its buffer is full: the other route takes it.
      return false;
    }
  }

  function probe(): void {
    if (write({ flow: [sent + 1, received] })) sent += 1;
  }

  return {
    send: write,
    probe,

    async verify(ms) {
      const before = sent;
      const verdict = new Promise<boolean>((resolve) => {
        const end = (flows: boolean) => {
          waiting.delete(check);
          stop();
          cancel();
          resolve(flows);
        };
        // A probe sent from now on has come there, and the word of it back here: both ways are open.
        const check = () => {
          if (confirmed > before) end(true);
        };
        let cancel = () => {};
        const again = () => {
          probe();
          cancel = after(signal, PROBE, again);
        };
        waiting.add(check);
        const stop = after(signal, ms, () => end(false));
        again();
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
