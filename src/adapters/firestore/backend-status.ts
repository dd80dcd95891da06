/** Owns the one word on whether the backend is reachable, out of several listeners. */

type Word = "connected" | "disconnected";

/** Makes the status of these listeners, none of which is live yet. It tells every change. */
export function createStatus(listeners: readonly string[], onStatus: (status: Word) => void) {
  const lost = new Set(listeners);
  let status: Word = "disconnected";
  return {
    /** One listener's own state. All must be live for the backend to count as connected. */
    set(listener: string, live: boolean) {
      if (live) lost.delete(listener);
      else lost.add(listener);
      const next = lost.size === 0 ? "connected" : "disconnected";
      if (next === status) return;
      status = next;
      onStatus(next);
    },
    /** Says `connected` once more, unless it is not so; it will be said then. */
    repeat() {
      if (status === "connected") onStatus(status);
    },
  };
}
