/**
 * Owns the signaling that lives in memory: for tests, stories and demonstrations, with the faults of
 * a bad network on request. Nothing leaves the JavaScript realm.
 */
import { clone } from "../../core/lib/clone.ts";
import { CallError } from "../../core/lib/errors.ts";
import { abortedError, after } from "../../core/lib/abort.ts";
import type {
  JoinOptions,
  PeerInfo,
  SignalMessage,
  Signaling,
  SignalingSession,
} from "../../core/signaling/signaling.ts";
import { byJoinTime, packetText } from "../../core/signaling/wire-format.ts";

/** How bad the network is that {@link memorySignaling} plays. Chances are 0 to 1, default 0. */
export interface MemorySignalingOptions {
  /**
   * One way, in ms, or the range to draw it from, in which one packet may overtake another. Of
   * packets, presence and joining. Default 0.
   */
  delay?: number | readonly [min: number, max: number] | undefined;
  /** The chance that a packet never arrives. */
  loss?: number | undefined;
  /** The chance that a packet arrives twice. */
  duplicate?: number | undefined;
  /** The chance that a packet is held back until later ones have overtaken it. */
  reorder?: number | undefined;
  /** The same seed and the same order of sending draw the same faults. Default 1. */
  seed?: number | undefined;
}

/** A packet that `send` accepted, whatever became of it. */
export interface LoggedPacket {
  readonly from: string;
  readonly to: string;
  readonly message: SignalMessage;
  /** When it was sent, in ms since 1970. */
  readonly at: number;
}

/** What {@link memorySignaling} returns: a signaling that a test can look into and disturb. */
export interface MemorySignaling extends Signaling {
  /** Every packet since the start, or since {@link MemorySignaling.clear}. */
  readonly log: readonly LoggedPacket[];
  /** Empties the log. */
  clear(): void;
  /** Takes the peer of that id off the network: unseen, deaf and dumb until it is back; if it has not joined yet, it cannot. */
  disconnect(id: string): void;
  /** Brings it back. What was sent to it meanwhile is lost. */
  reconnect(id: string): void;
}

interface Stay {
  readonly joining: JoinOptions;
  readonly room: string;
  peer: PeerInfo;
  connected: boolean;
}

/** How much longer than the longest delay a packet is held back at least, in ms. */
const HOLD = 20;

/**
 * Signaling between the calls that are given the same object and name the same room.
 *
 * @example
 * const signaling = memorySignaling({ delay: [10, 80], loss: 0.2, seed: 7 });
 * const mina = createCall({ room: "standup", signaling });
 * const jun = createCall({ room: "standup", signaling });
 */
export function memorySignaling(options: MemorySignalingOptions = {}): MemorySignaling {
  const { delay = 0, loss = 0, duplicate = 0, reorder = 0, seed = 1 } = options;
  const [shortest, longest] = typeof delay === "number" ? [delay, delay] : delay;
  // Two generators, so that who comes and goes does not shift the faults of the packets.
  const [random, presenceRandom] = [mulberry32(seed), mulberry32(seed + 1)];
  const stays = new Set<Stay>();
  const offline = new Set<string>();
  let log: LoggedPacket[] = [];

  const drawDelay = (draw: () => number) => shortest + draw() * (longest - shortest);
  const find = (room: string, id: string) =>
    [...stays].find((stay) => stay.room === room && stay.peer.id === id);

  const peersFor = (self: Stay) =>
    [...stays]
      .filter((stay) => stay.connected && stay.room === self.room && stay !== self)
      .map((stay) => clone(stay.peer))
      .toSorted(byJoinTime);

  /** Whatever is still on its way to a peer that has gone goes nowhere. */
  const arrive = (stay: Stay, ms: number, task: () => void) =>
    setTimeout(() => {
      if (stay.connected && stays.has(stay)) task();
    }, ms);

  /** The list is made on arrival, not on departure, so that a late one never undoes a newer one. */
  function announce(room: string): void {
    for (const stay of stays) {
      if (stay.room !== room) continue;
      arrive(stay, drawDelay(presenceRandom), () => stay.joining.onPeers(peersFor(stay)));
    }
  }

  function carry(from: Stay, to: string, message: SignalMessage): void {
    const packet = clone(message);
    log.push({ from: from.peer.id, to, message: clone(message), at: Date.now() });
    // Everything is drawn for every packet, so that one knob does not shift what another draws.
    const lost = random() < loss;
    const doubled = random() < duplicate;
    const held = random() < reorder;
    const first = drawDelay(random) + (held ? longest + HOLD : 0);
    const second = drawDelay(random) + longest + HOLD;
    const target = find(from.room, to);
    if (lost || !target?.connected || target === from) return;
    const sender = from.peer.id;
    for (const ms of doubled ? [first, second] : [first])
      arrive(target, ms, () => target.joining.onMessage(sender, clone(packet)));
  }

  function assertReachable(stay: Stay): void {
    if (!stays.has(stay)) throw abortedError("The stay in the room");
    if (!stay.connected) throw unreachable();
  }

  function setConnected(id: string, connected: boolean): void {
    if (connected) offline.delete(id);
    else offline.add(id);
    for (const stay of stays) {
      if (stay.peer.id !== id || stay.connected === connected) continue;
      stay.connected = connected;
      stay.joining.onStatus(connected ? "connected" : "disconnected");
      announce(stay.room);
    }
  }

  async function join(joining: JoinOptions): Promise<SignalingSession> {
    const { room, self, signal } = joining;
    if (signal.aborted) throw abortedError("Joining");
    await new Promise<void>((resolve) => {
      signal.addEventListener("abort", () => resolve(), { once: true });
      after(signal, drawDelay(presenceRandom), resolve);
    });
    if (signal.aborted) throw abortedError("Joining");
    if (offline.has(self.id)) throw unreachable();
    if (find(room, self.id)) {
      const message = `The id "${self.id}" is in the room already. Use another for each stay.`;
      throw new CallError("signaling-denied", message);
    }
    const stay: Stay = { joining, room, peer: clone(self), connected: true };
    const leave = () => {
      signal.removeEventListener("abort", leave);
      if (stays.delete(stay)) announce(room);
    };
    signal.addEventListener("abort", leave, { once: true });
    // The others are told before this one is added: it gets its own list here, at once.
    announce(room);
    stays.add(stay);
    joining.onStatus("connected");
    joining.onPeers(peersFor(stay));
    return {
      async send(to, message) {
        assertReachable(stay);
        packetText(message);
        carry(stay, to, message);
      },
      async update(next) {
        assertReachable(stay);
        stay.peer = { ...clone(next), id: self.id };
        announce(room);
      },
      leave: async () => leave(),
    };
  }

  return {
    join,
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

function unreachable(): CallError {
  return new CallError("signaling-unavailable", "This peer is off the network; reconnect() it.");
}

/** A small seeded generator of numbers from 0 to 1 (Tommy Ettinger's mulberry32, public domain). */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
