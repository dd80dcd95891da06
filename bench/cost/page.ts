import { initializeApp } from "firebase/app";
import { connectFirestoreEmulator, type Firestore, getFirestore } from "firebase/firestore";
import type { SignalingUsage } from "twocan/core";
import { allowLoopbackOnly } from "../../test/support/loopback-only.ts";
import { codelab } from "./codelab.ts";
import { twocan } from "./twocan.ts";

allowLoopbackOnly();

/** One client of a call over Firestore. */
export type Scheme = (options: {
  firestore: Firestore;
  project: string;
  room: string;
  name: string;
  video: MediaTrackConstraints;
}) => {
  join(): Promise<void>;
  /** In a scheme with one document per pair: creates the document, and joins with it. */
  create?(pair: string): Promise<void>;
  enter?(pair: string): Promise<void>;
  /** Returns the number of connected remote participants. */
  connected(): number;
  /** Actions during a call. Each applies to every connection of this participant. */
  acts: Record<string, () => Promise<void>>;
  leave(): Promise<void>;
  /** Returns the size of all received documents as JSON. */
  receivedBytes(): number;
  /** Returns the number of documents that the security rules read. These are billed, but the client cannot count them. */
  readsOfRules(): number;
  /** Returns the count of the library. */
  own(): SignalingUsage | undefined;
};

const query = new URLSearchParams(location.search);
const get = (name: string) => query.get(name) ?? "";

// Without the `open` event twocan never sends messages over the control channel. The probes of the
// liveness monitor still use it.
if (get("controlChannel") === "off") {
  const add = EventTarget.prototype.addEventListener;
  RTCDataChannel.prototype.addEventListener = function listen(
    this: RTCDataChannel,
    ...given: Parameters<typeof add>
  ) {
    if (given[0] !== "open") add.apply(this, given);
  };
}

// A headless browser has no screen to share, so a canvas provides the track.
navigator.mediaDevices.getDisplayMedia = async () => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 160, height: 90 });
  canvas.getContext("2d")!.fillRect(0, 0, 160, 90);
  return canvas.captureStream(5);
};

const name = get("name");
const project = get("project");
const firestore = getFirestore(initializeApp({ projectId: project }));
const [host = "", port] = get("firestore").split(":");
connectFirestoreEmulator(firestore, host, Number(port), {
  mockUserToken: { sub: name, user_id: name },
});

/** Small, because four participants on one machine encode and decode twelve videos at once. */
const video = { width: 160, height: 120, frameRate: 5 };
const schemes = { twocan, codelab };
const scheme = schemes[get("scheme") as keyof typeof schemes];
const person = scheme({ firestore, project, name, room: get("room"), video });

const cost = {
  ...person,
  act: (what: string) => person.acts[what]?.(),
  /** Returns the operations of this participant so far. */
  spent() {
    const { writes, reads, deletes } = window.firestoreOperations!;
    return {
      writes,
      reads,
      deletes,
      readsOfRules: person.readsOfRules(),
      bytes: person.receivedBytes(),
    };
  },
};

declare global {
  interface Window {
    /** Called by cost.mjs. */
    cost: typeof cost;
  }
}

window.cost = cost;
