import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server } from "socket.io";
import { io, type Socket } from "socket.io-client";
import { afterEach, describe, expect, it, vi } from "vitest";
import { serveRooms } from "../../examples/socket-io-server.mjs";
import { socketIoSignaling } from "../../src/adapters/socket-io.ts";
import { describeSignaling, visit } from "../../src/testing/conformance/describe-signaling.ts";
import { layCable, type Cable } from "../support/cable.ts";
import { NON_OBJECTS, MALFORMED_OBJECTS } from "../support/malformed-values.ts";

type MayEnter = Parameters<typeof serveRooms>[1];

async function startServer(mayEnter?: MayEnter) {
  const http = createServer();
  // A peer that stops answering is removed after 14 s.
  const server = new Server(http, { pingInterval: 8_000, pingTimeout: 6_000 });
  serveRooms(server, mayEnter);
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const { port } = http.address() as AddressInfo;
  return { server, port, url: `http://127.0.0.1:${port}`, close: () => server.close() };
}

const connectTo = (url: string) => io(url, { forceNew: true, reconnectionDelay: 300 });

describeSignaling(
  { describe, it },
  "socketIoSignaling()",
  async () => {
    const { port, url, close } = await startServer();
    const cables: Cable[] = [];
    const sockets: Socket[] = [];

    async function speak(say: (socket: Socket) => void): Promise<void> {
      const socket = connectTo(url);
      socket.on("connect_error", () => undefined);
      await new Promise<void>((resolve) => socket.once("connect", resolve));
      say(socket);
      // After it, the server has handled every event that was sent before.
      await socket.timeout(10_000).emitWithAck("twocan:join", "elsewhere", { id: "x" }, "x");
      socket.disconnect();
    }

    return {
      async peer({ troubled }) {
        const cable = troubled ? await layCable(port) : undefined;
        if (cable) cables.push(cable);
        const socket = connectTo(`http://127.0.0.1:${cable?.port ?? port}`);
        sockets.push(socket);
        const signaling = socketIoSignaling(socket);
        if (!cable) return { signaling };
        return {
          signaling,
          disconnect: cable.pull,
          reconnect: () => cable.mend(),
          vanish: cable.freeze,
        };
      },
      // The connections belong to the application. A session could leave its listeners on them.
      open: () =>
        sockets.reduce(
          (sum, socket) =>
            sum +
            ["connect", "disconnect", "connect_error", "twocan:peers", "twocan:message"]
              .map((event) => socket.listeners(event).length)
              .reduce((total, count) => total + count, 0),
          0,
        ),
      garbage: ({ room, id }) =>
        speak((socket) => {
          const odd: unknown[] = [
            ...NON_OBJECTS,
            ...MALFORMED_OBJECTS,
            null,
            undefined,
            1,
            [],
            () => {},
          ];
          socket.emit("twocan:join", room, { id: "stranger" }, "secret");
          for (const one of odd) {
            for (const event of ["join", "send", "leave", "update"]) {
              socket.emit(`twocan:${event}`, one);
              socket.emit(`twocan:${event}`, room, one, one, one);
            }
            socket.emit("twocan:send", room, "stranger", id, one);
          }
          socket.emit("twocan:leave", room, "stranger");
          socket.emit("twocan:leave", room, id);
        }),
      forge: ({ room, from, to, message }) =>
        speak((socket) => {
          socket.emit("twocan:join", room, { id: from }, "another secret");
          socket.emit("twocan:send", room, from, to, message);
          socket.emit("twocan:join", room, { id: "liar" }, "secret");
          socket.emit("twocan:send", room, from, to, message);
          socket.emit("twocan:leave", room, "liar");
        }),
      async close() {
        for (const socket of sockets) socket.disconnect();
        for (const cable of cables) cable.close();
        await close();
      },
    };
  },
  { vanishesWithin: 15_000 },
);

describe("socketIoSignaling()", () => {
  const closing: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });

  async function connect(mayEnter?: MayEnter) {
    const server = await startServer(mayEnter);
    const socket = connectTo(server.url);
    closing.push(() => socket.disconnect(), server.close);
    return { ...server, socket };
  }

  it("rejects with signaling-denied for a client that may not enter", async () => {
    const { socket } = await connect(async (_, room) => room !== "cellar");
    const signaling = socketIoSignaling(socket);
    const attempt = visit(signaling, { room: "cellar", name: "mina" });
    await expect(attempt).rejects.toMatchObject({ code: "signaling-denied" });
    const mina = await visit(signaling, { room: "attic", name: "mina" });
    expect(mina.statuses).toEqual(["connected"]);
    await mina.leave();
  });

  it("separates rooms on one connection, also with the same id", async () => {
    const { socket } = await connect();
    const signaling = socketIoSignaling(socket);
    const self = { id: "mina" };
    const inAttic = await visit(signaling, { room: "attic", name: "mina", self });
    const inCellar = await visit(signaling, { room: "cellar", name: "mina", self });
    const jun = await visit(signaling, { room: "cellar", name: "jun" });
    await jun.send(inCellar, { text: "it is dark here" });
    await expect.poll(() => inCellar.packets.length).toBe(1);
    expect([inAttic.ids(), inAttic.packets]).toEqual([[], []]);
    await inCellar.leave();
    await expect.poll(jun.ids).toEqual([]);
    await jun.leave();
    await inAttic.leave();
  });

  it("rejects with signaling-denied when the server refuses the connection", async () => {
    const { server, socket } = await connect();
    server.use((_, next) => next(new Error("no ticket")));
    const attempt = visit(socketIoSignaling(socket), { room: "attic", name: "mina" });
    await expect(attempt).rejects.toMatchObject({ code: "signaling-denied" });
  });

  it("leaves no peer behind when the join is aborted before the server has decided", async () => {
    let decide: (may: boolean) => void = () => {};
    const decision = new Promise<boolean>((resolve) => (decide = resolve));
    const mayEnter = vi.fn(() => decision);
    const { socket, url } = await connect(mayEnter);
    const leaving = new AbortController();
    const { signal } = leaving;
    const attempt = visit(socketIoSignaling(socket), { room: "attic", name: "hasty", signal });
    await expect.poll(() => mayEnter.mock.calls.length).toBe(1);
    leaving.abort();
    await expect(attempt).rejects.toMatchObject({ code: "aborted" });
    decide(true);
    const other = connectTo(url);
    closing.unshift(() => other.disconnect());
    const mina = await visit(socketIoSignaling(other), { room: "attic", name: "mina" });
    await expect.poll(mina.ids).toEqual([]);
    await mina.leave();
  });
});
