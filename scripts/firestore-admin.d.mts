/** Looks into the Firestore emulator past its rules, project by project. */
export interface FirestoreAdmin {
  /** Deploys rules for one project. Rejects with the line where they do not compile. */
  setRules(projectId: string, rules: string): Promise<void>;
  /** Deletes everything of a project. */
  wipe(projectId: string): Promise<void>;
  /** Deletes one document. */
  remove(projectId: string, path: string): Promise<void>;
  /** The path of every document of a project, also below parents that do not exist. */
  documents(projectId: string): Promise<string[]>;
}

/** `address` is the emulator's, as `host:port`. Works in Node and in a page. */
export function createFirestoreAdmin(address: string): FirestoreAdmin;
