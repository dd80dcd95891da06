/** Owns what every adapter must do, at the level of packets. Order and once-only are the link's. */
import { afterEach, describe, expect, it } from "vitest";
import type { CallError } from "../../src/core/errors.ts";
import type { PeerInfo, SignalMessage, Signaling } from "../../src/core/signaling.ts";

/** A backend of its own for one test. */
export interface AdapterUnderTest {
  /** What one peer is given; may be the same object for all. */
  signaling(): Signaling;
  /** How many connections, channels or seats are open, where that can be seen from outside. */
  open?(): number | Promise<number>;
  close?(): Promise<void>;
}

/** A peer in a room, and everything it has been told. */
export interface Visitor {
  id: string;
  /** The newest list. */
  peers: readonly PeerInfo[];
  ids(): string[];
  packets: { from: string; message: SignalMessage }[];
  statuses: string[];
  errors: CallError[];
  send(to: Visitor, message: SignalMessage): Promise<void>;
  update(change: Partial<PeerInfo>): Promise<void>;
  leave(): Promise<void>;
}

let count = 0;
let lastJoined = 0;

/** A name that no other test uses. */
export const unique = (word: string): string => `${word}-${(count += 1)}-${Date.now()}`;

/** Enters a room as `name`. */
export async function visit(
  signaling: Signaling,
  room: string,
  name: string,
  signal: AbortSignal = new AbortController().signal,
): Promise<Visitor> {
  // Two who join within one millisecond would be sorted by id.
  lastJoined = Math.max(Date.now(), lastJoined + 1);
  const self: PeerInfo = { id: unique(name), name, joined: lastJoined };
  const heard: Omit<Visitor, "send" | "update" | "leave"> = {
    id: self.id,
    peers: [],
    ids: () => visitor.peers.map((peer) => peer.id),
    packets: [],
    statuses: [],
    errors: [],
  };
  const visitor = heard as Visitor;
  const session = await signaling.join({
    room,
    self,
    signal,
    onPeers: (peers) => (visitor.peers = peers),
    onMessage: (from, message) => visitor.packets.push({ from, message }),
    onStatus: (status) => visitor.statuses.push(status),
    onError: (error) => visitor.errors.push(error),
  });
  visitor.send = (to, message) => session.send(to.id, message);
  visitor.update = (change) => session.update({ ...self, ...change });
  visitor.leave = () => session.leave();
  return visitor;
}

const says = (visitor: Visitor) => visitor.packets.map(({ message }) => message["text"]);

/** Proves the contract for one adapter. `factory` makes a backend that nobody has used. */
export function describeAdapter(
  name: string,
  factory: () => AdapterUnderTest | Promise<AdapterUnderTest>,
): void {
  describe(`${name} keeps the signaling contract:`, () => {
    let backend: AdapterUnderTest | undefined;
    const visitors: Visitor[] = [];

    const start = async () => (backend = await factory());
    const enter = async (room: string, who: string) => {
      const visitor = await visit(backend!.signaling(), room, who);
      visitors.push(visitor);
      return visitor;
    };

    afterEach(async () => {
      for (const visitor of visitors.splice(0)) await visitor.leave();
      await backend?.close?.();
      backend = undefined;
    });

    it("shows a late joiner everyone who is present, in order of joining, and not itself", async () => {
      await start();
      const room = unique("room");
      const early = [await enter(room, "mina"), await enter(room, "jun"), await enter(room, "ada")];
      const late = await enter(room, "late");
      await expect.poll(() => late.ids()).toEqual(early.map(({ id }) => id));
      for (const one of early) {
        const others = [...early, late].filter((other) => other !== one);
        await expect.poll(() => one.ids()).toEqual(others.map(({ id }) => id));
      }
      expect(late.peers.map((peer) => peer.name)).toEqual(["mina", "jun", "ada"]);
    });

    it("says that the backend is reachable", async () => {
      await start();
      const mina = await enter(unique("room"), "mina");
      expect(mina.statuses).toEqual(["connected"]);
    });

    it("finds an empty room empty, and tells of the first to come", async () => {
      await start();
      const room = unique("room");
      const mina = await enter(room, "mina");
      expect(mina.peers).toEqual([]);
      const jun = await enter(room, "jun");
      await expect.poll(() => mina.ids()).toEqual([jun.id]);
    });

    it("shows each other two who join at the same moment", async () => {
      await start();
      const room = unique("room");
      const [mina, jun] = await Promise.all([enter(room, "mina"), enter(room, "jun")]);
      await expect.poll(() => [mina.ids(), jun.ids()]).toEqual([[jun.id], [mina.id]]);
    });

    it("brings the newest packet, whole, and says from whom", async () => {
      await start();
      const room = unique("room");
      const mina = await enter(room, "mina");
      const jun = await enter(room, "jun");
      const message = { text: "안녕 👋 <b>&amp;", deep: [{ a: null, b: [1, 2.5, true, ""] }] };
      for (let index = 0; index < 20; index += 1) await mina.send(jun, { text: String(index) });
      await mina.send(jun, message);
      await expect.poll(() => jun.packets).toContainEqual({ from: mina.id, message });
    });

    it("carries the longest packet there may be", async () => {
      await start();
      const room = unique("room");
      const mina = await enter(room, "mina");
      const jun = await enter(room, "jun");
      const text = "말".repeat(131_072 - JSON.stringify({ text: "" }).length);
      await mina.send(jun, { text });
      await expect.poll(() => says(jun).length).toBe(1);
      expect(says(jun)[0] === text).toBe(true);
    });

    it("shows a packet to nobody but the one it is for", async () => {
      await start();
      const [room, elsewhere] = [unique("room"), unique("room")];
      const mina = await enter(room, "mina");
      const jun = await enter(room, "jun");
      const bystander = await enter(room, "bystander");
      const stranger = await enter(elsewhere, "stranger");
      const guide = await enter(elsewhere, "guide");
      await mina.send(jun, { text: "for jun" });
      await expect.poll(() => says(jun)).toEqual(["for jun"]);
      // What they get now was sent later, so the packet for Jun would have been there before it.
      await jun.send(mina, { text: "for mina" });
      await mina.send(bystander, { text: "for the bystander" });
      await guide.send(stranger, { text: "for the stranger" });
      await expect.poll(() => says(mina)).toEqual(["for mina"]);
      await expect.poll(() => says(bystander)).toEqual(["for the bystander"]);
      await expect.poll(() => says(stranger)).toEqual(["for the stranger"]);
      expect(says(guide)).toEqual([]);
    });

    it("lets nobody reach into another room", async () => {
      await start();
      const mina = await enter(unique("room"), "mina");
      const elsewhere = unique("room");
      const stranger = await enter(elsewhere, "stranger");
      const guide = await enter(elsewhere, "guide");
      await mina.send(stranger, { text: "let me in" });
      await guide.send(stranger, { text: "welcome" });
      await expect.poll(() => says(stranger)).toEqual(["welcome"]);
      expect(mina.peers).toEqual([]);
    });

    it("shares no object between peers", async () => {
      await start();
      const room = unique("room");
      const mina = await enter(room, "mina");
      const jun = await enter(room, "jun");
      const message = { text: "as sent", list: ["as sent"] };
      await mina.send(jun, message);
      message.text = "changed";
      message.list[0] = "changed";
      await expect
        .poll(() => jun.packets)
        .toEqual([{ from: mina.id, message: { text: "as sent", list: ["as sent"] } }]);
    });

    it("shows a changed name and metadata, to those present and to those who come", async () => {
      await start();
      const room = unique("room");
      const mina = await enter(room, "mina");
      const jun = await enter(room, "jun");
      await mina.update({ name: "Mina K.", metadata: { hand: "raised" } });
      const changed = { name: "Mina K.", metadata: { hand: "raised" }, id: mina.id };
      await expect.poll(() => jun.peers).toMatchObject([changed]);
      const late = await enter(room, "late");
      await expect
        .poll(() => late.peers.find((peer) => peer.id === mina.id))
        .toMatchObject(changed);
    });

    it("takes a peer that leaves off the lists, and lets it leave twice", async () => {
      await start();
      const room = unique("room");
      const mina = await enter(room, "mina");
      const jun = await enter(room, "jun");
      await expect.poll(() => jun.ids()).toEqual([mina.id]);
      await Promise.all([mina.leave(), mina.leave()]);
      await mina.leave();
      await expect.poll(() => jun.ids()).toEqual([]);
      const late = await enter(room, "late");
      await expect.poll(() => late.ids()).toEqual([jun.id]);
    });

    it("tells a peer that has left nothing more, and sends nothing for it", async () => {
      await start();
      const room = unique("room");
      const mina = await enter(room, "mina");
      const jun = await enter(room, "jun");
      const ada = await enter(room, "ada");
      await expect.poll(() => mina.ids()).toEqual([jun.id, ada.id]);
      // The first is on its way while Mina leaves, the second comes to an empty chair.
      await Promise.all([jun.send(mina, { text: "one more thing" }), mina.leave()]);
      await jun.send(mina, { text: "still there?" }).catch(() => undefined);
      await jun.send(ada, { text: "she has left" });
      await expect.poll(() => says(ada)).toEqual(["she has left"]);
      await expect.poll(() => jun.ids()).toEqual([ada.id]);
      await expect(mina.send(jun, { text: "from beyond" })).rejects.toMatchObject({
        code: "aborted",
      });
      const late = await enter(room, "late");
      await expect.poll(() => jun.ids()).toEqual([ada.id, late.id]);
      expect(mina.ids()).toEqual([jun.id, ada.id]);
      expect(mina.packets).toEqual([]);
      expect(mina.statuses).toEqual(["connected"]);
    });

    it("comes into a room again after leaving it", async () => {
      await start();
      const room = unique("room");
      const mina = await enter(room, "mina");
      const first = await enter(room, "jun");
      await first.leave();
      const second = await enter(room, "jun");
      await expect.poll(() => mina.ids()).toEqual([second.id]);
      await mina.send(second, { text: "back already?" });
      await expect.poll(() => says(second)).toEqual(["back already?"]);
    });

    it("leaves nothing open when the call is left while joining", async () => {
      await start();
      const room = unique("room");
      const mina = await enter(room, "mina");
      const openBefore = await backend!.open?.();
      const before = new AbortController();
      before.abort();
      const after = new AbortController();
      const attempts = [before, after].map(({ signal }) =>
        visit(backend!.signaling(), room, "hasty", signal),
      );
      after.abort();
      const overtaken = { status: "rejected", reason: { name: "CallError", code: "aborted" } };
      expect(await Promise.allSettled(attempts)).toMatchObject([overtaken, overtaken]);
      const jun = await enter(room, "jun");
      await expect.poll(() => mina.ids()).toEqual([jun.id]);
      expect(jun.ids()).toEqual([mina.id]);
      await jun.leave();
      await expect.poll(() => backend!.open?.()).toBe(openBefore);
    });

    it("keeps many rooms apart", async () => {
      await start();
      const rooms = Array.from({ length: 20 }, (_, index) => unique(`room ${index}/강의:`));
      const pairs = await Promise.all(
        rooms.map(async (room) => [await enter(room, "caller"), await enter(room, "callee")]),
      );
      for (const [caller, callee] of pairs) await caller!.send(callee!, { text: callee!.id });
      for (const [caller, callee] of pairs) {
        await expect.poll(() => says(callee!)).toEqual([callee!.id]);
        await expect
          .poll(() => [caller!.ids(), callee!.ids()])
          .toEqual([[callee!.id], [caller!.id]]);
        expect([...caller!.errors, ...callee!.errors]).toEqual([]);
      }
    });
  });
}
