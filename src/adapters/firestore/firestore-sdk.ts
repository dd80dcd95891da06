/** Owns the way to Firebase: loads the client library, finds who is signed in, and names what it refuses. */
import type { Firestore } from "firebase/firestore";
import type * as Firebase from "firebase/firestore";
import { CallError, toCallError } from "../../core/lib/errors.ts";
import type { UsageCounter } from "./usage-counter.ts";

/** Somebody who is signed in; a subset of `User` of firebase/auth. */
export interface FirestoreUser {
  readonly uid: string;
  getIdToken(): Promise<string>;
}

/** A subset of `Auth` of firebase/auth. */
export interface FirestoreAuth {
  authStateReady(): Promise<void>;
  readonly currentUser: FirestoreUser | null;
}

/** The functions of the client library that this adapter calls. */
export type Sdk = Pick<
  typeof Firebase,
  "collection" | "deleteDoc" | "doc" | "getFirestore" | "onSnapshot" | "serverTimestamp" | "setDoc"
>;

/** The backend as one stay sees it. */
export interface Backend {
  sdk: Sdk;
  firestore: Firestore;
  user: FirestoreUser | null;
  /** The collection that holds the rooms. */
  rooms: string;
  bill: UsageCounter;
  /** The clock of this device is wrong by more than the rules allow in `expireAt`. */
  clockIsWrong: boolean;
}

/** Finds the backend. @throws {CallError} `no-signaling`. */
export async function connect(options: {
  firestore?: Firestore | undefined;
  auth?: FirestoreAuth | undefined;
  collection?: string | undefined;
}): Promise<Backend> {
  const sdk = await loadSdk();
  const firestore = options.firestore ?? defaultFirestore(sdk);
  const user = await findUser(firestore, options.auth);
  const bill = { reads: 0, writes: 0, deletes: 0 };
  const rooms = options.collection ?? "rooms";
  return { sdk, firestore, user, rooms, bill, clockIsWrong: false };
}

async function loadSdk(): Promise<Sdk> {
  try {
    // Taken apart here and now, so that a bundler drops the rest of the library.
    const { collection, deleteDoc, doc, getFirestore, onSnapshot, serverTimestamp, setDoc } =
      await import("firebase/firestore");
    return { collection, deleteDoc, doc, getFirestore, onSnapshot, serverTimestamp, setDoc };
  } catch (cause) {
    throw new CallError(
      "no-signaling",
      "Firebase could not be loaded. Run `npm install firebase`, or pass `signaling`.",
      { cause },
    );
  }
}

function defaultFirestore(sdk: Sdk): Firestore {
  try {
    return sdk.getFirestore();
  } catch (cause) {
    throw new CallError(
      "no-signaling",
      "There is no Firebase app. Call initializeApp(config) before joining, or pass `firestore` or `signaling`.",
      { cause },
    );
  }
}

/** Finds the signed-in user. Without firebase/auth there is none, and the rules decide. */
async function findUser(
  firestore: Firestore,
  given?: FirestoreAuth,
): Promise<FirestoreUser | null> {
  try {
    let auth = given;
    if (!auth) {
      // Before Auth: with a mock token, Firestore ignores who is signed in there.
      const mock = mockUser(firestore);
      if (mock) return mock;
      const { getAuth } = await import("firebase/auth");
      auth = getAuth(firestore.app);
    }
    await auth.authStateReady();
    return auth.currentUser;
  } catch {
    return null;
  }
}

/** The part of a Firestore instance on the emulator that holds the mock token. */
interface Emulated {
  _authCredentials?: { token?: { user: { uid: string | null }; headers: Map<string, string> } };
}

/**
 * Finds the user of `connectFirestoreEmulator(…, { mockUserToken })`. The SDK has no public way to ask,
 * so this reads the credentials that the function stores on the instance. Only those of the emulator
 * have a `token`; a version of the SDK without it means that Auth is asked, as without a mock token.
 */
function mockUser(firestore: Firestore): FirestoreUser | undefined {
  const token = (firestore as Emulated)["_authCredentials"]?.token;
  const uid = token?.user.uid;
  if (!uid) return undefined;
  const [, jwt = ""] = (token.headers.get("Authorization") ?? "").split(" ");
  return { uid, getIdToken: async () => jwt };
}

/** Names what Firestore answered to somebody who asked for entry or was in the room. */
export function refusal(cause: unknown, user: FirestoreUser | null): CallError {
  if (!isDenied(cause)) {
    const message = "Firestore could not be reached. It is tried again; check the network.";
    return toCallError(cause, "signaling-unavailable", message);
  }
  const remedy = user
    ? "Make its name with createRoomId() (c_...) or invite the person (rooms/{room}/members/{uid})"
    : "No user is signed in: sign in before joining, for example with signInAnonymously()";
  return new CallError(
    "signaling-denied",
    `Firestore refuses this room. ${remedy}, and deploy the firestore.rules of this package.`,
    { cause },
  );
}

/** Names the first refusal of a packet: no reason to alarm anybody, and a reason to send it again. */
export function refusedMail(cause: unknown): CallError {
  const message =
    "Firestore took no packet for a peer who may just have left. It is sent again if not so.";
  return new CallError("signaling-unavailable", message, { cause });
}

/** Whether the rules, and not the network, say no. */
export function isDenied(cause: unknown): boolean {
  if (!(cause instanceof Error) || !("code" in cause)) return false;
  return cause.code === "permission-denied" || cause.code === "unauthenticated";
}
