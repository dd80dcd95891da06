/**
 * Owns `withFaults`: any signaling on a bad day. Packets get lost, doubled, late and out of order,
 * and now and then the backend cannot be reached at all.
 */
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

/** How bad the day is. Chances are 0 to 1, default 0. */
export interface FaultOptions {
  /** The same seed and the same order of arriving draw the same faults. Default 1. */
  seed?: number | undefined;
  /** The chance that a packet never arrives. */
  drop?: number | undefined;
  /** The chance that a packet arrives twice. */
  duplicate?: number | undefined;
  /** The chance that a packet is held back until the sender's next one has overtaken it, or for half a second. */
  reorder?: number | undefined;
  /** What a packet takes longer, in ms, or the range to draw it from. Default 0. */
  delay?: number | readonly [min: number, max: number] | undefined;
  /** While somebody is in a room: out of reach every so many ms (from beginning to beginning), for so many. */
  outage?: { readonly every: number; readonly for: number } | undefined;
}

/** What {@link withFaults} returns. */
export interface FaultSignaling extends Signaling {
  /**
   * Puts the backend out of reach, for so many ms or until the promise settles: `"disconnected"` is
   * told, sending and joining reject with `signaling-unavailable`, nothing arrives, nobody is seen to
   * come or go. Resolves when that is over. One more meanwhile makes it last until both are.
   */
  outage(during: number | Promise<unknown>): Promise<void>;
}

/** One stay in a room, as the chaos sees it. */
interface Stay {
  readonly joining: JoinOptions;
  /** The last word of the backend itself. */
  status: "connected" | "disconnected" | undefined;
  /** Who is there, where nobody could be told. */
  unseen: readonly PeerInfo[] | undefined;
  /** What waits to be overtaken, by sender. */
  readonly held: Map<string, () => void>;
}

/** How long a packet waits to be overtaken at most, in ms. */
const HOLD = 500;

/**
 * Wraps a signaling in chaos. Everybody who uses the same wrapper has the same outages; wrap once
 * for each person to trouble one alone. Faults are drawn where a packet arrives, so it suffers once,
 * and `send` tells what the backend said. Leaving always gets through: a backend notices who is gone.
 *
 * @example
 * const signaling = withFaults(memorySignaling(), { seed: 7, drop: 0.1, delay: [10, 200] });
 * render(<App signaling={signaling} />);
 * await signaling.outage(2_000);
 */
export function withFaults(signaling: Signaling, options: FaultOptions = {}): FaultSignaling {
  const { seed = 1, drop = 0, duplicate = 0, reorder = 0, delay = 0, outage: planned } = options;
  const [shortest, longest] = typeof delay === "number" ? [delay, delay] : delay;
  const { number: random } = createRandom(seed);
  const stays = new Set<Stay>();
  let outages = 0;
  let plan: ReturnType<typeof setInterval> | undefined;

  async function outage(during: number | Promise<unknown>): Promise<void> {
    outages += 1;
    if (outages === 1)
      for (const { status, joining } of [...stays])
        if (status === "connected") joining.onStatus("disconnected");
    await Promise.allSettled([typeof during === "number" ? pause(during) : during]);
    outages -= 1;
    if (outages === 0) for (const stay of [...stays]) regain(stay);
  }

  function regain(stay: Stay): void {
    const { joining, status, unseen } = stay;
    stay.unseen = undefined;
    if (status === "connected") joining.onStatus("connected");
    if (unseen) joining.onPeers(unseen);
  }

  function add(stay: Stay): void {
    stays.add(stay);
    if (planned) plan ??= setInterval(() => void outage(planned.for), planned.every);
  }

  function end(stay: Stay): void {
    if (!stays.delete(stay) || stays.size > 0) return;
    clearInterval(plan);
    plan = undefined;
  }

  function assertReachable(): void {
    if (outages === 0) return;
    throw new CallError("signaling-unavailable", "The chaos keeps the backend out of reach.");
  }

  function arrive(stay: Stay, from: string, message: SignalMessage): void {
    // What was still on its way when the backend went is lost with it, and nothing comes after leaving.
    if (outages > 0 || !stays.has(stay)) return;
    stay.joining.onMessage(from, message);
    stay.held.get(from)?.();
  }

  function holdBack(stay: Stay, from: string, message: SignalMessage): void {
    const release = () => {
      clearTimeout(timer);
      stay.held.delete(from);
      arrive(stay, from, message);
    };
    const timer = setTimeout(release, HOLD);
    stay.held.set(from, release);
  }

  function carry(stay: Stay, from: string, message: SignalMessage): void {
    // Everything is drawn for every packet, so that one knob does not shift what another draws.
    const [lost, doubled, held] = [random() < drop, random() < duplicate, random() < reorder];
    const ways = [random(), random()].map((drawn) => shortest + drawn * (longest - shortest));
    if (lost) return;
    for (const ms of doubled ? ways : ways.slice(0, 1)) {
      const copy = clone(message);
      if (held && !stay.held.has(from)) holdBack(stay, from, copy);
      else if (ms > 0) setTimeout(() => arrive(stay, from, copy), ms);
      else arrive(stay, from, copy);
    }
  }

  async function join(joining: JoinOptions): Promise<SignalingSession> {
    assertReachable();
    const stay: Stay = { joining, status: undefined, unseen: undefined, held: new Map() };
    const leave = () => {
      joining.signal.removeEventListener("abort", leave);
      end(stay);
    };
    joining.signal.addEventListener("abort", leave);
    add(stay);
    try {
      const session = await signaling.join({
        ...joining,
        onPeers(peers) {
          if (outages > 0) stay.unseen = peers;
          else joining.onPeers(peers);
        },
        onMessage: (from, message) => carry(stay, from, message),
        onStatus(status) {
          stay.status = status;
          if (outages === 0) joining.onStatus(status);
        },
      });
      if (outages > 0) await session.leave();
      assertReachable();
      return guarded(session, leave);
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

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
