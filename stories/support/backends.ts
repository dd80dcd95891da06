import { broadcastChannelSignaling } from "twocan/broadcast-channel";
import { withUser } from "twocan/compose";
import { createRoomId, type Signaling } from "twocan/core";
import { webSocketSignaling } from "twocan/websocket";

/** A backend of the demo. An application has one, in one line. */
export interface Backend {
  name: string;
  /** Describes which devices can join. */
  reach: string;
  signaling: Signaling;
}

/** The path of the relay and the address of the Firestore emulator, if `npm start` runs them. */
const { STORYBOOK_RELAY, STORYBOOK_FIRESTORE } = import.meta.env as Record<
  string,
  string | undefined
>;

/**
 * The user who is signed in to Firestore. All backends use it in their ids, because a call that moves to
 * another backend keeps its id.
 */
const uid = createRoomId();

/** Creates the signaling when the call joins, so that the demo contacts no server before. */
function onDemand(open: () => Promise<Signaling>): Signaling {
  return { join: async (options) => (await open()).join(options) };
}

const webSocket: Backend = {
  name: "WebSocket",
  reach: "Any device that can open this page.",
  signaling: onDemand(async () => {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const url = `${scheme}://${location.host}${STORYBOOK_RELAY ?? "/relay"}`;
    return withUser(webSocketSignaling(url), uid);
  }),
};

const broadcastChannel: Backend = {
  name: "BroadcastChannel",
  reach: "Other tabs of this browser. No server at all.",
  signaling: withUser(broadcastChannelSignaling(), uid),
};

const firestore: Backend = {
  name: "Firestore",
  reach: "Any browser on this machine: the emulator listens here only.",
  signaling: onDemand(async () => {
    const { firestoreSignaling } = await import("twocan/firestore");
    return firestoreSignaling(await connectOnce(STORYBOOK_FIRESTORE ?? ""));
  }),
};

/** The available backends, the one with the widest reach first. A static Storybook has only BroadcastChannel. */
export const backends: readonly Backend[] = [
  ...(STORYBOOK_RELAY === undefined ? [] : [webSocket]),
  broadcastChannel,
  ...(STORYBOOK_FIRESTORE === undefined ? [] : [firestore]),
];

let emulator: ReturnType<typeof connectEmulator> | undefined;

/** Connects to the Firestore emulator with a signed-in user, once for each page, as a Firebase app exists once. */
function connectOnce(address: string) {
  emulator ??= connectEmulator(address);
  return emulator;
}

async function connectEmulator(address: string) {
  const { initializeApp } = await import("firebase/app");
  const { connectFirestoreEmulator, getFirestore } = await import("firebase/firestore");
  const { hostname, port } = new URL(`http://${address}`);
  const db = getFirestore(initializeApp({ projectId: "demo-twocan" }));
  connectFirestoreEmulator(db, hostname, Number(port), {
    mockUserToken: { sub: uid, user_id: uid },
  });
  return { firestore: db };
}
