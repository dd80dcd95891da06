/** Invalid values of `iceServers`, with the index of the entry that the error has to name. */
export const REFUSED: readonly { what: string; servers: unknown; entry: number }[] = [
  { what: "no scheme", servers: [{ urls: "127.0.0.1:3478" }], entry: 0 },
  { what: "another scheme", servers: [{ urls: "https://127.0.0.1" }], entry: 0 },
  {
    what: "TURN without a credential",
    servers: [{ urls: "stun:127.0.0.1" }, { urls: "turn:127.0.0.1:3478", username: "mina" }],
    entry: 1,
  },
  {
    what: "TURN with an empty credential",
    servers: [{ urls: "turn:127.0.0.1:3478", username: "", credential: "" }],
    entry: 0,
  },
  {
    what: "credentials inside the URL",
    servers: [{ urls: "turn:mina:hunter2@127.0.0.1", username: "mina", credential: "hunter2" }],
    entry: 0,
  },
  { what: "a list of strings", servers: ["stun:127.0.0.1"], entry: 0 },
  { what: "a string", servers: "stun:127.0.0.1", entry: 0 },
  { what: "an empty entry", servers: [{}], entry: 0 },
  { what: "an entry that is null", servers: [null], entry: 0 },
  { what: "an object of another kind", servers: { error: "unauthorized" }, entry: 0 },
];
