/** The cable between one peer and a server: it can be pulled, put back, or fall silent. */
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/** A connection to a server that a test can disturb. */
export interface Cable {
  /** Where the peer finds the server. */
  readonly port: number;
  /** Cuts all connections and refuses new ones. */
  pull(): void;
  /** Puts it back, or lays it to another server. */
  mend(target?: number): void;
  /** Nothing gets through any more, and neither side is told. */
  freeze(): void;
  close(): void;
}

const HOST = "127.0.0.1";

/** Lays a cable to that port of this machine. */
export async function layCable(target: number): Promise<Cable> {
  let end = target;
  const sockets = new Set<Socket>();
  let pulled = false;
  let frozen = false;

  function keep(socket: Socket): Socket {
    sockets.add(socket);
    // How it ends is told by its close.
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
