/** The adapter that docs/SIGNALING.md shows how to write: what is on the page is what runs, and it keeps the contract. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { pubSubSignaling, type PubSub } from "../../../examples/own-signaling.ts";
import { describeSignaling } from "../../../src/testing/conformance/describe-signaling.ts";
import { NON_OBJECTS, MALFORMED_OBJECTS } from "../../support/malformed-values.ts";

const docs = readFileSync("docs/SIGNALING.md", "utf8");

/** The code blocks of the page that are marked with the name of a file. */
const shown = [...docs.matchAll(/^```\w+ (examples\/\S+)\n([\s\S]*?)^```$/gm)];

describe("docs/SIGNALING.md", () => {
  it.each(["examples/own-signaling.ts", "examples/socket-io-server.mjs"])("shows %s", (file) => {
    const [, , code] = shown.find(([, name]) => name === file) ?? [];
    expect(code).toBe(readFileSync(file, "utf8"));
  });
});

/** A bus in memory; each client can be cut off from it. */
function createBus() {
  const listeners = new Set<{ topic: string; hear: (text: string) => void }>();
  return {
    listening: () => listeners.size,
    client(): PubSub & { cut(): void } {
      let cut = false;
      return {
        cut: () => void (cut = true),
        async publish(topic, text) {
          await Promise.resolve();
          if (!cut) for (const one of [...listeners]) if (one.topic === topic) one.hear(text);
        },
        async subscribe(topic, listener) {
          const entry = { topic, hear: (text: string) => void (cut || listener(text)) };
          listeners.add(entry);
          return () => void listeners.delete(entry);
        },
      };
    },
  };
}

const place = (room: string) => `call/${encodeURIComponent(JSON.stringify(room))}`;

describeSignaling(
  { describe, it },
  "pubSubSignaling() of the docs",
  () => {
    const bus = createBus();
    const raw = bus.client();
    return {
      peer() {
        const client = bus.client();
        return { signaling: pubSubSignaling(client), vanish: client.cut };
      },
      open: bus.listening,
      async garbage({ room, id }) {
        for (const topic of [place(room), `${place(room)}/to/${id}`])
          for (const text of [...NON_OBJECTS, ...MALFORMED_OBJECTS, '{"from":"x","peer":1}'])
            await raw.publish(topic, text);
      },
      forge: ({ room, from, to, message }) =>
        raw.publish(`${place(room)}/to/${to}`, JSON.stringify({ type: "message", from, message })),
    };
  },
  {
    presence: "by heartbeat",
    lacks: { sender: "everybody on the bus is trusted", reconnect: "it is in memory" },
  },
);
