import type { CallError } from "../lib/errors.ts";
import { createConnection, type Connection, type ConnectionOptions } from "./connection.ts";

/** The events of the current connection. Never called for a replaced one. */
export interface ConnectionSlotEvents {
  /** A browser state has changed, or the remote tracks are known. */
  onChange(): void;
  /** `isSilent()` has changed. */
  onLivenessChange(): void;
  /** The control channel can carry packets, or no longer can. */
  onRoute(send: Parameters<ConnectionOptions["onRoute"]>[0]): void;
  /** The connection cannot be negotiated any more. Called once per connection. */
  onBroken(error: CallError): void;
}

/** The current connection of a peer and its name. */
export interface ConnectionSlot {
  current(): Connection | undefined;
  name(): string | undefined;
  /** Closes the current connection and makes a new one. */
  open(options: Omit<ConnectionOptions, keyof ConnectionSlotEvents>): void;
  /** Closes the current connection, if there is one. */
  clear(): void;
}

export function createConnectionSlot(events: ConnectionSlotEvents): ConnectionSlot {
  let current: Connection | undefined;

  function clear(): void {
    current?.close();
    current = undefined;
    events.onRoute(undefined);
  }

  return {
    current: () => current,
    name: () => current?.name,
    clear,
    open(options) {
      clear();
      let route: Parameters<ConnectionOptions["onRoute"]>[0];
      let isBroken = false;
      const ifCurrent = (react: () => void) => {
        if (current === opened) react();
      };
      const opened: Connection = createConnection({
        ...options,
        onChange: () => ifCurrent(events.onChange),
        onLivenessChange: () =>
          ifCurrent(() => {
            // Data sent over a stalled channel is delivered only after it recovers, so use signaling
            // until then.
            events.onRoute(opened.isSilent() ? undefined : route);
            events.onLivenessChange();
          }),
        onRoute: (send) =>
          ifCurrent(() => {
            route = send;
            events.onRoute(send);
          }),
        onBroken: (error) =>
          ifCurrent(() => {
            // It may fail again until it is replaced.
            if (isBroken) return;
            isBroken = true;
            events.onBroken(error);
          }),
      });
      current = opened;
    },
  };
}
