"use client";
import type { Participant } from "../../core/call/participants.ts";
import type { ConnectionStats } from "../../core/stats/connection-stats.ts";
import { useConnectionStats } from "../../react/use-connection-stats.ts";
import { useMessages } from "../i18n/messages-context.tsx";

/** The connection to one participant, in words and figures. */
export interface ConnectionBadgeState {
  /** The measured quality, or the status of the participant until the connection is measured. */
  readonly quality: NonNullable<ConnectionStats["quality"]> | Participant["status"];
  /** The measured route; undefined until measured. */
  readonly route: ConnectionStats["route"];
  /** `quality` in the language of the page. */
  readonly text: string;
  /** Names and values for a list of details: quality, route, round-trip time, packet loss. */
  readonly figures: readonly (readonly [name: string, value: string])[];
}

/**
 * Describes the connection to a participant in words. Renders its component once every two seconds
 * at most.
 *
 * @example
 * const { quality, text } = useConnectionBadge(participant);
 */
export function useConnectionBadge(participant: Participant): ConnectionBadgeState {
  const { badge, connecting, reconnecting, failed, left } = useMessages();
  const stats = useConnectionStats(participant);
  const { status } = participant;
  // The last figures do not describe a connection that is down.
  const measured = status === "connected" ? stats : undefined;
  const { quality = status, route, roundTripTime, packetLoss } = measured ?? {};
  const words = {
    ...badge.quality,
    connected: badge.connected,
    connecting,
    reconnecting,
    failed,
    disconnected: left,
  };
  const figures: [string, string][] = [[badge.label, words[quality]]];
  if (route) figures.push([badge.route, badge.routes[route]]);
  if (roundTripTime !== undefined)
    figures.push([badge.delay, `${Math.round(roundTripTime * 1_000)} ms`]);
  if (packetLoss !== undefined)
    figures.push([badge.loss, `${Math.round(packetLoss * 1_000) / 10} %`]);
  return { quality, route, text: words[quality], figures };
}
