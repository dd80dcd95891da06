import { clone } from "../../core/lib/clone.ts";
import { CallError } from "../../core/lib/errors.ts";
import { after } from "../../core/lib/abort.ts";
import {
  byJoinTime,
  createSignaling,
  type AdapterContext,
  type AdapterSession,
} from "../../core/signaling/adapter.ts";
import type { PeerInfo, SignalMessage, Signaling } from "../../core/signaling/signaling.ts";

/** The network conditions that {@link memorySignaling} simulates. Probabilities are 0 to 1, default 0. */
export interface MemorySignalingOptions {
  /**
   * One-way delay of packets, presence and joining, in ms. In a range, each delay is random, and one
   * packet may overtake another.
   *
   * @default 0
   */
  delay?: number | readonly [min: number, max: number] | undefined;
  /** The probability that a packet is lost. */
  loss?: number | undefined;
  /** The probability that a packet is delivered twice. */
  duplicate?: number | undefined;
  /** The probability that a packet is held back until later ones have overtaken it. */
  reorder?: number | undefined;
  /**
   * The same seed and the same order of sending produce the same faults.
   *
   * @default 1
   */
  seed?: number | undefined;
}

/** A packet that `send` accepted, delivered or not. */
export interface LoggedPacket {
  readonly from: string;
  readonly to: string;
  readonly message: SignalMessage;
  /** When it was sent, in ms since 1970. */
  readonly at: number;
}

/** Signaling that a test can inspect and disturb; see {@link memorySignaling}. */
export interface MemorySignaling extends Signaling {
  /** Every packet since the start, or since {@link MemorySignaling.clear}. */
  readonly log: readonly LoggedPacket[];
  /** Empties the log. */
  clear(): void;
  /** Disconnects the peer with that id: it is not listed, and neither sends nor receives. If it has not joined yet, it cannot. */
  disconnect(id: string): void;
  /** Reconnects it. Packets that were sent to it in between are lost. */
  reconnect(id: string): void;
}

interface Member {
  readonly context: AdapterContext;
  readonly room: string;
  peer: PeerInfo;
  connected: boolean;
}

/** A packet that is reordered or repeated is held back for the longest delay and this time. */
const HOLD_BACK_MS = 20;

/**
 * Creates signaling in memory, for tests, stories and demonstrations: between the calls that are given
 * the same object and join the same room. Nothing leaves the JavaScript realm.
 *
 * @example
 * const signaling = memorySignaling({ delay: [10, 80], loss: 0.2, seed: 7 });
 * const mina = createCall({ room: "standup", signaling });
 * const jun = createCall({ room: "standup", signaling });
 */
export function memorySignaling(options: MemorySignalingOptions = {}): MemorySignaling {
  const { delay = 0, loss = 0, duplicate = 0, reorder = 0, seed = 1 } = options;
  const [shortest, longest] = typeof delay === "number" ? [delay, delay] : delay;
  // Two generators, so that a peer that joins or leaves does not change the faults of the packets.
  const [random, presenceRandom] = [mulberry32(seed), mulberry32(seed + 1)];
  const members = new Set<Member>();
  const offline = new Set<string>();
  let log: LoggedPacket[] = [];

  const drawDelay = (draw: () => number) => shortest + draw() * (longest - shortest);
  const find = (room: string, id: string) =>
    [...members].find((member) => member.room === room && member.peer.id === id);

  const peersFor = (self: Member) =>
    [...members]
      .filter((member) => member.connected && member.room === self.room && member !== self)
      .map((member) => clone(member.peer))
      .toSorted(byJoinTime);

  /** Drops what is in flight to a peer that has left or is disconnected. */
  const arrive = (member: Member, ms: number, task: () => void) =>
    setTimeout(() => {
      if (member.connected && members.has(member)) task();
    }, ms);

  /** The roster is read on arrival, not when it is sent, so that a late one does not undo a newer one. */
  function announce(room: string): void {
    for (const member of members) {
      if (member.room !== room) continue;
      arrive(member, drawDelay(presenceRandom), () => member.context.setPeers(peersFor(member)));
    }
  }

  function transmit(from: Member, to: string, message: SignalMessage): void {
    const packet = clone(message);
    log.push({ from: from.peer.id, to, message: clone(message), at: Date.now() });
    // Every number is drawn for every packet, so that one option does not change the faults of another.
    const lost = random() < loss;
    const repeated = random() < duplicate;
    const held = random() < reorder;
    const first = drawDelay(random) + (held ? longest + HOLD_BACK_MS : 0);
    const second = drawDelay(random) + longest + HOLD_BACK_MS;
    const target = find(from.room, to);
    if (lost || !target?.connected || target === from) return;
    const sender = from.peer.id;
    for (const ms of repeated ? [first, second] : [first])
      arrive(target, ms, () => target.context.deliver(sender, clone(packet)));
  }

  function setConnected(id: string, connected: boolean): void {
    if (connected) offline.delete(id);
    else offline.add(id);
    for (const member of members) {
      if (member.peer.id !== id || member.connected === connected) continue;
      member.connected = connected;
      member.context.setStatus(connected ? "connected" : "disconnected");
      announce(member.room);
    }
  }

  async function join(context: AdapterContext): Promise<AdapterSession> {
    const { room, self, signal } = context;
    await new Promise<void>((resolve) => {
      after(signal, drawDelay(presenceRandom), resolve);
    });
    if (offline.has(self.id)) throw unreachable();
    if (find(room, self.id)) {
      const message = `The id "${self.id}" is in the room already. Use another id for each session.`;
      throw new CallError("signaling-denied", message);
    }
    const member: Member = { context, room, peer: clone(self), connected: true };
    // Announced before it is added: it gets its own roster here, without a delay.
    announce(room);
    members.add(member);
    context.onLeave(() => {
      members.delete(member);
      announce(room);
    });
    context.setPeers(peersFor(member));
    const assertConnected = () => {
      if (!member.connected) throw unreachable();
    };
    return {
      send(to, message) {
        assertConnected();
        transmit(member, to, message);
      },
      update(next) {
        assertConnected();
        member.peer = clone(next);
        announce(room);
      },
    };
  }

  return {
    ...createSignaling({
      name: "memorySignaling()",
      unavailable: UNREACHABLE,
      joinTimeoutMs: Infinity,
      endOnPageHide: false,
      join,
    }),
    get log() {
      return log;
    },
    clear() {
      log = [];
    },
    disconnect: (id) => setConnected(id, false),
    reconnect: (id) => setConnected(id, true),
  };
}

const UNREACHABLE = "This peer is disconnected from memorySignaling(). Call reconnect().";

function unreachable(): CallError {
  return new CallError("signaling-unavailable", UNREACHABLE);
}

/** A seeded generator of numbers from 0 to 1 (mulberry32 by Tommy Ettinger, public domain). */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
