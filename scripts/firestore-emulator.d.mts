import type { FirestoreAdmin } from "./firestore-admin.mjs";

/** Options of {@link startFirestoreEmulator}. */
export interface FirestoreEmulatorOptions {
  /** The path of the rules that hold for every project. Default: the `firestore.rules` of this package. */
  rules?: string;
  /** Default: a free one. */
  port?: number;
}

/** A running emulator. */
export interface FirestoreEmulator extends FirestoreAdmin {
  /** Where it serves, as `host:port`. */
  host: string;
  port: number;
  /** Ends it. Does nothing to one that was running before (`FIRESTORE_EMULATOR_HOST`). */
  stop(): Promise<void>;
}

/**
 * Starts the Firestore emulator, or takes the one at `FIRESTORE_EMULATOR_HOST`, and warms it up.
 *
 * Resolves to undefined where it cannot run; rejects instead when `CI` is set. The emulator is looked for
 * at `FIRESTORE_EMULATOR_JAR`, beside the Google Cloud CLI, and where firebase-tools keeps it.
 */
export function startFirestoreEmulator(
  options?: FirestoreEmulatorOptions,
): Promise<FirestoreEmulator | undefined>;

/** What is missing for the emulator and how to get it, as a sentence; undefined where nothing is. */
export function missingFirestoreEmulator(): string | undefined;
