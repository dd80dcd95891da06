/** The adapter that docs/SIGNALING.md quotes. Importing its suite registers it here. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  inboxTopic,
  pubSubSignaling,
  roomTopic,
  type PubSub,
} from "../../../examples/own-signaling.ts";
import { visit } from "../../../src/testing/conformance/describe-signaling.ts";
import { NON_OBJECTS, MALFORMED_OBJECTS } from "../../support/malformed-values.ts";

await import("../../../examples/own-signaling.suite.ts");

const docs = readFileSync("docs/SIGNALING.md", "utf8");

/** The code blocks of the page whose info string names a file. */
const blocks = [...docs.matchAll(/^```\w+ (examples\/\S+)\n([\s\S]*?)^```$/gm)];

describe("docs/SIGNALING.md", () => {
  it.each([
    "examples/own-signaling.ts",
    "examples/own-signaling.suite.ts",
    "examples/socket-io-server.mjs",
  ])("quotes %s", (file) => {
    const [, , code] = blocks.find(([, name]) => name === file) ?? [];
    expect(code).toBe(readFileSync(file, "utf8"));
  });
});

describe("pubSubSignaling()", () => {
  it("reports every malformed text, and stays connected", async () => {
    const listeners = new Map<string, (text: string) => void>();
    const bus: PubSub = {
      publish: async () => undefined,
      async subscribe(topic, listener) {
        listeners.set(topic, listener);
        return () => undefined;
      },
    };
    const mina = await visit(pubSubSignaling(bus), { room: "attic", name: "mina" });
    const malformed = [
      ...NON_OBJECTS,
      ...MALFORMED_OBJECTS,
      '{"from":"x","type":"message","message":1}',
    ];
    for (const topic of [roomTopic("attic"), inboxTopic("attic", mina.id)])
      for (const text of malformed) listeners.get(topic)!(text);
    expect(mina.errors.map(({ code }) => code)).toEqual(
      Array(2 * malformed.length).fill("message-invalid"),
    );
    expect([mina.statuses, mina.packets, mina.ids()]).toEqual([["connected"], [], []]);
    await mina.leave();
  });
});
