// One Firestore emulator serves all Vitest projects. Each test file uses another project id.
import type { TestProject } from "vitest/node";
import { startFirestoreEmulator } from "../../scripts/firestore-emulator.mjs";

export { startFirestoreEmulator };

declare module "vitest" {
  export interface ProvidedContext {
    /** The emulator's `host:port`. If it is undefined, the emulator cannot run and its tests are skipped. */
    firestore: string | undefined;
  }
}

/** Vitest's global setup. Starts the emulator if it is installed, and returns its teardown. */
export async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const emulator = await startFirestoreEmulator();
  project.provide("firestore", emulator?.host);
  return emulator && (() => emulator.stop());
}
