import { clone } from "../../core/lib/clone.ts";
import { toCallError } from "../../core/lib/errors.ts";
import type {
  JoinOptions,
  PeerInfo,
  SignalMessage,
  Signaling,
  SignalingSession,
} from "../../core/signaling/signaling.ts";

/** One recorded event between a call and its backend. */
export type RecordedEvent = RecordedWhen &
  /** `join()` was called. */
  (
    | { readonly event: "join"; readonly self: PeerInfo }
    /** `join()` resolved, with this id. */
    | { readonly event: "joined"; readonly id: string }
    /** `join()` rejected. */
    | { readonly event: "refused"; readonly error: RecordedError }
    /** `onPeers` was called. */
    | { readonly event: "peers"; readonly peers: readonly PeerInfo[] }
    /** `onMessage` was called. */
    | { readonly event: "received"; readonly from: string; readonly packet: SignalMessage }
    /** `send()` was called; with the error if it rejected. */
    | {
        readonly event: "sent";
        readonly to: string;
        readonly packet: SignalMessage;
        readonly error?: RecordedError;
      }
    /** `update()` was called; with the error if it rejected. */
    | { readonly event: "updated"; readonly self: PeerInfo; readonly error?: RecordedError }
    /** `onStatus` was called. */
    | { readonly event: "status"; readonly status: "connected" | "disconnected" }
    /** `onError` was called. */
    | { readonly event: "error"; readonly error: RecordedError }
    /** `leave()` was called. */
    | { readonly event: "left" }
  );

/** The time and the session of an event. */
export interface RecordedWhen {
  /** The time in ms since the start of the recording. */
  readonly at: number;
  /** The number of the session. Each `join()` through the same wrapper starts the next one: 0, 1, … */
  readonly stay: number;
}

/** A `CallError` without its cause. */
export interface RecordedError {
  /** The code of the error. */
  readonly code: string;
  /** The message of the error. */
  readonly message: string;
}

/** All recorded events in order. It can be serialized as JSON. */
export interface Recording {
  /** The version of the format. */
  readonly version: 1;
  /** The start of the recording in ms since 1970. */
  readonly started: number;
  /** The recorded events. */
  readonly events: readonly RecordedEvent[];
}

/** A signaling that records its events. */
export interface RecorderSignaling extends Signaling {
  /** Returns a copy of the recording so far. */
  recording(): Recording;
}

/** The content of a recording of {@link withRecorder}. */
export interface RecorderOptions {
  /** Whether to record IP addresses of descriptions and candidates; otherwise they are replaced by `192.0.2.1` (RFC 5737). @default false */
  addresses?: boolean | undefined;
}

type NewEvent = RecordedEvent extends infer Event
  ? Event extends RecordedEvent
    ? Omit<Event, keyof RecordedWhen>
    : never
  : never;

/**
 * Records all calls and callbacks of a signaling, so that {@link replay} can turn a call into a test. The
 * recording contains names and metadata of participants. It does not contain the name of the room, IP
 * addresses (unless `addresses` is true), or data that peers send to each other directly.
 *
 * @example
 * const signaling = withRecorder(firestoreSignaling());
 * const call = createCall({ room, signaling });
 * // … after the failure
 * const file = JSON.stringify(signaling.recording());
 */
export function withRecorder(
  signaling: Signaling,
  { addresses = false }: RecorderOptions = {},
): RecorderSignaling {
  const started = Date.now();
  const events: RecordedEvent[] = [];
  let sessions = 0;

  async function join(joining: JoinOptions): Promise<SignalingSession> {
    const stay = sessions;
    sessions += 1;
    /** Records a copy, because the caller may change the object later. */
    const record = (event: NewEvent) => {
      const at = Date.now() - started;
      events.push({ ...copyOf(event, addresses), at, stay });
    };
    /** Records the event at once, and adds the error if the call rejects later. */
    async function attempt(event: NewEvent, act: Promise<void>): Promise<void> {
      record(event);
      const at = events.length - 1;
      try {
        await act;
      } catch (cause) {
        Object.assign(events[at]!, { error: described(cause) });
        throw cause;
      }
    }

    record({ event: "join", self: joining.self });
    try {
      const session = await signaling.join({
        ...joining,
        onPeers(peers) {
          record({ event: "peers", peers });
          joining.onPeers(peers);
        },
        onMessage(from, packet) {
          record({ event: "received", from, packet });
          joining.onMessage(from, packet);
        },
        onStatus(status) {
          record({ event: "status", status });
          joining.onStatus(status);
        },
        onError(error) {
          record({ event: "error", error: described(error) });
          joining.onError(error);
        },
      });
      record({ event: "joined", id: session.id ?? joining.self.id });
      return {
        ...session,
        // A swap changes it.
        get presence() {
          return session.presence;
        },
        send: (to, packet) => attempt({ event: "sent", to, packet }, session.send(to, packet)),
        update: (self) => attempt({ event: "updated", self }, session.update(self)),
        async leave() {
          record({ event: "left" });
          await session.leave();
        },
      };
    } catch (cause) {
      record({ event: "refused", error: described(cause) });
      throw cause;
    }
  }

  return {
    join,
    recording: () => ({ version: 1, started, events: clone(events) }),
  };
}

/** A documentation address (RFC 5737). */
const REPLACEMENT = "192.0.2.1";

function described(cause: unknown): RecordedError {
  const { code, message } = toCallError(cause, "signaling-unavailable", String(cause));
  return { code, message };
}

/** A JSON copy, without addresses unless they are requested. */
function copyOf<T extends NewEvent>(event: T, addresses: boolean): T {
  const hide = (_: string, value: unknown) =>
    typeof value === "string" && !addresses ? withoutAddresses(value) : value;
  return JSON.parse(JSON.stringify(event), hide) as T;
}

/** Replaces the addresses in descriptions (RFC 8866, section 5.7) and candidates (RFC 8839, section 5.1). */
function withoutAddresses(text: string): string {
  return text
    .replaceAll(/(?<=candidate:\S+ \d+ \S+ \d+ | raddr )\S+/g, REPLACEMENT)
    .replaceAll(/IN IP[46] \S+/g, `IN IP4 ${REPLACEMENT}`);
}
