/** What the end-to-end tests need beside the page: the relay and, where it can be had, the Firestore emulator. */
import { startFirestoreEmulator } from "../../scripts/firestore-emulator.mjs";
import { createRelay } from "../../src/relay/index.ts";

/** Starts both and tells where they are by the environment; returns the way to end them. */
export default async function setup(): Promise<() => Promise<void>> {
  const [relay, firestore] = await Promise.all([
    createRelay({ port: 0, host: "127.0.0.1" }),
    startFirestoreEmulator(),
  ]);
  process.env["TWOCAN_RELAY"] = relay.url;
  if (firestore) process.env["TWOCAN_FIRESTORE"] = firestore.host;
  return async () => {
    await Promise.all([relay.close(), firestore?.stop()]);
  };
}
