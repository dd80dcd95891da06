type Status = "connected" | "disconnected";

/**
 * Combines the states of several listeners: the backend counts as connected while all of them are live.
 * None is live at first.
 */
export function createStatus(listeners: readonly string[], onStatus: (status: Status) => void) {
  const lost = new Set(listeners);
  let status: Status = "disconnected";
  return {
    /** Sets the state of one listener, and reports the status if it has changed. */
    set(listener: string, live: boolean) {
      if (live) lost.delete(listener);
      else lost.add(listener);
      const next = lost.size === 0 ? "connected" : "disconnected";
      if (next === status) return;
      status = next;
      onStatus(next);
    },
  };
}
