import type { Firestore } from "firebase/firestore";
import type * as Firebase from "firebase/firestore";
import { CallError, toCallError } from "../../core/lib/errors.ts";
import type { UsageCounter } from "./usage-counter.ts";

/** The signed-in user; a subset of `User` of firebase/auth. */
export interface FirestoreUser {
  readonly uid: string;
  getIdToken(): Promise<string>;
}

/** Provides the signed-in user; a subset of `Auth` of firebase/auth. */
export interface FirestoreAuth {
  authStateReady(): Promise<void>;
  readonly currentUser: FirestoreUser | null;
}

/** The functions of the client library that this adapter uses. */
export type Sdk = Pick<
  typeof Firebase,
  "collection" | "deleteDoc" | "doc" | "getFirestore" | "onSnapshot" | "serverTimestamp" | "setDoc"
>;

/** The backend and the user of one session. */
export interface Backend {
  sdk: Sdk;
  firestore: Firestore;
  user: FirestoreUser | null;
  /** The collection that holds the rooms. */
  rooms: string;
  usage: UsageCounter;
  /** The clock of this device is wrong by more than the rules allow in `expireAt`. */
  clockIsWrong: boolean;
}

/** Loads the client library and finds the Firestore instance and the user. @throws {CallError} `no-signaling`. */
export async function connect(options: {
  firestore?: Firestore | undefined;
  auth?: FirestoreAuth | undefined;
  collection?: string | undefined;
}): Promise<Backend> {
  const sdk = await loadSdk();
  const firestore = options.firestore ?? defaultFirestore(sdk);
  const user = await findUser(firestore, options.auth);
  const usage = { reads: 0, writes: 0, deletes: 0 };
  const rooms = options.collection ?? "rooms";
  return { sdk, firestore, user, rooms, usage, clockIsWrong: false };
}

async function loadSdk(): Promise<Sdk> {
  try {
    // Destructured in the import, so that a bundler drops the rest of the library.
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

/** Finds the signed-in user. Without firebase/auth there is no user, and the rules decide. */
async function findUser(
  firestore: Firestore,
  given?: FirestoreAuth,
): Promise<FirestoreUser | null> {
  try {
    let auth = given;
    if (!auth) {
      // Before Auth: with a mock token, Firestore ignores the user of Auth.
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
 * Finds the user of `connectFirestoreEmulator(…, { mockUserToken })`. The SDK has no public function for
 * it, so this reads the credentials that the function stores on the instance. Only those of the emulator
 * have a `token`; in a version of the SDK without it, the user of Auth is used, as without a mock token.
 */
function mockUser(firestore: Firestore): FirestoreUser | undefined {
  const token = (firestore as Emulated)["_authCredentials"]?.token;
  const uid = token?.user.uid;
  if (!uid) return undefined;
  const [, jwt = ""] = (token.headers.get("Authorization") ?? "").split(" ");
  return { uid, getIdToken: async () => jwt };
}

/** Maps an error of Firestore. */
export function refusal(cause: unknown, user: FirestoreUser | null): CallError {
  if (!isDenied(cause)) {
    const message = "Firestore is unreachable. The request is retried; check the network.";
    return toCallError(cause, "signaling-unavailable", message);
  }
  const remedy = user
    ? "Create the name of the room with createRoomId() (c_...), or invite the user (rooms/{room}/members/{uid})"
    : "No user is signed in: sign in before joining, for example with signInAnonymously()";
  return new CallError(
    "signaling-denied",
    `Firestore refuses this room. ${remedy}, and deploy the firestore.rules of this package.`,
    { cause },
  );
}

/** Maps the first refusal of a packet: the recipient may have left, so it is not reported, and the packet is sent again. */
export function refusedMail(cause: unknown): CallError {
  const message =
    "The Firestore rules refused a packet, probably because the remote peer has left. Otherwise it is sent again.";
  return new CallError("signaling-unavailable", message, { cause });
}

/** Whether the rules refused a request, and not the network. */
export function isDenied(cause: unknown): boolean {
  if (!(cause instanceof Error) || !("code" in cause)) return false;
  return cause.code === "permission-denied" || cause.code === "unauthenticated";
}
