// One broker of each kind serves all Vitest projects. Each test uses other rooms.
import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { Server } from "socket.io";
import type { TestProject } from "vitest/node";
import { serveRooms } from "../../examples/socket-io-server.mjs";
import { missingServer, startMosquitto, startNats } from "../../scripts/servers.mjs";

/** The TCP and the WebSocket port of a broker. */
export interface BrokerPorts {
  port: number;
  webSocketPort: number;
}

declare module "vitest" {
  export interface ProvidedContext {
    /** If it is undefined, the broker is not installed and its tests are skipped. */
    mqtt: BrokerPorts | undefined;
    nats: BrokerPorts | undefined;
    /** The URL of a Socket.IO server that runs `examples/socket-io-server.mjs`. */
    socketIo: string;
  }
}

/** Vitest's global setup. Starts the installed brokers, prints which are missing, and returns the teardown. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const [mqtt, nats] = [await startMosquitto(), await startNats()];
  for (const missing of [
    !mqtt && missingServer("mosquitto"),
    !nats && missingServer("nats-server"),
  ])
    if (missing) process.stderr.write(`Tests are left out. ${missing}\n`);
  const portsOf = (server?: BrokerPorts) =>
    server && { port: server.port, webSocketPort: server.webSocketPort };
  project.provide("mqtt", portsOf(mqtt));
  project.provide("nats", portsOf(nats));
  const socketIo = await startSocketIo();
  project.provide("socketIo", socketIo.url);
  return async () => {
    await Promise.all([mqtt?.stop(), nats?.stop(), socketIo.stop()]);
  };
}

async function startSocketIo() {
  const http = createServer();
  const server = new Server(http, { cors: { origin: true } });
  serveRooms(server);
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const { port } = http.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, stop: () => server.close() };
}
