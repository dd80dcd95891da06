"use client";
/** Owns the small word on how well somebody is connected, and the figures behind it. */
import { forwardRef, useEffect, useRef, type ComponentPropsWithoutRef } from "react";
import type { Participant } from "../../core/call/participants.ts";
import { useMessages } from "../i18n/messages-context.tsx";
import { useConnectionBadge } from "./use-connection-badge.ts";

/** Props of {@link ConnectionBadge}: these, and those of a `div`. */
export interface ConnectionBadgeProps extends ComponentPropsWithoutRef<"div"> {
  participant: Participant;
}

/**
 * How well somebody is connected, as a word and bars; a press shows route, delay and loss. Of oneself
 * there is nothing to show.
 *
 * State: `data-quality` (`good`, `fair`, `poor`, `connected` until measured, `connecting`,
 * `reconnecting`, `failed`) and `data-route` (`direct`, `stun`, `relay`).
 */
export const ConnectionBadge = forwardRef<HTMLDivElement, ConnectionBadgeProps>(
  function ConnectionBadge({ participant, children, ...props }, ref) {
    const { badge, list } = useMessages();
    const { quality, route, text, figures } = useConnectionBadge(participant);
    const button = useRef<HTMLButtonElement>(null);
    const details = useRef<HTMLDListElement>(null);
    useEffect(() => {
      // Not as an attribute: the name of it is another in React 18 than in 19.
      if (button.current) button.current.popoverTargetElement = details.current;
    }, []);
    if (participant.isSelf) return null;
    return (
      <div
        {...props}
        ref={ref}
        data-twocan="connection-badge"
        data-quality={quality}
        data-route={route}
      >
        <button
          ref={button}
          type="button"
          data-twocan="connection-badge-button"
          aria-label={list([badge.label, text])}
          title={route && badge.routes[route]}
        >
          <span data-twocan="connection-badge-bars" aria-hidden="true" />
          {text}
        </button>
        <dl ref={details} popover="auto" data-twocan="connection-badge-details">
          {figures.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
        {children}
      </div>
    );
  },
);
