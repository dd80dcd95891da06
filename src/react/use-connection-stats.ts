"use client";
import {
  connectionStats,
  type ConnectionStats,
  type StatsSource,
} from "../core/stats/connection-stats.ts";
import { useStore } from "./use-store.ts";

/**
 * Returns quality and route of the connection to a participant, or of a peer connection. Renders every
 * two seconds at most.
 *
 * @example
 * const { quality, route } = useConnectionStats(participant);
 */
export function useConnectionStats(subject: {
  readonly connection?: StatsSource | undefined;
  readonly stats?: StatsSource | undefined;
}): ConnectionStats {
  return useStore(connectionStats(subject.stats ?? subject.connection));
}
