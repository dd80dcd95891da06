import { describe, expect, it } from "vitest";
import { memorySignaling, type MemorySignaling } from "../../../src/adapters/memory/memory.ts";
import {
  describeSignaling,
  unique,
  visit as visitRoom,
  type TestClient,
} from "../../../src/testing/conformance/describe-signaling.ts";
import { MEMORY_CAPABILITIES, memoryBackend } from "../../support/memory-backend.ts";

describeSignaling(
  { describe, it },
  "memorySignaling()",
  () => memoryBackend(memorySignaling()),
  MEMORY_CAPABILITIES,
);

const visit = (signaling: MemorySignaling, room: string, name: string) =>
  visitRoom(signaling, { room, name });

const texts = (visitor: TestClient) =>
  visitor.packets.map(({ message }) => Number(message["text"]));
const inOrder = Array.from({ length: 200 }, (_, index) => index);

/** Sends 200 numbered packets, and returns those that arrived. */
async function talk(options: Parameters<typeof memorySignaling>[0]): Promise<number[]> {
  const signaling = memorySignaling(options);
  const room = unique("room");
  const mina = await visit(signaling, room, "mina");
  const jun = await visit(signaling, room, "jun");
  for (const text of inOrder) await mina.send(jun, { text: String(text) });
  // Waits until the packets that were held back have arrived.
  let last = -1;
  await expect
    .poll(
      () => {
        const quiet = jun.packets.length === last;
        last = jun.packets.length;
        return quiet;
      },
      { interval: 150 },
    )
    .toBe(true);
  expect(signaling.log.length).toBe(200);
  return texts(jun);
}

describe("memorySignaling() > network conditions", () => {
  it("deliver every packet in order by default", async () => {
    expect(await talk({})).toEqual(inOrder);
  });

  it("lose packets", async () => {
    const arrived = await talk({ loss: 0.3 });
    expect(arrived.length).toBeGreaterThan(100);
    expect(arrived.length).toBeLessThan(180);
    expect(arrived).toEqual(arrived.toSorted((a, b) => a - b));
  });

  it("duplicate packets", async () => {
    const arrived = await talk({ duplicate: 0.3 });
    expect(arrived.length).toBeGreaterThan(220);
    expect(new Set(arrived).size).toBe(200);
  });

  it("reorder packets", async () => {
    const arrived = await talk({ reorder: 0.3 });
    expect(arrived).not.toEqual(inOrder);
    expect(arrived.toSorted((a, b) => a - b)).toEqual(inOrder);
  });

  it("are the same for the same seed, and differ for another one", async () => {
    const first = await talk({ loss: 0.5, seed: 7 });
    expect(await talk({ loss: 0.5, seed: 7 })).toEqual(first);
    expect(await talk({ loss: 0.5, seed: 8 })).not.toEqual(first);
  });

  it("never lose the roster", async () => {
    const signaling = memorySignaling({ loss: 1, delay: [0, 20] });
    const room = unique("room");
    const mina = await visit(signaling, room, "mina");
    const jun = await visit(signaling, room, "jun");
    await expect.poll(() => [mina.ids(), jun.ids()]).toEqual([[jun.id], [mina.id]]);
  });
});

describe("memorySignaling()", () => {
  it("logs the packets, until the log is cleared", async () => {
    const signaling = memorySignaling({ loss: 1 });
    const room = unique("room");
    const mina = await visit(signaling, room, "mina");
    const jun = await visit(signaling, room, "jun");
    const message = { text: "hello" };
    await mina.send(jun, message);
    message.text = "changed since";
    expect(signaling.log).toMatchObject([
      { from: mina.id, to: jun.id, message: { text: "hello" }, at: expect.any(Number) },
    ]);
    signaling.clear();
    expect(signaling.log).toEqual([]);
  });

  it("disconnects and reconnects a peer", async () => {
    const signaling = memorySignaling();
    const room = unique("room");
    const mina = await visit(signaling, room, "mina");
    const jun = await visit(signaling, room, "jun");
    await expect.poll(() => jun.ids()).toEqual([mina.id]);
    signaling.disconnect(mina.id);
    await expect.poll(() => jun.ids()).toEqual([]);
    await expect(mina.send(jun, { text: "anyone?" })).rejects.toMatchObject({
      code: "signaling-unavailable",
    });
    await jun.send(mina, { text: "lost" });
    signaling.reconnect(mina.id);
    await expect.poll(() => [mina.ids(), jun.ids()]).toEqual([[jun.id], [mina.id]]);
    await jun.send(mina, { text: "found" });
    await expect.poll(() => mina.packets).toEqual([{ from: jun.id, message: { text: "found" } }]);
    expect(mina.statuses).toEqual(["connected", "disconnected", "connected"]);
  });

  it("delivers a duplicate that shares no object with the first packet", async () => {
    const signaling = memorySignaling({ duplicate: 1 });
    const room = unique("room");
    const mina = await visit(signaling, room, "mina");
    const jun = await visit(signaling, room, "jun");
    await mina.send(jun, { text: "once" });
    await expect.poll(() => jun.packets.length).toBe(2);
    const [first, second] = jun.packets.map(({ message }) => message);
    expect(first).toEqual(second);
    expect(first).not.toBe(second);
  });

  it("refuses an id that is in the room already", async () => {
    const signaling = memorySignaling();
    const room = unique("room");
    const mina = await visit(signaling, room, "mina");
    const again = signaling.join({
      room,
      self: { id: mina.id },
      signal: new AbortController().signal,
      onPeers() {},
      onMessage() {},
      onStatus() {},
      onError() {},
    });
    await expect(again).rejects.toMatchObject({ code: "signaling-denied" });
  });
});
