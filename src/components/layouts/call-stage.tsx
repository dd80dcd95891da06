"use client";
import { forwardRef, type ComponentPropsWithoutRef, type ReactNode } from "react";
import type { Call } from "../../core/call/call.ts";
import { useCurrentCall } from "../../react/call-provider.tsx";
import { CallAudio } from "../audio/call-audio.tsx";
import { CallAnnouncer } from "../call-room/call-announcer.tsx";
import { useMessages } from "../i18n/messages-context.tsx";
import type { Messages } from "../i18n/messages.ts";

/** Configures a layout. Accepts the props of a `section`, too. */
export interface CallStageProps extends ComponentPropsWithoutRef<"section"> {
  /** @default the call of the nearest `CallProvider` */
  call?: Call | undefined;
  /**
   * Plays and announces the call, with a `CallAudio` and a `CallAnnouncer`. Set it to `false` if you
   * render them yourself.
   *
   * @default true
   */
  audio?: boolean | undefined;
  /**
   * Mirrors the local camera.
   *
   * @default true unless it is a rear camera
   */
  mirrored?: boolean | undefined;
}

interface StageProps extends Omit<CallStageProps, "mirrored"> {
  /** The value of `data-twocan`. */
  layout: string;
  /** The tiles. `children` are those of the application, rendered last. */
  stage: ReactNode;
}

/** Renders the region that all layouts share: the tiles, a note while no remote participant is shown, and the sound. */
export const CallStage = forwardRef<HTMLElement, StageProps>(function CallStage(
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
      {/* Always mounted: not all screen readers announce a live region that is mounted with its text. */}
      <output data-twocan="call-note">{noteOn(call, messages)}</output>
      {audio && <CallAnnouncer call={call} />}
      {audio && <CallAudio call={call} />}
      {children}
    </section>
  );
});

/** Explains why no remote participant is shown. */
function noteOn(call: Call, texts: Messages): string | undefined {
  if (call.status === "failed") return call.error ? texts.errors[call.error.code] : texts.failed;
  if (call.status === "left") return texts.left;
  if (call.participants.length > 0) return undefined;
  if (call.status === "joining") return texts.joining;
  if (call.status === "reconnecting") return texts.reconnecting;
  return call.status === "idle" ? undefined : texts.waiting;
}
