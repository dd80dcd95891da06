/** Owns a call: who is in the room, one peer for each of them, and what they see of this page. */
import type { CallError } from "./errors.ts";
import type { LocalMedia } from "./media.ts";
import type { Signaling } from "./signaling.ts";
import type { Store } from "./store.ts";
import type { HandshakeEvent } from "./trace.ts";

/** What a call needs. */
export interface CallOptions {
  room: string;
  media?: LocalMedia | MediaStream | undefined;
  /** The name the others see; at most 80 characters. */
  name?: string | undefined;
  metadata?: Readonly<Record<string, string>> | undefined;
  /** Default: Firestore of the app's default Firebase app, loaded on demand (in React only). */
  signaling?: Signaling | undefined;
  /** STUN and TURN servers, or a function that fetches them anew for each connection. Default: none. */
  iceServers?: RTCIceServer[] | (() => Promise<RTCIceServer[]>) | undefined;
  /** `"relay"` hides this page's addresses from the others; needs a TURN server. */
  iceTransportPolicy?: RTCIceTransportPolicy | undefined;
  /** Join as soon as somebody holds the call (a hook mounts). Default `true`. */
  autoJoin?: boolean | undefined;
}

/** A call at one moment, and its verbs. An immutable snapshot. */
export interface Call {
  readonly status:
    | "idle"
    | "joining"
    | "waiting"
    | "connecting"
    | "connected"
    | "reconnecting"
    | "left"
    | "failed";
  readonly self: Participant;
  /** The others, in order of joining. */
  readonly participants: readonly Participant[];
  readonly error: CallError | undefined;
  join(): Promise<void>;
  leave(): Promise<void>;
  /** The handshakes of every connection of this call, watched apart so that they re-render nothing else. */
  readonly trace: Store<readonly HandshakeEvent[]>;
}

/** Somebody in a call. An immutable snapshot, the same object until something in it changes. */
export interface Participant {
  readonly id: string;
  readonly name: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
  readonly isSelf: boolean;
  readonly status: "connecting" | "connected" | "reconnecting" | "failed";
  /** Camera and microphone; one identity while it is the same connection. */
  readonly stream: MediaStream | undefined;
  /** The shared screen, while there is one. */
  readonly screen: MediaStream | undefined;
  /** Whether the person has switched the microphone on, by their own word. */
  readonly microphone: boolean;
  /** Whether the person has switched the camera on, by their own word. */
  readonly camera: boolean;
}
