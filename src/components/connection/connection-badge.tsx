"use client";
import { forwardRef, useCallback, useRef, type ComponentPropsWithoutRef } from "react";
import type { Participant } from "../../core/call/participants.ts";
import { useMessages } from "../i18n/messages-context.tsx";
import { useConnectionBadge } from "./use-connection-badge.ts";

/** Accepts the props of a `div`, too. */
export interface ConnectionBadgeProps extends ComponentPropsWithoutRef<"div"> {
  /** Whose connection to show. Nothing is rendered for the local participant. */
  participant: Participant;
}

/**
 * Shows the quality of the connection to a participant as a word and bars. The button opens a list
 * with the route, the delay and the packet loss.
 *
 * State: `data-quality` (`good`, `fair`, `poor`, `connected` until measured, `connecting`,
 * `reconnecting`, `failed`) and `data-route` (`direct`, `stun`, `relay`).
 */
export const ConnectionBadge = forwardRef<HTMLDivElement, ConnectionBadgeProps>(
  function ConnectionBadge({ participant, children, ...props }, ref) {
    const { badge, list } = useMessages();
    const { quality, route, text, figures } = useConnectionBadge(participant);
    const button = useRef<HTMLButtonElement>(null);
    // The button is mounted first, so it is there when React calls this ref. A ref and no effect,
    // because both elements come and go with `isSelf` while the component stays.
    const details = useCallback((element: HTMLDListElement | null) => {
      // Not as an attribute: its name differs between React 18 and 19.
      if (button.current && element) button.current.popoverTargetElement = element;
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
