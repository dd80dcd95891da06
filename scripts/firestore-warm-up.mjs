// Opens one listener and writes one document in the Firestore emulator at the given host:port, so that
// the emulator has loaded its code before the first test.
import { initializeApp } from "firebase/app";

const TIMEOUT_MS = 60_000;
const [host, port] = process.argv[2].split(":");

// The browser build, because pages use that transport. The package does not export it to Node.
const build = new URL("../node_modules/@firebase/firestore/dist/index.esm.js", import.meta.url);
const { collection, connectFirestoreEmulator, doc, getFirestore, onSnapshot, setDoc } =
  await import(build.href);

const app = initializeApp({ projectId: "demo-warm-up" });
const firestore = getFirestore(app);
connectFirestoreEmulator(firestore, host, Number(port), { mockUserToken: "owner" });

setTimeout(() => process.exit(1), TIMEOUT_MS);
const rooms = collection(firestore, "rooms");
onSnapshot(
  rooms,
  { includeMetadataChanges: true },
  ({ size, metadata }) => {
    if (size > 0 && !metadata.fromCache && !metadata.hasPendingWrites) process.exit(0);
  },
  () => process.exit(1),
);
await setDoc(doc(rooms, "room"), {});
