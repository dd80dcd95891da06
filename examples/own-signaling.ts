import { createSignaling, isObject, parseObject } from "twocan/adapter";
import { MAX_PACKET, type PeerInfo, type Signaling } from "twocan/core";

/** Your service: it delivers texts to the subscribers of a topic. */
export interface PubSub {
  publish(topic: string, text: string): Promise<void>;
  /** Resolves once subscribed, with a function that unsubscribes. */
  subscribe(topic: string, listener: (text: string) => void): Promise<() => void>;
}

/** How often a peer announces its presence, and after which silence it is removed. */
const HEARTBEAT_MS = 4_000;
const GONE_MS = 10_000;

// A room may have any name. Encoded, it cannot reach into another topic.
export const roomTopic = (room: string) => `call/${encodeURIComponent(JSON.stringify(room))}`;
export const inboxTopic = (room: string, id: string) => `${roomTopic(room)}/to/${id}`;

export function pubSubSignaling(bus: PubSub): Signaling {
  return createSignaling({
    name: "pubSubSignaling()",
    unavailable: "The bus is unreachable. Check the network.",
    async join(context) {
      const { room } = context;
      const { id } = context.self;
      const entries = new Map<string, { peer: PeerInfo; receivedAt: number }>();
      const reportPeers = () => context.setPeers([...entries.values()].map(({ peer }) => peer));
      const announce = (type: "hello" | "here" | "bye", topic = roomTopic(room)) =>
        bus.publish(topic, JSON.stringify({ type, from: id, peer: context.self }));

      function receive(text: string): void {
        const { type, from, peer, message } = parseObject(text, 2 * MAX_PACKET) ?? {};
        if (typeof from !== "string") return context.reportMalformed("an unknown peer");
        if (from === id) return;
        if (type === "message") return context.deliver(from, message);
        if (type === "bye") entries.delete(from);
        else if (isObject(peer))
          entries.set(from, { peer: { ...peer, id: from }, receivedAt: Date.now() });
        else return context.reportMalformed(from);
        reportPeers();
        // A new peer learns the roster from the answers.
        if (type === "hello") announce("here", inboxTopic(room, from)).catch(context.report);
      }

      function heartbeat(): void {
        for (const [peerId, { receivedAt }] of entries)
          if (Date.now() - receivedAt > GONE_MS) entries.delete(peerId);
        reportPeers();
        announce("here").catch(context.report);
      }

      context.onLeave(await bus.subscribe(inboxTopic(room, id), receive));
      context.onLeave(await bus.subscribe(roomTopic(room), receive));
      context.onLeave(() => announce("bye"));
      await announce("hello");
      // Peers that answer later are listed later.
      await new Promise((resolve) => setTimeout(resolve, 200));
      const timer = setInterval(heartbeat, HEARTBEAT_MS);
      context.onLeave(() => clearInterval(timer));

      return {
        send: (to, message) =>
          bus.publish(inboxTopic(room, to), JSON.stringify({ type: "message", from: id, message })),
        update: () => announce("here"),
      };
    },
  });
}
