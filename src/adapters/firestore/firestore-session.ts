import type {
  CollectionReference,
  DocumentReference,
  QueryDocumentSnapshot,
  QuerySnapshot,
} from "firebase/firestore";
import { CallError } from "../../core/lib/errors.ts";
import { onPageHide } from "../../core/lib/page-lifecycle.ts";
import { after, withTimeout } from "../../core/lib/abort.ts";
import type { AdapterContext, AdapterSession } from "../../core/signaling/adapter.ts";
import { refusal, type Backend } from "./firestore-sdk.ts";
import { readPacket } from "./documents.ts";
import { createReader } from "./usage-counter.ts";
import { createUnloadCleanup } from "./unload-cleanup.ts";
import { createOutbox } from "./outbox.ts";
import { createPresence } from "./presence-document.ts";
import { createRoster } from "./roster-query.ts";
import { createStatus } from "./backend-status.ts";
import { watch } from "./watch.ts";

/** Names that no document can have (Firestore, "Quotas and limits"). */
const RESERVED = /^(\.\.?|__.*__)$/;
/** Leaving does not wait longer for the backend. The client library completes what is pending once it is online. */
const LEAVE_TIMEOUT_MS = 2_000;
/** A sender that is not listed this long after its packet is missing from the roster. */
const UNLISTED_MS = 1_000;

/** Joins a room: writes the presence, and listens to the roster and to the inbox. */
export async function joinFirestoreRoom(
  backend: Backend,
  context: AdapterContext,
): Promise<AdapterSession> {
  const { sdk, firestore, user, usage } = backend;
  const { signal } = context;
  const ownId = user ? `${user.uid}.${context.self.id}` : context.self.id;
  const room = encodeURIComponent(context.room);
  // The backend would close the stream that all listeners of this Firestore instance share.
  if ([room, ownId].some((name) => RESERVED.test(name)))
    throw new CallError("room-invalid", `Firestore reserves names like "${room}" or "${ownId}".`);
  const peers = sdk.collection(firestore, backend.rooms, room, "peers");
  const document = sdk.doc(peers, ownId);
  const inbox = sdk.collection(document, "inbox");

  const reportMalformed = onceEach(({ id }) => context.reportMalformed(id));
  const status = createStatus([peers.id, inbox.id], (next) => context.setStatus(next));
  const roster = createRoster(ownId, (list) => context.setPeers(list), reportMalformed);
  const outbox = createOutbox(backend, peers, ownId, signal);
  const presence = createPresence(backend, document, context);

  function listen(source: CollectionReference, onSnapshot: (snapshot: QuerySnapshot) => void) {
    const read = createReader(usage);
    let onAnswer = () => {};
    const live = new Promise<void>((resolve) => (onAnswer = resolve));
    const replace = watch(sdk, source, signal, {
      onSnapshot(snapshot) {
        read(snapshot);
        onSnapshot(snapshot);
      },
      onLive(isLive) {
        status.set(source.id, isLive);
        if (isLive) onAnswer();
      },
      onError: (cause) => context.fail(refusal(cause, user)),
    });
    /** `live` resolves once the backend has answered. */
    return { live, replace };
  }

  let received: DocumentReference[] = [];
  // Each peer deletes what it has written: only the writer knows for certain what that is, and a packet
  // that arrives while its recipient leaves still has a writer. It also deletes what peers that have left
  // wrote to its inbox, because a page that closes cannot revoke a packet in flight. The presence is the
  // last, so that a peer that no longer sees this one has received its packets before.
  function leftovers(): DocumentReference[] {
    const strays = received.filter(({ id }) => !roster.has(id));
    const all = [...outbox.written(), ...strays, document];
    usage.deletes += all.length;
    return all;
  }
  registerCleanup(backend, context, leftovers);

  // Before listening: from then on the own document is part of the own roster, so that a roster without
  // it means that another client has removed it.
  const announced = presence.announce();
  const listed = listen(peers, (snapshot) => {
    // An empty result from the cache does not mean that the room is empty.
    if (snapshot.metadata.fromCache) return;
    roster.read(snapshot);
    presence.check(snapshot);
  });
  // Only peers of the room can write to it, so a sender that stays unlisted was missed: the emulator may
  // never report a document that is written at the moment in which a listener starts.
  const awaited = new Set<string>();
  function awaitListing(id: string): void {
    if (roster.has(id) || awaited.has(id)) return;
    awaited.add(id);
    after(signal, UNLISTED_MS, () => roster.has(id) || listed.replace());
  }
  const reachable = listen(inbox, (snapshot) => {
    received = snapshot.docs.map(({ ref }) => ref);
    for (const { type, doc } of snapshot.docChanges({ includeMetadataChanges: true })) {
      // Pending means written by a peer on this Firestore instance; the rules may still refuse it.
      if (type === "removed" || doc.metadata.hasPendingWrites || signal.aborted) continue;
      const packet = readPacket(doc);
      if (!packet) reportMalformed(doc);
      else {
        context.deliver(doc.id, packet);
        awaitListing(doc.id);
      }
    }
  });
  await Promise.all([announced, listed.live, reachable.live]);

  return {
    id: ownId,
    presence: "stale",
    send: (to, _packet, json) => outbox.send(to, json),
    update: () => presence.announce(),
    usage: () => ({ ...usage }),
  };
}

/** Deletes this peer's documents when the session ends: by the client library, or while the page closes by a request that outlives it. */
function registerCleanup(
  { sdk, firestore, user }: Backend,
  context: AdapterContext,
  leftovers: () => DocumentReference[],
): void {
  const cleanUpOnUnload = createUnloadCleanup(firestore, user, context.signal);
  let unloaded = false;
  // It runs before the kit's own listener for `pagehide`, which was registered earlier. It stays until
  // leaving is complete: the application may leave in its own `pagehide` listener, and the deletes of
  // the client library would then be lost with the page.
  const offPageHide = onPageHide(() => {
    unloaded = true;
    cleanUpOnUnload(leftovers());
  });
  context.onLeave(async () => {
    if (!unloaded) {
      const deleted = leftovers().map(async (each) => sdk.deleteDoc(each));
      await withTimeout(LEAVE_TIMEOUT_MS, Promise.allSettled(deleted));
    }
    offPageHide();
  });
}

/** Calls `report` once for each document. */
function onceEach(report: (document: QueryDocumentSnapshot) => void) {
  const reported = new Set<string>();
  return (document: QueryDocumentSnapshot) => {
    if (reported.has(document.ref.path)) return;
    reported.add(document.ref.path);
    report(document);
  };
}
