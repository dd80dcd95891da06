/** Owns `replay`: a signaling that says once more what a recorded backend and the others said. */
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

/** Options of {@link replay}. */
export interface ReplayOptions {
  /** The stay that the first joining plays; each further one plays the next. Default 0. */
  stay?: number | undefined;
  /** How much faster than it was. Default 1. With `Infinity`, which waits for nothing but the call, steps in between may not show. */
  speed?: number | undefined;
}

/** What {@link replay} returns. */
export interface Replay extends Signaling {
  /** What is still to be told, of the stay that is being played, was last, or will be first. */
  readonly remaining: readonly RecordedEvent[];
}

/** What the call did itself: it is the other side that is played. */
const OWN = new Set<RecordedEvent["event"]>(["join", "sent", "updated", "left"]);

/**
 * Plays the other side of a recording: who came and went, what they said, how the backend was. A
 * recorded call replays as a test; put the file beside it.
 *
 * The call gets the recorded id, the others' moments of joining move with its own, and packets are
 * addressed to its links: all that the signaling and the link see is as it was. A packet to
 * a link that has said nothing yet waits until it does; if it never does, `remaining` tells.
 *
 * What cannot be replayed is what never passed a backend. No key of a recorded connection exists any
 * more, so a connection (a browser's or a played one) does not come up: the others are in the list,
 * with their names and their words about camera and microphone, `connecting` and in the end `failed`.
 * Nor does what the peers told each other directly. Assert on people, errors and the backend's
 * status; for whole calls that connect, use `createFakeNetwork`.
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
  const tellable = (of: number) =>
    recording.events.filter((event) => event.stay === of && !OWN.has(event.event));
  let remaining: readonly RecordedEvent[] = tellable(stay);

  async function join(joining: JoinOptions): Promise<SignalingSession> {
    const first = recording.events.find((event) => event.stay === next);
    if (first?.event !== "join") throw atTheEnd();
    remaining = tellable(next);
    next += 1;
    const scope = new AbortController();
    const { signal } = scope;
    const leave = () => scope.abort(abortedError("The replay"));
    if (joining.signal.aborted) leave();
    joining.signal.addEventListener("abort", leave, { signal });
    const { at: began } = first;
    const later = (joining.self.joinedAt ?? 0) - (first.self.joinedAt ?? 0);
    const ears = createEars(signal);
    let reachable = true;

    async function tell(onJoined: (id: string) => void): Promise<void> {
      let at = began;
      for (const event of remaining) {
        // oxlint-disable-next-line no-await-in-loop -- one thing after the other
        await pause(signal, (event.at - at) / speed);
        ({ at } = event);
        // oxlint-disable-next-line no-await-in-loop
        const packet = event.event === "received" && (await ears.addressed(event));
        remaining = remaining.slice(1);
        if (packet) joining.onMessage(event.from, packet);
        if (event.event === "peers") joining.onPeers(event.peers.map((peer) => moved(peer, later)));
        if (event.event === "error") joining.onError(errorOf(event.error));
        if (event.event === "joined") onJoined(event.id);
        if (event.event === "refused") throw errorOf(event.error);
        if (event.event !== "status") continue;
        reachable = event.status === "connected";
        joining.onStatus(event.status);
      }
      throw atTheEnd();
    }

    // What it ends with matters to whoever is not in yet.
    const id = await new Promise<string>((resolve, reject) => {
      tell(resolve).catch(reject);
    });
    const assertReachable = () => {
      if (!reachable) throw new CallError("signaling-unavailable", "As it was in the recording.");
    };
    return {
      id,
      async send(to, packet) {
        assertReachable();
        ears.hear(to, packet);
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
 * Knows what the replayed call has said, because what is said to it is addressed: packets carry the
 * number of the receiver's stay, and how many of its messages have arrived (docs/PROTOCOL.md).
 */
function createEars(signal: AbortSignal) {
  const heard = new Map<string, { stay: unknown; last: number }>();
  const waiting = new Map<string, () => void>();
  return {
    hear(to: string, { s, m }: SignalMessage): void {
      const numbers = (m as readonly [number, unknown][]).map(([number]) => number);
      heard.set(to, { stay: s, last: Math.max(heard.get(to)?.last ?? -1, ...numbers) });
      waiting.get(to)?.();
      waiting.delete(to);
    },
    async addressed(event: { from: string; packet: SignalMessage }): Promise<SignalMessage> {
      const { from, packet } = event;
      if (packet["r"] === 0) return packet;
      if (!heard.has(from)) {
        const spoken = new Promise<void>((resolve) => void waiting.set(from, resolve));
        await abortable(signal, spoken);
      }
      const { stay: r, last } = heard.get(from)!;
      return { ...packet, r, a: Math.min(Number(packet["a"]), last) };
    },
  };
}

function moved({ joinedAt, ...peer }: PeerInfo, by: number): PeerInfo {
  return { ...peer, ...(joinedAt !== undefined && { joinedAt: joinedAt + by }) };
}

/** Rejects when the scope ends; takes no time where there is none to take. */
async function pause(signal: AbortSignal, ms: number): Promise<void> {
  const over = new Promise<void>((resolve) => {
    if (ms > 0) after(signal, ms, resolve);
    else resolve();
  });
  await abortable(signal, over);
}

function errorOf({ code, message }: RecordedError): CallError {
  return new CallError(code as CallErrorCode, message);
}

function atTheEnd(): CallError {
  return new CallError(
    "signaling-unavailable",
    "The recording ends here. Record more of it, or replay another stay.",
  );
}
