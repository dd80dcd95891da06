import type { MemorySignaling } from "../../src/adapters/memory/memory.ts";
import type { Signaling } from "../../src/core/signaling/signaling.ts";
import type { SignalingBackend } from "../../src/testing/conformance/describe-signaling.ts";

/** The capabilities that the memory backend declares to the conformance suite. */
export const MEMORY_CAPABILITIES = {
  vanishesWithin: 0,
  lacks: { garbage: "no other page can write to it", cleanup: "nothing outlives its object" },
};

/** Creates a backend for the suite. Each peer has a separate connection to `shared`, wrapped by `compose`. */
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
    /** Joins as a peer that is already present. */
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
        // The backend rejects the forged sender, as it should.
        () => undefined,
      );
    },
  };
}
