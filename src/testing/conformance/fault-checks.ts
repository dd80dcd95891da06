/** Owns the checks of bad times: a backend that goes away, and people who mean harm. */
import { CallError } from "../../core/lib/errors.ts";
import {
  expectRefused,
  expectSame,
  type ConformanceCheck,
  type CheckContext,
} from "./conformance-check.ts";
import type { TestClient } from "./test-client.ts";

/** Names that mean something somewhere: to JavaScript, to paths, to wildcards of brokers. */
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
    name: "says so when the backend cannot be reached",
    promise: "reconnect",
    slow: true,
    needs: ["disconnect"],
    async run(stage) {
      const client = await stage.client({ troubled: true });
      await client.disconnect?.();
      const joining = stage.enter({ room: await stage.room(), name: "mina", client });
      await expectRefused("joining without a backend", joining, "signaling-unavailable");
    },
  },
  {
    name: "comes back by itself, as the same peer, and says that it was gone",
    promise: "reconnect",
    slow: true,
    needs: ["disconnect"],
    async run(stage) {
      const room = await stage.room();
      const client = await stage.client({ troubled: true });
      const jun = await stage.enter({ room, name: "jun" });
      const ada = await stage.enter({ room, name: "ada" });
      const mina = await stage.enter({ room, name: "mina", client });
      await stage.eventually("whom Mina sees", mina.ids, [jun.id, ada.id]);
      const statusIs = (status: string) =>
        stage.eventually("Mina's connection", () => mina.statuses.at(-1), status);

      await client.disconnect?.();
      await statusIs("disconnected");
      mina.say(jun, "said without a connection");
      jun.say(mina, "said to somebody without a connection");
      await ada.leave();
      const late = await stage.enter({ room, name: "late" });
      await client.reconnect?.();
      await statusIs("connected");

      // Also that Ada has left meanwhile.
      const now = [jun.id, late.id];
      await stage.eventually("whom Mina sees now", mina.ids, now, stage.promptly);
      await stage.eventually("whom Jun sees", () => jun.ids().includes(mina.id), true);
      await stage.eventually("what Jun hears", () => jun.heard, [
        { from: mina.id, text: "said without a connection" },
      ]);
      await stage.eventually("what Mina hears", () => mina.heard, [
        { from: jun.id, text: "said to somebody without a connection" },
      ]);
      await stage.bring(mina, late, { text: "hello" });
    },
  },
  {
    name: "is not confused by names that mean something elsewhere",
    promise: "names",
    people: 4,
    async run(stage) {
      const room = await stage.room();
      const visitors: TestClient[] = [];
      for (const id of HOSTILE_IDS) {
        const metadata = Object.fromEntries([
          ["__proto__", "<script>"],
          ["\0", "\u202e"],
        ]) as Record<string, string>;
        const name = `<img src=x onerror=alert(1)> ${id}`;
        // oxlint-disable-next-line no-await-in-loop -- in this order
        visitors.push(await stage.enter({ room, name, self: { id, metadata } }));
      }
      const [one, two, three] = visitors as [TestClient, TestClient, TestClient];
      await stage.eventually("whom the first sees", one.ids, [two.id, three.id]);
      await stage.eventually("whom the last sees", three.ids, [one.id, two.id]);
      for (const visitor of [two, three]) one.say(visitor, visitor.id);
      await stage.eventually("what the second hears", () => two.heard, [
        { from: one.id, text: two.id },
      ]);
      await stage.eventually("what the last hears", () => three.heard, [
        { from: one.id, text: three.id },
      ]);
      expectSame("how the first is called", three.peers[0]?.name?.slice(0, 4), "<img");
    },
  },
  {
    name: "takes a room of a strange name, or refuses it, and mixes it with no other",
    promise: "names",
    async run(stage) {
      const entered = await Promise.all(HOSTILE_ROOMS.map((room) => enterOrRefuse(stage, room)));
      const rooms = entered.filter((pair) => pair !== undefined);
      for (const [mina, jun] of rooms) mina.say(jun, jun.id);
      await Promise.all(
        rooms.map(([mina, jun]) =>
          stage.eventually("what is heard", () => jun.heard, [{ from: mina.id, text: jun.id }]),
        ),
      );
      for (const [mina, jun] of rooms)
        expectSame(
          `whom those in ${JSON.stringify(mina.room)} see`,
          [mina.ids(), jun.ids()],
          [[jun.id], [mina.id]],
        );
    },
  },
  {
    name: "drops garbage and goes on",
    promise: "garbage",
    needs: ["garbage"],
    async run(stage) {
      const [mina, jun] = await stage.pair();
      await stage.backend.garbage?.({ room: mina.room, id: mina.id });
      jun.say(mina, "are you well?");
      mina.say(jun, "I am");
      await stage.eventually("what Mina hears", () => mina.heard, [
        { from: jun.id, text: "are you well?" },
      ]);
      await stage.eventually("what Jun hears", () => jun.heard, [{ from: mina.id, text: "I am" }]);
      await stage.eventually("whom Mina sees", mina.ids, [jun.id]);
      await stage.eventually("whom Jun sees", jun.ids, [mina.id]);
      expectSame(
        "packets that are no objects",
        mina.packets.filter(({ message }) => typeof message !== "object" || !message),
        [],
      );
      const codes = new Set(mina.errors.map(({ code }) => code));
      codes.delete("message-invalid");
      expectSame("what else went wrong", [...codes], []);
      expectSame("Mina's connection", mina.statuses, ["connected"]);
    },
  },
];

/** Two who see each other in the room, or undefined where a typed error keeps them out. */
async function enterOrRefuse(
  stage: CheckContext,
  room: string,
): Promise<[TestClient, TestClient] | undefined> {
  try {
    const mina = await stage.enter({ room, name: "mina" });
    const jun = await stage.enter({ room, name: "jun" });
    await stage.eventually(`whom those in ${JSON.stringify(room)} see`, jun.ids, [mina.id]);
    await stage.eventually(`whom those in ${JSON.stringify(room)} see`, mina.ids, [jun.id]);
    return [mina, jun];
  } catch (error) {
    if (error instanceof CallError || (error as Error).name === "CallError") return undefined;
    throw error;
  }
}
