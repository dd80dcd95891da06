"use client";
/** Owns what a screen reader says of a call. */
import { forwardRef, type ComponentPropsWithoutRef } from "react";
import type { Call } from "../../core/call/call.ts";
import { useAnnouncements, type AnnouncementOptions } from "./use-announcements.ts";

/** Props of {@link CallAnnouncer}: these, and those of an `output`. */
export interface CallAnnouncerProps
  extends ComponentPropsWithoutRef<"output">, AnnouncementOptions {
  /** Default: that of the nearest `CallProvider`. */
  call?: Call | undefined;
}

/**
 * Says to those who hear the page who joins, leaves, shares or is muted, and when a connection is
 * lost; nothing to see. One in a call is enough: `VideoGrid` and the other layouts bring theirs.
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
