// Uses plain fetch, so that pages can import it too.

const ADMIN = { Authorization: "Bearer owner" };

export function createFirestoreAdmin(address) {
  const emulator = (projectId) => `http://${address}/emulator/v1/projects/${projectId}`;
  const database = (projectId) => `projects/${projectId}/databases/(default)`;

  async function request(url, init) {
    const response = await fetch(url, { ...init, headers: ADMIN });
    const result = await response.json();
    if (!response.ok)
      throw new Error(`The Firestore emulator rejected ${url}: ${JSON.stringify(result)}`);
    return result;
  }

  return {
    async setRules(projectId, rules) {
      const body = JSON.stringify({ rules: { files: [{ content: rules }] } });
      await request(`${emulator(projectId)}:securityRules`, { method: "PUT", body });
    },

    async wipe(projectId) {
      await request(`${emulator(projectId)}/databases/(default)/documents`, { method: "DELETE" });
    },

    async remove(projectId, path) {
      const url = `http://${address}/v1/${database(projectId)}/documents/${path}`;
      await request(url, { method: "DELETE" });
    },

    // A query without a collection returns every document, also below parents that do not exist.
    async documents(projectId) {
      const root = `${database(projectId)}/documents`;
      const structuredQuery = { from: [{ allDescendants: true }] };
      const body = JSON.stringify({ structuredQuery });
      const rows = await request(`http://${address}/v1/${root}:runQuery`, { method: "POST", body });
      return rows.flatMap((row) =>
        row.document ? [row.document.name.slice(root.length + 1)] : [],
      );
    },
  };
}
