import { MAX_PACKET } from "../../core/signaling/signaling.ts";
import {
  expectRefused,
  expectSame,
  ignore,
  pause,
  type ConformanceCheck,
} from "./conformance-check.ts";

/** The number of bursts that may lose their newest packet. If all of them do, it is not packet loss. */
const BURSTS = 6;
/** The time limit in ms for the newest packet of a burst, without a retransmission. */
const BURST_TIMEOUT_MS = 1_500;

export const deliveryChecks: readonly ConformanceCheck[] = [
  {
    name: "delivers the messages of a reliable channel once and in order, in both directions",
    promise: "delivery",
    async run(context) {
      const [mina, jun] = await context.pair();
      const lines = Array.from({ length: 40 }, (_, index) => `line ${index}`);
      for (const [index, line] of lines.entries()) {
        mina.say(jun, line);
        jun.say(mina, line);
        // Some messages share a packet, and some have one each.
        // oxlint-disable-next-line no-await-in-loop
        if (index % 8 > 4) await pause(5);
      }
      const linesFrom = (id: string) => lines.map((text) => ({ from: id, text }));
      await context.eventually(
        "the messages that Jun received",
        () => jun.heard,
        linesFrom(mina.id),
      );
      await context.eventually(
        "the messages that Mina received",
        () => mina.heard,
        linesFrom(jun.id),
      );
      mina.say(jun, "the end");
      const all = [...linesFrom(mina.id), { from: mina.id, text: "the end" }];
      await context.eventually("all messages that Jun received", () => jun.heard, all);
    },
  },
  {
    name: "delivers a packet unchanged, with the id of its sender",
    promise: "delivery",
    async run(context) {
      const [mina, jun] = await context.pair();
      const message = {
        text: '안녕 👋 <b>&amp;</b> "\\ \n\t \u2028 __proto__',
        deep: [{ a: null, b: [1, -2.5, 1e21, true, ""] }, [], {}],
      };
      await context.bring(mina, jun, message);
      expectSame("the number of senders", new Set(jun.packets.map(({ from }) => from)).size, 1);
      expectSame("the sender", jun.packets[0]?.from, mina.id);
    },
  },
  {
    name: "delivers the newest packet of a burst without a retransmission",
    promise: "delivery",
    async run(context) {
      const [mina, jun] = await context.pair();
      const newest = () => jun.packets.some(({ message }) => message["newest"] === true);
      // A single packet may be lost on the network, and the reliable channel resends it two seconds
      // later. An adapter that always loses the last packet of a burst delays every message.
      for (let burst = 0; burst < BURSTS; burst += 1) {
        for (let index = 0; index < 10; index += 1)
          void mina.send(jun, { text: `${burst}.${index}` }).catch(ignore);
        void mina.send(jun, { newest: true }).catch(ignore);
        // oxlint-disable-next-line no-await-in-loop -- one burst after the other
        if (await context.within(Math.min(BURST_TIMEOUT_MS, context.timeoutMs), newest)) return;
      }
      throw new Error(
        `The newest packet of a burst did not arrive in any of ${BURSTS} bursts. The adapter must deliver the last packet of a burst without a retransmission.`,
      );
    },
  },
  {
    name: "attributes packets of two senders to the right one",
    promise: "delivery",
    people: 3,
    async run(context) {
      const [mina, jun] = await context.pair();
      const ada = await context.enter({ room: mina.room, name: "ada" });
      await context.eventually("Ada's roster", () => ada.ids().length, 2);
      mina.say(jun, "from Mina");
      ada.say(jun, "from Ada");
      const bySender = () => jun.heard.toSorted((a, b) => (a.text < b.text ? -1 : 1));
      await context.eventually("the messages that Jun received", bySender, [
        { from: ada.id, text: "from Ada" },
        { from: mina.id, text: "from Mina" },
      ]);
    },
  },
  {
    name: "copies a packet, so that later changes of the sender's object do not reach the recipient",
    promise: "delivery",
    async run(context) {
      const [mina, jun] = await context.pair();
      const message = { text: "as sent", list: ["as sent"] };
      await mina.send(jun, message);
      message.text = "changed";
      message.list[0] = "changed";
      await context.bring(mina, jun, { marker: 1 });
      const changed = jun.packets.filter((packet) => packet.message["text"] === "changed");
      expectSame("the packets that changed after they were sent", changed, []);
    },
  },
  {
    name: "does not echo a packet to its sender",
    promise: "privacy",
    async run(context) {
      const [mina, jun] = await context.pair();
      await context.bring(mina, jun, { text: "from Mina" });
      // A packet to its own sender is an echo as well.
      await mina.send(mina, { text: "from Mina" }).catch(ignore);
      await context.bring(jun, mina, { text: "from Jun" });
      expectSame(
        "the packets that were echoed to Mina",
        mina.packets.filter(({ message }) => message["text"] === "from Mina"),
        [],
      );
    },
  },
  {
    name: "delivers a packet to its recipient only",
    promise: "privacy",
    people: 3,
    async run(context) {
      const [mina, jun] = await context.pair();
      const ada = await context.enter({ room: mina.room, name: "ada" });
      await context.eventually("Ada's roster", ada.ids, [mina.id, jun.id]);
      await context.bring(mina, jun, { text: "for Jun" });
      // This packet is sent later, so a misdelivered one has arrived by now.
      await context.bring(mina, ada, { text: "for Ada" });
      expectSame(
        "the number of packets that Ada received",
        new Set(ada.packets.map(({ message }) => message["text"])).size,
        1,
      );
    },
  },
  {
    name: "keeps packets and the roster within a room",
    promise: "privacy",
    async run(context) {
      const [mina, jun] = await context.pair();
      const [guide, stranger] = await context.pair();
      await mina.send(stranger, { text: "let me in" }).catch(ignore);
      await context.bring(mina, jun, { text: "for Jun" });
      await context.bring(guide, stranger, { text: "welcome" });
      await context.bring(stranger, guide, { text: "thanks" });
      const received = [guide, stranger].flatMap(({ packets }) => packets);
      const foreign = received.filter(({ from }) => from !== guide.id && from !== stranger.id);
      expectSame("the packets from another room", foreign, []);
      expectSame("Mina's roster", mina.ids(), [jun.id]);
      expectSame("the roster of the stranger", stranger.ids(), [guide.id]);
    },
  },
  {
    name: "does not deliver a packet with a forged sender",
    promise: "sender",
    needs: ["forge"],
    async run(context) {
      const [mina, jun] = await context.pair();
      const { room } = mina;
      // The message names a sender as well, in case the adapter reads it from there.
      const forged = { text: "forged", from: jun.id };
      // The backend may reject the packet, drop it, or deliver it with its real sender.
      await context.backend.forge?.({ room, from: jun.id, to: mina.id, message: forged });
      await context.bring(jun, mina, { text: "honest" });
      const forgeries = mina.packets.filter(
        ({ from, message }) => from === jun.id && message["text"] === "forged",
      );
      expectSame("the packets with the forged sender", forgeries, []);
    },
  },
  {
    name: "delivers a packet of the maximum length",
    promise: "size",
    async run(context) {
      const [mina, jun] = await context.pair();
      await context.bring(mina, jun, longPacket(MAX_PACKET));
    },
  },
  {
    name: "rejects a longer packet with message-invalid, and stays connected",
    promise: "size",
    async run(context) {
      const [mina, jun] = await context.pair();
      await expectRefused(
        "a packet that is too long",
        mina.send(jun, longPacket(MAX_PACKET + 1)),
        "message-invalid",
      );
      await context.bring(mina, jun, { text: "short" });
      expectSame(
        "the number of packets that Jun received",
        new Set(jun.packets.map(({ message }) => message["text"])).size,
        1,
      );
      expectSame("the statuses of Mina", mina.statuses, ["connected"]);
    },
  },
];

/** A packet of that many characters. In UTF-8 it has three times as many bytes. */
function longPacket(characters: number) {
  const empty = JSON.stringify({ text: "" }).length;
  return { text: "말".repeat(characters - empty) };
}
