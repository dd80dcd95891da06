import { CallError } from "../../core/lib/errors.ts";
import {
  expectRefused,
  expectSame,
  type ConformanceCheck,
  type CheckContext,
} from "./conformance-check.ts";
import type { TestClient } from "./test-client.ts";

/** Room names that are special in JavaScript, in paths, or as wildcards of brokers. */
const HOSTILE_ROOMS = [
  "__proto__",
  "constructor",
  "+",
  "#",
  "*",
  ">",
  "a/b",
  "a/+",
  "a.b",
  "a.*",
  "..",
  "../a",
  "%2F",
  " ",
  "a\nb",
  "a\0b",
  "강의 🎥",
  "\ud800",
  "x".repeat(256),
];
const HOSTILE_IDS = ["__proto__", "constructor", "toString"];

export const faultChecks: readonly ConformanceCheck[] = [
  {
    name: "rejects join() with signaling-unavailable while the backend is unreachable",
    promise: "reconnect",
    slow: true,
    needs: ["disconnect"],
    async run(context) {
      const client = await context.client({ troubled: true });
      await client.disconnect?.();
      const joining = context.enter({ room: await context.room(), name: "mina", client });
      await expectRefused("join() without a backend", joining, "signaling-unavailable");
    },
  },
  {
    name: "reconnects by itself as the same peer, and reports the interruption",
    promise: "reconnect",
    slow: true,
    needs: ["disconnect"],
    async run(context) {
      const room = await context.room();
      const client = await context.client({ troubled: true });
      const jun = await context.enter({ room, name: "jun" });
      const ada = await context.enter({ room, name: "ada" });
      const mina = await context.enter({ room, name: "mina", client });
      await context.eventually("Mina's roster", mina.ids, [jun.id, ada.id]);
      const statusIs = (status: string) =>
        context.eventually("the status of Mina", () => mina.statuses.at(-1), status);

      await client.disconnect?.();
      await statusIs("disconnected");
      mina.say(jun, "sent while disconnected");
      jun.say(mina, "sent to a disconnected peer");
      await ada.leave();
      const late = await context.enter({ room, name: "late" });
      await client.reconnect?.();
      await statusIs("connected");

      // Mina missed that Ada left and that another peer joined.
      const now = [jun.id, late.id];
      await context.eventually("Mina's roster", mina.ids, now, context.promptly);
      await context.eventually("Jun's roster", () => jun.ids().includes(mina.id), true);
      await context.eventually("the messages that Jun received", () => jun.heard, [
        { from: mina.id, text: "sent while disconnected" },
      ]);
      await context.eventually("the messages that Mina received", () => mina.heard, [
        { from: jun.id, text: "sent to a disconnected peer" },
      ]);
      await context.bring(mina, late, { text: "hello" });
    },
  },
  {
    name: "accepts ids, names and metadata with special characters",
    promise: "names",
    people: 4,
    async run(context) {
      const room = await context.room();
      const clients: TestClient[] = [];
      for (const id of HOSTILE_IDS) {
        const metadata = Object.fromEntries([
          ["__proto__", "<script>"],
          ["\0", "\u202e"],
        ]) as Record<string, string>;
        const name = `<img src=x onerror=alert(1)> ${id}`;
        // oxlint-disable-next-line no-await-in-loop -- in this order
        clients.push(await context.enter({ room, name, self: { id, metadata } }));
      }
      const [one, two, three] = clients as [TestClient, TestClient, TestClient];
      await context.eventually("the roster of the first peer", one.ids, [two.id, three.id]);
      await context.eventually("the roster of the last peer", three.ids, [one.id, two.id]);
      for (const client of [two, three]) one.say(client, client.id);
      await context.eventually("the messages that the second peer received", () => two.heard, [
        { from: one.id, text: two.id },
      ]);
      await context.eventually("the messages that the last peer received", () => three.heard, [
        { from: one.id, text: three.id },
      ]);
      expectSame("the name of the first peer", three.peers[0]?.name?.slice(0, 4), "<img");
    },
  },
  {
    name: "joins a room with a special name or rejects it, and never mixes it with another room",
    promise: "names",
    async run(context) {
      const entered = await Promise.all(
        HOSTILE_ROOMS.map((room) => enterIfAccepted(context, room)),
      );
      const rooms = entered.filter((pair) => pair !== undefined);
      for (const [mina, jun] of rooms) mina.say(jun, jun.id);
      await Promise.all(
        rooms.map(([mina, jun]) =>
          context.eventually("the received messages", () => jun.heard, [
            { from: mina.id, text: jun.id },
          ]),
        ),
      );
      for (const [mina, jun] of rooms)
        expectSame(
          `the rosters in room ${JSON.stringify(mina.room)}`,
          [mina.ids(), jun.ids()],
          [[jun.id], [mina.id]],
        );
    },
  },
  {
    name: "drops malformed data and stays connected",
    promise: "garbage",
    needs: ["garbage"],
    async run(context) {
      const [mina, jun] = await context.pair();
      await context.backend.garbage?.({ room: mina.room, id: mina.id });
      jun.say(mina, "are you well?");
      mina.say(jun, "I am");
      await context.eventually("the messages that Mina received", () => mina.heard, [
        { from: jun.id, text: "are you well?" },
      ]);
      await context.eventually("the messages that Jun received", () => jun.heard, [
        { from: mina.id, text: "I am" },
      ]);
      await context.eventually("Mina's roster", mina.ids, [jun.id]);
      await context.eventually("Jun's roster", jun.ids, [mina.id]);
      expectSame(
        "the packets that are not objects",
        mina.packets.filter(({ message }) => typeof message !== "object" || !message),
        [],
      );
      const codes = new Set(mina.errors.map(({ code }) => code));
      codes.delete("message-invalid");
      expectSame("the other errors", [...codes], []);
      expectSame("the statuses of Mina", mina.statuses, ["connected"]);
    },
  },
];

/** Joins a room as two peers that list each other; undefined if joining is rejected with a `CallError`. */
async function enterIfAccepted(
  context: CheckContext,
  room: string,
): Promise<[TestClient, TestClient] | undefined> {
  try {
    const mina = await context.enter({ room, name: "mina" });
    const jun = await context.enter({ room, name: "jun" });
    await context.eventually(`the roster in room ${JSON.stringify(room)}`, jun.ids, [mina.id]);
    await context.eventually(`the roster in room ${JSON.stringify(room)}`, mina.ids, [jun.id]);
    return [mina, jun];
  } catch (error) {
    if (error instanceof CallError || (error as Error).name === "CallError") return undefined;
    throw error;
  }
}
