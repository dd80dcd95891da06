/** Owns the checks of who is there: coming, changing, leaving, vanishing, and what is left behind. */
import type { PeerInfo } from "../../core/signaling/signaling.ts";
import { MAX_PEER_INFO } from "../../core/signaling/signaling.ts";
import {
  expectRefused,
  expectSame,
  ignore,
  type ConformanceCheck,
  type CheckContext,
} from "./conformance-check.ts";
import { unique, type TestClient } from "./test-client.ts";

/** How much longer than declared a vanished peer may be listed on a busy machine, in ms. */
const SLACK = 3_000;

const idsOf = (visitors: readonly TestClient[]) => visitors.map(({ id }) => id);

/** Waits until each of them sees exactly the others. */
async function seeEachOther(stage: CheckContext, visitors: readonly TestClient[]): Promise<void> {
  await Promise.all(
    visitors.map((one) =>
      stage.eventually(
        `whom ${one.id} sees`,
        one.ids,
        idsOf(visitors.filter((other) => other !== one)),
      ),
    ),
  );
}

export const presenceChecks: readonly ConformanceCheck[] = [
  {
    name: "says before joining resolves that it is connected and who is there",
    promise: "presence",
    async run(stage) {
      const mina = await stage.enter({ room: await stage.room(), name: "mina" });
      expectSame("what was said of the connection", mina.statuses, ["connected"]);
      if (mina.listsBeforeJoined === 0)
        throw new Error("onPeers was not called before join resolved.");
    },
  },
  {
    name: "finds an empty room empty, and tells of the first to come",
    promise: "presence",
    unawaited: true,
    async run(stage) {
      const room = await stage.room();
      const mina = await stage.enter({ room, name: "mina" });
      expectSame("whom Mina finds", mina.ids(), []);
      const jun = await stage.enter({ room, name: "jun" });
      await stage.eventually("whom Mina sees", mina.ids, [jun.id]);
    },
  },
  {
    name: "shows a late joiner everyone who is present, in order of joining, and not itself",
    promise: "presence",
    people: 4,
    async run(stage) {
      const room = await stage.room();
      const visitors: TestClient[] = [];
      for (const name of ["mina", "jun", "ada", "late"])
        // oxlint-disable-next-line no-await-in-loop -- in this order
        visitors.push(await stage.enter({ room, name }));
      await seeEachOther(stage, visitors);
      const named = visitors.at(-1)?.peers.map(({ name }) => name);
      expectSame("their names", named, ["mina", "jun", "ada"]);
    },
  },
  {
    name: "shows two to each other who join at the same moment",
    promise: "presence",
    unawaited: true,
    async run(stage) {
      const room = await stage.room();
      const visitors = await Promise.all(
        ["mina", "jun"].map((name) => stage.enter({ room, name })),
      );
      await seeEachOther(stage, visitors);
    },
  },
  {
    name: "shows a peer as it describes itself, up to the longest description",
    promise: "presence",
    async run(stage) {
      const room = await stage.room();
      const self: PeerInfo = {
        id: unique("__"),
        name: "Mina 민아 👩‍💻",
        joinedAt: 1,
        replaces: "s3cret",
      };
      const metadata = { room: "3.14", filler: "" };
      metadata.filler = "x".repeat(MAX_PEER_INFO - 100 - JSON.stringify({ ...self }).length);
      const mina = await stage.enter({ room, name: "mina", self: { ...self, metadata } });
      const jun = await stage.enter({ room, name: "jun" });
      const described = () =>
        jun.peers.map(({ name, metadata: told, replaces }) => ({ name, told, replaces }));
      const { name, replaces } = self;
      await stage.eventually("how Jun sees Mina", described, [{ name, told: metadata, replaces }]);
      expectSame("her id", jun.ids(), [mina.id]);
    },
  },
  {
    name: "shows a changed name and metadata, to those present and to those who come",
    promise: "presence",
    async run(stage) {
      const [mina, jun] = await stage.pair();
      const changed = { name: "Mina K.", metadata: { hand: "raised" } };
      await mina.update(changed);
      const asSeenBy = (visitor: TestClient) => () =>
        visitor.peers.flatMap(({ id, name, metadata }) =>
          id === mina.id ? [{ name, metadata }] : [],
        );
      await stage.eventually("how Jun sees Mina", asSeenBy(jun), [changed]);
      if ((stage.capabilities.peers ?? 3) < 3) return;
      const late = await stage.enter({ room: mina.room, name: "late" });
      await stage.eventually("how the late one sees Mina", asSeenBy(late), [changed]);
    },
  },
  {
    name: "takes a peer that leaves off the lists, and lets it leave twice",
    promise: "leaving",
    async run(stage) {
      const [mina, jun] = await stage.pair();
      await Promise.all([mina.leave(), mina.leave()]);
      await mina.leave();
      await stage.eventually("whom Jun still sees", jun.ids, [], stage.promptly);
      if ((stage.capabilities.peers ?? 3) < 3) return;
      const late = await stage.enter({ room: jun.room, name: "late" });
      await stage.eventually("whom the late one sees", late.ids, [jun.id]);
    },
  },
  {
    name: "tells a peer that has left nothing more, and sends nothing for it",
    promise: "leaving",
    people: 3,
    async run(stage) {
      const [mina, jun] = await stage.pair();
      const ada = await stage.enter({ room: mina.room, name: "ada" });
      await stage.eventually("whom Mina sees", mina.ids, [jun.id, ada.id]);
      // The first is on its way while Mina leaves, the second comes to an empty chair.
      await Promise.all([jun.send(mina, { text: "one more thing" }).catch(ignore), mina.leave()]);
      const told = { peers: mina.ids(), packets: mina.packets.length };
      await jun.send(mina, { text: "still there?" }).catch(ignore);
      await stage.eventually("whom Jun sees", jun.ids, [ada.id]);
      await stage.bring(jun, ada, { text: "she has left" });
      await expectRefused("to send", mina.send(jun, { text: "from beyond" }), "aborted");
      await expectRefused("to change", mina.update({ name: "ghost" }), "aborted");
      const late = await stage.enter({ room: jun.room, name: "late" });
      await stage.eventually("whom Jun sees", jun.ids, [ada.id, late.id]);
      expectSame("what Mina was told", { peers: mina.ids(), packets: mina.packets.length }, told);
      expectSame("what Mina was told of the connection", mina.statuses, ["connected"]);
    },
  },
  {
    name: "lets a person come again after leaving",
    promise: "leaving",
    people: 3,
    async run(stage) {
      const [mina, first] = await stage.pair();
      await first.leave();
      const second = await stage.enter({ room: mina.room, name: "jun" });
      await stage.eventually("whom Mina sees", mina.ids, [second.id]);
      await stage.bring(mina, second, { text: "back already?" });
    },
  },
  {
    name: "takes a peer that vanishes without a word off the lists in time, and nobody who is merely quiet",
    promise: "vanishing",
    people: 3,
    slow: true,
    needs: ["vanish"],
    async run(stage) {
      const room = await stage.room();
      const jun = await stage.enter({ room, name: "jun" });
      const quiet = await stage.enter({ room, name: "quiet" });
      const client = await stage.client({ troubled: true });
      const mina = await stage.enter({ room, name: "mina", client });
      await stage.eventually("whom Jun sees", jun.ids, [quiet.id, mina.id]);
      await client.vanish?.();
      const { vanishesWithin = 15_000 } = stage.capabilities;
      const ms = vanishesWithin + Math.min(SLACK, stage.timeoutMs);
      await stage.eventually("whom Jun still sees", jun.ids, [quiet.id], ms);
    },
  },
  {
    name: "leaves nothing when the call is left while joining",
    promise: "aborting",
    async run(stage) {
      const room = await stage.room();
      const mina = await stage.enter({ room, name: "mina" });
      const open = await stage.backend.open?.();
      const before = new AbortController();
      before.abort();
      const meanwhile = new AbortController();
      const attempts = [before, meanwhile].map(({ signal }) =>
        expectRefused("joining", stage.enter({ room, name: "hasty", signal }), "aborted"),
      );
      meanwhile.abort();
      await Promise.all(attempts);
      if (stage.backend.open)
        await stage.eventually("how much is open", () => stage.backend.open?.(), open);
      if ((stage.capabilities.peers ?? 3) < 3) return;
      const jun = await stage.enter({ room, name: "jun" });
      await seeEachOther(stage, [mina, jun]);
    },
  },
  {
    name: "treats two tabs of one person as two peers",
    promise: "tabs",
    people: 3,
    async run(stage) {
      const room = await stage.room();
      const client = await stage.client();
      const jun = await stage.enter({ room, name: "jun" });
      const person = { room, name: "mina", client, self: { metadata: { account: "7" } } };
      const [one, other] = [await stage.enter(person), await stage.enter(person)];
      await seeEachOther(stage, [jun, one, other]);
      await stage.bring(jun, one, { text: "for one" });
      await stage.bring(jun, other, { text: "for the other" });
      expectSame("what the other tab got", new Set(other.packets.map(textOf)).size, 1);
      await stage.bring(one, other, { text: "between tabs" });
      await one.leave();
      await stage.eventually("whom Jun sees", jun.ids, [other.id]);
      await stage.bring(other, jun, { text: "still here" });
    },
  },
  {
    name: "keeps fifty rooms apart",
    promise: "rooms",
    async run(stage) {
      const pairs: [TestClient, TestClient][] = [];
      while (pairs.length < 50)
        // oxlint-disable-next-line no-await-in-loop -- ten at a time: this is about rooms, not about load
        pairs.push(...(await Promise.all(Array.from({ length: 10 }, () => stage.pair()))));
      for (const [mina, jun] of pairs) mina.say(jun, jun.id);
      for (const [mina, jun] of pairs) {
        const expected = [{ from: mina.id, text: jun.id }];
        // oxlint-disable-next-line no-await-in-loop -- they come together
        await stage.eventually("what each hears", () => jun.heard, expected);
        expectSame("whom each sees", [mina.ids(), jun.ids()], [[jun.id], [mina.id]]);
        expectSame("what went wrong", [...mina.errors, ...jun.errors].map(String), []);
      }
    },
  },
  {
    name: "leaves nothing behind",
    promise: "cleanup",
    needs: ["open"],
    async run(stage) {
      const openNow = async () => stage.backend.open?.();
      const before = await openNow();
      const [mina, jun] = await stage.pair();
      mina.say(jun, "hello");
      jun.say(mina, "hello");
      await stage.eventually(
        "what was said",
        () => [mina, jun].map(({ heard }) => heard.length),
        [1, 1],
      );
      if ((await openNow()) === before)
        throw new Error(
          "open() does not see what is open: it gave the same with a call and without.",
        );
      // One has written to the other, who goes first.
      await jun.leave();
      await mina.leave();
      await stage.eventually("how much is open after everybody left", openNow, before);
    },
  },
];

function textOf({ message }: TestClient["packets"][number]): unknown {
  return message["text"];
}
