"use client";
/** Owns the plain layout of a call: a tile for everybody, and one for each shared screen. */
import { forwardRef, type ComponentPropsWithoutRef } from "react";
import type { Call } from "../core/call.ts";
import type { Participant } from "../core/participants.ts";
import { AudioOutlet } from "./audio-outlet.tsx";
import { useMessages } from "./messages-context.tsx";
import type { Messages } from "./messages.ts";
import { VideoTile } from "./video-tile.tsx";

/** Props of {@link VideoGrid}: these, and those of a `section`. */
export interface VideoGridProps extends ComponentPropsWithoutRef<"section"> {
  call: Call;
  /** Play the voices too, through an `AudioOutlet` of its own. Default `true`. */
  audio?: boolean;
}

/**
 * Everybody in a call, oneself last. Fills a container that has a height, else takes what it needs.
 *
 * State: `data-status` of the call, `data-people` and `data-screens` (how many tiles of each).
 *
 * @example
 * <VideoGrid call={call} />
 */
export const VideoGrid = forwardRef<HTMLElement, VideoGridProps>(function VideoGrid(
  { call, audio = true, children, ...props },
  ref,
) {
  const messages = useMessages();
  const people = [...call.participants, call.self];
  const screens = people.filter((person) => person.screen !== undefined);

  return (
    <section
      aria-label={messages.participants}
      {...props}
      ref={ref}
      data-twocan="video-grid"
      data-status={call.status}
      data-people={people.length}
      data-screens={screens.length}
    >
      <div data-twocan="video-grid-stage">
        {/* Two boxes, so that a screen that comes or goes moves no camera tile in the document. */}
        {screens.length > 0 && (
          <div data-twocan="video-grid-screens">
            {screens.map((person) => (
              <VideoTile key={keyOf(person)} participant={person} source="screen" />
            ))}
          </div>
        )}
        <div data-twocan="video-grid-people">
          {people.map((person) => (
            <VideoTile key={keyOf(person)} participant={person} />
          ))}
        </div>
      </div>
      {/* Always there, and filled when there is something to say: else nothing is read aloud. */}
      <output data-twocan="video-grid-note">{noteOn(call, messages)}</output>
      {audio && <AudioOutlet call={call} />}
      {children}
    </section>
  );
});

/** The own tile stays the same element when joining brings an id. */
const keyOf = (person: Participant) => (person.isSelf ? "self" : person.id);

/** What to tell somebody who sees nobody else. */
function noteOn(call: Call, texts: Messages): string | undefined {
  if (call.status === "failed") return call.error ? texts.errors[call.error.code] : texts.failed;
  if (call.status === "left") return texts.left;
  if (call.participants.length > 0) return undefined;
  if (call.status === "joining") return texts.joining;
  if (call.status === "reconnecting") return texts.reconnecting;
  return call.status === "idle" ? undefined : texts.waiting;
}
