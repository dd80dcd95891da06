/** The brokers of a test run: one of each for all projects; each test has its own rooms. */
import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { Server } from "socket.io";
import type { TestProject } from "vitest/node";
import { serveRooms } from "../../examples/socket-io-server.mjs";
import { missingServer, startMosquitto, startNats } from "../../scripts/servers.mjs";

/** Where a broker is: by TCP, and by WebSocket. */
export interface BrokerPorts {
  port: number;
  webSocketPort: number;
}

declare module "vitest" {
  export interface ProvidedContext {
    /** Undefined where it cannot run, and what needs it skips. */
    mqtt: BrokerPorts | undefined;
    nats: BrokerPorts | undefined;
    /** The address of a Socket.IO server with the part to paste in it. */
    socketIo: string;
  }
}

/** Vitest's global setup: starts what can be started, says what is left out, and returns the way to end it. */
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
