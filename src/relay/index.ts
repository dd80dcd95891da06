/**
 * Owns the WebSocket relay: rooms whose peers see each other and exchange packets. Node only. For
 * development and small teams: one process, nothing stored, and a room's name is all it takes to
 * enter it, so make names unguessable.
 *
 * The protocol: one JSON object per text frame, of at most 394,240 bytes.
 *
 * From client to relay:
 * - `{ type: "join", room, peer, secret }`: first, and once per connection. `secret`: 16 to 128
 *   characters, made by the client for its stay. A second join with the same id and the same secret
 *   takes the seat over from a connection that the client has lost; with another secret it is refused.
 * - `{ type: "send", to, message }`: a packet for the peer `to` of the same room. If there is no such
 *   peer (any more), it goes nowhere.
 * - `{ type: "update", peer }`: another name or metadata; the id stays.
 * - `{ type: "leave" }`: gives up the seat. Closing the connection does the same.
 *
 * From relay to client:
 * - `{ type: "peers", peers }`: everybody else in the room, sorted by `joined` and `id`; each time the
 *   whole list. The first one is the answer to `join`.
 * - `{ type: "message", from, message }`: a packet. `from` is the id of the connection it came by.
 * - `{ type: "beat" }`: every 10 s, so that a page, which cannot see pings, notices a dead connection.
 * - `{ type: "error", code, message }`: `code` is one of `CallError`'s: `signaling-denied`,
 *   `room-full`, `message-invalid`. When the connection is then closed with 1008, coming back is
 *   pointless.
 *
 * A connection that sends too fast is read more slowly, so that nothing honest is lost; one that
 * floods, keeps sending frames that do not fit, does not read or does not answer pings is closed.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Server as HttpsServer } from "node:https";
import { Server as TlsServer } from "node:tls";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { CallError } from "../core/errors.ts";
import { acceptConnection, type Connection, type ConnectionLimits } from "./connection.ts";
import { MAX_FRAME } from "./frames.ts";
import { createRooms, type RoomLimits } from "./rooms.ts";

/** What one relay takes on. */
export interface RelayLimits extends ConnectionLimits, RoomLimits {
  /** How many peers fit in a room. Default 64. */
  peersPerRoom: number;
  /** How many rooms there are at a time. Default 10,000. */
  rooms: number;
  /** How often connections are pinged, in ms; one that misses two is gone. Default 10,000. */
  heartbeat: number;
}

/** Options of {@link createRelay}. */
export interface RelayOptions {
  /** Default 0: any free one. */
  port?: number;
  /** Default "127.0.0.1": this machine alone. "0.0.0.0" lets the network in. */
  host?: string;
  /** Sits on an HTTP(S) server of yours instead of one of its own, and takes nothing but its path. */
  server?: Server | HttpsServer;
  /** Where connections are accepted. Default "/". */
  path?: string;
  limits?: Partial<RelayLimits>;
}

/** A running relay. */
export interface Relay {
  /** Its address, for `webSocketSignaling`. With a `server` of yours: once that one listens. */
  readonly url: string;
  readonly port: number;
  /** Closes every connection, and the server unless it is yours. Can be called twice. */
  close(): Promise<void>;
}

const DEFAULT_LIMITS: RelayLimits = {
  peersPerRoom: 64,
  rooms: 10_000,
  heartbeat: 10_000,
  burst: 200,
  perSecond: 100,
  strikes: 10,
};

/**
 * Starts a relay.
 *
 * @throws {CallError} `signaling-unavailable` where the port cannot be had.
 * @example
 * const relay = await createRelay({ port: 8787 });
 * const signaling = webSocketSignaling(relay.url);
 */
export async function createRelay(options: RelayOptions = {}): Promise<Relay> {
  const { port = 0, host = "127.0.0.1", path = "/" } = options;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const rooms = createRooms(limits);
  const connections = new Set<Connection>();
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_FRAME,
    perMessageDeflate: false,
  });
  const server = options.server ?? createServer(answerPlainHttp);

  const onUpgrade = (request: IncomingMessage, raw: Duplex, head: Buffer) => {
    if (request.url?.split("?")[0] !== path) {
      // On a server of yours the path may be another's. On ours nobody else will answer.
      if (!options.server) raw.end("HTTP/1.1 404 Not Found\r\n\r\n");
      return;
    }
    sockets.handleUpgrade(request, raw, head, (socket) => {
      const connection = acceptConnection(socket, rooms, limits);
      connections.add(connection);
      socket.on("close", () => connections.delete(connection));
    });
  };
  server.on("upgrade", onUpgrade);
  if (!options.server) await listen(server, port, host);
  const heartbeat = setInterval(() => {
    for (const connection of connections) connection.beat();
  }, limits.heartbeat);

  const close = async () => {
    clearInterval(heartbeat);
    server.off("upgrade", onUpgrade);
    for (const connection of connections) connection.end();
    if (options.server || !server.listening) return;
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  };
  return {
    get url() {
      return addressOf(server) + path;
    },
    get port() {
      return portOf(server);
    },
    close,
  };
}

function listen(server: Server | HttpsServer, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause) => {
      const message = `The relay cannot listen at ${host}:${port}: ${cause.message}. Choose another port, or 0 for any free one.`;
      reject(new CallError("signaling-unavailable", message, { cause }));
    });
    server.listen(port, host, resolve);
  });
}

function answerPlainHttp(_request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(426, { "content-type": "text/plain" });
  response.end("This is a twocan relay. It speaks WebSocket.\n");
}

function portOf(server: Server | HttpsServer): number {
  const address = server.address();
  return typeof address === "object" && address ? address.port : 0;
}

function addressOf(server: Server | HttpsServer): string {
  const address = server.address();
  const scheme = server instanceof TlsServer ? "wss" : "ws";
  if (typeof address !== "object" || !address) return `${scheme}://localhost`;
  // A page cannot connect to "every address of this machine".
  const any = address.address === "0.0.0.0" || address.address === "::";
  const host = address.family === "IPv6" ? `[${address.address}]` : address.address;
  return `${scheme}://${any ? "localhost" : host}:${address.port}`;
}
