/**
 * Owns the Firestore adapter's entry: its options, and the way into a room. What happens inside is in
 * `firestore/`. Firebase is loaded when somebody joins, never before.
 *
 * Each peer has a presence document and an inbox; each pair has one mailbox per direction, written
 * by one side only. `firestore.rules` at the root of the package is the other half of this file.
 */
import type { Firestore } from "firebase/firestore";
import { CallError, toCallError } from "../../core/lib/errors.ts";
import { abortedError, after, abortable } from "../../core/lib/abort.ts";
import type { Signaling } from "../../core/signaling/signaling.ts";
import { connect, type FirestoreAuth } from "./firestore-sdk.ts";
import { joinFirestoreRoom, type FirestoreSession } from "./firestore-session.ts";

export type { FirestoreAuth, FirestoreUser } from "./firestore-sdk.ts";

/** Options of {@link firestoreSignaling}. */
export interface FirestoreSignalingOptions {
  /** Default: `getFirestore()`, the one of the default Firebase app. */
  firestore?: Firestore | undefined;
  /**
   * Provides the signed-in user; the adapter itself never signs in. The default is `getAuth()` of the
   * same app, or on the emulator the user of `connectFirestoreEmulator(…, { mockUserToken })`.
   */
  auth?: FirestoreAuth | undefined;
  /** The collection that holds the rooms. Another one needs its own copy of the rules. Default: `"rooms"`. */
  collection?: string | undefined;
}

/** How long joining waits for the backend, in ms: the client repeats what came to nothing after 5 to 15 s. */
const PATIENCE = 20_000;

/**
 * Signaling over Cloud Firestore.
 *
 * The person must be signed in (anonymously is enough), and `firestore.rules` of this package be
 * deployed. With them a room is open to whoever knows its name when the name comes from
 * `createRoomId()`, and to invited people only otherwise.
 *
 * A plain call of two costs 5 to 7 writes, about 10 reads and 4 deletes, and nothing while it goes on.
 *
 * `join` rejects with a {@link CallError}: `no-signaling` (Firebase or its app is missing or unusable),
 * `signaling-denied` (not signed in, or the rules refuse), `signaling-unavailable` (no answer within
 * 20 s), `aborted`.
 *
 * @example
 * initializeApp(config);
 * await signInAnonymously(getAuth());
 * const call = createCall({ room, signaling: firestoreSignaling() });
 */
export function firestoreSignaling(options: FirestoreSignalingOptions = {}): Signaling {
  return {
    async join(joining) {
      const stay = new AbortController();
      const giveUp = () => stay.abort(abortedError("Joining the room"));
      if (joining.signal.aborted) giveUp();
      stay.signal.throwIfAborted();
      joining.signal.addEventListener("abort", giveUp, { once: true });
      const calm = after(stay.signal, PATIENCE, () => stay.abort(unanswered()));
      let entering: FirestoreSession | undefined;
      try {
        const backend = await abortable(stay.signal, connect(options));
        entering = joinFirestoreRoom(backend, joining, stay);
        await abortable(stay.signal, entering.entered);
        return entering.session;
      } catch (error) {
        await entering?.session.leave();
        // The client library throws for a Firestore instance of another copy of it, for example.
        const message = `Firestore cannot be used: ${error instanceof Error ? error.message : ""}`;
        throw toCallError(error, "no-signaling", message);
      } finally {
        calm();
        joining.signal.removeEventListener("abort", giveUp);
      }
    },
  };
}

function unanswered(): CallError {
  return new CallError(
    "signaling-unavailable",
    "Firestore did not answer within 20 s. Check the network and the project id of the Firebase app.",
  );
}
