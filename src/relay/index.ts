/**
 * Owns the WebSocket relay: rooms whose peers see each other and exchange packets. Node only. For
 * development and small teams: one process, nothing stored, and a room's name is all it takes to
 * enter it unless you ask for more (`authorize`), so make names unguessable.
 *
 * The protocol: one JSON object per text frame, of at most 394,240 bytes.
 *
 * From client to relay:
 * - `{ type: "join", room, peer, secret }`: first, and once per connection. `secret`: 16 to 128
 *   characters, made by the client for its stay. A second join with the same id and the same secret
 *   takes the seat over from a connection that the client has lost; with another secret it is refused.
 *   Before the answer, `leave` is the only frame that may follow.
 * - `{ type: "send", to, message }`: a packet for the peer `to` of the same room. If there is no such
 *   peer (any more), it goes nowhere.
 * - `{ type: "update", peer }`: another name or metadata; the id stays.
 * - `{ type: "leave" }`: gives up the seat. Closing the connection does the same; one that only
 *   stops answering pings keeps its seat for 90 s, listed and deaf.
 *
 * From relay to client:
 * - `{ type: "peers", peers }`: everybody else in the room, sorted by `joinedAt` and `id`; each time the
 *   whole list. The first one is the answer to `join`. Many changes at once may share a list.
 * - `{ type: "message", from, message }`: a packet. `from` is the id of the connection it came by.
 * - `{ type: "beat" }`: every 7 s, so that a page, which cannot see pings, notices a dead connection.
 * - `{ type: "error", code, message }`: `code` is one of `CallError`'s: `signaling-denied`,
 *   `room-full`, `message-invalid`. When the connection is then closed with 1008, coming back is
 *   pointless.
 *
 * A connection that sends too fast is read more slowly, so that nothing honest is lost; one that
 * floods, keeps sending frames that do not fit, does not read or does not answer pings is closed.
 * Before the upgrade: 403 for a page of another origin, 429 and 503 when there are too many
 * connections. 1012 when the relay ends: come back, another one takes its place.
 */
import {
  createServer,
  STATUS_CODES,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import type { Server as HttpsServer } from "node:https";
import { Server as TlsServer } from "node:tls";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { CallError } from "../core/lib/errors.ts";
import type { PeerInfo } from "../core/signaling/signaling.ts";
import { acceptConnection, type Admission, type Connection } from "./relay-connection.ts";
import { MAX_FRAME } from "./frames.ts";
import { DEFAULT_LIMITS, type RelayLimits } from "./limits.ts";
import { createRooms } from "./rooms.ts";

export type { ConnectionLimits } from "./relay-connection.ts";
export type { RelayLimits } from "./limits.ts";
export type { RoomLimits } from "./rooms.ts";

/** Who asks to enter a room. */
export interface JoinRequest {
  /** The path and query that it connected to; a token travels in the query. */
  url: URL;
  headers: IncomingHttpHeaders;
  room: string;
  /** What it says of itself. The id cannot change later; the name and the metadata can. */
  peer: PeerInfo;
}

/** Options of {@link createRelay}. */
export interface RelayOptions {
  /** Default 0: any free one. */
  port?: number | undefined;
  /** Default "127.0.0.1": this machine alone. "0.0.0.0" lets the network in. */
  host?: string | undefined;
  /** Sits on an HTTP(S) server of yours instead of one of its own, and takes nothing but its path. */
  server?: Server | HttpsServer | undefined;
  /** Where connections are accepted. Default "/". */
  path?: string | undefined;
  /**
   * The pages that may connect, each as `"https://app.example.org"`; or a function that says so.
   * Default: all. It keeps other people's pages out, and no program: a program says any origin, and
   * one that says none is let in by a list.
   */
  origins?: readonly string[] | ((origin: string | undefined) => boolean) | undefined;
  /**
   * Whether somebody may enter a room, asked at each join, also at those after a lost connection.
   * Default: yes. If it throws or rejects, the answer is no; it has at least one `heartbeat` of time.
   */
  authorize?: ((request: JoinRequest) => boolean | Promise<boolean>) | undefined;
  limits?: Partial<RelayLimits> | undefined;
}

/** A running relay. */
export interface Relay {
  /** Its address, for `webSocketSignaling`. With a `server` of yours: once that one listens. */
  readonly url: string;
  readonly port: number;
  /**
   * Tells every client to come back (1012), then closes the server unless it is yours. Calls go on
   * meanwhile. Takes 2 s at most. Can be called twice.
   */
  close(): Promise<void>;
}

/**
 * Starts a relay.
 *
 * @throws {CallError} `signaling-unavailable` where the port cannot be had.
 * @example
 * const relay = await createRelay({ port: 8787 });
 * const signaling = webSocketSignaling(relay.url);
 */
export async function createRelay(options: RelayOptions = {}): Promise<Relay> {
  const { port = 0, host = "127.0.0.1", path = "/", authorize } = options;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const rooms = createRooms(limits);
  const connections = new Set<Connection>();
  const perAddress = new Map<string, number>();
  const mayConnect = originCheck(options.origins);
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_FRAME,
    perMessageDeflate: false,
  });
  const server = options.server ?? createServer(answerPlainHttp);

  /** The HTTP status of a connection that is not taken. */
  function refusal(request: IncomingMessage, address: string): number | undefined {
    if (!mayConnect(request.headers.origin)) return 403;
    if (connections.size >= limits.connections) return 503;
    if ((perAddress.get(address) ?? 0) >= limits.connectionsPerAddress) return 429;
    return undefined;
  }

  function count(address: string, change: 1 | -1): void {
    const now = (perAddress.get(address) ?? 0) + change;
    if (now > 0) perAddress.set(address, now);
    else perAddress.delete(address);
  }

  function admissionOf({ url = path, headers }: IncomingMessage): Admission | undefined {
    if (!authorize) return undefined;
    // Async, so that whatever the hook throws is a rejection.
    return async ({ room, peer }) =>
      await authorize({ url: new URL(url, "ws://localhost"), headers, room, peer });
  }

  const onUpgrade = (request: IncomingMessage, raw: Duplex, head: Buffer) => {
    if (request.url?.split("?")[0] !== path) {
      // On a server of yours the path may be another's. On ours nobody else will answer.
      if (!options.server) turnAway(raw, 404);
      return;
    }
    const address = request.socket.remoteAddress ?? "";
    const status = refusal(request, address);
    if (status) return turnAway(raw, status);
    sockets.handleUpgrade(request, raw, head, (socket) => {
      const connection = acceptConnection(socket, rooms, limits, admissionOf(request));
      connections.add(connection);
      count(address, 1);
      socket.on("close", () => {
        connections.delete(connection);
        count(address, -1);
      });
    });
  };
  server.on("upgrade", onUpgrade);
  if (!options.server) await listen(server, port, host);

  const close = async () => {
    server.off("upgrade", onUpgrade);
    // First of all, so that who comes back does not come back to this one, and the port is free.
    const closed = options.server ? undefined : closeServer(server);
    await Promise.all([...connections].map((connection) => connection.end()));
    rooms.close();
    await closed;
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

function closeServer(server: Server | HttpsServer): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    // Not the upgraded ones: those are no HTTP any more.
    server.closeAllConnections();
  });
}

function originCheck(origins: RelayOptions["origins"]): (origin: string | undefined) => boolean {
  if (!origins) return () => true;
  if (typeof origins !== "function") {
    const known = new Set(origins.map((origin) => origin.toLowerCase().replace(/\/$/, "")));
    return (origin) => origin === undefined || known.has(origin);
  }
  return (origin) => {
    try {
      return origins(origin);
    } catch {
      return false;
    }
  };
}

function turnAway(raw: Duplex, status: number): void {
  // Node has let go of it: nobody else would hear that the other side has cut it off.
  raw.on("error", () => raw.destroy());
  raw.once("finish", () => raw.destroy());
  raw.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\n\r\n`);
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
