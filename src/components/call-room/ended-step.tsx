"use client";
import { useId, type RefCallback } from "react";
import type { Call } from "../../core/call/call.ts";
import { useMessages } from "../i18n/messages-context.tsx";

interface EndedStepProps {
  call: Call;
  /** `room` is empty, so joining fails. */
  lacksRoom: boolean | undefined;
  /** For the element that receives the focus. */
  landingRef: RefCallback<HTMLElement>;
  join: () => Promise<void>;
}

/** Shows why the call has ended, and a button to join again where that can help. */
export function EndedStep({
  call: { status, error },
  lacksRoom,
  landingRef,
  join,
}: EndedStepProps) {
  const texts = useMessages();
  const id = useId();
  const left = status === "left" && !lacksRoom;
  const code = lacksRoom ? "room-invalid" : error?.code;
  return (
    <div data-twocan="call-room-page">
      <p id={id} data-twocan="call-room-text" role={left ? undefined : "alert"}>
        {left ? texts.left : code ? texts.errors[code] : texts.failed}
      </p>
      {code === "room-invalid" ? (
        // Joining again would fail again. The detail is for the developer of the application.
        isDevelopment() && (
          <p data-twocan="call-room-detail">{error?.message ?? EMPTY_ROOM_MESSAGE}</p>
        )
      ) : (
        <button
          ref={landingRef}
          type="button"
          data-twocan="call-room-button"
          aria-describedby={id}
          onClick={() => void join()}
        >
          {left ? texts.callRoom.rejoin : texts.callRoom.again}
        </button>
      )}
    </div>
  );
}

/** Bundlers replace `process.env.NODE_ENV`. A page without a bundler has no `process`. */
function isDevelopment(): boolean {
  try {
    return process.env.NODE_ENV !== "production";
  } catch {
    return false;
  }
}

const EMPTY_ROOM_MESSAGE =
  "The `room` of <CallRoom> is empty, so there is no call to join. Pass a room name. If it comes from the URL, for example `location.hash.slice(1)`, put a name from `createRoomId()` there first.";
