/** Reads and changes the data of one project in the Firestore emulator. The security rules do not apply. */
export interface FirestoreAdmin {
  /** Deploys security rules for one project. Rejects with the line if they do not compile. */
  setRules(projectId: string, rules: string): Promise<void>;
  /** Deletes all documents of a project. */
  wipe(projectId: string): Promise<void>;
  /** Deletes one document. */
  remove(projectId: string, path: string): Promise<void>;
  /** Lists the path of every document of a project, also below parents that do not exist. */
  documents(projectId: string): Promise<string[]>;
}

/** Connects to the emulator at `address` (`host:port`). Works in Node and in a page. */
export function createFirestoreAdmin(address: string): FirestoreAdmin;
