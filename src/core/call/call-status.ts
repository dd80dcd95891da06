import { CallError } from "../lib/errors.ts";
import type { RemoteParticipant } from "../transport/transport.ts";

/** The state of a call, apart from its connections. */
export type CallPhase = "idle" | "joining" | "joined" | "left" | "failed";

/** The state of a call. In a room, it is the best state among its connections. */
export type CallStatus =
  /** Not joined yet. */
  | "idle"
  /** `join()` is running, or waits for its next attempt. */
  | "joining"
  /** In the room, with no other participant. */
  | "waiting"
  /** In the room; the first connection is being established. */
  | "connecting"
  /** Connected to at least one participant. */
  | "connected"
  /** A lost connection is being repaired; or no other participant is present and the backend is unreachable. */
  | "reconnecting"
  /** Left by `leave()`, or because the last component that used the call has unmounted. */
  | "left"
  /** Joining failed, the session has ended, or no participant could be connected. See `error`. */
  | "failed";

/** The status of a call, with its error. Narrows by `status`: a failed call has an error. */
export type CallOutcome =
  | { readonly status: "failed"; readonly error: CallError }
  | { readonly status: Exclude<CallStatus, "failed">; readonly error: CallError | undefined };

/** Returns the status of a call. With one other participant, it is that connection's. */
export function callStatus(
  phase: CallPhase,
  signaling: "connected" | "disconnected",
  participants: readonly RemoteParticipant["status"][],
): CallStatus {
  if (phase !== "joined") return phase;
  if (participants.includes("connected")) return "connected";
  if (participants.includes("reconnecting")) return "reconnecting";
  if (participants.includes("connecting")) return "connecting";
  if (participants.includes("failed")) return "failed";
  return signaling === "connected" ? "waiting" : "reconnecting";
}

/** Pairs a status with what is wrong now. */
export function callOutcome(status: CallStatus, error: CallError | undefined): CallOutcome {
  return status === "failed" ? { status, error: error ?? CONNECTION_FAILED } : { status, error };
}

/** For a transport that does not say why a connection failed. */
const CONNECTION_FAILED = new CallError(
  "ice-failed",
  "Could not connect to the remote participant. Add a TURN server to `iceServers`; many networks block direct connections.",
);
