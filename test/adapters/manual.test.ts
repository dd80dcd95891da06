import { describe, expect, it } from "vitest";
import { manualSignaling, type ManualSignaling } from "../../src/adapters/manual.ts";
import type { Signaling } from "../../src/core/signaling/signaling.ts";
import {
  describeSignaling,
  visit,
  type SignalingBackend,
} from "../../src/testing/conformance/describe-signaling.ts";
import { NON_OBJECTS } from "../support/malformed-values.ts";

/** Each room has a host, which is the first peer, and a guest. A courier hands over every new text. */
function withCourier(): SignalingBackend {
  const hosts = new Map<string, ManualSignaling>();
  const over = new AbortController();

  async function carry(from: ManualSignaling, to: ManualSignaling): Promise<void> {
    let last = "";
    while (!over.signal.aborted) {
      const text = await from.text();
      if (text !== last) await to.accept(text);
      last = text;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  const signaling: Signaling = {
    async join(joining) {
      const { room } = joining;
      const host = hosts.get(room);
      if (!host) {
        const first = manualSignaling({ quiet: 5 });
        hosts.set(room, first);
        return first.join(joining);
      }
      const guest = manualSignaling({ invitation: await host.text(), quiet: 5 });
      const session = await guest.join(joining);
      // A courier ends when either side leaves.
      for (const [from, to] of [[host, guest] as const, [guest, host] as const])
        carry(from, to).catch(({ code }) => expect(code).toBe("aborted"));
      return session;
    },
  };

  return {
    peer: () => signaling,
    async garbage({ room }) {
      const host = hosts.get(room)!;
      for (const text of [...NON_OBJECTS, "AAAA", "q1YqLkksSVWyUqpWSkksSVSqBQA", "💥"])
        await expect(host.accept(text)).rejects.toMatchObject({ code: "message-invalid" });
    },
    async forge({ room, to, message }) {
      const host = hosts.get(room)!;
      const stranger = manualSignaling({ invitation: await host.text(), quiet: 0 });
      const visitor = await visit(stranger, { room, name: "stranger" });
      await visitor.send({ id: to }, message);
      await host.accept(await stranger.text());
      await visitor.leave();
    },
    close: () => over.abort(),
  };
}

describeSignaling({ describe, it }, "manualSignaling()", withCourier, {
  presence: "by hand",
  peers: 2,
  awaits: true,
  lacks: {
    sender: "anyone with the invitation can answer",
    leaving: "the call itself sends it",
    vanishing: "the call itself detects it",
    reconnect: "there is no connection",
    cleanup: "nothing stays open",
  },
});

describe("manualSignaling()", () => {
  it("accepts texts that a chat has wrapped", async () => {
    const host = manualSignaling({ quiet: 0 });
    const mina = await visit(host, { room: "us", name: "mina" });
    const text = await host.text();
    const invitation = `\n ${text.replaceAll(/.{30}/g, "$&\r\n")} \n`;
    const jun = await visit(manualSignaling({ invitation }), { room: "us", name: "jun" });
    expect(jun.ids()).toEqual([mina.id]);
  });

  it("makes the host the caller, even if the clocks differ", async () => {
    const host = manualSignaling({ quiet: 0 });
    const mina = await visit(host, { room: "us", name: "mina", self: { joinedAt: 5_000 } });
    const guest = manualSignaling({ invitation: await host.text(), quiet: 0 });
    const jun = await visit(guest, { room: "us", name: "jun", self: { joinedAt: 9_000 } });
    await host.accept(await guest.text());
    // The peer that joined later is the caller.
    expect(jun.peers[0]?.joinedAt).toBeGreaterThan(9_000);
    expect(mina.peers[0]?.joinedAt).toBeLessThan(5_000);
  });

  it("rejects a malformed invitation on joining, and can be tried again", async () => {
    const guest = manualSignaling({ invitation: "hello" });
    const attempt = () => visit(guest, { room: "us", name: "jun" });
    await expect(attempt()).rejects.toMatchObject({ code: "message-invalid" });
    await expect(attempt()).rejects.toMatchObject({ code: "message-invalid" });
  });

  it("does not inflate a text beyond its limit", async () => {
    const bomb = new Blob([`{"peer":{},"x":"${"x".repeat(50_000_000)}"}`])
      .stream()
      .pipeThrough(new CompressionStream("deflate-raw"));
    const bytes = Buffer.from(await new Response(bomb).arrayBuffer());
    const guest = manualSignaling({ invitation: bytes.toString("base64url") });
    const attempt = visit(guest, { room: "us", name: "jun" });
    await expect(attempt).rejects.toMatchObject({ code: "message-invalid" });
  });

  it("serves one call at a time, and another one after it", async () => {
    const host = manualSignaling({ quiet: 0 });
    const mina = await visit(host, { room: "us", name: "mina" });
    const second = () => visit(host, { room: "us", name: "mina" });
    await expect(second()).rejects.toMatchObject({ code: "signaling-denied" });
    await mina.leave();
    const again = await second();
    expect(again.ids()).toEqual(["guest"]);
  });
});
