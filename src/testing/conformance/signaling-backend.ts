/** Owns what the conformance suite asks of whoever brings an adapter: a backend to try, and what it can do. */
import type { SignalMessage, Signaling } from "../../core/signaling/signaling.ts";

/** What the suite proves, each by one check or several; the columns of its table. */
export const PROMISES = {
  delivery: "Packets arrive whole; with the link above them, once and in order",
  privacy: "No echo, and nobody else hears",
  sender: "The backend vouches for the sender",
  presence: "Everyone sees everyone present, and what they are called",
  leaving: "Who leaves is gone, and hears nothing more",
  vanishing: "Who vanishes without a word is gone in time",
  aborting: "Leaving while joining leaves nothing",
  reconnect: "Comes back by itself",
  size: "The longest packet passes, a longer one is refused",
  tabs: "Two tabs of one person are two peers",
  names: "Takes no harm from names that mean something elsewhere",
  garbage: "Drops what does not fit, and goes on",
  rooms: "Keeps many rooms apart",
  cleanup: "Leaves nothing behind",
} as const;

/** One of the promises of the signaling contract. */
export type SignalingPromise = keyof typeof PROMISES;

/** What a backend can do. Everything is expected that is not declared otherwise. */
export interface SignalingCapabilities {
  /** How it knows who is there, in a few words for the table. Default "by the backend". */
  presence?: string | undefined;
  /** How long after a peer vanished it may still be listed, in ms. Default 15,000. */
  vanishesWithin?: number | undefined;
  /** How many fit in a room, if fewer than four: checks that need more people are left out. */
  peers?: number | undefined;
  /**
   * The first list may name somebody who has not come yet and is waited for, and two such peers
   * cannot join at the same moment (`manual`). Default false.
   */
  awaits?: boolean | undefined;
  /** The promises that it does not keep, each with the reason, in a few words for the table. */
  lacks?: Partial<Record<SignalingPromise, string>> | undefined;
}

/** One peer's own way to the backend. */
export interface SignalingClient {
  signaling: Signaling;
  /** Takes the way away, as a pulled cable does; needed for the promise `reconnect`. */
  disconnect?(): void | Promise<void>;
  /** Gives it back. */
  reconnect?(): void | Promise<void>;
  /** Ends this peer without a word, as a crash does; needed for `vanishing`. */
  vanish?(): void | Promise<void>;
}

/** A backend for one check. */
export interface SignalingBackend {
  /**
   * What one peer is given; the same signaling may serve all. `troubled`: this one is going to be
   * disconnected or to vanish, so it needs a way of its own.
   */
  peer(options: {
    troubled: boolean;
  }): Signaling | SignalingClient | Promise<Signaling | SignalingClient>;
  /** The name of a room that nobody uses, where the backend has a say in it. Default: made up. */
  room?(): string | Promise<string>;
  /** How much is open or stored, seen from outside: connections, locks, documents. Needed for `cleanup`. */
  open?(): number | Promise<number>;
  /** Writes what does not fit to where that peer listens, in every way that a raw client can. Needed for `garbage`. */
  garbage?(target: { room: string; id: string }): void | Promise<void>;
  /**
   * Tries to send a packet in the name of `from`, as a raw client of somebody else. Resolves also
   * where the backend refuses. Needed for `sender`.
   */
  forge?(packet: {
    room: string;
    from: string;
    to: string;
    message: SignalMessage;
  }): void | Promise<void>;
  close?(): void | Promise<void>;
}

/** Makes a backend that nobody has used. Called once for each check. */
export type SignalingFactory = () => SignalingBackend | Promise<SignalingBackend>;
