import type { FirestoreAdmin } from "./firestore-admin.mjs";

export interface FirestoreEmulatorOptions {
  /**
   * The path of the security rules for every project.
   *
   * @default the `firestore.rules` of this package
   */
  rules?: string;
  /** @default a free port */
  port?: number;
}

export interface FirestoreEmulator extends FirestoreAdmin {
  /** The address, as `host:port`. */
  host: string;
  port: number;
  /** Stops the emulator, unless it was running before (`FIRESTORE_EMULATOR_HOST`). */
  stop(): Promise<void>;
}

/**
 * Starts the Firestore emulator and warms it up, or uses the one at `FIRESTORE_EMULATOR_HOST`.
 *
 * Resolves to undefined if the emulator cannot run here; rejects instead if `CI` is set. The emulator is
 * searched at `FIRESTORE_EMULATOR_JAR`, beside the Google Cloud CLI, and in the cache of firebase-tools.
 */
export function startFirestoreEmulator(
  options?: FirestoreEmulatorOptions,
): Promise<FirestoreEmulator | undefined>;

/** Says in one sentence what the emulator needs and how to install it. Returns undefined if nothing is missing. */
export function missingFirestoreEmulator(): string | undefined;
