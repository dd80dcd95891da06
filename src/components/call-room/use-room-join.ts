"use client";
import { useEffect, useRef, useState } from "react";
import type { Call } from "../../core/call/call.ts";
import type { LocalMedia } from "../../core/media/local-media.ts";
import { roomStep } from "./room-step.ts";
import { useActivityVisibility } from "./use-activity-visibility.ts";

interface RoomJoinOptions {
  /** Joins again when a hidden `<Activity>` is shown again: only a call that the room has created leaves with it. */
  rejoins: boolean;
  /** The room has created the media, so it stops and starts them with the call. */
  ownsMedia: boolean | undefined;
}

interface RoomJoin {
  /** An attempt to join is under way. Its intermediate statuses, such as `left`, are not shown. */
  readonly joining: boolean;
  /** Never rejects: `call.error` keeps the failure. */
  join(): Promise<void>;
}

/** Joins the call, first and again, as one step of the room. */
export function useRoomJoin(
  call: Call,
  media: LocalMedia,
  { rejoins, ownsMedia }: RoomJoinOptions,
): RoomJoin {
  const { status, participants } = call;
  const [joining, setJoining] = useState(false);
  /** The media were on when the call ended, and are started with the next join. */
  const restartsMedia = useRef(false);
  const wasInCall = useRef(false);

  const left = status === "left" && !joining;
  useEffect(() => {
    if (!left || !ownsMedia || media.status === "idle") return;
    // The light of the camera must go out with the call.
    restartsMedia.current = true;
    media.stop();
  }, [left, ownsMedia, media]);

  const join = async () => {
    setJoining(true);
    try {
      // Started before joining, so that remote peers see the camera from the beginning.
      if (restartsMedia.current) await media.start().catch(noop);
      restartsMedia.current = false;
      // With participants the call is still in its room, where join() does nothing: leave first.
      if (status === "failed" && participants.length > 0) await call.leave();
      await call.join();
    } catch {
      // `call.error` keeps it, and the room shows it.
    } finally {
      setJoining(false);
    }
  };

  useActivityVisibility(
    () => {
      wasInCall.current = rejoins && (joining || roomStep(call, true) === "call");
      restartsMedia.current ||= wasInCall.current && ownsMedia === true && media.status !== "idle";
      // Set while hidden, so that the room does not show the step `left` for a moment when it returns.
      if (wasInCall.current) setJoining(true);
    },
    () => {
      if (wasInCall.current) void join();
    },
  );
  return { joining, join };
}

/** Calls `onJoin` each time the call enters its room. */
export function useOnJoin({ signaling }: Call, onJoin: (() => void) | undefined): void {
  const isIn = signaling !== undefined;
  const wasIn = useRef(isIn);
  useEffect(() => {
    if (isIn && !wasIn.current) onJoin?.();
    wasIn.current = isIn;
  }, [isIn, onJoin]);
}

/** The media keep the error. */
const noop = () => undefined;
