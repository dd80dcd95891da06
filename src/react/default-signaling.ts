import { CallError } from "../core/lib/errors.ts";
import type { Signaling } from "../core/signaling/signaling.ts";

/**
 * Signals over Firestore, in the default Firebase app. The adapter is loaded by the first `join()`, so
 * applications that give another `signaling` never download it.
 */
export const defaultSignaling: Signaling = {
  async join(options) {
    const { firestoreSignaling } = await import("twocan/firestore").catch((cause: unknown) => {
      throw new CallError(
        "no-signaling",
        "The default signaling could not be loaded. Pass `signaling` to useCall or <CallProvider>, or install `firebase`.",
        { cause },
      );
    });
    return firestoreSignaling().join(options);
  },
};
