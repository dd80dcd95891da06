import { CallError, MAX_PACKET, type PeerInfo, type Signaling } from "twocan/core";

/** What you have: something that carries texts to whoever listens to a topic. */
export interface PubSub {
  publish(topic: string, text: string): Promise<void>;
  /** Resolves, once it listens, to the way to stop. */
  subscribe(topic: string, listener: (text: string) => void): Promise<() => void>;
}

/** How often each says that it is there, and after what silence it is gone, in ms. */
const BEAT = 4_000;
const GONE = 10_000;

export function pubSubSignaling(bus: PubSub): Signaling {
  return {
    async join({ room, self, signal, onPeers, onMessage, onStatus, onError }) {
      // A room can have any name: written like this, it cannot reach into another topic.
      const place = `call/${encodeURIComponent(JSON.stringify(room))}`;
      const inbox = (id: string) => `${place}/to/${id}`;
      const entries = new Map<string, { peer: PeerInfo; heard: number }>();
      let me = self;
      let inside = false;
      let left = false;

      const tell = () => {
        const peers = [...entries.values()].map(({ peer }) => peer);
        if (inside) onPeers(peers.sort((a, b) => (a.joinedAt ?? 0) - (b.joinedAt ?? 0)));
      };
      const say = (type: string, to = place) =>
        bus.publish(to, JSON.stringify({ type, from: self.id, peer: me })).catch(unavailable);
      const assertHere = () => {
        if (left || signal.aborted) throw new CallError("aborted", "The call was left.");
      };

      function receive(text: string): void {
        const { type, from, peer, message } = objectIn(text) ?? {};
        if (left || from === self.id) return;
        if (typeof from !== "string") return onError(malformed());
        if (type === "message" && isObject(message)) return onMessage(from, message);
        if (type === "bye") entries.delete(from);
        else if (isObject(peer))
          entries.set(from, { peer: { ...peer, id: from }, heard: Date.now() });
        else return onError(malformed());
        tell();
        // A newcomer learns of everybody at once. The answer needs no answer.
        if (type === "hello") void say("here", inbox(from)).catch(() => undefined);
      }

      function beat(): void {
        for (const [id, { heard }] of entries) if (Date.now() - heard > GONE) entries.delete(id);
        tell();
        void say("here").catch(onError);
      }

      let timer: ReturnType<typeof setInterval> | undefined;
      const stops: (() => void)[] = [];
      async function leave(): Promise<void> {
        if (left) return;
        left = true;
        clearInterval(timer);
        for (const stop of stops) stop();
        await say("bye").catch(() => undefined);
      }

      try {
        assertHere();
        stops.push(await bus.subscribe(inbox(self.id), receive));
        stops.push(await bus.subscribe(place, receive));
        await say("hello");
        // Whoever needs longer to answer shows up later.
        await new Promise((resolve) => setTimeout(resolve, 200));
        assertHere();
      } catch (error) {
        await leave();
        throw error;
      }
      inside = true;
      timer = setInterval(beat, BEAT);
      onStatus("connected");
      tell();

      return {
        async send(to, message) {
          assertHere();
          const text = JSON.stringify({ type: "message", from: self.id, message });
          if (JSON.stringify(message).length > MAX_PACKET) throw malformed();
          await bus.publish(inbox(to), text).catch(unavailable);
        },
        async update(next) {
          assertHere();
          me = { ...next, id: self.id };
          await say("here");
        },
        leave,
      };
    },
  };
}

function unavailable(cause: unknown): never {
  throw new CallError("signaling-unavailable", "The bus is out of reach.", { cause });
}

function malformed(): CallError {
  return new CallError("message-invalid", "A message was malformed and was dropped.");
}

function isObject(value: unknown): value is Record<string, unknown> & { id: string } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function objectIn(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
