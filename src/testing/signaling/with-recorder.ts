/** Owns `withRecorder`: what passes between a call and its backend, written down as JSON. */
import { clone } from "../../core/lib/clone.ts";
import { toCallError } from "../../core/lib/errors.ts";
import type {
  JoinOptions,
  PeerInfo,
  SignalMessage,
  Signaling,
  SignalingSession,
} from "../../core/signaling/signaling.ts";

/** Something that passed. */
export type RecordedEvent = RecordedWhen &
  (
    | { readonly event: "join"; readonly self: PeerInfo }
    /** The backend let it in, by that id. */
    | { readonly event: "joined"; readonly id: string }
    | { readonly event: "refused"; readonly error: RecordedError }
    | { readonly event: "peers"; readonly peers: readonly PeerInfo[] }
    | { readonly event: "received"; readonly from: string; readonly packet: SignalMessage }
    /** With an error where the backend did not take it. */
    | {
        readonly event: "sent";
        readonly to: string;
        readonly packet: SignalMessage;
        readonly error?: RecordedError;
      }
    | { readonly event: "updated"; readonly self: PeerInfo; readonly error?: RecordedError }
    | { readonly event: "status"; readonly status: "connected" | "disconnected" }
    | { readonly event: "error"; readonly error: RecordedError }
    | { readonly event: "left" }
  );

/** When, and in which stay. */
export interface RecordedWhen {
  /** In ms since the recording began. */
  readonly at: number;
  /** Each joining through the same wrapper begins another: 0, 1, … */
  readonly stay: number;
}

/** A `CallError` without its cause. */
export interface RecordedError {
  readonly code: string;
  readonly message: string;
}

/** Everything that passed, in order. `JSON.stringify` writes it, and `JSON.parse` reads it. */
export interface Recording {
  readonly version: 1;
  /** When the wrapper was made, in ms since 1970. */
  readonly started: number;
  readonly events: readonly RecordedEvent[];
}

/** What {@link withRecorder} returns. */
export interface RecorderSignaling extends Signaling {
  /** What has passed so far. */
  recording(): Recording;
}

/** Options of {@link withRecorder}. */
export interface RecorderOptions {
  /** Keep IP addresses in descriptions and candidates. Default `false`: they are `192.0.2.1` (RFC 5737). */
  addresses?: boolean | undefined;
}

type Happening = RecordedEvent extends infer Event
  ? Event extends RecordedEvent
    ? Omit<Event, keyof RecordedWhen>
    : never
  : never;

/**
 * Wraps a signaling in a recorder. It writes down what the backend says and what the call says to
 * it; never the name of a room, and no address unless asked. Names and metadata of people are in
 * it, and what travels between the peers directly is not: the backend never sees that.
 *
 * @example
 * const signaling = withRecorder(firestoreSignaling());
 * const call = createCall({ room, signaling });
 * // … what went wrong has gone wrong
 * const file = JSON.stringify(signaling.recording());
 */
export function withRecorder(
  signaling: Signaling,
  { addresses = false }: RecorderOptions = {},
): RecorderSignaling {
  const started = Date.now();
  const events: RecordedEvent[] = [];
  let stays = 0;

  async function join(joining: JoinOptions): Promise<SignalingSession> {
    const stay = stays;
    stays += 1;
    /** As it is now, because whoever said it may change it later. */
    const note = (happening: Happening) => {
      const at = Date.now() - started;
      events.push({ ...written(happening, addresses), at, stay });
    };
    /** Written down when it happens; what the backend says to it later is put beside. */
    async function attempt(happening: Happening, act: Promise<void>): Promise<void> {
      note(happening);
      const at = events.length - 1;
      try {
        await act;
      } catch (cause) {
        Object.assign(events[at]!, { error: described(cause) });
        throw cause;
      }
    }

    note({ event: "join", self: joining.self });
    try {
      const session = await signaling.join({
        ...joining,
        onPeers(peers) {
          note({ event: "peers", peers });
          joining.onPeers(peers);
        },
        onMessage(from, packet) {
          note({ event: "received", from, packet });
          joining.onMessage(from, packet);
        },
        onStatus(status) {
          note({ event: "status", status });
          joining.onStatus(status);
        },
        onError(error) {
          note({ event: "error", error: described(error) });
          joining.onError(error);
        },
      });
      note({ event: "joined", id: session.id ?? joining.self.id });
      return {
        ...session,
        // A swap changes it.
        get presence() {
          return session.presence;
        },
        send: (to, packet) => attempt({ event: "sent", to, packet }, session.send(to, packet)),
        update: (self) => attempt({ event: "updated", self }, session.update(self)),
        async leave() {
          note({ event: "left" });
          await session.leave();
        },
      };
    } catch (cause) {
      note({ event: "refused", error: described(cause) });
      throw cause;
    }
  }

  return {
    join,
    recording: () => ({ version: 1, started, events: clone(events) }),
  };
}

/** An address that is nobody's (RFC 5737). */
const NOBODY = "192.0.2.1";

function described(cause: unknown): RecordedError {
  const { code, message } = toCallError(cause, "signaling-unavailable", String(cause));
  return { code, message };
}

/** A copy as JSON; addresses only where they are wanted. */
function written<T extends Happening>(happening: T, addresses: boolean): T {
  const hide = (_: string, value: unknown) =>
    typeof value === "string" && !addresses ? withoutAddresses(value) : value;
  return JSON.parse(JSON.stringify(happening), hide) as T;
}

/** Where descriptions (RFC 8866, section 5.7) and candidates (RFC 8839, section 5.1) have them. */
function withoutAddresses(text: string): string {
  return text
    .replaceAll(/(?<=candidate:\S+ \d+ \S+ \d+ | raddr )\S+/g, NOBODY)
    .replaceAll(/IN IP[46] \S+/g, `IN IP4 ${NOBODY}`);
}
