/** The Firestore emulator of a test run: one for all projects; each test file takes its own project id. */
import type { TestProject } from "vitest/node";
import { startFirestoreEmulator } from "../../scripts/firestore-emulator.mjs";

export { startFirestoreEmulator };

declare module "vitest" {
  export interface ProvidedContext {
    /** The emulator's `host:port`; undefined where it cannot run, and what needs it skips. */
    firestore: string | undefined;
  }
}

/** Vitest's global setup: starts the emulator where it can run, and returns the way to end it. */
export async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const emulator = await startFirestoreEmulator();
  project.provide("firestore", emulator?.host);
  return emulator && (() => emulator.stop());
}
