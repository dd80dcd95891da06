import type { CallError } from "../lib/errors.ts";
import type { Metadata } from "../lib/register.ts";
import type { LocalMedia } from "../media/local-media.ts";
import type { IceServers } from "../peer/ice-servers.ts";
import type { Signaling } from "../signaling/signaling.ts";
import type { Transport } from "../transport/transport.ts";

/** The room, the media and the connection settings of a call. */
export interface CallOptions {
  /** 1 to 256 characters, at most 1,500 bytes percent-encoded; not `.`, `..` or `__…__`. */
  room: string;
  /**
   * The media to send: the snapshot of a {@link LocalMedia}, or a stream of the application. Changes of the
   * stream (a track added, removed, disabled or stopped) take effect within half a second, or at once
   * with the next `configure()` (a render of `useCall`).
   */
  media?: LocalMedia | MediaStream | undefined;
  /** The name that the other participants see. It is cut to 80 UTF-16 code units, between two characters. */
  name?: string | undefined;
  /**
   * Data of the application about this participant, which the others see: an object of strings, at
   * most 1,800 characters as JSON. Its type can be declared once, see `Register`.
   */
  metadata?: Metadata | undefined;
  /**
   * Each `join()` uses the newest signaling; a call in a room keeps the one it joined with. If the
   * first automatic join fails with `no-signaling` and another signaling is given afterwards, the call
   * joins with it, once.
   *
   * @default Firestore of the app's default Firebase app, loaded on demand (in React only)
   */
  signaling?: Signaling | undefined;
  /**
   * Connects to the other participants in place of a mesh over `signaling`. Each `join()` uses the
   * newest transport.
   *
   * @default peer connections to each participant, negotiated over `signaling`
   * @experimental
   */
  transport?: Transport | undefined;
  /**
   * STUN and TURN servers, or a function that fetches them. STUN finds the public address of this
   * browser for a direct connection; TURN relays the media where no direct connection is possible.
   * Without TURN, participants in many company and mobile networks fail to connect (`ice-failed`).
   *
   * The function runs for each connection and each ICE restart, so that TURN credentials are fresh;
   * connections that start at the same moment share one answer. If it fails, or takes longer than
   * 4 s, it runs once more; then the call goes on with its last answer or the default, and `onError`
   * reports `ice-servers-invalid`. A list that the browser refuses makes `join()` reject with that code.
   *
   * `[]` uses no server: enough within one local network.
   *
   * @default DEFAULT_ICE_SERVERS (public STUN servers, no TURN)
   */
  iceServers?: IceServers | undefined;
  /** `"relay"` hides the addresses of this browser from the other participants; it needs a TURN server. */
  iceTransportPolicy?: RTCIceTransportPolicy | undefined;
  /**
   * Joins as soon as the call is retained (a hook mounts).
   *
   * @default true
   */
  autoJoin?: boolean | undefined;
  /**
   * Called with each error as it happens; `Call.error` has only what is wrong now. May change on every
   * render. If it throws, the error is reported as uncaught and the call goes on.
   *
   * @default prints on the console in development
   */
  onError?: ((error: CallError) => void) | undefined;
}

/** The settings that may change while a call runs. */
export type CallSettings = Omit<CallOptions, "room" | "autoJoin">;
