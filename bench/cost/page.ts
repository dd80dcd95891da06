/** One person of the measurement: a camera, a Firestore client that counts, and a call in either scheme. */
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
  /** Where each pair has its own document: makes it, and comes to it. */
  create?(pair: string): Promise<void>;
  enter?(pair: string): Promise<void>;
  /** To how many others. */
  connected(): number;
  /** What may happen in a call, each on every connection of this person. */
  acts: Record<string, () => Promise<void>>;
  leave(): Promise<void>;
  /** What came in documents, as JSON. */
  receivedBytes(): number;
  /** Documents that the security rules looked at: billed as reads, and not seen by the client. */
  readsOfRules(): number;
  /** What the library itself says that it costs. */
  own(): SignalingUsage | undefined;
};

const query = new URLSearchParams(location.search);
const get = (name: string) => query.get(name) ?? "";

// Without this event a connection's way past the backend is never used, as before there was one. The
// probes that tell a live path from a dead one go on.
if (get("direct") === "off") {
  const add = EventTarget.prototype.addEventListener;
  RTCDataChannel.prototype.addEventListener = function listen(
    this: RTCDataChannel,
    ...given: Parameters<typeof add>
  ) {
    if (given[0] !== "open") add.apply(this, given);
  };
}

// There is no screen to share here: a drawn one takes its place, a track like any other.
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

/** Four people on one machine encode and decode twelve pictures at once. */
const video = { width: 160, height: 120, frameRate: 5 };
const schemes = { twocan, codelab };
const scheme = schemes[get("scheme") as keyof typeof schemes];
const person = scheme({ firestore, project, name, room: get("room"), video });

const cost = {
  ...person,
  act: (what: string) => person.acts[what]?.(),
  /** What this person has cost so far. */
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
    /** For the driver. */
    cost: typeof cost;
  }
}

window.cost = cost;
