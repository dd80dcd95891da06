/**
 * Owns signaling that is made of other signaling: one in place of another, also in mid-call, one that
 * is counted, and one whose people are named as another one names them.
 */
import { CallError } from "../core/lib/errors.ts";
import type {
  JoinOptions,
  PeerInfo,
  SignalMessage,
  Signaling,
  SignalingSession,
  SignalingUsage,
} from "../core/signaling/signaling.ts";

/** After what another backend may still do: it is not there, or cannot be used here. */
const WORTH_ANOTHER = new Set(["signaling-unavailable", "no-signaling", "unsupported"]);

/**
 * The first of these backends that can be reached when somebody joins. A refusal (`signaling-denied`,
 * `room-full`) is final. People meet where they find the same one: this is for a backend that is down for
 * everybody, and not for one that only some of them can reach. Who has joined stays there.
 *
 * @throws {CallError} On joining: what the last one threw, with the others' errors as its `cause`.
 * @example
 * const signaling = fallback([firestoreSignaling(), webSocketSignaling("wss://relay.example.org")]);
 */
export function fallback(signalings: readonly Signaling[]): Signaling {
  return {
    async join(joining) {
      const errors: CallError[] = [];
      for (const signaling of signalings) {
        try {
          // oxlint-disable-next-line no-await-in-loop -- the next one only if this one fails
          return await signaling.join(joining);
        } catch (error) {
          if (!(error instanceof CallError) || !WORTH_ANOTHER.has(error.code)) throw error;
          errors.push(error);
        }
      }
      const last = errors.at(-1);
      const message = last?.message ?? "fallback() was given no signaling to try.";
      throw new CallError(last?.code ?? "no-signaling", message, { cause: errors });
    },
  };
}

/** What {@link swappable} returns. */
export interface SwappableSignaling extends Signaling {
  /**
   * Goes on with another backend: whoever is in a room enters it there and then leaves it here. The
   * connections between people stay as they are. Whoever stays behind is still seen while connected.
   *
   * @throws {CallError} What joining there throws, or `unsupported` where people have other ids there
   * (Firestore with somebody signed in; {@link withUser} gives the others the same). Whoever could not
   * move stays where they are.
   */
  swap(next: Signaling): Promise<void>;
}

/** Somebody in a room, wherever that room is at the moment. */
interface Stay {
  joining: JoinOptions;
  self: PeerInfo;
  session?: SignalingSession;
  /** Where that is. */
  place?: Signaling;
}

/**
 * Signaling that can be changed in mid-call. Everybody in the room has to change; those who come later
 * must find the others at the new place.
 *
 * @example
 * const signaling = swappable(webSocketSignaling(url));
 * const call = createCall({ room, signaling });
 * await signaling.swap(mqttSignaling(broker)); // the call goes on
 */
export function swappable(first: Signaling): SwappableSignaling {
  const stays = new Set<Stay>();
  let current = first;
  let swapping = Promise.resolve();

  async function moveAll(before: Promise<void>, next: Signaling): Promise<void> {
    await before;
    await Promise.all([...stays].map((stay) => move(stay, next)));
    current = next;
  }

  return {
    async join(joining) {
      await swapping;
      const stay: Stay = { joining, self: joining.self };
      let session = await move(stay, current);
      stays.add(stay);
      // Everybody else may be moving while this one came in, and did not count it.
      await swapping;
      if (stay.place !== current) session = await move(stay, current);
      const here = () => stay.session ?? session;
      return {
        ...(session.id !== undefined && { id: session.id }),
        ...(session.responseTimeoutMs !== undefined && {
          responseTimeoutMs: session.responseTimeoutMs,
        }),
        keepsVanished: () => here().keepsVanished?.() ?? false,
        send: (to, message) => here().send(to, message),
        async update(self) {
          stay.self = self;
          await here().update(self);
        },
        async leave() {
          stays.delete(stay);
          await here().leave();
        },
      };
    },
    swap(next) {
      const swapped = moveAll(swapping, next);
      swapping = swapped.catch(() => undefined);
      return swapped;
    },
  };
}

/** Enters there; from then on nothing is heard from where it was, and that is left. */
async function move(stay: Stay, signaling: Signaling): Promise<SignalingSession> {
  const { joining, self, session: former } = stay;
  let session: SignalingSession | undefined;
  let early: (() => void)[] | undefined = [];
  /** What is said before the move is complete waits for it. */
  const relay =
    <Said extends unknown[]>(tell: (...said: Said) => void) =>
    (...said: Said) => {
      if (early) early.push(() => tell(...said));
      else if (stay.session === session) tell(...said);
    };
  session = await signaling.join({
    ...joining,
    self,
    onPeers: relay(joining.onPeers),
    onMessage: relay(joining.onMessage),
    onStatus: relay(joining.onStatus),
    onError: relay(joining.onError),
  });
  if (former && (session.id ?? self.id) !== (former.id ?? self.id)) {
    await session.leave();
    throw new CallError(
      "unsupported",
      "People have other ids with that signaling, so a running call cannot go there. Join anew, or give the others the same ids from the start: withUser(signaling, uid).",
    );
  }
  stay.session = session;
  stay.place = signaling;
  const waiting = early;
  early = undefined;
  for (const tell of waiting) tell();
  await former?.leave();
  // A name that was changed on the way went to where this one was.
  if (stay.self !== self) await session.update(stay.self);
  return session;
}

/**
 * Puts who is signed in before the id of each stay, as Firestore does by itself. So people are the
 * same at both, and {@link swappable} goes from one to the other. It proves nothing about who they are.
 *
 * @example
 * const signaling = swappable(withUser(webSocketSignaling(url), getAuth().currentUser.uid));
 * await signaling.swap(firestoreSignaling()); // and the other way round
 */
export function withUser(signaling: Signaling, uid: string): Signaling {
  const named = (self: PeerInfo): PeerInfo => ({ ...self, id: `${uid}.${self.id}` });
  return {
    async join(joining) {
      const self = named(joining.self);
      const session = await signaling.join({ ...joining, self });
      return {
        ...session,
        id: session.id ?? self.id,
        update: (next) => session.update(named(next)),
      };
    },
  };
}

/** What {@link withUsage} returns. */
export interface CountedSignaling extends Signaling {
  /** The sum of all stays, those that have ended included. */
  usage(): SignalingUsage;
}

/**
 * Counts the packets of every stay, beside the operations that the adapter counts itself (Firestore).
 * Presence and what a backend adds around a packet are not in it.
 *
 * @example
 * const signaling = withUsage(firestoreSignaling());
 * // … a call later, in a test:
 * expect(signaling.usage().writes).toBeLessThan(8);
 */
export function withUsage(signaling: Signaling): CountedSignaling {
  const stays: (() => SignalingUsage)[] = [];
  return {
    async join(joining) {
      const count = { sent: 0, sentBytes: 0, received: 0, receivedBytes: 0 };
      let session: SignalingSession | undefined;
      const usage = () => ({ ...session?.usage?.(), ...count });
      stays.push(usage);
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
    usage: () => stays.map((usage) => usage()).reduce(sum, {}),
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
