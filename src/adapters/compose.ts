import { abortable, abortedError } from "../core/lib/abort.ts";
import { CallError, toCallError } from "../core/lib/errors.ts";
import { joinSignaling } from "../core/signaling/guarded-session.ts";
import type {
  JoinOptions,
  PeerInfo,
  SignalMessage,
  Signaling,
  SignalingSession,
  SignalingUsage,
} from "../core/signaling/signaling.ts";

/** Failures after which another backend may still work: this one is unreachable or cannot be used here. */
const TRY_NEXT = new Set(["signaling-unavailable", "no-signaling", "unsupported"]);
/** A backend that has not settled after this time is skipped. Longer than the time limit of any adapter here. */
const FALLBACK_LIMIT_MS = 25_000;

/**
 * Joins through the first of these backends that is reachable. A refusal (`signaling-denied`,
 * `room-full`) is final. Participants meet only where they reach the same backend, so this is for a
 * backend that is down for all of them, not for one that only some of them can reach. A session stays
 * on the backend it has joined. A backend that has not answered within 25 s is skipped.
 *
 * @throws {CallError} On joining: the error of the last backend, with the errors of all of them as its
 * `cause`.
 * @example
 * const signaling = fallback([firestoreSignaling(), webSocketSignaling("wss://relay.example.org")]);
 */
export function fallback(signalings: readonly Signaling[]): Signaling {
  return {
    name: "fallback()",
    async join(joining) {
      const errors: CallError[] = [];
      for (const signaling of signalings) {
        try {
          // oxlint-disable-next-line no-await-in-loop -- the next one only if this one fails
          return await joinSignaling(signaling, joining, FALLBACK_LIMIT_MS);
        } catch (error) {
          if (!(error instanceof CallError) || !TRY_NEXT.has(error.code)) throw error;
          errors.push(error);
        }
      }
      const last = errors.at(-1);
      const message =
        last?.message ?? "fallback() has no signaling to try. Pass at least one adapter.";
      throw new CallError(last?.code ?? "no-signaling", message, { cause: errors });
    },
  };
}

/** Signaling whose backend can be replaced during a call; see {@link swappable}. */
export interface SwappableSignaling extends Signaling {
  /**
   * Moves every session to another backend: each joins the room there, then leaves it here. The
   * connections between the peers are not touched. A participant who is not moved stays visible while
   * connected. Swaps run one after the other, and a session that is still joining is moved once it has
   * joined.
   *
   * @throws {CallError} What joining there throws; `unsupported` if that backend assigns other ids
   * (Firestore with a signed-in user; {@link withUser} assigns the same ids elsewhere). A session that
   * could not move stays where it is.
   */
  swap(next: Signaling): Promise<void>;
}

/**
 * Creates signaling whose backend can be replaced during a call. All participants of the room have to
 * swap, and later ones must join at the new backend.
 *
 * @example
 * const signaling = swappable(webSocketSignaling(url));
 * const call = createCall({ room, signaling });
 * await signaling.swap(mqttSignaling(broker)); // the call goes on
 */
export function swappable(first: Signaling): SwappableSignaling {
  const sessions = new Set<MovableSession>();
  let current = first;
  /** The swaps that have not settled, in the order of their requests. */
  const pending = new Set<Promise<void>>();

  async function moveAll(previous: Promise<void> | undefined, next: Signaling): Promise<void> {
    await previous?.catch(() => undefined);
    await Promise.all([...sessions].map((session) => session.moveTo(next)));
    current = next;
  }

  return {
    get name() {
      return current.name;
    },
    async join(joining) {
      // A swap moves the sessions that exist when it starts. If a session were added during one, it
      // would stay behind at the old backend. This test and `add()` run in the same task, so every
      // later swap moves this session too.
      while (pending.size > 0)
        // oxlint-disable-next-line no-await-in-loop -- a swap may be requested while this one runs
        await abortable(joining.signal, Promise.allSettled(pending));
      const session = createMovableSession(joining, () => sessions.delete(session));
      sessions.add(session);
      return session.join(current);
    },
    async swap(next) {
      const swapping = moveAll([...pending].at(-1), next);
      pending.add(swapping);
      try {
        await swapping;
      } finally {
        pending.delete(swapping);
      }
    },
  };
}

/** A session of {@link swappable}, whichever backend it is joined at. */
interface MovableSession {
  /** Joins a first backend, and moves on if a swap was requested before that has settled. */
  join(backend: Signaling): Promise<SignalingSession>;
  /** Joins another backend, then leaves the previous one; after the moves that were requested before. */
  moveTo(backend: Signaling): Promise<void>;
}

function createMovableSession(joining: JoinOptions, onEnd: () => void): MovableSession {
  const scope = new AbortController();
  const { signal } = scope;
  let { self } = joining;
  let session: SignalingSession | undefined;
  // One move at a time: two at once would both leave the same previous backend, and the session that
  // was joined first would remain in its room with nothing to leave it.
  let moves: Promise<void> = Promise.resolve();

  signal.addEventListener("abort", onEnd);

  async function move(backend: Signaling): Promise<void> {
    signal.throwIfAborted();
    const previous = session;
    const announced = self;
    const { callbacks, release } = holdCallbacks(joining);
    const next = await joinSignaling(backend, { room: joining.room, self, signal, ...callbacks });
    try {
      signal.throwIfAborted();
      if (previous && (next.id ?? self.id) !== (previous.id ?? self.id)) throw otherIds();
    } catch (error) {
      await next.leave().catch(() => undefined);
      throw error;
    }
    session = next;
    // From here on, nothing of the previous backend is reported.
    const left = previous?.leave();
    release();
    await left?.catch((cause: unknown) => {
      if (!signal.aborted) joining.onError(toCallError(cause, "signaling-unavailable", NOT_LEFT));
    });
    // A name that changed during the move was published at the previous backend.
    if (self !== announced && !signal.aborted) await next.update(self);
  }

  async function moveInTurn(before: Promise<void>, backend: Signaling): Promise<void> {
    await before;
    try {
      await move(backend);
    } catch (error) {
      // Without a first backend there is no session that could move on.
      if (!session) scope.abort(error);
      throw error;
    }
  }

  function enqueue(backend: Signaling): Promise<void> {
    const moving = moveInTurn(moves, backend);
    moves = moving.catch(() => undefined);
    return moving;
  }

  /** Waits until no move is pending; one may be requested while another runs. */
  async function settled(): Promise<void> {
    for (let last: Promise<void> | undefined; last !== moves;) {
      last = moves;
      // oxlint-disable-next-line no-await-in-loop
      await last;
    }
  }

  async function leave(): Promise<void> {
    scope.abort(abortedError("The session"));
    await session?.leave();
  }

  return {
    async join(backend) {
      const abort = () => scope.abort(abortedError("Joining"));
      if (joining.signal.aborted) abort();
      joining.signal.addEventListener("abort", abort);
      try {
        await enqueue(backend);
        await settled();
        signal.throwIfAborted();
      } catch (error) {
        await leave().catch(() => undefined);
        throw error;
      } finally {
        joining.signal.removeEventListener("abort", abort);
      }
      const here = () => session!;
      const { id, responseTimeoutMs } = here();
      return {
        id,
        responseTimeoutMs,
        get presence() {
          return here().presence;
        },
        send: (to, message) => here().send(to, message),
        async update(next) {
          self = next;
          await here().update(next);
        },
        leave,
      };
    },
    async moveTo(backend) {
      try {
        await enqueue(backend);
      } catch (error) {
        // A session that has ended does not fail the swap of the others.
        if (!signal.aborted) throw error;
      }
    },
  };
}

/** Holds back what a backend reports until `release()`, in order. */
function holdCallbacks({ onPeers, onMessage, onStatus, onError }: JoinOptions) {
  let held: (() => void)[] | undefined = [];
  const hold =
    <Args extends unknown[]>(listener: (...args: Args) => void) =>
    (...args: Args) => {
      if (held) held.push(() => listener(...args));
      else listener(...args);
    };
  return {
    callbacks: {
      onPeers: hold(onPeers),
      onMessage: hold(onMessage),
      onStatus: hold(onStatus),
      onError: hold(onError),
    },
    release() {
      const reports = held ?? [];
      held = undefined;
      for (const report of reports) report();
    },
  };
}

const NOT_LEFT = "The previous backend could not be left. The session goes on at the new one.";

function otherIds(): CallError {
  return new CallError(
    "unsupported",
    "This backend assigns other ids, so a running call cannot move to it. Join again, or assign the same ids from the start: withUser(signaling, uid).",
  );
}

/**
 * Prefixes the id of each session with the user id, as Firestore does for a signed-in user. With the same
 * ids at both backends, {@link swappable} can move a call from one to the other. It does not
 * authenticate the user.
 *
 * @example
 * const signaling = swappable(withUser(webSocketSignaling(url), getAuth().currentUser.uid));
 * await signaling.swap(firestoreSignaling()); // and the other way round
 */
export function withUser(signaling: Signaling, uid: string): Signaling {
  const named = (self: PeerInfo): PeerInfo => ({ ...self, id: `${uid}.${self.id}` });
  return {
    name: signaling.name,
    async join(joining) {
      const self = named(joining.self);
      const session = await signaling.join({ ...joining, self });
      return {
        ...session,
        id: session.id ?? self.id,
        // A swap changes it.
        get presence() {
          return session.presence;
        },
        update: (next) => session.update(named(next)),
      };
    },
  };
}

/** Signaling that counts its packets; see {@link withUsage}. */
export interface CountedSignaling extends Signaling {
  /** Returns the sum over all sessions, including those that have ended. */
  usage(): SignalingUsage;
}

/**
 * Counts the packets of every session, in addition to the operations that the adapter itself counts
 * (Firestore). Presence, and what a backend adds around a packet, are not counted.
 *
 * @example
 * const signaling = withUsage(firestoreSignaling());
 * // … a call later, in a test:
 * expect(signaling.usage().writes).toBeLessThan(8);
 */
export function withUsage(signaling: Signaling): CountedSignaling {
  const sessions: (() => SignalingUsage)[] = [];
  return {
    name: signaling.name,
    async join(joining) {
      const count = { sent: 0, sentBytes: 0, received: 0, receivedBytes: 0 };
      let session: SignalingSession | undefined;
      const usage = () => ({ ...session?.usage?.(), ...count });
      sessions.push(usage);
      const joined = await signaling.join({
        ...joining,
        onMessage(from, message) {
          count.received += 1;
          count.receivedBytes += bytesOf(message);
          joining.onMessage(from, message);
        },
      });
      session = joined;
      return {
        ...joined,
        // A swap changes it.
        get presence() {
          return joined.presence;
        },
        async send(to, message) {
          await joined.send(to, message);
          count.sent += 1;
          count.sentBytes += bytesOf(message);
        },
        update: (self) => joined.update(self),
        leave: () => joined.leave(),
        usage,
      };
    },
    usage: () => sessions.map((usage) => usage()).reduce(sum, {}),
  };
}

function bytesOf(message: SignalMessage): number {
  return new Blob([JSON.stringify(message)]).size;
}

function sum(total: SignalingUsage, usage: SignalingUsage): SignalingUsage {
  const all: Record<string, number> = { ...total };
  for (const [what, count] of Object.entries(usage) as [string, number][])
    all[what] = (all[what] ?? 0) + count;
  return all;
}
