/**
 * The WebSocket relay: rooms whose peers see each other and exchange packets. Node only, for development
 * and small teams: one process, nothing stored. A client that knows the name of a room may enter it,
 * unless `authorize` is given, so room names must not be guessable. docs/RELAY.md describes the protocol.
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

/** A request to enter a room. */
export interface JoinRequest {
  /** The path and query of the connection; a token is part of the query. */
  url: URL;
  headers: IncomingHttpHeaders;
  room: string;
  /** The peer as the client describes it. The id cannot change later; the name and the metadata can. */
  peer: PeerInfo;
}

/** Where a relay listens, and who may use it. */
export interface RelayOptions {
  /** Default 0: any free port. */
  port?: number | undefined;
  /** Default "127.0.0.1": this machine only. "0.0.0.0" accepts connections from the network. */
  host?: string | undefined;
  /** Your HTTP(S) server, to which the relay is attached. It handles its path only. Default: it creates a server. */
  server?: Server | HttpsServer | undefined;
  /** The path at which connections are accepted. Default "/". */
  path?: string | undefined;
  /**
   * The origins whose pages may connect, each as `"https://app.example.org"`, or a function that
   * decides. Default: all. It protects against pages of other sites, not against programs: a program
   * can send any origin, and a list accepts a request without one.
   */
  origins?: readonly string[] | ((origin: string | undefined) => boolean) | undefined;
  /**
   * Decides whether a client may enter a room. Called for each join, also after a lost connection.
   * Default: every client may. If it throws or rejects, the client may not. It may take one `heartbeat`.
   */
  authorize?: ((request: JoinRequest) => boolean | Promise<boolean>) | undefined;
  /** Limits that differ from the defaults. */
  limits?: Partial<RelayLimits> | undefined;
}

/** A running relay. */
export interface Relay {
  /** Its address, for `webSocketSignaling`. With your own `server`: once that server listens. */
  readonly url: string;
  readonly port: number;
  /**
   * Asks every client to reconnect (close code 1012), then closes the server unless it is yours. Calls
   * continue. Takes at most 2 s. May be called twice.
   */
  close(): Promise<void>;
}

/**
 * Starts a relay.
 *
 * @throws {CallError} `signaling-unavailable` if it cannot listen at the port.
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

  /** Returns the HTTP status for a connection that is rejected. */
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
    // Async, so that an exception of the hook becomes a rejection.
    return async ({ room, peer }) =>
      await authorize({ url: new URL(url, "ws://localhost"), headers, room, peer });
  }

  const onUpgrade = (request: IncomingMessage, raw: Duplex, head: Buffer) => {
    if (request.url?.split("?")[0] !== path) {
      // On your server another handler may accept the path. On ours there is none.
      if (!options.server) rejectUpgrade(raw, 404);
      return;
    }
    const address = request.socket.remoteAddress ?? "";
    const status = refusal(request, address);
    if (status) return rejectUpgrade(raw, status);
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
    // First, so that the port is free and clients do not reconnect to this relay.
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
    // Upgraded connections are not among them.
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

function rejectUpgrade(raw: Duplex, status: number): void {
  // Node no longer handles errors of this socket, so a reset by the client would be an uncaught exception.
  raw.on("error", () => raw.destroy());
  raw.once("finish", () => raw.destroy());
  raw.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\n\r\n`);
}

function answerPlainHttp(_request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(426, { "content-type": "text/plain" });
  response.end("This is a twocan relay. Connect with WebSocket.\n");
}

function portOf(server: Server | HttpsServer): number {
  const address = server.address();
  return typeof address === "object" && address ? address.port : 0;
}

function addressOf(server: Server | HttpsServer): string {
  const address = server.address();
  const scheme = server instanceof TlsServer ? "wss" : "ws";
  if (typeof address !== "object" || !address) return `${scheme}://localhost`;
  // A page cannot connect to an unspecified address.
  const any = address.address === "0.0.0.0" || address.address === "::";
  const host = address.family === "IPv6" ? `[${address.address}]` : address.address;
  return `${scheme}://${any ? "localhost" : host}:${address.port}`;
}
