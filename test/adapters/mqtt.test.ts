import mqtt, { type MqttClient } from "mqtt";
import mqtt4 from "mqtt4";
import { describe, expect, inject, it } from "vitest";
import { mqttSignaling } from "../../src/adapters/mqtt.ts";
import {
  describeSignaling,
  unique,
  visit,
} from "../../src/testing/conformance/describe-signaling.ts";
import { startMosquitto } from "../../scripts/servers.mjs";
import { layCable, type Cable } from "../support/cable.ts";
import { NON_OBJECTS, MALFORMED_OBJECTS } from "../support/malformed-values.ts";

const broker = inject("mqtt");

describe.skipIf(!broker)("with mosquitto", () => {
  const { port = 0, webSocketPort = 0 } = broker ?? {};
  const url = `mqtt://127.0.0.1:${port}`;

  /** A client without the adapter; the user `watcher` has all permissions. */
  const raw = (options: mqtt.IClientOptions = {}): Promise<MqttClient> =>
    mqtt.connectAsync(url, { protocolVersion: 5, reconnectPeriod: 0, ...options });
  const watcher = () => raw({ username: "watcher" });

  /** The topics of all retained messages of the rooms with that name. */
  async function retained(rooms: string): Promise<string[]> {
    const client = await watcher();
    const topics: string[] = [];
    let whole = () => {};
    const answered = new Promise<void>((resolve) => (whole = resolve));
    client.on("message", (topic, _, { retain }) => {
      if (retain && topic.startsWith(`twocan/${rooms}`)) topics.push(topic);
      if (topic === "whole") whole();
    });
    await client.subscribeAsync(["twocan/#", "whole"], { qos: 1 });
    // Delivered after all retained messages.
    await client.publishAsync("whole", "", { qos: 1 });
    await answered;
    await client.endAsync();
    return topics;
  }

  const suite = (
    name: string,
    connect: (url: string, options: mqtt.IClientOptions) => MqttClient,
  ) =>
    describeSignaling(
      { describe, it },
      name,
      () => {
        const rooms = unique("room");
        const cables: Cable[] = [];
        const clients: MqttClient[] = [];
        let made = 0;
        return {
          async peer({ troubled }) {
            const cable = troubled ? await layCable(port) : undefined;
            if (cable) cables.push(cable);
            const address = `mqtt://127.0.0.1:${cable?.port ?? port}`;
            const signaling = mqttSignaling((options) => {
              const client = connect(address, options);
              clients.push(client);
              return client;
            });
            if (!cable) return { signaling };
            return {
              signaling,
              disconnect: cable.pull,
              reconnect: () => cable.mend(),
              vanish: cable.freeze,
            };
          },
          room: () => `${rooms}-${(made += 1)}`,
          open: async () =>
            clients.filter(({ connected }) => connected).length + (await retained(rooms)).length,
          async garbage({ room, id }) {
            const client = await watcher();
            for (const text of [...NON_OBJECTS, ...MALFORMED_OBJECTS])
              await client.publishAsync(`twocan/${room}/inbox/${id}/stranger`, text, { qos: 1 });
            for (const text of NON_OBJECTS)
              await client.publishAsync(`twocan/${room}/peers/stranger`, text, { qos: 1 });
            await client.publishAsync(`twocan/${room}/inbox/${id}/stranger`, Buffer.from([255, 0]));
            await client.publishAsync(`twocan/${room}/peers/${id}`, "", { qos: 1, retain: true });
            await client.endAsync();
          },
          async forge({ room, from, to, message }) {
            const clientId = unique("liar");
            const client = await raw({ clientId });
            const text = JSON.stringify(message);
            const say = (as: string) =>
              client.publishAsync(`twocan/${room}/inbox/${to}/${as}`, text, { qos: 1 });
            await say(clientId);
            // Not authorized (MQTT 5, section 2.4).
            const refused = await say(from).catch(({ code }: { code: number }) => code);
            if (refused !== 135) throw new Error(`The broker answered ${JSON.stringify(refused)}.`);
            await client.endAsync();
          },
          close() {
            for (const cable of cables) cable.close();
          },
        };
      },
      { presence: "by retained message", vanishesWithin: 15_000 },
    );
  suite("mqttSignaling()", mqtt.connect);
  // Its types differ from those of mqtt 5 only in parts that the adapter does not use.
  suite("mqttSignaling() with mqtt 4", mqtt4.connect as unknown as typeof mqtt.connect);

  it("restores the roster when the broker has lost its state", async () => {
    // Again, if another process took the free port first.
    const other = await startMosquitto().catch(startMosquitto);
    const cable = await layCable(port);
    const [byCable, room] = [mqttSignaling(`mqtt://127.0.0.1:${cable.port}`), unique("room")];
    const mina = await visit(byCable, { room, name: "mina" });
    const jun = await visit(byCable, { room, name: "jun" });
    const ada = await visit(mqttSignaling(url), { room, name: "ada" });
    await expect.poll(mina.ids).toEqual([jun.id, ada.id]);
    cable.pull();
    await expect.poll(() => mina.statuses).toEqual(["connected", "disconnected"]);
    cable.mend(other!.port);
    await expect.poll(() => mina.statuses).toEqual(["connected", "disconnected", "connected"]);
    await expect.poll(() => [mina.ids(), jun.ids()]).toEqual([[jun.id], [mina.id]]);
    for (const visitor of [mina, jun, ada]) await visitor.leave();
    cable.close();
    await other!.stop();
  });

  it("connects by WebSocket, and by an address alone", async () => {
    const signaling = mqttSignaling(`ws://127.0.0.1:${webSocketPort}`);
    const room = unique("room");
    const mina = await visit(signaling, { room, name: "mina" });
    const jun = await visit(signaling, { room, name: "jun" });
    await expect.poll(mina.ids).toEqual([jun.id]);
    await mina.leave();
    await expect.poll(jun.ids).toEqual([]);
    await jun.leave();
  });
});
