import type { Call } from "../../core/call/call.ts";

/** The step that a `CallRoom` shows: `data-step`. */
export type RoomStep = "pre-join" | "call" | "left" | "failed";

/** How a `CallRoom` arranges the tiles: `data-view`. */
export type RoomView = "one-to-one" | "grid" | "speaker";

/** Returns the step that follows from the status of the call. */
export function roomStep({ status, participants }: Call, preJoin: boolean | undefined): RoomStep {
  if (status === "idle" && preJoin) return "pre-join";
  if (status === "left") return "left";
  // With unreachable participants the call is still in its room, and reachable ones may join.
  return status === "failed" && participants.length === 0 ? "failed" : "call";
}

/** Returns the view for a requested layout. */
export function roomView(
  { participants }: Call,
  requested: "auto" | Exclude<RoomView, "one-to-one">,
): RoomView {
  if (requested !== "auto") return requested;
  if (participants.length > 4 || participants.some(({ screen }) => screen)) return "speaker";
  return participants.length < 2 ? "one-to-one" : "grid";
}
