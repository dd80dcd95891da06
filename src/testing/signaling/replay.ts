import { CallError, type CallErrorCode } from "../../core/lib/errors.ts";
import { abortedError, after, abortable } from "../../core/lib/abort.ts";
import type {
  JoinOptions,
  PeerInfo,
  SignalMessage,
  Signaling,
  SignalingSession,
} from "../../core/signaling/signaling.ts";
import type { RecordedError, RecordedEvent, Recording } from "./with-recorder.ts";

/** The session and the speed of a {@link replay}. */
export interface ReplayOptions {
  /** The number of the recorded session that the first `join()` replays. Each further one replays the next. @default 0 */
  stay?: number | undefined;
  /** The speed relative to the recording. `Infinity` waits for packets of the call only, so intermediate states may be skipped. @default 1 */
  speed?: number | undefined;
}

/** A signaling that replays a recording. */
export interface Replay extends Signaling {
  /** The events of the current session that have not been replayed. Before the first `join()`: those of the first session. */
  readonly remaining: readonly RecordedEvent[];
}

/** The events that the recorded call caused itself. They are not replayed. */
const OWN = new Set<RecordedEvent["event"]>(["join", "sent", "updated", "left"]);

/**
 * Replays the backend and the remote peers of a recording, so that a recorded call becomes a test:
 * rosters, packets, statuses and errors, at their recorded times.
 *
 * The call gets its recorded id, the `joinedAt` of remote peers is shifted by the start of the call, and
 * packets are addressed to its reliable channels. A packet for a channel that has not sent anything
 * waits until it does; if it never does, the packet stays in `remaining`.
 *
 * Only what passed the backend is replayed. The keys of the recorded connections no longer exist, so no
 * connection is established: remote participants are listed with name, camera and microphone, are
 * `connecting`, and finally `failed`. Messages of the control channel are missing as well. Assert on
 * participants, errors and the status of the backend. For calls that connect, use `createFakeNetwork`
 * of `twocan/fake-webrtc`.
 *
 * @example
 * const signaling = replay(JSON.parse(file), { speed: Infinity });
 * const call = createCall({ room: "any", signaling });
 * call.retain();
 * await expect.poll(() => signaling.remaining).toEqual([]);
 * expect(call.getSnapshot().participants.map(({ name }) => name)).toEqual(["Jun"]);
 */
export function replay(recording: Recording, { stay = 0, speed = 1 }: ReplayOptions = {}): Replay {
  let next = stay;
  const replayable = (of: number) =>
    recording.events.filter((event) => event.stay === of && !OWN.has(event.event));
  let remaining: readonly RecordedEvent[] = replayable(stay);

  async function join(joining: JoinOptions): Promise<SignalingSession> {
    const first = recording.events.find((event) => event.stay === next);
    if (first?.event !== "join") throw endOfRecording();
    remaining = replayable(next);
    next += 1;
    const scope = new AbortController();
    const { signal } = scope;
    const leave = () => scope.abort(abortedError("The replay"));
    if (joining.signal.aborted) leave();
    joining.signal.addEventListener("abort", leave, { signal });
    const { at: began } = first;
    const shift = (joining.self.joinedAt ?? 0) - (first.self.joinedAt ?? 0);
    const channels = createChannelStates(signal);
    let reachable = true;

    async function replayEvents(onJoined: (id: string) => void): Promise<void> {
      let at = began;
      for (const event of remaining) {
        // oxlint-disable-next-line no-await-in-loop -- one event after the other
        await pause(signal, (event.at - at) / speed);
        ({ at } = event);
        // oxlint-disable-next-line no-await-in-loop
        const packet = event.event === "received" && (await channels.address(event));
        remaining = remaining.slice(1);
        if (packet) joining.onMessage(event.from, packet);
        if (event.event === "peers")
          joining.onPeers(event.peers.map((peer) => shifted(peer, shift)));
        if (event.event === "error") joining.onError(errorOf(event.error));
        if (event.event === "joined") onJoined(event.id);
        if (event.event === "refused") throw errorOf(event.error);
        if (event.event !== "status") continue;
        reachable = event.status === "connected";
        joining.onStatus(event.status);
      }
      throw endOfRecording();
    }

    // An error after the session has started concerns no caller: the promise has settled.
    const id = await new Promise<string>((resolve, reject) => {
      replayEvents(resolve).catch(reject);
    });
    const assertReachable = () => {
      if (!reachable)
        throw new CallError(
          "signaling-unavailable",
          "The backend was unreachable at this point of the recording.",
        );
    };
    return {
      id,
      async send(to, packet) {
        assertReachable();
        channels.sent(to, packet);
      },
      update: async () => assertReachable(),
      leave: async () => leave(),
    };
  }

  return {
    join,
    get remaining() {
      return remaining;
    },
  };
}

/**
 * Follows the packets that the replayed call sends. A packet to it carries the epoch of the recipient and
 * acknowledges its messages (docs/PROTOCOL.md), and both differ from the recording.
 */
function createChannelStates(signal: AbortSignal) {
  const states = new Map<string, { epoch: unknown; last: number }>();
  const waiting = new Map<string, () => void>();
  return {
    sent(to: string, { s, m }: SignalMessage): void {
      const numbers = (m as readonly [number, unknown][]).map(([number]) => number);
      states.set(to, { epoch: s, last: Math.max(states.get(to)?.last ?? -1, ...numbers) });
      waiting.get(to)?.();
      waiting.delete(to);
    },
    async address(event: { from: string; packet: SignalMessage }): Promise<SignalMessage> {
      const { from, packet } = event;
      if (packet["r"] === 0) return packet;
      if (!states.has(from)) {
        const sent = new Promise<void>((resolve) => void waiting.set(from, resolve));
        await abortable(signal, sent);
      }
      const { epoch: r, last } = states.get(from)!;
      return { ...packet, r, a: Math.min(Number(packet["a"]), last) };
    },
  };
}

function shifted({ joinedAt, ...peer }: PeerInfo, by: number): PeerInfo {
  return { ...peer, ...(joinedAt !== undefined && { joinedAt: joinedAt + by }) };
}

/** Waits for `ms`, or not at all if it is 0. Rejects when the signal is aborted. */
async function pause(signal: AbortSignal, ms: number): Promise<void> {
  const elapsed = new Promise<void>((resolve) => {
    if (ms > 0) after(signal, ms, resolve);
    else resolve();
  });
  await abortable(signal, elapsed);
}

function errorOf({ code, message }: RecordedError): CallError {
  return new CallError(code as CallErrorCode, message);
}

function endOfRecording(): CallError {
  return new CallError(
    "signaling-unavailable",
    "The recording has no further events. Record a longer session, or choose another one with `stay`.",
  );
}
