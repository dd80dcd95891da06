// Loaded with `import()`, only if a test uses Firestore.
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

/** Creates an adapter for a signed-in user. */
export function signedIn(host?: string, project?: string, uid = ""): Signaling {
  const getIdToken = async () => createMockUserToken({ sub: uid, user_id: uid }, project);
  const auth = { authStateReady: async () => {}, currentUser: { uid, getIdToken } };
  return firestoreSignaling({ firestore: connect(host, project, uid), auth });
}

/** Initializes the default Firebase app without an adapter, so that the library selects its default. */
export function defaultApp(host?: string, project?: string): undefined {
  connect(host, project);
}
