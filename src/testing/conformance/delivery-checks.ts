/** Owns the checks of packets: that they arrive, whole, at one place and nowhere else, and from whom. */
import { MAX_PACKET } from "../../core/signaling/signaling.ts";
import {
  expectRefused,
  expectSame,
  ignore,
  pause,
  type ConformanceCheck,
} from "./conformance-check.ts";

/** How many times a burst may lose its newest packet before it is no bad luck any more. */
const BURSTS = 6;
/** How long the newest packet of a burst has to arrive by itself, in ms. */
const PROMPT = 1_500;

export const deliveryChecks: readonly ConformanceCheck[] = [
  {
    name: "carries what two say to each other once and in order, with the link above it",
    promise: "delivery",
    async run(stage) {
      const [mina, jun] = await stage.pair();
      const lines = Array.from({ length: 40 }, (_, index) => `line ${index}`);
      for (const [index, line] of lines.entries()) {
        mina.say(jun, line);
        jun.say(mina, line);
        // Some in one packet, some each in one of its own.
        // oxlint-disable-next-line no-await-in-loop
        if (index % 8 > 4) await pause(5);
      }
      const by = (id: string) => lines.map((text) => ({ from: id, text }));
      await stage.eventually("what Jun hears", () => jun.heard, by(mina.id));
      await stage.eventually("what Mina hears", () => mina.heard, by(jun.id));
      mina.say(jun, "the end");
      const all = [...by(mina.id), { from: mina.id, text: "the end" }];
      await stage.eventually("what Jun has heard in the end", () => jun.heard, all);
    },
  },
  {
    name: "brings a packet whole, and says from whom",
    promise: "delivery",
    async run(stage) {
      const [mina, jun] = await stage.pair();
      const message = {
        text: '안녕 👋 <b>&amp;</b> "\\ \n\t \u2028 __proto__',
        deep: [{ a: null, b: [1, -2.5, 1e21, true, ""] }, [], {}],
      };
      await stage.bring(mina, jun, message);
      expectSame("who sent it", new Set(jun.packets.map(({ from }) => from)).size, 1);
      expectSame("from", jun.packets[0]?.from, mina.id);
    },
  },
  {
    name: "brings the newest of many packets without being asked twice",
    promise: "delivery",
    async run(stage) {
      const [mina, jun] = await stage.pair();
      const newest = () => jun.packets.some(({ message }) => message["newest"] === true);
      // One may be lost, for whatever goes wrong on a network, and the link repairs it two seconds
      // later. An adapter that never brings the last word of a burst is another thing.
      for (let burst = 0; burst < BURSTS; burst += 1) {
        for (let index = 0; index < 10; index += 1)
          void mina.send(jun, { text: `${burst}.${index}` }).catch(ignore);
        void mina.send(jun, { newest: true }).catch(ignore);
        // oxlint-disable-next-line no-await-in-loop -- one burst after the other
        if (await stage.within(Math.min(PROMPT, stage.timeoutMs), newest)) return;
      }
      throw new Error(`The last packet of a burst did not arrive in any of ${BURSTS} tries.`);
    },
  },
  {
    name: "tells two senders apart",
    promise: "delivery",
    people: 3,
    async run(stage) {
      const [mina, jun] = await stage.pair();
      const ada = await stage.enter({ room: mina.room, name: "ada" });
      await stage.eventually("whom Ada sees", () => ada.ids().length, 2);
      mina.say(jun, "by Mina");
      ada.say(jun, "by Ada");
      const bySender = () => jun.heard.toSorted((a, b) => (a.text < b.text ? -1 : 1));
      await stage.eventually("what Jun hears", bySender, [
        { from: ada.id, text: "by Ada" },
        { from: mina.id, text: "by Mina" },
      ]);
    },
  },
  {
    name: "shares no object between peers",
    promise: "delivery",
    async run(stage) {
      const [mina, jun] = await stage.pair();
      const message = { text: "as sent", list: ["as sent"] };
      await mina.send(jun, message);
      message.text = "changed";
      message.list[0] = "changed";
      await stage.bring(mina, jun, { marker: 1 });
      const changed = jun.packets.filter((packet) => packet.message["text"] === "changed");
      expectSame("what was changed after sending", changed, []);
    },
  },
  {
    name: "brings nobody back what they sent",
    promise: "privacy",
    async run(stage) {
      const [mina, jun] = await stage.pair();
      await stage.bring(mina, jun, { text: "from Mina" });
      // To oneself is an echo, too.
      await mina.send(mina, { text: "from Mina" }).catch(ignore);
      await stage.bring(jun, mina, { text: "from Jun" });
      expectSame(
        "the own packets that came back",
        mina.packets.filter(({ message }) => message["text"] === "from Mina"),
        [],
      );
    },
  },
  {
    name: "shows a packet to nobody else in the room",
    promise: "privacy",
    people: 3,
    async run(stage) {
      const [mina, jun] = await stage.pair();
      const ada = await stage.enter({ room: mina.room, name: "ada" });
      await stage.eventually("whom Ada sees", ada.ids, [mina.id, jun.id]);
      await stage.bring(mina, jun, { text: "for Jun" });
      // Sent later, so whatever went astray is there by now.
      await stage.bring(mina, ada, { text: "for Ada" });
      expectSame(
        "what Ada got",
        new Set(ada.packets.map(({ message }) => message["text"])).size,
        1,
      );
    },
  },
  {
    name: "lets nobody hear or reach into another room",
    promise: "privacy",
    async run(stage) {
      const [mina, jun] = await stage.pair();
      const [guide, stranger] = await stage.pair();
      await mina.send(stranger, { text: "let me in" }).catch(ignore);
      await stage.bring(mina, jun, { text: "for Jun" });
      await stage.bring(guide, stranger, { text: "welcome" });
      await stage.bring(stranger, guide, { text: "thanks" });
      const got = [guide, stranger].flatMap(({ packets }) => packets);
      const foreign = got.filter(({ from }) => from !== guide.id && from !== stranger.id);
      expectSame("what came from another room", foreign, []);
      expectSame("whom Mina sees", mina.ids(), [jun.id]);
      expectSame("whom the stranger sees", stranger.ids(), [guide.id]);
    },
  },
  {
    name: "lets nobody speak in another's name",
    promise: "sender",
    needs: ["forge"],
    async run(stage) {
      const [mina, jun] = await stage.pair();
      const { room } = mina;
      // Also inside, should anybody look for the sender there.
      const forged = { text: "forged", from: jun.id };
      // Whether it is refused, dropped or brought as somebody else's is the backend's affair.
      await stage.backend.forge?.({ room, from: jun.id, to: mina.id, message: forged });
      await stage.bring(jun, mina, { text: "honest" });
      const lies = mina.packets.filter(
        ({ from, message }) => from === jun.id && message["text"] === "forged",
      );
      expectSame("what was said in Jun's name", lies, []);
    },
  },
  {
    name: "carries the longest packet there may be",
    promise: "size",
    async run(stage) {
      const [mina, jun] = await stage.pair();
      await stage.bring(mina, jun, longPacket(MAX_PACKET));
    },
  },
  {
    name: "refuses a longer packet, and goes on",
    promise: "size",
    async run(stage) {
      const [mina, jun] = await stage.pair();
      await expectRefused(
        "a packet that is too long",
        mina.send(jun, longPacket(MAX_PACKET + 1)),
        "message-invalid",
      );
      await stage.bring(mina, jun, { text: "short" });
      expectSame(
        "what Jun got",
        new Set(jun.packets.map(({ message }) => message["text"])).size,
        1,
      );
      expectSame("Mina's connection", mina.statuses, ["connected"]);
    },
  },
];

/** A packet of that many characters; in UTF-8 it has three times as many bytes. */
function longPacket(characters: number) {
  const empty = JSON.stringify({ text: "" }).length;
  return { text: "말".repeat(characters - empty) };
}
