/** Owns one stay in a room: puts its parts together, tells what happens, and leaves nothing behind. */
import type {
  CollectionReference,
  DocumentReference,
  QueryDocumentSnapshot,
  QuerySnapshot,
} from "firebase/firestore";
import { CallError } from "../../core/lib/errors.ts";
import { onPageHide } from "../../core/lib/page-lifecycle.ts";
import { abortedError, after, withTimeout } from "../../core/lib/abort.ts";
import type { JoinOptions, SignalingSession } from "../../core/signaling/signaling.ts";
import { refusal, type Backend } from "./firestore-sdk.ts";
import { readPacket } from "./documents.ts";
import { createReader } from "./usage-counter.ts";
import { createUnloadCleanup } from "./unload-cleanup.ts";
import { createOutbox } from "./outbox.ts";
import { createPresence } from "./presence-document.ts";
import { createRoster } from "./roster-query.ts";
import { createStatus } from "./backend-status.ts";
import { watch } from "./watch.ts";

/** A stay from its first step. */
export interface FirestoreSession {
  /** Settles when the presence was accepted, and `onPeers` and `onStatus` have said how things are. */
  entered: Promise<void>;
  /** Its `leave` works before that, too. */
  session: SignalingSession;
}

/** Names that no document can have (Firestore, "Quotas and limits"). */
const RESERVED = /^(\.\.?|__.*__)$/;
/** How long leaving waits for the backend, in ms. What is not done by then is done once it is back. */
const LEAVE_PATIENCE = 2_000;
/** How much later than their mail somebody may be listed, in ms. */
const PATIENCE = 1_000;

/** Enters a room. Aborting `stay` stops everything in it; what fails on the way in aborts it. */
export function joinFirestoreRoom(
  backend: Backend,
  joining: JoinOptions,
  stay: AbortController,
): FirestoreSession {
  const { sdk, firestore, user, bill } = backend;
  const { self } = joining;
  const { signal } = stay;
  const me = user ? `${user.uid}.${self.id}` : self.id;
  const room = encodeURIComponent(joining.room);
  // The backend would end the stream that every listener of this Firestore instance shares.
  if ([room, me].some((name) => RESERVED.test(name)))
    throw new CallError("room-invalid", `Firestore reserves names like "${room}" or "${me}".`);
  const peers = sdk.collection(firestore, backend.rooms, room, "peers");
  const document = sdk.doc(peers, me);
  const inbox = sdk.collection(document, "inbox");

  let inside = false;
  const report = (error: CallError) => (inside ? joining.onError(error) : stay.abort(error));
  const reportMalformed = onceEach(({ id }) => {
    const message = `What ${id} has written is malformed and was dropped. The call goes on; check who can write to this room.`;
    joining.onError(new CallError("message-invalid", message));
  });
  const status = createStatus([peers.id, inbox.id], (word) => joining.onStatus(word));
  const roster = createRoster(me, (list) => joining.onPeers(list), reportMalformed);
  const outbox = createOutbox(backend, peers, me, signal);
  const farewell = createUnloadCleanup(firestore, user, signal);
  const presence = createPresence({
    backend,
    document,
    self,
    signal,
    // Nobody could write to this peer meanwhile, so both sides may have something to send again.
    onBack: () => status.repeat(),
    onError: report,
  });

  function listen(source: CollectionReference, onSnapshot: (snapshot: QuerySnapshot) => void) {
    const read = createReader(bill);
    let answered = () => {};
    const live = new Promise<void>((resolve) => (answered = resolve));
    const renew = watch(sdk, source, signal, {
      onSnapshot(snapshot) {
        read(snapshot);
        onSnapshot(snapshot);
      },
      onLive(isLive) {
        status.set(source.id, isLive);
        if (isLive) answered();
      },
      onError: (cause) => report(refusal(cause, user)),
    });
    /** `live` resolves once the backend has answered. */
    return { live, renew };
  }

  // Before listening: one's own write stands in one's own roster from then on, so that a roster
  // without it means that it was removed.
  const announced = presence.announce();
  const told = listen(peers, (snapshot) => {
    // An empty answer from the cache does not mean that nobody is there.
    if (snapshot.metadata.fromCache) return;
    roster.read(snapshot);
    presence.check(snapshot);
  });
  // Only who is in the room can write. A list that lacks them for longer has missed them: the emulator
  // may never tell of a document that is written in the very moment in which one begins to listen.
  const missed = new Set<string>();
  function lookFor(id: string): void {
    if (roster.has(id) || missed.has(id)) return;
    missed.add(id);
    after(signal, PATIENCE, () => roster.has(id) || told.renew());
  }
  let received: DocumentReference[] = [];
  const reachable = listen(inbox, (snapshot) => {
    received = snapshot.docs.map(({ ref }) => ref);
    for (const { type, doc } of snapshot.docChanges({ includeMetadataChanges: true })) {
      // Pending is what a peer on this very Firestore instance writes; the rules may still refuse it.
      if (type === "removed" || doc.metadata.hasPendingWrites || signal.aborted) continue;
      const packet = readPacket(doc);
      if (!packet) reportMalformed(doc);
      else {
        joining.onMessage(doc.id, packet);
        lookFor(doc.id);
      }
    }
  });

  // Everybody removes what they wrote themselves: nobody else knows for certain what that is, and a
  // packet that arrives while its addressee leaves has its writer still. Besides, what somebody left
  // in the own inbox and has gone: a page that closes cannot call back a packet in flight. The
  // presence goes last, so that whoever misses this peer has missed its mail before.
  function leftovers(): DocumentReference[] {
    const strays = received.filter(({ id }) => !roster.has(id));
    const all = [...outbox.written(), ...strays, document];
    bill.deletes += all.length;
    return all;
  }

  let leaving: Promise<void> | undefined;
  const stop = () => stay.abort(abortedError("The stay in the room"));
  async function leave(): Promise<void> {
    stop();
    const deleted = leftovers().map(async (each) => sdk.deleteDoc(each));
    await withTimeout(LEAVE_PATIENCE, Promise.allSettled(deleted));
    // Not sooner: the page may be closing, and this be the caller's own way of hearing of it.
    off();
  }
  const off = onPageHide(() => {
    stop();
    farewell(leftovers());
    leaving ??= Promise.resolve();
  });

  async function enter(): Promise<void> {
    await Promise.all([announced, told.live, reachable.live]);
    inside = true;
  }
  return {
    entered: enter(),
    session: {
      id: me,
      presence: "stale",
      send: (to, packet) => outbox.send(to, packet),
      update: (next) => presence.announce(next),
      leave: () => (leaving ??= leave()),
      usage: () => ({ ...bill }),
    },
  };
}

/** `report`, once for each document. */
function onceEach(report: (document: QueryDocumentSnapshot) => void) {
  const reported = new Set<string>();
  return (document: QueryDocumentSnapshot) => {
    if (reported.has(document.ref.path)) return;
    reported.add(document.ref.path);
    report(document);
  };
}
