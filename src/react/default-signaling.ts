/** Owns the default: Firestore, loaded when a call that names no signaling joins, and not before. */
import { CallError } from "../core/lib/errors.ts";
import type { Signaling } from "../core/signaling/signaling.ts";

/** Firestore of the app's default Firebase app. Who passes another adapter never downloads it. */
export const defaultSignaling: Signaling = {
  async join(options) {
    const { firestoreSignaling } = await import("twocan/firestore").catch((cause: unknown) => {
      throw new CallError(
        "no-signaling",
        "The default signaling could not be loaded. Give `signaling` to useCall or <CallProvider>.",
        { cause },
      );
    });
    return firestoreSignaling().join(options);
  },
};
