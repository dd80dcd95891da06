/** Owns all limits of a relay, and what they are where nothing else is said. */
import type { ConnectionLimits } from "./relay-connection.ts";
import type { RoomLimits } from "./rooms.ts";

/** What one relay takes on. */
export interface RelayLimits extends ConnectionLimits, RoomLimits {
  /** How many connections there are at a time. Default 10,000. */
  connections: number;
  /** How many of them come from one address; a proxy in front is one address, too. Default 1,000. */
  connectionsPerAddress: number;
}

/** What a relay takes on where nothing else is said. */
export const DEFAULT_LIMITS: Readonly<RelayLimits> = {
  connections: 10_000,
  connectionsPerAddress: 1_000,
  rooms: 10_000,
  peersPerRoom: 64,
  listsPerSecond: 4_000_000,
  burst: 200,
  perSecond: 100,
  strikes: 10,
  heartbeat: 7_000,
  absence: 90_000,
};
