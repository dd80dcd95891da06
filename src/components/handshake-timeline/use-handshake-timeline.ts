"use client";
import { useState } from "react";
import type { Participant } from "../../core/call/participants.ts";
import type { RecordedTrace } from "../../core/call/recorded-trace.ts";
import type { ConnectionStats, StatsSource } from "../../core/stats/connection-stats.ts";
import { createStore, type Store } from "../../core/lib/store.ts";
import type { HandshakeEvent } from "../../core/stats/handshake-trace.ts";
import { useConnectionStats } from "../../react/use-connection-stats.ts";
import { useHandshake } from "../../react/use-handshake.ts";
import { eventsIn, timelineOf, type Timeline } from "./timeline-of.ts";

/** A source of handshake events: a call, a peer connection, or another object with a `trace`. */
export interface TimelineSubject {
  readonly trace: Store<readonly HandshakeEvent[]>;
  /** The participants, if it is a call. */
  readonly participants?: readonly Participant[] | undefined;
  /** The status, if it is a peer connection. */
  readonly status?: string | undefined;
  /** The connection to measure, if it is a peer connection. */
  readonly connection?: StatsSource | undefined;
}

/** Configures {@link useHandshakeTimeline}. Requires a `subject` or a `trace`. */
export interface HandshakeTimelineOptions {
  /** A live call or peer connection. */
  subject?: TimelineSubject | undefined;
  /** A recorded trace, shown instead of a `subject`. */
  trace?: RecordedTrace | undefined;
  /**
   * The id of the remote peer.
   *
   * @default the peer that the user has selected, at first one that is in the call
   */
  peer?: string | undefined;
  /** Shows only the first events, up to this number. */
  maxEvents?: number | undefined;
  /** Shows only the events until this time, in ms since 1970. */
  until?: number | undefined;
}

/** The timeline of one connection, and the peers to select from. */
export interface HandshakeTimelineState extends Timeline {
  /** The remote peers of the record. */
  readonly peers: readonly { readonly id: string; readonly name: string | undefined }[];
  /** The id of the peer that is shown; undefined while there is none. */
  readonly peer: string | undefined;
  /** Selects another peer. */
  choose(peer: string): void;
  /**
   * The outcome; undefined until both peers have agreed.
   *
   * - `connecting`: ICE is looking for a working candidate pair
   * - `connected`: connected, and the route is not known
   * - `direct`, `stun`, `relay`: connected over this route, as in {@link ConnectionStats}
   * - `failed`: no connection could be made
   */
  readonly result:
    | "connecting"
    | "connected"
    | "failed"
    | NonNullable<ConnectionStats["route"]>
    | undefined;
  /** Whether events may still follow, so that the time of a waiting step advances. */
  readonly live: boolean;
}

const NO_EVENTS: Store<readonly HandshakeEvent[]> = createStore<readonly HandshakeEvent[]>([]);

/**
 * Returns the handshakes of one connection, step by step. Renders for each step, and every two seconds
 * for the statistics.
 *
 * @example
 * const { rounds } = useHandshakeTimeline({ subject: call });
 * const waiting = rounds.at(-1)?.rows.find(({ state }) => state === "waiting");
 */
export function useHandshakeTimeline({
  subject,
  trace,
  peer: given,
  ...range
}: HandshakeTimelineOptions): HandshakeTimelineState {
  const [chosen, choose] = useState<string>();
  const { events, remotes } = useEvents(subject, trace);
  const peers = peersOf(events, remotes);
  const peer = given ?? defaultPeer(peers, remotes, chosen);
  // A peer connection has one remote side, which is the subject itself.
  const isPeerConnection = !trace && !subject?.participants;
  const remote: Remote | undefined = isPeerConnection
    ? subject
    : remotes.find((one) => idOf(one) === peer);
  const measured = useConnectionStats({ connection: remote?.connection });

  const isWhole = eventsIn(events, range).length === events.length;
  const status = isWhole ? remote?.status : undefined;
  const timeline = timelineOf(events, { ...range, peer, connected: status === "connected" });
  const isOver = isClosed(status) || (!isPeerConnection && !remote);
  return {
    ...timeline,
    peers,
    peer,
    choose,
    // A record contains its route.
    result: resultOf(status, remote?.route ?? measured.route, timeline.agreed),
    live: !trace && !isLimited(range) && !isOver,
  };
}

/** Returns the events of a record or of a live subject, and the remote sides that they belong to. */
function useEvents(subject: TimelineSubject | undefined, trace: RecordedTrace | undefined) {
  const liveEvents = useHandshake({ trace: subject?.trace ?? NO_EVENTS });
  const remotes: readonly Remote[] = trace?.connections ?? subject?.participants ?? NO_REMOTES;
  return { events: trace?.events ?? liveEvents, remotes };
}

const isClosed = (status: string | undefined) => status === "failed" || status === "closed";

const isLimited = ({ maxEvents, until }: Pick<HandshakeTimelineOptions, "maxEvents" | "until">) =>
  maxEvents !== undefined || until !== undefined;

/** The remote side of a connection: a participant, a recorded connection, or a peer connection. */
interface Remote {
  readonly id?: string;
  readonly peer?: string;
  readonly name?: string | undefined;
  readonly status?: string | undefined;
  readonly route?: ConnectionStats["route"];
  readonly connection?: StatsSource | undefined;
}

const NO_REMOTES: readonly Remote[] = [];

const idOf = (remote: Remote) => remote.id ?? remote.peer;

function peersOf(
  events: readonly HandshakeEvent[],
  remotes: readonly Remote[],
): HandshakeTimelineState["peers"] {
  return [...new Set(events.map(({ peer }) => peer))].map((id) => ({
    id,
    name: remotes.find((remote) => idOf(remote) === id)?.name,
  }));
}

/** Returns the selected peer, otherwise one that is in the call, otherwise the first one. */
function defaultPeer(
  peers: HandshakeTimelineState["peers"],
  remotes: readonly Remote[],
  chosen: string | undefined,
): string | undefined {
  const selected = peers.find(({ id }) => id === chosen);
  const present = peers.find(({ id }) => remotes.some((remote) => idOf(remote) === id));
  return (selected ?? present ?? peers[0])?.id;
}

function resultOf(
  status: string | undefined,
  route: ConnectionStats["route"],
  agreed: boolean,
): HandshakeTimelineState["result"] {
  if (status === "failed") return "failed";
  if (!agreed || status === undefined || status === "closed") return undefined;
  return status === "connected" ? (route ?? "connected") : "connecting";
}
