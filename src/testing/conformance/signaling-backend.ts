import type { SignalMessage, Signaling } from "../../core/signaling/signaling.ts";

/** The promises of the signaling contract: the columns of the table. One or more checks prove each. */
export const PROMISES = {
  delivery: "Packets arrive complete; through the reliable channel, once and in order",
  privacy: "Packets reach their recipient only, and are not echoed to the sender",
  sender: "The backend verifies the sender of a packet",
  presence: "Every peer lists all other peers in the room, with name and metadata",
  leaving: "A peer that leaves is removed from the roster and receives nothing more",
  vanishing: "A peer that crashes is removed from the roster in time",
  aborting: "Aborting `join()` leaves nothing open",
  reconnect: "A session reconnects by itself",
  size: "The longest allowed packet is delivered, and a longer one is rejected",
  tabs: "Two tabs of one user are two peers",
  names: "Room names and ids with special characters are safe",
  garbage: "Malformed data is dropped",
  rooms: "Many rooms stay separate",
  cleanup: "Nothing stays open after all peers have left",
} as const;

/** The name of a promise of the signaling contract. */
export type SignalingPromise = keyof typeof PROMISES;

/** The limits of a backend. The suite expects everything that is not declared here. */
export interface SignalingCapabilities {
  /** How the backend detects presence, in a few words for the table. @default "by the backend" */
  presence?: string | undefined;
  /** The time in ms for which a crashed peer may stay in the roster. @default 15_000 */
  vanishesWithin?: number | undefined;
  /** The number of peers that fit in a room, if fewer than four. Checks that need more are left out. @default Infinity */
  peers?: number | undefined;
  /**
   * Whether the first roster may contain a peer that has not joined yet, as with `manualSignaling()`.
   * Two such peers cannot join at the same moment.
   *
   * @default false
   */
  awaits?: boolean | undefined;
  /** The promises that the backend does not keep, each with a reason of a few words for the table. */
  lacks?: Partial<Record<SignalingPromise, string>> | undefined;
}

/** One client of the backend, with its own network connection. */
export interface SignalingClient {
  /** The adapter under test. */
  signaling: Signaling;
  /** Cuts the network connection, as a pulled cable does. Required for the promise `reconnect`. */
  disconnect?(): void | Promise<void>;
  /** Restores the network connection. Required for `reconnect`. */
  reconnect?(): void | Promise<void>;
  /** Ends the client without leaving, as a crash does. Required for `vanishing`. */
  vanish?(): void | Promise<void>;
}

/** A backend that the factory creates for one check. */
export interface SignalingBackend {
  /**
   * Returns the signaling of one client. All clients may share one signaling, except a client with
   * `troubled: true`: the check disconnects or crashes it, so it needs its own network connection.
   */
  peer(options: {
    troubled: boolean;
  }): Signaling | SignalingClient | Promise<Signaling | SignalingClient>;
  /** Returns the name of an unused room, if the backend issues room names. @default A random name. */
  room?(): string | Promise<string>;
  /** Counts what is open or stored in the backend: connections, locks, documents. Required for `cleanup`. */
  open?(): number | Promise<number>;
  /** Writes malformed data to every place that the peer reads from, as a raw client can. Required for `garbage`. */
  garbage?(target: { room: string; id: string }): void | Promise<void>;
  /**
   * Tries to send a packet with the sender `from`, through a raw client of another user. Resolves even
   * if the backend rejects it. Required for `sender`.
   */
  forge?(packet: {
    room: string;
    from: string;
    to: string;
    message: SignalMessage;
  }): void | Promise<void>;
  /** Stops the backend after the check. */
  close?(): void | Promise<void>;
}

/** Creates a fresh backend. Called once for each check. */
export type SignalingFactory = () => SignalingBackend | Promise<SignalingBackend>;
