import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/** A TCP proxy between a client and a server, on which a test simulates network faults. */
export interface Cable {
  /** The port to which the client connects. */
  readonly port: number;
  /** Closes all connections and refuses new ones. */
  pull(): void;
  /** Accepts connections again, to another server if a port is given. */
  mend(target?: number): void;
  /** Stops all traffic without closing a connection, so neither side receives an event. */
  freeze(): void;
  close(): void;
}

const HOST = "127.0.0.1";

/** Starts a proxy to that port of this machine. */
export async function layCable(target: number): Promise<Cable> {
  let end = target;
  const sockets = new Set<Socket>();
  let pulled = false;
  let frozen = false;

  function keep(socket: Socket): Socket {
    sockets.add(socket);
    // An error is followed by "close", which is handled.
    return socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
  }
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };

  const server = createServer((inner) => {
    keep(inner);
    if (pulled) return void inner.destroy();
    if (frozen) return void inner.pause();
    const outer = keep(connect(end, HOST));
    inner.pipe(outer).pipe(inner);
    inner.on("close", () => outer.destroy());
    outer.on("close", () => inner.destroy());
  });
  server.listen(0, HOST);
  await once(server, "listening");

  return {
    port: (server.address() as AddressInfo).port,
    pull() {
      pulled = true;
      cut();
    },
    mend(next = end) {
      end = next;
      pulled = false;
    },
    freeze() {
      frozen = true;
      for (const socket of sockets) {
        socket.unpipe();
        socket.pause();
      }
    },
    close() {
      cut();
      server.close();
    },
  };
}
