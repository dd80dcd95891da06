/** The page's Firestore, on the emulator; loaded only where a test asks for it. */
import { createMockUserToken } from "@firebase/util";
import { initializeApp } from "firebase/app";
import { connectFirestoreEmulator, getFirestore, type Firestore } from "firebase/firestore";
import type { Signaling } from "twocan";
import { firestoreSignaling } from "twocan/firestore";

function connect(host = "", projectId = "", uid?: string): Firestore {
  const firestore = getFirestore(initializeApp({ projectId }));
  const [name = "", port] = host.split(":");
  const token = uid === undefined ? {} : { mockUserToken: { sub: uid, user_id: uid } };
  connectFirestoreEmulator(firestore, name, Number(port), token);
  return firestore;
}

/** An adapter for a signed-in user. */
export function signedIn(host?: string, project?: string, uid = ""): Signaling {
  const getIdToken = async () => createMockUserToken({ sub: uid, user_id: uid }, project);
  const auth = { authStateReady: async () => {}, currentUser: { uid, getIdToken } };
  return firestoreSignaling({ firestore: connect(host, project, uid), auth });
}

/** Nothing but a default app: which adapter is used is up to the library. */
export function defaultApp(host?: string, project?: string): undefined {
  connect(host, project);
}
