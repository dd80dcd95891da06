"use client";
/** Owns `useHandshakeTimeline`: the handshake of one connection as lines to show, live or from a file. */
import { useState } from "react";
import type { Participant } from "../../core/call/participants.ts";
import type { RecordedTrace } from "../../core/call/recorded-trace.ts";
import type { ConnectionStats, StatsSource } from "../../core/stats/connection-stats.ts";
import { createStore, type Store } from "../../core/lib/store.ts";
import type { HandshakeEvent } from "../../core/stats/handshake-trace.ts";
import { useConnectionStats } from "../../react/use-connection-stats.ts";
import { useHandshake } from "../../react/use-handshake.ts";
import { timelineOf, until, type Timeline } from "./timeline-of.ts";

/** What has handshakes: a call, a peer connection, or anything else with a `trace`. */
export interface TimelineSubject {
  readonly trace: Store<readonly HandshakeEvent[]>;
  /** Of a call. */
  readonly participants?: readonly Participant[] | undefined;
  /** Of a peer connection. */
  readonly status?: string | undefined;
  readonly connection?: StatsSource | undefined;
}

/** What to show. */
export interface HandshakeTimelineOptions {
  /** A call or a peer connection, as it happens. */
  subject?: TimelineSubject | undefined;
  /** A record, in place of a `subject`. */
  trace?: RecordedTrace | undefined;
  /** Whose connection: the other peer's id. Default: what was chosen, at first somebody in the call. */
  peer?: string | undefined;
  /** Show only the first `upTo` events; above 1,000, those until then in ms since 1970. */
  upTo?: number | undefined;
}

/** A handshake to show, in one's own markup or with `HandshakeTimeline`. */
export interface HandshakeTimelineState extends Timeline {
  /** Whose connections there are to choose from. */
  readonly peers: readonly { readonly id: string; readonly name: string | undefined }[];
  /** The one shown; undefined while there is none. */
  readonly peer: string | undefined;
  choose(peer: string): void;
  /** What came of it; undefined until both sides have agreed. `connected` where the route is not known. */
  readonly result:
    | "connecting"
    | "connected"
    | "failed"
    | NonNullable<ConnectionStats["route"]>
    | undefined;
  /** Time goes on: what is waited for is waited for now. */
  readonly live: boolean;
}

const NOTHING: Store<readonly HandshakeEvent[]> = createStore<readonly HandshakeEvent[]>([]);

/**
 * The thirteen steps of one connection, each with what is known of it. Renders with each step and
 * every two seconds with the statistics; the call around it does not.
 *
 * @example
 * const { rounds } = useHandshakeTimeline({ subject: call });
 * const waiting = rounds.at(-1)?.rows.find(({ state }) => state === "waiting");
 */
export function useHandshakeTimeline({
  subject,
  trace,
  peer: given,
  upTo,
}: HandshakeTimelineOptions): HandshakeTimelineState {
  const [chosen, choose] = useState<string>();
  const happening = useHandshake({ trace: subject?.trace ?? NOTHING });
  const events = trace?.events ?? happening;
  const people: readonly Person[] = trace?.connections ?? subject?.participants ?? NOBODY;
  const peers = [...new Set(events.map(({ peer }) => peer))].map((id) => ({
    id,
    name: people.find((person) => idOf(person) === id)?.name,
  }));
  const present = peers.find(({ id }) => people.some((person) => idOf(person) === id)) ?? peers[0];
  const peer = given ?? (peers.find(({ id }) => id === chosen) ?? present)?.id;

  // A peer connection is its own and only person; a record has its route written down.
  const person: Person | undefined =
    trace || subject?.participants ? people.find((one) => idOf(one) === peer) : subject;
  const measured = useConnectionStats({ connection: person?.connection });
  const route = person?.route ?? measured.route;
  const whole = upTo === undefined || until(events, upTo).length === events.length;
  const status = whole ? person?.status : undefined;
  const over = status === "failed" || status === "closed" || (subject?.participants && !person);
  const timeline = timelineOf(events, { peer, upTo, connected: status === "connected" });
  return {
    ...timeline,
    peers,
    peer,
    choose,
    result: resultOf(status, route, timeline.agreed),
    live: !trace && upTo === undefined && !over,
  };
}

/** Whoever the connection is with: a participant, a line of a record, or a peer connection. */
interface Person {
  readonly id?: string;
  readonly peer?: string;
  readonly name?: string | undefined;
  readonly status?: string | undefined;
  readonly route?: ConnectionStats["route"];
  readonly connection?: StatsSource | undefined;
}

const NOBODY: readonly Person[] = [];

const idOf = (person: Person) => person.id ?? person.peer;

function resultOf(
  status: string | undefined,
  route: ConnectionStats["route"],
  agreed: boolean,
): HandshakeTimelineState["result"] {
  if (status === "failed") return "failed";
  if (!agreed || status === undefined || status === "closed") return undefined;
  return status === "connected" ? (route ?? "connected") : "connecting";
}
