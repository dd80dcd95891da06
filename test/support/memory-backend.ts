import type { MemorySignaling } from "../../src/adapters/memory/memory.ts";
import type { Signaling } from "../../src/core/signaling/signaling.ts";
import type { SignalingBackend } from "../../src/testing/conformance/describe-signaling.ts";

/** What the suite cannot prove for it. */
export const MEMORY_CAPABILITIES = {
  vanishesWithin: 0,
  lacks: { garbage: "no other client can write to it", cleanup: "nothing is stored" },
};

/** Creates a backend over `memorySignaling()` in which each peer can be disconnected; `compose` wraps the signaling of each. */
export function memoryBackend(
  shared: MemorySignaling,
  compose = (inner: Signaling) => inner,
): SignalingBackend {
  return {
    peer() {
      const ids: string[] = [];
      let online = true;
      const set = (next: boolean) => {
        online = next;
        for (const id of ids) (next ? shared.reconnect : shared.disconnect)(id);
      };
      return {
        signaling: compose({
          join(joining) {
            ids.push(joining.self.id);
            if (!online) set(false);
            return shared.join(joining);
          },
        }),
        disconnect: () => set(false),
        reconnect: () => set(true),
        vanish: () => set(false),
      };
    },
    /** Joins with the id of a peer that is present. */
    async forge({ room, from, to, message }) {
      const joining = shared.join({
        room,
        self: { id: from },
        signal: new AbortController().signal,
        onPeers() {},
        onMessage() {},
        onStatus() {},
        onError() {},
      });
      await joining.then(
        (session) => session.send(to, message),
        // Refused, as required.
        () => undefined,
      );
    },
  };
}
