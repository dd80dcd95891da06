import { memorySignaling } from "../../adapters/memory/memory.ts";
import { clone } from "../../core/lib/clone.ts";
import type { PeerChannel } from "../../core/peer/peer.ts";
import type { SignalMessage, Signaling } from "../../core/signaling/signaling.ts";
import type { Wire } from "./wire.ts";

/** The signaling of one peer, which can be disconnected. */
interface OwnSignaling {
  readonly signaling: Signaling;
  disconnect(): void;
  reconnect(): void;
}

/** The backend that all peers of a network share. */
export interface Backend {
  readonly signaling: Signaling;
  /** The same backend for one peer. `onSent` is called with each message that it sends. */
  of(onSent: (message: SignalMessage) => void): OwnSignaling;
}

export function createBackend(wire: Wire): Backend {
  const memory = memorySignaling();

  const join: Signaling["join"] = async (options) => {
    const session = await memory.join(options);
    return {
      ...session,
      async send(to, message) {
        // A copy, so that changes of the sender's object after this call are not delivered.
        const packet = clone(message);
        wire.carry(options.self.id, to, () => {
          session.send(to, packet).catch(() => undefined);
        });
      },
    };
  };

  return {
    signaling: { join },
    of(onSent) {
      const ids = new Set<string>();
      return {
        signaling: {
          async join(options) {
            const session = await join(options);
            ids.add(options.self.id);
            return {
              ...session,
              async send(to, message) {
                onSent(message);
                await session.send(to, message);
              },
              async leave() {
                ids.delete(options.self.id);
                await session.leave();
              },
            };
          },
        },
        disconnect() {
          for (const id of ids) memory.disconnect(id);
        },
        reconnect() {
          for (const id of ids) memory.reconnect(id);
        },
      };
    },
  };
}

/** Creates the two ends of a channel, for `createPeer` and `usePeerConnection`. */
export function createChannels(wire: Wire): readonly [PeerChannel, PeerChannel] {
  type Listeners = Set<(message: SignalMessage) => void>;
  const listeners: Readonly<Record<"a" | "b", Listeners>> = { a: new Set(), b: new Set() };
  const end = (own: "a" | "b", other: "a" | "b"): PeerChannel => ({
    async send(message) {
      const packet = clone(message);
      wire.carry(own, other, () => {
        for (const listener of [...listeners[other]]) listener(clone(packet));
      });
    },
    subscribe(listener) {
      listeners[own].add(listener);
      return () => void listeners[own].delete(listener);
    },
  });
  return [end("a", "b"), end("b", "a")];
}
