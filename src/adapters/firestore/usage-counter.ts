import type { QuerySnapshot } from "firebase/firestore";

/**
 * The billed operations of one session: writes, deletes, and each document a listener receives. Reads
 * made by the rules (`exists`) are not counted, because a client cannot see them.
 */
export interface UsageCounter {
  reads: number;
  writes: number;
  deletes: number;
}

/** Returns a function that counts the snapshots of one listener. */
export function createReader(usage: UsageCounter): (snapshot: QuerySnapshot) => void {
  let answered = false;
  return (snapshot) => {
    for (const { type, doc } of snapshot.docChanges({ includeMetadataChanges: true }))
      if (type !== "removed" && !doc.metadata.hasPendingWrites) usage.reads += 1;
    // An empty result is billed as one read.
    if (!answered && !snapshot.metadata.fromCache && snapshot.empty) usage.reads += 1;
    answered ||= !snapshot.metadata.fromCache;
  };
}
