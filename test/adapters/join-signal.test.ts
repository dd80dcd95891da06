import { afterEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { fallback, swappable, withUsage, withUser } from "../../src/adapters/compose.ts";
import { manualSignaling } from "../../src/adapters/manual.ts";
import { memorySignaling } from "../../src/adapters/memory/memory.ts";
import { webSocketSignaling } from "../../src/adapters/websocket.ts";
import type { Signaling } from "../../src/core/signaling/signaling.ts";
import { createRelay } from "../../src/relay/index.ts";
import { visit } from "../../src/testing/conformance/describe-signaling.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

const adapters: Record<string, () => Signaling | Promise<Signaling>> = {
  "memorySignaling()": memorySignaling,
  "manualSignaling()": manualSignaling,
  async "webSocketSignaling()"() {
    const relay = await createRelay();
    closing.push(() => relay.close());
    return webSocketSignaling(relay.url, { WebSocket });
  },
  "fallback()": () => fallback([memorySignaling()]),
  "swappable()": () => swappable(memorySignaling()),
  "withUser()": () => withUser(memorySignaling(), "mina"),
  "withUsage()": () => withUsage(memorySignaling()),
};

describe.each(Object.entries(adapters))("%s > JoinOptions.signal", (_name, create) => {
  it("does not end the session when it is aborted after join() has resolved", async () => {
    const signaling = await create();
    const joining = new AbortController();
    const mina = await visit(signaling, { room: "attic", name: "mina", signal: joining.signal });
    closing.push(() => mina.leave());
    joining.abort();
    await expect(mina.send({ id: "jun" }, { text: "still here" })).resolves.toBeUndefined();
    await expect(mina.update({ name: "Mina K." })).resolves.toBeUndefined();
  });

  it("rejects join() with aborted when it was aborted before", async () => {
    const signaling = await create();
    const joining = new AbortController();
    joining.abort();
    const attempt = visit(signaling, { room: "attic", name: "mina", signal: joining.signal });
    await expect(attempt).rejects.toMatchObject({ code: "aborted" });
  });
});
