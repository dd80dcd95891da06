/**
 * A Firestore client that counts billed operations: each write, each delete, each document that the
 * backend delivers, and one read for a listener whose first result is empty.
 */
import {
  deleteDoc as nativeDelete,
  onSnapshot as nativeListen,
  setDoc as nativeSet,
  type DocumentData,
  type DocumentReference,
  type QuerySnapshot,
} from "@firebase/firestore";

export * from "@firebase/firestore";

/** The number of operations of this page so far, and of open listeners. */
export const operations = { writes: 0, reads: 0, deletes: 0, listeners: 0 };
Object.assign(globalThis, { firestoreOperations: operations });

export function setDoc(reference: DocumentReference, data: DocumentData): Promise<void> {
  operations.writes += 1;
  return nativeSet(reference, data);
}

export function deleteDoc(reference: DocumentReference): Promise<void> {
  operations.deletes += 1;
  return nativeDelete(reference);
}

type Listen = (
  source: Parameters<typeof nativeListen>[0],
  options: object,
  onNext: (snapshot: QuerySnapshot) => void,
  onError: (error: Error) => void,
) => () => void;

export const onSnapshot: Listen = (source, options, onNext, onError) => {
  operations.listeners += 1;
  let attached = false;
  const count = (snapshot: QuerySnapshot) => {
    if (snapshot.metadata.fromCache) return;
    const delivered = snapshot
      .docChanges({ includeMetadataChanges: true })
      .filter(({ type, doc }) => type !== "removed" && !doc.metadata.hasPendingWrites).length;
    operations.reads += attached ? delivered : Math.max(1, delivered);
    attached = true;
  };
  const stop = (nativeListen as unknown as Listen)(
    source,
    options,
    (snapshot) => {
      count(snapshot);
      onNext(snapshot);
    },
    onError,
  );
  return () => {
    operations.listeners -= 1;
    stop();
  };
};
