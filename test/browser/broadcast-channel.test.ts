import { afterEach, describe, expect, it, vi } from "vitest";
import { broadcastChannelSignaling } from "../../src/adapters/broadcast-channel.ts";
import { describeAdapter, unique, visit } from "../adapters/contract.ts";

/** Which locks of this origin are held: the tests' view of who is in a room. */
async function locksHeld(prefix: string): Promise<number> {
  const { held = [] } = await navigator.locks.query();
  return held.filter((lock) => lock.name?.startsWith(prefix)).length;
}

describeAdapter("broadcastChannelSignaling()", () => {
  const prefix = unique("contract");
  return {
    signaling: () => broadcastChannelSignaling({ prefix }),
    open: () => locksHeld(prefix),
  };
});

describe("broadcastChannelSignaling()", () => {
  const frames: HTMLIFrameElement[] = [];
  const leaves: (() => Promise<void>)[] = [];

  afterEach(async () => {
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
    for (const leave of leaves.splice(0)) await leave();
    for (const frame of frames.splice(0)) frame.remove();
  });

  async function enter(room: string, name: string) {
    const visitor = await visit(broadcastChannelSignaling(), room, name);
    leaves.push(() => visitor.leave());
    return visitor;
  }

  /** Another page of this origin that joins the room as `id`. */
  function openPage(room: string, id: string, before = ""): HTMLIFrameElement {
    const adapter = new URL("../../src/adapters/broadcast-channel.ts", import.meta.url).href;
    const frame = document.createElement("iframe");
    frame.srcdoc = `<script type="module">
      ${before}
      const { broadcastChannelSignaling } = await import(${JSON.stringify(adapter)});
      const none = () => undefined;
      await broadcastChannelSignaling().join({
        room: ${JSON.stringify(room)}, self: { id: ${JSON.stringify(id)} },
        signal: new AbortController().signal,
        onPeers: none, onMessage: none, onStatus: none, onError: none,
      });
    </script>`;
    frames.push(frame);
    document.body.append(frame);
    return frame;
  }

  /** Plays a crash: the page goes without a word. */
  const MUTE =
    "BroadcastChannel.prototype.postMessage = new Proxy(BroadcastChannel.prototype.postMessage, { apply: (post, channel, [data]) => data.type === 'bye' ? undefined : post.call(channel, data) });";

  it("sees a tab that is closed", async () => {
    const room = unique("room");
    const mina = await enter(room, "mina");
    const page = openPage(room, "jun");
    await expect.poll(() => mina.ids()).toEqual(["jun"]);
    page.remove();
    await expect.poll(() => mina.ids()).toEqual([]);
  });

  it("sees a tab that has crashed, from every other tab", async () => {
    const room = unique("room");
    const mina = await enter(room, "mina");
    const page = openPage(room, "jun", MUTE);
    await expect.poll(() => mina.ids()).toEqual(["jun"]);
    const ada = await enter(room, "ada");
    expect(ada.ids().toSorted()).toEqual(["jun", mina.id]);
    page.remove();
    await expect.poll(() => mina.ids()).toEqual([ada.id]);
    await expect.poll(() => ada.ids()).toEqual([mina.id]);
  });

  it("sees a tab that is closed where there are no locks", async () => {
    const room = unique("room");
    vi.spyOn(navigator, "locks", "get").mockReturnValue(undefined as unknown as LockManager);
    const mina = await enter(room, "mina");
    const page = openPage(room, "jun", "Object.defineProperty(navigator, 'locks', {});");
    await expect.poll(() => mina.ids()).toEqual(["jun"]);
    const ada = await enter(room, "ada");
    expect(ada.ids().toSorted()).toEqual(["jun", mina.id]);
    page.remove();
    await expect.poll(() => [mina.ids(), ada.ids()]).toEqual([[ada.id], [mina.id]]);
  });

  it("leaves when the page goes, even into the back/forward cache", async () => {
    const room = unique("room");
    const mina = await enter(room, "mina");
    const jun = await enter(room, "jun");
    window.dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true }));
    await expect.poll(() => locksHeld(`twocan/${room}/`)).toBe(0);
    await expect(mina.send(jun, {})).rejects.toMatchObject({ code: "aborted" });
    const late = await enter(room, "late");
    expect(late.ids()).toEqual([]);
  });

  it("ignores and reports what does not fit", async () => {
    const room = unique("room");
    const mina = await enter(room, "mina");
    const jun = await enter(room, "jun");
    await expect.poll(() => mina.ids()).toEqual([jun.id]);
    const stranger = new BroadcastChannel(`twocan/${room}`);
    const nonsense = [
      null,
      "bye",
      [],
      {},
      { type: "constructor" },
      { type: "hello", peer: { id: 1 }, locked: true },
      { type: "hello", peer: { id: "no locked" } },
      { type: "here", peer: null, locked: true },
      { type: "here", to: 1, peer: { id: "x" }, locked: true },
      { type: "message", from: jun.id, to: mina.id, message: "text" },
      { type: "message", to: mina.id, message: {} },
      { type: "bye", id: 7 },
    ];
    for (const data of nonsense) stranger.postMessage(data);
    stranger.close();
    await expect
      .poll(() => mina.errors.map(({ code }) => code))
      .toEqual(nonsense.map(() => "message-invalid"));
    await jun.send(mina, { text: "still here" });
    await expect
      .poll(() => mina.packets)
      .toEqual([{ from: jun.id, message: { text: "still here" } }]);
    expect(mina.ids()).toEqual([jun.id]);
  });

  it("keeps applications of one origin apart by their prefix", async () => {
    const room = unique("room");
    const mina = await enter(room, "mina");
    const stranger = await visit(broadcastChannelSignaling({ prefix: "other" }), room, "stranger");
    leaves.push(() => stranger.leave());
    const jun = await enter(room, "jun");
    await expect.poll(() => mina.ids()).toEqual([jun.id]);
    expect(jun.ids()).toEqual([mina.id]);
    expect(stranger.ids()).toEqual([]);
  });

  it("needs a BroadcastChannel, and says so", async () => {
    vi.stubGlobal("BroadcastChannel", undefined);
    const joining = visit(broadcastChannelSignaling(), unique("room"), "mina");
    await expect(joining).rejects.toMatchObject({ name: "CallError", code: "unsupported" });
  });
});
