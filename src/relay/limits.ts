import type { ConnectionLimits } from "./relay-connection.ts";
import type { RoomLimits } from "./rooms.ts";

/** The limits of one relay. */
export interface RelayLimits extends ConnectionLimits, RoomLimits {
  /** Connections at a time. Default 10,000. */
  connections: number;
  /** Connections from one address at a time; all clients behind a proxy share its address. Default 1,000. */
  connectionsPerAddress: number;
}

/** The limits of a relay without options. */
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
