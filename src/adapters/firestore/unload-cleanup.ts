/** Owns the last word of a page that is closing: deletes that need no page to finish. */
import type { DocumentReference, Firestore } from "firebase/firestore";
import { after } from "../../core/lib/abort.ts";
import type { FirestoreUser } from "./firestore-sdk.ts";

/** How often the ID token is looked at, in ms. It lives for an hour, and is renewed shortly before. */
const TOKEN_CHECK = 600_000;

/**
 * Makes the function that deletes documents while the page goes: it must not wait for anything, so
 * the ID token is kept at hand until `signal` is aborted.
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
    after(signal, TOKEN_CHECK, () => renew(from));
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

/** The part of `Firestore.toJSON()` that says where the database is. */
interface FirestoreJson {
  databaseId?: { projectId: string; database: string };
  settings?: { host?: string; ssl?: boolean };
}
