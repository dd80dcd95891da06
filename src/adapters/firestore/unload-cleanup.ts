import type { DocumentReference, Firestore } from "firebase/firestore";
import { after } from "../../core/lib/abort.ts";
import type { FirestoreUser } from "./firestore-sdk.ts";

/** How often the ID token is read. It is valid for an hour, and the SDK renews it shortly before. */
const TOKEN_CHECK_MS = 600_000;

/**
 * Returns a function that deletes documents while the page closes. It must not wait for anything, so
 * the ID token is read in advance until `signal` is aborted.
 */
export function createUnloadCleanup(
  firestore: Firestore,
  user: FirestoreUser | null,
  signal: AbortSignal,
): (documents: readonly DocumentReference[]) => void {
  let token: string | undefined;
  function renew(from: FirestoreUser): void {
    from.getIdToken().then(
      (next) => (token = next),
      () => undefined,
    );
    after(signal, TOKEN_CHECK_MS, () => renew(from));
  }
  if (user) renew(user);

  return (documents) => {
    const { databaseId, settings = {} }: FirestoreJson = firestore.toJSON();
    if (!databaseId) return;
    const { host = "firestore.googleapis.com", ssl = true } = settings;
    const database = `projects/${databaseId.projectId}/databases/${databaseId.database}`;
    const writes = documents.map(({ path }) => ({ delete: `${database}/documents/${path}` }));
    fetch(`${ssl ? "https" : "http"}://${host}/v1/${database}/documents:commit`, {
      method: "POST",
      keepalive: true,
      headers: token ? { Authorization: `Bearer ${token}` } : {},
      body: JSON.stringify({ writes }),
    }).catch(() => undefined);
  };
}

/** The part of `Firestore.toJSON()` that contains the address of the database. */
interface FirestoreJson {
  databaseId?: { projectId: string; database: string };
  settings?: { host?: string; ssl?: boolean };
}
