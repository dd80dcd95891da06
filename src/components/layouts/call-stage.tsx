"use client";
/** Owns what every layout of a call has in common: the region, the note for who is alone, the sound. Not exported from the package. */
import { forwardRef, type ComponentPropsWithoutRef, type ReactNode } from "react";
import type { Call } from "../../core/call/call.ts";
import { useCurrentCall } from "../../react/call-provider.tsx";
import { CallAudio } from "../audio/call-audio.tsx";
import { CallAnnouncer } from "../call-room/call-announcer.tsx";
import { useMessages } from "../i18n/messages-context.tsx";
import type { Messages } from "../i18n/messages.ts";

/** What the layouts let an application set: these, and the props of a `section`. */
export interface CallStageProps extends ComponentPropsWithoutRef<"section"> {
  /** Default: that of the nearest `CallProvider`. */
  call?: Call | undefined;
  /** Play the voices too, through an `CallAudio` of its own. Default `true`. */
  audio?: boolean | undefined;
  /** Shows this page's own camera like a mirror. Default: unless it is a rear camera. */
  mirrored?: boolean | undefined;
}

interface OwnProps extends Omit<CallStageProps, "mirrored"> {
  /** The layout's name, for `data-twocan`. */
  layout: string;
  /** The tiles. `children` are the application's and come last. */
  stage: ReactNode;
}

/** A labelled region that holds the tiles, and tells somebody who sees nobody else why. */
export const CallStage = forwardRef<HTMLElement, OwnProps>(function CallStage(
  { call: given, audio = true, layout, stage, children, ...props },
  ref,
) {
  const call = useCurrentCall(given);
  const messages = useMessages();
  return (
    <section
      aria-label={messages.participants}
      {...props}
      ref={ref}
      data-twocan={layout}
      data-layout=""
      data-status={call.status}
    >
      {stage}
      {/* Always there, and filled when there is something to say: else nothing is read aloud. */}
      <output data-twocan="call-note">{noteOn(call, messages)}</output>
      {audio && <CallAnnouncer call={call} />}
      {audio && <CallAudio call={call} />}
      {children}
    </section>
  );
});

/** What to tell somebody who sees nobody else. */
function noteOn(call: Call, texts: Messages): string | undefined {
  if (call.status === "failed") return call.error ? texts.errors[call.error.code] : texts.failed;
  if (call.status === "left") return texts.left;
  if (call.participants.length > 0) return undefined;
  if (call.status === "joining") return texts.joining;
  if (call.status === "reconnecting") return texts.reconnecting;
  return call.status === "idle" ? undefined : texts.waiting;
}
