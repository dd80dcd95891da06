"use client";
/** Owns `useConnectionBadge`: how well somebody is connected, in words. */
import type { Participant } from "../../core/call/participants.ts";
import type { ConnectionStats } from "../../core/stats/connection-stats.ts";
import { useConnectionStats } from "../../react/use-connection-stats.ts";
import { useMessages } from "../i18n/messages-context.tsx";

/** How well somebody is connected. */
export interface ConnectionBadgeState {
  /** The measured quality, or the status where there is none. */
  readonly quality: NonNullable<ConnectionStats["quality"]> | Participant["status"];
  readonly route: ConnectionStats["route"];
  /** The word for `quality`. */
  readonly text: string;
  /** Names and values: the route, the delay there and back, what is lost of what is sent. */
  readonly figures: readonly (readonly [name: string, value: string])[];
}

/**
 * How well somebody is connected. Renders its component every two seconds at most.
 *
 * @example
 * const { quality, text } = useConnectionBadge(participant);
 */
export function useConnectionBadge(participant: Participant): ConnectionBadgeState {
  const { badge, connecting, reconnecting, failed, left } = useMessages();
  const stats = useConnectionStats(participant);
  const { status } = participant;
  // Old figures say nothing about a connection that is lost.
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
