"use client";
import { forwardRef, type ComponentPropsWithoutRef } from "react";
import type { Call } from "../../core/call/call.ts";
import { useAnnouncements, type AnnouncementOptions } from "./use-announcements.ts";

/** Accepts the props of an `output`, too. */
export interface CallAnnouncerProps
  extends ComponentPropsWithoutRef<"output">, AnnouncementOptions {
  /** @default the call of the nearest `CallProvider` */
  call?: Call | undefined;
}

/**
 * Announces to screen readers who joins, leaves, shares a screen or mutes, and when a connection is
 * lost. Visually hidden. A call needs one announcer: `VideoGrid` and the other layouts include it.
 * Built on {@link useAnnouncements}.
 */
export const CallAnnouncer = forwardRef<HTMLOutputElement, CallAnnouncerProps>(
  function CallAnnouncer({ call, trouble, children, ...props }, ref) {
    const text = useAnnouncements(call, { trouble });
    return (
      <output {...props} ref={ref} data-twocan="call-announcer">
        {text}
        {children}
      </output>
    );
  },
);
