import type { PeerStatus } from "../peer/peer-status.ts";

/** Where a call stands with its room. */
export type CallPhase = "idle" | "joining" | "joined" | "left" | "failed";

/** The states of a call, in our words. */
export type CallStatus =
  | "idle"
  | "joining"
  | "waiting"
  | "connecting"
  | "connected"
  | "reconnecting"
  | "left"
  | "failed";

/** The status of a call: of its best connection, because with one other person there it is a call. */
export function callStatus(
  phase: CallPhase,
  signaling: "connected" | "disconnected",
  participants: readonly Exclude<PeerStatus, "new" | "closed">[],
): CallStatus {
  if (phase !== "joined") return phase;
  if (participants.includes("connected")) return "connected";
  if (participants.includes("reconnecting")) return "reconnecting";
  if (participants.includes("connecting")) return "connecting";
  if (participants.includes("failed")) return "failed";
  return signaling === "connected" ? "waiting" : "reconnecting";
}
