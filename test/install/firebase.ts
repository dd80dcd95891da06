/** A separate file, because the types of Firebase need `skipLibCheck`. */
import { initializeApp } from "firebase/app";
import { getAuth } from "firebase/auth";
import { getFirestore } from "firebase/firestore";
import type { SignalingBackend } from "twocan/conformance";
import { firestoreSignaling } from "twocan/firestore";

const app = initializeApp({ projectId: "demo", apiKey: "none" });
export const signaling = firestoreSignaling({ firestore: getFirestore(app), auth: getAuth(app) });
export const backend: SignalingBackend = { peer: () => signaling };
