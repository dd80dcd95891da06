/**
 * Signaling over Cloud Firestore. Firebase is loaded on joining, not before.
 *
 * Each peer has a presence document and an inbox; each pair of peers has one mailbox per direction, which
 * only the sender writes. `firestore.rules` at the root of the package enforces this layout.
 */
import type { Firestore } from "firebase/firestore";
import { toCallError } from "../../core/lib/errors.ts";
import { createSignaling, type AdapterContext } from "../../core/signaling/adapter.ts";
import type { Signaling } from "../../core/signaling/signaling.ts";
import { connect, type FirestoreAuth } from "./firestore-sdk.ts";
import { joinFirestoreRoom } from "./firestore-session.ts";

export type { FirestoreAuth, FirestoreUser } from "./firestore-sdk.ts";

/** The Firestore instance, the user and the collection of {@link firestoreSignaling}. */
export interface FirestoreSignalingOptions {
  /** @default `getFirestore()`, that of the default Firebase app */
  firestore?: Firestore | undefined;
  /**
   * Provides the signed-in user; the adapter itself never signs in. The default is `getAuth()` of the
   * same app, or on the emulator the user of `connectFirestoreEmulator(…, { mockUserToken })`.
   */
  auth?: FirestoreAuth | undefined;
  /**
   * The collection that contains the rooms. Another one requires its own copy of the rules.
   *
   * @default "rooms"
   */
  collection?: string | undefined;
}

/** The client library retries a request that failed after 5 to 15 s. */
const JOIN_TIMEOUT_MS = 20_000;

/**
 * Creates signaling over Cloud Firestore.
 *
 * The user must be signed in (anonymously is enough), and `firestore.rules` of this package must be
 * deployed. With them, a room whose name comes from `createRoomId()` is open to every user who knows the
 * name; any other room is open to invited users only.
 *
 * A call of two costs 5 to 7 writes, about 10 reads and 4 deletes, and nothing while it is connected.
 *
 * @throws {CallError} On joining: `no-signaling` (Firebase or its app is missing or unusable),
 * `signaling-denied` (not signed in, or refused by the rules), `signaling-unavailable` (no answer within
 * 20 s), `aborted`.
 *
 * @example
 * initializeApp(config);
 * await signInAnonymously(getAuth());
 * const call = createCall({ room, signaling: firestoreSignaling() });
 */
export function firestoreSignaling(options: FirestoreSignalingOptions = {}): Signaling {
  return createSignaling({
    name: "firestoreSignaling()",
    unavailable:
      "Firestore did not answer within 20 s. Check the network and the project id of the Firebase app.",
    joinTimeoutMs: JOIN_TIMEOUT_MS,
    join: (context) => joinRoom(options, context),
  });
}

async function joinRoom(options: FirestoreSignalingOptions, context: AdapterContext) {
  try {
    const backend = await connect(options);
    context.signal.throwIfAborted();
    return await joinFirestoreRoom(backend, context);
  } catch (cause) {
    // The client library throws for a Firestore instance of another copy of it, for example.
    const message = `Firestore cannot be used: ${cause instanceof Error ? cause.message : ""}`;
    throw toCallError(cause, "no-signaling", message);
  }
}
