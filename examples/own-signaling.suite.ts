import { describeSignaling } from "twocan/conformance";
import { describe, it } from "vitest"; // or from "@jest/globals"
import { inboxTopic, pubSubSignaling, roomTopic, type PubSub } from "./own-signaling.ts";

/** Start your real service here. This one is in memory, with a link for each client that can be cut. */
function startBus() {
  const subscriptions = new Set<{ topic: string; listener: (text: string) => void }>();

  function connect(): PubSub & { cut(): void } {
    let cut = false;
    return {
      cut() {
        cut = true;
      },
      async publish(topic, text) {
        await Promise.resolve();
        if (cut) return;
        for (const each of [...subscriptions]) if (each.topic === topic) each.listener(text);
      },
      async subscribe(topic, listener) {
        const subscription = { topic, listener: (text: string) => cut || listener(text) };
        subscriptions.add(subscription);
        return () => subscriptions.delete(subscription);
      },
    };
  }

  return { connect, open: () => subscriptions.size };
}

const MALFORMED = ["", "nonsense", "null", "[]", "{}", '{"from":1}', '{"from":"x"}'];

describeSignaling(
  { describe, it },
  "pubSubSignaling()",
  () => {
    const bus = startBus();
    const raw = bus.connect(); // a client without the adapter
    return {
      peer() {
        const link = bus.connect();
        return { signaling: pubSubSignaling(link), vanish: link.cut };
      },
      open: bus.open,
      async garbage({ room, id }) {
        const topics = [roomTopic(room), inboxTopic(room, id)];
        await Promise.all(
          topics.flatMap((topic) => MALFORMED.map((text) => raw.publish(topic, text))),
        );
      },
      forge: ({ room, from, to, message }) =>
        raw.publish(inboxTopic(room, to), JSON.stringify({ type: "message", from, message })),
    };
  },
  {
    presence: "by heartbeat",
    lacks: { sender: "every client of the bus is trusted", reconnect: "the bus is in memory" },
  },
);
