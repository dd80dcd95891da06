/** Owns the backends that the demo can choose from. An application has one, and one line for it. */
import { broadcastChannelSignaling } from "twocan/broadcast-channel";
import { withUser } from "twocan/compose";
import { createRoomId, type Signaling } from "twocan/core";
import { webSocketSignaling } from "twocan/websocket";

/** A backend of the demo: for whom it is, and how to get it. */
export interface Backend {
  name: string;
  reach: string;
  signaling: Signaling;
}

/** Where `npm start` has its relay and its Firestore emulator, where it has them. */
const { STORYBOOK_RELAY, STORYBOOK_FIRESTORE } = import.meta.env as Record<
  string,
  string | undefined
>;

/** Who is signed in to Firestore, and so stands in the ids everywhere: a running call goes from one to the other. */
const uid = createRoomId();

/** Signaling that is made when somebody joins: the modules of the demo touch no server before. */
function opened(open: () => Promise<Signaling>): Signaling {
  return { join: async (options) => (await open()).join(options) };
}

const webSocket: Backend = {
  name: "WebSocket",
  reach: "Any device that can open this page.",
  signaling: opened(async () => {
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
  signaling: opened(async () => {
    const { firestoreSignaling } = await import("twocan/firestore");
    return firestoreSignaling(await emulated(STORYBOOK_FIRESTORE ?? ""));
  }),
};

/** Those there are here; the first one reaches furthest. A Storybook without a server has tabs only. */
export const backends: readonly Backend[] = [
  ...(STORYBOOK_RELAY === undefined ? [] : [webSocket]),
  broadcastChannel,
  ...(STORYBOOK_FIRESTORE === undefined ? [] : [firestore]),
];

let emulator: ReturnType<typeof connectEmulator> | undefined;

/** Firestore of the emulator with somebody signed in: once for a page, as a Firebase app is. */
function emulated(address: string) {
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
