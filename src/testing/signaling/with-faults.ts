import { clone } from "../../core/lib/clone.ts";
import { CallError } from "../../core/lib/errors.ts";
import type {
  JoinOptions,
  PeerInfo,
  SignalMessage,
  Signaling,
  SignalingSession,
} from "../../core/signaling/signaling.ts";
import { createRandom } from "../fake-webrtc/random.ts";

/** The faults of {@link withFaults}. Probabilities are from 0 to 1. */
export interface FaultOptions {
  /** The seed. The same seed and the same order of packets give the same faults. @default 1 */
  seed?: number | undefined;
  /** The probability that a packet is lost. @default 0 */
  drop?: number | undefined;
  /** The probability that a packet arrives twice. @default 0 */
  duplicate?: number | undefined;
  /** The probability that a packet is held until the next packet of its sender has arrived, or for 500 ms. @default 0 */
  reorder?: number | undefined;
  /** The additional latency in ms, or its range. @default 0 */
  delay?: number | readonly [min: number, max: number] | undefined;
  /** Periodic outages while a peer is in a room: every `every` ms from start to start, for `for` ms. */
  outage?: { readonly every: number; readonly for: number } | undefined;
}

/** A signaling with faults, and a method to cause an outage. */
export interface FaultSignaling extends Signaling {
  /**
   * Makes the backend unreachable for a time in ms or until the promise settles: `onStatus` is called
   * with `"disconnected"`, `send()` and `join()` reject with `signaling-unavailable`, no packet arrives,
   * and the roster does not change. Resolves when the outage is over. Overlapping outages last until all
   * are over.
   */
  outage(during: number | Promise<unknown>): Promise<void>;
}

/** One session in a room, with the state that the faults need. */
interface FaultySession {
  readonly joining: JoinOptions;
  /** The last status of the backend itself. */
  status: "connected" | "disconnected" | undefined;
  /** The last roster that arrived during an outage. */
  missedPeers: readonly PeerInfo[] | undefined;
  /** Delivers the held packet of each sender. */
  readonly held: Map<string, () => void>;
}

/** The time in ms after which a held packet is delivered even if no other packet has overtaken it. */
const HOLD_MS = 500;

/**
 * Adds faults to a signaling: lost, duplicated, delayed and reordered packets, and outages. All users
 * of one wrapper have the same outages; wrap the signaling once per participant to disturb one of them
 * only. A packet is disturbed when it arrives, so `send()` settles as the backend does. `leave()` is
 * never disturbed.
 *
 * @example
 * const signaling = withFaults(memorySignaling(), { seed: 7, drop: 0.1, delay: [10, 200] });
 * render(<App signaling={signaling} />);
 * await signaling.outage(2_000);
 */
export function withFaults(signaling: Signaling, options: FaultOptions = {}): FaultSignaling {
  const { outage: periodic } = options;
  const carry = createDelivery(options, arrive);
  const sessions = new Set<FaultySession>();
  let outages = 0;
  let timer: ReturnType<typeof setInterval> | undefined;

  async function outage(during: number | Promise<unknown>): Promise<void> {
    outages += 1;
    if (outages === 1)
      for (const { status, joining } of [...sessions])
        if (status === "connected") joining.onStatus("disconnected");
    await Promise.allSettled([typeof during === "number" ? pause(during) : during]);
    outages -= 1;
    if (outages === 0) for (const session of [...sessions]) endOutage(session);
  }

  function add(session: FaultySession): void {
    sessions.add(session);
    if (periodic) timer ??= setInterval(() => void outage(periodic.for), periodic.every);
  }

  function end(session: FaultySession): void {
    if (!sessions.delete(session) || sessions.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  }

  function assertReachable(): void {
    if (outages === 0) return;
    throw new CallError(
      "signaling-unavailable",
      "withFaults() simulates an outage of the backend. Wait until it is over.",
    );
  }

  function arrive(session: FaultySession, from: string, message: SignalMessage): void {
    // Packets in flight are lost in an outage, and none arrives after leaving.
    if (outages > 0 || !sessions.has(session)) return;
    session.joining.onMessage(from, message);
    session.held.get(from)?.();
  }

  async function join(joining: JoinOptions): Promise<SignalingSession> {
    assertReachable();
    const session: FaultySession = {
      joining,
      status: undefined,
      missedPeers: undefined,
      held: new Map(),
    };
    const leave = () => {
      joining.signal.removeEventListener("abort", leave);
      end(session);
    };
    joining.signal.addEventListener("abort", leave);
    add(session);
    try {
      const joined = await signaling.join({
        ...joining,
        onPeers(peers) {
          if (outages > 0) session.missedPeers = peers;
          else joining.onPeers(peers);
        },
        onMessage: (from, message) => carry(session, from, message),
        onStatus(status) {
          session.status = status;
          if (outages === 0) joining.onStatus(status);
        },
      });
      if (outages > 0) await joined.leave();
      assertReachable();
      return guarded(joined, leave);
    } catch (error) {
      leave();
      throw error;
    }
  }

  function guarded(session: SignalingSession, leave: () => void): SignalingSession {
    return {
      ...session,
      // A swap changes it.
      get presence() {
        return session.presence;
      },
      async send(to, message) {
        assertReachable();
        await session.send(to, message);
      },
      async update(self) {
        assertReachable();
        await session.update(self);
      },
      async leave() {
        leave();
        await session.leave();
      },
    };
  }

  return { join, outage };
}

/** Returns the function that draws the faults of a packet and delivers it with them. */
function createDelivery(
  { seed = 1, drop = 0, duplicate = 0, reorder = 0, delay = 0 }: FaultOptions,
  arrive: (session: FaultySession, from: string, message: SignalMessage) => void,
) {
  const [shortest, longest] = typeof delay === "number" ? [delay, delay] : delay;
  const { number: random } = createRandom(seed);

  function holdBack(session: FaultySession, from: string, message: SignalMessage): void {
    const release = () => {
      clearTimeout(timer);
      session.held.delete(from);
      arrive(session, from, message);
    };
    const timer = setTimeout(release, HOLD_MS);
    session.held.set(from, release);
  }

  return (session: FaultySession, from: string, message: SignalMessage): void => {
    // Draw all random numbers for each packet, so that one option does not change the faults of another.
    const [lost, doubled, held] = [random() < drop, random() < duplicate, random() < reorder];
    const delays = [random(), random()].map((drawn) => shortest + drawn * (longest - shortest));
    if (lost) return;
    for (const ms of doubled ? delays : delays.slice(0, 1)) {
      const copy = clone(message);
      if (held && !session.held.has(from)) holdBack(session, from, copy);
      else if (ms > 0) setTimeout(() => arrive(session, from, copy), ms);
      else arrive(session, from, copy);
    }
  };
}

/** Reports the status and the roster that a session has missed during an outage. */
function endOutage(session: FaultySession): void {
  const { joining, status, missedPeers } = session;
  session.missedPeers = undefined;
  if (status === "connected") joining.onStatus("connected");
  if (missedPeers) joining.onPeers(missedPeers);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
