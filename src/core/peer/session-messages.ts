import type { MediaState, MessageOf, PeerMessage } from "../signaling/protocol.ts";
import type { HandshakeEventName } from "../stats/handshake-trace.ts";
import type { ConnectionSlot } from "./connection-slot.ts";
import type { ConnectionMessage } from "./connection.ts";
import { resolveGlare } from "./glare.ts";
import type { Recovery } from "./recovery.ts";

/** The mutable state of a session. */
export interface SessionState {
  role: "caller" | "callee";
  remoteMedia: MediaState;
  /** The remote peer has sent a goodbye and is not back yet. */
  isClosedByRemote: boolean;
  wasConnected: boolean;
}

export interface SessionMessagesOptions {
  id: string;
  state: SessionState;
  slot: ConnectionSlot;
  recovery: Pick<Recovery, "repair">;
  /** Makes the connection of that name and puts it in the slot. */
  connect(name: string): Promise<void>;
  record(event: HandshakeEventName): void;
  onBye(reason: MessageOf<"bye">["reason"]): void;
}

type MessageHandlers = {
  [Type in PeerMessage["type"]]: (message: MessageOf<Type>) => void | Promise<void>;
};

/** Returns the function that acts on one message of the remote peer. Calls must not overlap. */
export function createSessionMessages(
  options: SessionMessagesOptions,
): (message: PeerMessage) => Promise<void> {
  const { id, state, slot, recovery, connect, record } = options;

  /** Ignores a message of a connection that was replaced. */
  function forward(message: ConnectionMessage): void {
    if (message.connection === slot.name()) slot.current()?.receive(message);
  }

  const handlers: MessageHandlers = {
    async offer(message) {
      state.remoteMedia = message.media;
      const decision = resolveGlare({
        role: state.role,
        id,
        current: slot.name(),
        offered: message.connection,
      });
      if (decision === "ignore" || decision === "yield") record("offer-discarded");
      if (decision === "ignore") return;
      if (decision === "replace") record("rebuilt");
      if (decision !== "apply") {
        state.role = "callee";
        await connect(message.connection);
      }
      forward(message);
    },
    answer(message) {
      if (message.connection === slot.name()) state.remoteMedia = message.media;
      forward(message);
    },
    reject: forward,
    candidates: forward,
    ask(message) {
      // Both sides may notice a failure at once. Then the connection that the callee complains about
      // has been replaced already.
      const isCurrent = (message.connection ?? slot.name()) === slot.name();
      if (state.role !== "caller" || !isCurrent) return;
      if (message.for === "negotiation") slot.current()?.negotiate();
      else recovery.repair(message.for);
    },
    media(message) {
      state.remoteMedia = message.media;
    },
    bye(message) {
      slot.clear();
      state.isClosedByRemote = true;
      options.onBye(message.reason);
    },
  };

  return async (message) => {
    const handle = handlers[message.type] as (message: PeerMessage) => void | Promise<void>;
    await handle(message);
  };
}
