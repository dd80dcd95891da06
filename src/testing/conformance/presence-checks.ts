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

/** The additional time in ms for which a crashed peer may stay in the roster on a slow machine. */
const SLACK_MS = 3_000;

const idsOf = (clients: readonly TestClient[]) => clients.map(({ id }) => id);

/** Waits until the roster of each client contains exactly the other clients. */
async function expectFullRosters(
  context: CheckContext,
  clients: readonly TestClient[],
): Promise<void> {
  await Promise.all(
    clients.map((one) =>
      context.eventually(
        `the roster of ${one.id}`,
        one.ids,
        idsOf(clients.filter((other) => other !== one)),
      ),
    ),
  );
}

export const presenceChecks: readonly ConformanceCheck[] = [
  {
    name: "calls onStatus and onPeers before join() resolves",
    promise: "presence",
    async run(context) {
      const mina = await context.enter({ room: await context.room(), name: "mina" });
      expectSame("the statuses", mina.statuses, ["connected"]);
      if (mina.listsBeforeJoined === 0)
        throw new Error("onPeers() was not called before join() resolved.");
    },
  },
  {
    name: "reports an empty roster in an empty room, and the first peer that joins",
    promise: "presence",
    unawaited: true,
    async run(context) {
      const room = await context.room();
      const mina = await context.enter({ room, name: "mina" });
      expectSame("Mina's roster in the empty room", mina.ids(), []);
      const jun = await context.enter({ room, name: "jun" });
      await context.eventually("Mina's roster", mina.ids, [jun.id]);
    },
  },
  {
    name: "lists all other peers in the order of joining, and not the peer itself",
    promise: "presence",
    people: 4,
    async run(context) {
      const room = await context.room();
      const clients: TestClient[] = [];
      for (const name of ["mina", "jun", "ada", "late"])
        // oxlint-disable-next-line no-await-in-loop -- in this order
        clients.push(await context.enter({ room, name }));
      await expectFullRosters(context, clients);
      const named = clients.at(-1)?.peers.map(({ name }) => name);
      expectSame("the names in the roster", named, ["mina", "jun", "ada"]);
    },
  },
  {
    name: "lists two peers that join at the same time for each other",
    promise: "presence",
    unawaited: true,
    async run(context) {
      const room = await context.room();
      const clients = await Promise.all(
        ["mina", "jun"].map((name) => context.enter({ room, name })),
      );
      await expectFullRosters(context, clients);
    },
  },
  {
    name: "lists the name and metadata of a peer, up to the maximum length",
    promise: "presence",
    async run(context) {
      const room = await context.room();
      const self: PeerInfo = {
        id: unique("__"),
        name: "Mina 민아 👩‍💻",
        joinedAt: 1,
        replaces: "s3cret",
      };
      const metadata = { room: "3.14", filler: "" };
      metadata.filler = "x".repeat(MAX_PEER_INFO - 100 - JSON.stringify({ ...self }).length);
      const mina = await context.enter({ room, name: "mina", self: { ...self, metadata } });
      const jun = await context.enter({ room, name: "jun" });
      const described = () =>
        jun.peers.map(({ name, metadata: listed, replaces }) => ({ name, listed, replaces }));
      const { name, replaces } = self;
      await context.eventually("Mina's entry in Jun's roster", described, [
        { name, listed: metadata, replaces },
      ]);
      expectSame("the id of Mina", jun.ids(), [mina.id]);
    },
  },
  {
    name: "lists a changed name and metadata, also for peers that join later",
    promise: "presence",
    async run(context) {
      const [mina, jun] = await context.pair();
      const changed = { name: "Mina K.", metadata: { hand: "raised" } };
      await mina.update(changed);
      const entryIn = (client: TestClient) => () =>
        client.peers.flatMap(({ id, name, metadata }) =>
          id === mina.id ? [{ name, metadata }] : [],
        );
      await context.eventually("Mina's entry in Jun's roster", entryIn(jun), [changed]);
      if ((context.capabilities.peers ?? 3) < 3) return;
      const late = await context.enter({ room: mina.room, name: "late" });
      await context.eventually("Mina's entry in the roster of a late peer", entryIn(late), [
        changed,
      ]);
    },
  },
  {
    name: "removes a peer that leaves from the roster, and accepts a second leave()",
    promise: "leaving",
    async run(context) {
      const [mina, jun] = await context.pair();
      await Promise.all([mina.leave(), mina.leave()]);
      await mina.leave();
      await context.eventually("Jun's roster", jun.ids, [], context.promptly);
      if ((context.capabilities.peers ?? 3) < 3) return;
      const late = await context.enter({ room: jun.room, name: "late" });
      await context.eventually("the roster of a late peer", late.ids, [jun.id]);
    },
  },
  {
    name: "calls no callback after leave(), and rejects send() and update()",
    promise: "leaving",
    people: 3,
    async run(context) {
      const [mina, jun] = await context.pair();
      const ada = await context.enter({ room: mina.room, name: "ada" });
      await context.eventually("Mina's roster", mina.ids, [jun.id, ada.id]);
      // The first packet is in flight while Mina leaves. The second is sent after she has left.
      await Promise.all([jun.send(mina, { text: "one more thing" }).catch(ignore), mina.leave()]);
      const received = { peers: mina.ids(), packets: mina.packets.length };
      await jun.send(mina, { text: "still there?" }).catch(ignore);
      await context.eventually("Jun's roster", jun.ids, [ada.id]);
      await context.bring(jun, ada, { text: "she has left" });
      await expectRefused(
        "send() after leave()",
        mina.send(jun, { text: "after leaving" }),
        "aborted",
      );
      await expectRefused("update() after leave()", mina.update({ name: "left" }), "aborted");
      const late = await context.enter({ room: jun.room, name: "late" });
      await context.eventually("Jun's roster", jun.ids, [ada.id, late.id]);
      expectSame(
        "Mina's roster and packets after leave()",
        { peers: mina.ids(), packets: mina.packets.length },
        received,
      );
      expectSame("the statuses of Mina", mina.statuses, ["connected"]);
    },
  },
  {
    name: "lets a peer of the same name join again after leaving",
    promise: "leaving",
    people: 3,
    async run(context) {
      const [mina, first] = await context.pair();
      await first.leave();
      const second = await context.enter({ room: mina.room, name: "jun" });
      await context.eventually("Mina's roster", mina.ids, [second.id]);
      await context.bring(mina, second, { text: "back already?" });
    },
  },
  {
    name: "removes a crashed peer from the roster in time, and keeps one that is only silent",
    promise: "vanishing",
    people: 3,
    slow: true,
    needs: ["vanish"],
    async run(context) {
      const room = await context.room();
      const jun = await context.enter({ room, name: "jun" });
      const silent = await context.enter({ room, name: "silent" });
      const client = await context.client({ troubled: true });
      const mina = await context.enter({ room, name: "mina", client });
      await context.eventually("Jun's roster", jun.ids, [silent.id, mina.id]);
      await client.vanish?.();
      const { vanishesWithin = 15_000 } = context.capabilities;
      const ms = vanishesWithin + Math.min(SLACK_MS, context.timeoutMs);
      await context.eventually("Jun's roster", jun.ids, [silent.id], ms);
    },
  },
  {
    name: "leaves nothing open if join() is aborted",
    promise: "aborting",
    async run(context) {
      const room = await context.room();
      const mina = await context.enter({ room, name: "mina" });
      const open = await context.backend.open?.();
      const earlier = new AbortController();
      earlier.abort();
      const during = new AbortController();
      const attempts = [earlier, during].map(({ signal }) =>
        expectRefused("join()", context.enter({ room, name: "hasty", signal }), "aborted"),
      );
      during.abort();
      await Promise.all(attempts);
      if (context.backend.open)
        await context.eventually(
          "the number of open resources",
          () => context.backend.open?.(),
          open,
        );
      if ((context.capabilities.peers ?? 3) < 3) return;
      const jun = await context.enter({ room, name: "jun" });
      await expectFullRosters(context, [mina, jun]);
    },
  },
  {
    name: "treats two tabs of one user as two peers",
    promise: "tabs",
    people: 3,
    async run(context) {
      const room = await context.room();
      const client = await context.client();
      const jun = await context.enter({ room, name: "jun" });
      const tab = { room, name: "mina", client, self: { metadata: { account: "7" } } };
      const [one, other] = [await context.enter(tab), await context.enter(tab)];
      await expectFullRosters(context, [jun, one, other]);
      await context.bring(jun, one, { text: "for one" });
      await context.bring(jun, other, { text: "for the other" });
      expectSame(
        "the number of packets that the other tab received",
        new Set(other.packets.map(textOf)).size,
        1,
      );
      await context.bring(one, other, { text: "between tabs" });
      await one.leave();
      await context.eventually("Jun's roster", jun.ids, [other.id]);
      await context.bring(other, jun, { text: "still here" });
    },
  },
  {
    name: "keeps fifty rooms separate",
    promise: "rooms",
    async run(context) {
      const pairs: [TestClient, TestClient][] = [];
      while (pairs.length < 50)
        // oxlint-disable-next-line no-await-in-loop -- ten at a time: the check is about rooms, not about load
        pairs.push(...(await Promise.all(Array.from({ length: 10 }, () => context.pair()))));
      for (const [mina, jun] of pairs) mina.say(jun, jun.id);
      for (const [mina, jun] of pairs) {
        const expected = [{ from: mina.id, text: jun.id }];
        // oxlint-disable-next-line no-await-in-loop -- all messages arrive at the same time
        await context.eventually("the messages in each room", () => jun.heard, expected);
        expectSame("the rosters in each room", [mina.ids(), jun.ids()], [[jun.id], [mina.id]]);
        expectSame("the errors", [...mina.errors, ...jun.errors].map(String), []);
      }
    },
  },
  {
    name: "leaves nothing open after all peers have left",
    promise: "cleanup",
    needs: ["open"],
    async run(context) {
      const openNow = async () => context.backend.open?.();
      const before = await openNow();
      const [mina, jun] = await context.pair();
      mina.say(jun, "hello");
      jun.say(mina, "hello");
      await context.eventually(
        "the number of received messages",
        () => [mina, jun].map(({ heard }) => heard.length),
        [1, 1],
      );
      if ((await openNow()) === before)
        throw new Error(
          "open() returned the same number with two peers in a room as without. It must count what they keep open.",
        );
      // The peer that received a packet leaves first.
      await jun.leave();
      await mina.leave();
      await context.eventually(
        "the number of open resources after all peers left",
        openNow,
        before,
      );
    },
  },
];

function textOf({ message }: TestClient["packets"][number]): unknown {
  return message["text"];
}
