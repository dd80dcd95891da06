import { startFirestoreEmulator } from "../../scripts/firestore-emulator.mjs";
import { createRelay } from "../../src/relay/index.ts";

/**
 * Playwright's global setup. Starts the relay and, if it is installed, the Firestore emulator; passes
 * their addresses to the tests in the environment; returns the teardown.
 */
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
