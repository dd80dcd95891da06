"use client";
import { forwardRef, useEffect, useId, useState, type ComponentPropsWithoutRef } from "react";
import type { RecordedTrace } from "../../core/call/recorded-trace.ts";
import type { HandshakeStep } from "../../core/stats/handshake-trace.ts";
import { useMessages } from "../i18n/messages-context.tsx";
import type { Messages } from "../i18n/messages.ts";
import type { TimelineRound, TimelineRow } from "./timeline-of.ts";
import { useHandshakeTimeline, type TimelineSubject } from "./use-handshake-timeline.ts";

/** Requires a `subject` or a `trace`. Accepts the props of a `section`, too. */
export interface HandshakeTimelineProps extends ComponentPropsWithoutRef<"section"> {
  /** A live call or peer connection. */
  subject?: TimelineSubject | undefined;
  /** A recorded trace, shown instead of a `subject`. */
  trace?: RecordedTrace | undefined;
  /**
   * The id of the remote peer.
   *
   * @default the peer that the user selects from a list
   */
  peer?: string | undefined;
  /** Shows only the first events, up to this number. */
  maxEvents?: number | undefined;
  /** Shows only the events until this time, in ms since 1970. */
  until?: number | undefined;
}

/** The API of the browser or of signaling that each step calls. */
const CALLS: Record<HandshakeStep, string> = {
  1: "getUserMedia",
  2: "new RTCPeerConnection",
  3: "createOffer",
  4: "setLocalDescription",
  5: "icecandidate",
  6: "send",
  7: "setRemoteDescription",
  8: "addTrack",
  9: "createAnswer",
  10: "setLocalDescription",
  11: "send",
  12: "onMessage",
  13: "setRemoteDescription",
};
/** The message that a step sends to the other peer. */
const ARROWS: Partial<Record<HandshakeStep, "offer" | "answer" | "candidates">> = {
  5: "candidates",
  6: "offer",
  11: "answer",
};

/**
 * Shows how a connection is set up: the thirteen steps of both peers, when each happened, how long it
 * took, and which one the others wait for. A step of the remote peer is shown as done once a later
 * step proves it.
 *
 * State: `data-result` on the whole (`connecting`, `connected`, `direct`, `stun`, `relay`,
 * `failed`); on each round `data-kind`; on each line `data-step`, `data-name`, `data-side` and
 * `data-state` (`done`, `inferred`, `waiting`, `pending`).
 *
 * @example
 * <HandshakeTimeline subject={call} />
 */
export const HandshakeTimeline = forwardRef<HTMLElement, HandshakeTimelineProps>(
  function HandshakeTimeline({ subject, trace, peer, maxEvents, until, children, ...props }, ref) {
    const messages = useMessages();
    const timeline = useHandshakeTimeline({ subject, trace, peer, maxEvents, until });
    const { rounds, peers, result } = timeline;
    const names = new Map(
      peers.map(({ id, name }, index) => [id, name ?? `${messages.nameless} ${index + 1}`]),
    );
    const alone = peers.length < 2 && peers[0]?.name === undefined;
    const other = alone ? undefined : names.get(timeline.peer ?? "");
    return (
      <section
        aria-label={messages.timeline.title}
        {...props}
        ref={ref}
        data-twocan="handshake-timeline"
        data-result={result}
      >
        {peer === undefined && peers.length > 1 && (
          <label data-twocan="timeline-choice">
            {messages.timeline.choose}
            <select
              data-twocan="field"
              value={timeline.peer}
              onChange={(event) => timeline.choose(event.target.value)}
            >
              {[...names].map(([id, name]) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))}
            </select>
          </label>
        )}
        {rounds.map((round, index) => (
          <Round
            // oxlint-disable-next-line react/no-array-index-key -- rounds are only appended
            key={index}
            round={round}
            other={other}
            since={trace || timeline.live ? timeline.since : undefined}
            until={trace?.at}
          />
        ))}
        {result && (
          <p data-twocan="timeline-result" data-result={result}>
            {messages.timeline.result[result]}
          </p>
        )}
        {children}
      </section>
    );
  },
);

interface RoundProps {
  round: TimelineRound;
  /** The name of the remote peer, if it is known. */
  other: string | undefined;
  /** When the wait began, in ms since 1970; undefined if the wait is not measured. */
  since: number | undefined;
  /** When the record ends, in ms since 1970; undefined if it is live. */
  until: number | undefined;
}

function Round({ round: { kind, round, at, you, rows }, other, since, until }: RoundProps) {
  const messages = useMessages();
  const texts = messages.timeline;
  const id = useId();
  const sideText = (side: TimelineRow["side"]) =>
    side === you ? messages.self(texts[side]) : texts[side];
  return (
    <div data-twocan="timeline-round" data-kind={kind}>
      <p id={id} data-twocan="timeline-caption">
        {messages.list(
          [texts.round(round), texts.rounds[kind]].concat(
            at > 0 ? texts.at(texts.duration(at)) : [],
          ),
        )}
      </p>
      <div data-twocan="timeline-sides" aria-hidden="true">
        {(["caller", "callee"] as const).map((side) => (
          <span key={side} data-side={side}>
            <b>{sideText(side)}</b> {you && side !== you && other && <bdi>{other}</bdi>}
          </span>
        ))}
      </div>
      {/* Safari removes the list role from a list without markers. */}
      {/* oxlint-disable-next-line jsx-a11y/no-redundant-roles */}
      <ol role="list" data-twocan="timeline-steps" aria-labelledby={id}>
        {rows.map((row, index) => {
          const { step, name, side, state } = row;
          const arrow = step && ARROWS[step];
          return (
            <li
              key={step ?? `${name}-${index}`}
              value={step}
              data-twocan="timeline-step"
              data-step={step}
              data-name={name}
              data-side={side}
              data-state={state}
            >
              <span data-twocan="timeline-mark">{step}</span>
              <span data-twocan="timeline-text">
                <span data-twocan="timeline-side">{sideText(side)}</span> <b>{texts.names[name]}</b>{" "}
                {step && <code dir="ltr">{CALLS[step]}</code>}{" "}
                <small>
                  {timesOf(row, messages, side !== you)}
                  {state === "waiting" && <Waiting since={since} until={until} />}
                </small>
              </span>
              {arrow && (
                <span data-twocan="timeline-arrow" data-arrow={arrow} aria-hidden="true">
                  {texts[arrow]}
                </span>
              )}
            </li>
          );
        })}
      </ol>
    </div>
  );
}

/** Updates once a second while it is mounted, without a render of the timeline. */
function Waiting({ since, until }: Pick<RoundProps, "since" | "until">) {
  const { timeline } = useMessages();
  const [now, setNow] = useState(since);
  useEffect(() => {
    if (since === undefined || until !== undefined) return;
    const timer = setInterval(() => setNow(performance.timeOrigin + performance.now()), 1_000);
    return () => clearInterval(timer);
  }, [since, until]);
  const waited = since === undefined ? 0 : (until ?? now ?? 0) - since;
  return <>{timeline.waiting(Math.max(0, Math.floor(waited / 1_000)))}</>;
}

function timesOf({ state, at, took }: TimelineRow, { timeline, list }: Messages, theirs: boolean) {
  if (state === "pending") return timeline.pending;
  if (state === "inferred") return theirs && timeline.inferred;
  if (at === undefined) return undefined;
  const parts = [timeline.at(timeline.duration(at))];
  if (took !== undefined) parts.push(timeline.after(timeline.duration(took)));
  return list(parts);
}
