/** Owns the count of what Firestore bills: writes, deletes, and each document that a listener is given. */
import type { QuerySnapshot } from "firebase/firestore";

/** The operations of one stay. The reads that the rules make (`exists`) are not in it: a client cannot see them. */
export interface UsageCounter {
  reads: number;
  writes: number;
  deletes: number;
}

/** Counts one listener's snapshots into the bill. */
export function createReader(bill: UsageCounter): (snapshot: QuerySnapshot) => void {
  let answered = false;
  return (snapshot) => {
    for (const { type, doc } of snapshot.docChanges({ includeMetadataChanges: true }))
      if (type !== "removed" && !doc.metadata.hasPendingWrites) bill.reads += 1;
    // Finding nothing is billed as well.
    if (!answered && !snapshot.metadata.fromCache && snapshot.empty) bill.reads += 1;
    answered ||= !snapshot.metadata.fromCache;
  };
}
