import {
  wsconnect,
  type NatsConnection,
  type Subscription,
  type WsSocketFactory,
} from "@nats-io/nats-core";
import { describe, expect, inject, it, vi } from "vitest";
import { WebSocket } from "ws";
import { natsSignaling } from "../../src/adapters/nats.ts";
import {
  describeSignaling,
  unique,
  visit,
} from "../../src/testing/conformance/describe-signaling.ts";
import { layCable, type Cable } from "../support/cable.ts";
import { NON_OBJECTS, MALFORMED_OBJECTS } from "../support/malformed-values.ts";

const server = inject("nats");

/** Node 20 has no global WebSocket. */
const wsFactory: WsSocketFactory = async (url) => ({
  socket: new WebSocket(url) as unknown as globalThis.WebSocket,
  encrypted: false,
});

describe.skipIf(!server)("with nats-server", () => {
  const { webSocketPort = 0 } = server ?? {};
  const url = `ws://127.0.0.1:${webSocketPort}`;
  const connect = () => wsconnect({ servers: url, wsFactory });

  describeSignaling(
    { describe, it },
    "natsSignaling()",
    () => {
      const cables: Cable[] = [];
      const sockets: WebSocket[] = [];
      const rawly = async (act: (raw: NatsConnection) => void) => {
        const raw = await connect();
        act(raw);
        await raw.drain();
      };
      return {
        async peer({ troubled }) {
          const cable = troubled ? await layCable(webSocketPort) : undefined;
          if (cable) cables.push(cable);
          const signaling = natsSignaling(`ws://127.0.0.1:${cable?.port ?? webSocketPort}`, {
            connection: {
              wsFactory: (async (address) => {
                const socket = new WebSocket(address);
                sockets.push(socket);
                return { socket: socket as unknown as globalThis.WebSocket, encrypted: false };
              }) satisfies WsSocketFactory,
            } as object,
          });
          if (!cable) return { signaling };
          return {
            signaling,
            disconnect: cable.pull,
            reconnect: () => cable.mend(),
            vanish: cable.freeze,
          };
        },
        open: () => sockets.filter(({ readyState }) => readyState !== WebSocket.CLOSED).length,
        garbage: ({ room, id }) =>
          rawly((raw) => {
            const base = `twocan.${room}`;
            for (const text of [...NON_OBJECTS, ...MALFORMED_OBJECTS]) {
              raw.publish(`${base}.to.${id}.stranger`, text);
              raw.publish(`${base}.all.stranger`, text);
            }
            for (const odd of ["null", '"x"', "[]", "1"]) {
              raw.publish(`${base}.to.${id}.stranger`, `{"message":${odd}}`);
              raw.publish(`${base}.all.stranger`, `{"peer":${odd}}`);
            }
            raw.publish(`${base}.all.%%`, '{"bye":true}');
            raw.publish(`${base}.to.${id}.x`, Uint8Array.from([255, 0]));
          }),
        forge: ({ room, from, to, message }) =>
          rawly((raw) => {
            const subject = `twocan.${room}.to.${to}.${from}`;
            raw.publish(subject, JSON.stringify({ message }));
          }),
        close() {
          for (const cable of cables) cable.close();
        },
      };
    },
    {
      presence: "by heartbeat",
      vanishesWithin: 15_000,
      lacks: { sender: "every client with access to the subjects is trusted" },
    },
  );

  it("uses a given connection for several sessions, and leaves it open", async () => {
    const connection = await connect();
    const subscribed = vi.spyOn(connection, "subscribe");
    const signaling = natsSignaling(connection);
    const room = unique("room");
    const mina = await visit(signaling, { room, name: "mina" });
    const jun = await visit(signaling, { room, name: "jun" });
    await expect.poll(mina.ids).toEqual([jun.id]);
    // By the answer, not by the next heartbeat.
    await expect.poll(jun.ids, { timeout: 2_000 }).toEqual([mina.id]);
    mina.say(jun, "hello");
    await expect.poll(() => jun.heard).toEqual([{ from: mina.id, text: "hello" }]);
    await mina.leave();
    await expect.poll(jun.ids).toEqual([]);
    expect(connection.isClosed()).toBe(false);
    const open = subscribed.mock.results.filter(({ value }) => !(value as Subscription).isClosed());
    expect(open.length).toBe(2);
    await connection.close();
    await expect.poll(() => jun.statuses).toEqual(["connected", "disconnected"]);
    await jun.leave();
  });
});
