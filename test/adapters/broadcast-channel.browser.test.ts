import { afterEach, describe, expect, it, vi } from "vitest";
import { broadcastChannelSignaling } from "../../src/adapters/broadcast-channel.ts";
import type { Signaling } from "../../src/core/signaling/signaling.ts";
import {
  describeSignaling,
  unique,
  visit as visitRoom,
} from "../../src/testing/conformance/describe-signaling.ts";
import { NON_OBJECTS, MALFORMED_OBJECTS } from "../support/malformed-values.ts";

const ADAPTER = new URL("../../src/adapters/broadcast-channel.ts", import.meta.url).href;

const visit = (signaling: Signaling, room: string, name: string) =>
  visitRoom(signaling, { room, name });

/** Simulates a crash: the page does not send its last message. */
const MUTE =
  "BroadcastChannel.prototype.postMessage = new Proxy(BroadcastChannel.prototype.postMessage, { apply: (post, channel, [data]) => data.type === 'bye' ? undefined : post.call(channel, data) });";

/** Opens another page of this origin that runs a module. */
function openPage(module: string): HTMLIFrameElement {
  const frame = document.createElement("iframe");
  frame.srcdoc = `<script type="module">${module}</script>`;
  document.body.append(frame);
  return frame;
}

/** The number of held locks of this origin, which shows how many peers are in a room. */
async function locksHeld(prefix: string): Promise<number> {
  const { held = [] } = await navigator.locks.query();
  return held.filter((lock) => lock.name?.startsWith(prefix)).length;
}

/** The adapter of another page, and a function that ends that page without its last message. */
async function inPage(prefix: string) {
  const frame = openPage(`${MUTE}
    const { broadcastChannelSignaling } = await import(${JSON.stringify(ADAPTER)});
    window.signaling = broadcastChannelSignaling({ prefix: ${JSON.stringify(prefix)} });`);
  const found = () => (frame.contentWindow as { signaling?: Signaling } | null)?.signaling;
  await expect.poll(found).toBeDefined();
  return { signaling: found()!, vanish: () => frame.remove() };
}

describeSignaling(
  { describe, it },
  "broadcastChannelSignaling()",
  () => {
    const prefix = unique("contract");
    const inRoom = (room: string, ...texts: unknown[]) => {
      const channel = new BroadcastChannel(`${prefix}/${room}`);
      for (const text of texts) channel.postMessage(text);
      channel.close();
    };
    return {
      peer: ({ troubled }) =>
        troubled ? inPage(prefix) : { signaling: broadcastChannelSignaling({ prefix }) },
      open: () => locksHeld(prefix),
      garbage({ room, id }) {
        const odd = MALFORMED_OBJECTS.map((text): unknown => JSON.parse(text));
        const sent = [...odd, ...NON_OBJECTS, null, 1, [1]].map((message) => ({
          type: "message",
          from: "x",
          to: id,
          message,
        }));
        inRoom(room, ...NON_OBJECTS, ...odd, null, 1, ...sent);
      },
      forge: ({ room, ...packet }) => inRoom(room, { type: "message", ...packet }),
    };
  },
  {
    presence: "by locks",
    vanishesWithin: 0,
    lacks: { sender: "every page of the origin is trusted", reconnect: "there is no server" },
  },
);

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
  function joinInPage(room: string, id: string, before = ""): HTMLIFrameElement {
    const frame = openPage(`
      ${before}
      const { broadcastChannelSignaling } = await import(${JSON.stringify(ADAPTER)});
      const none = () => undefined;
      await broadcastChannelSignaling().join({
        room: ${JSON.stringify(room)}, self: { id: ${JSON.stringify(id)} },
        signal: new AbortController().signal,
        onPeers: none, onMessage: none, onStatus: none, onError: none,
      });
    `);
    frames.push(frame);
    return frame;
  }

  it("removes a tab that is closed", async () => {
    const room = unique("room");
    const mina = await enter(room, "mina");
    const page = joinInPage(room, "jun");
    await expect.poll(() => mina.ids()).toEqual(["jun"]);
    page.remove();
    await expect.poll(() => mina.ids()).toEqual([]);
  });

  it("removes a tab that has crashed, in every other tab", async () => {
    const room = unique("room");
    const mina = await enter(room, "mina");
    const page = joinInPage(room, "jun", MUTE);
    await expect.poll(() => mina.ids()).toEqual(["jun"]);
    const ada = await enter(room, "ada");
    // A busy page answers too late for the first roster.
    await expect.poll(() => ada.ids().toSorted()).toEqual(["jun", mina.id]);
    page.remove();
    await expect.poll(() => mina.ids()).toEqual([ada.id]);
    await expect.poll(() => ada.ids()).toEqual([mina.id]);
  });

  it("removes a tab that is closed in a browser without locks", async () => {
    const room = unique("room");
    vi.spyOn(navigator, "locks", "get").mockReturnValue(undefined as unknown as LockManager);
    const mina = await enter(room, "mina");
    const page = joinInPage(room, "jun", "Object.defineProperty(navigator, 'locks', {});");
    await expect.poll(() => mina.ids()).toEqual(["jun"]);
    const ada = await enter(room, "ada");
    // A busy page answers too late for the first roster.
    await expect.poll(() => ada.ids().toSorted()).toEqual(["jun", mina.id]);
    page.remove();
    await expect.poll(() => [mina.ids(), ada.ids()]).toEqual([[ada.id], [mina.id]]);
  });

  it("leaves on pagehide, also into the back/forward cache", async () => {
    const room = unique("room");
    const mina = await enter(room, "mina");
    const jun = await enter(room, "jun");
    window.dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true }));
    await expect.poll(() => locksHeld(`twocan/${room}/`)).toBe(0);
    await expect(mina.send(jun, {})).rejects.toMatchObject({ code: "aborted" });
    const late = await enter(room, "late");
    expect(late.ids()).toEqual([]);
  });

  it("drops and reports malformed messages", async () => {
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

  it("separates applications of one origin by their prefix", async () => {
    const room = unique("room");
    const mina = await enter(room, "mina");
    const stranger = await visit(broadcastChannelSignaling({ prefix: "other" }), room, "stranger");
    leaves.push(() => stranger.leave());
    const jun = await enter(room, "jun");
    await expect.poll(() => mina.ids()).toEqual([jun.id]);
    await expect.poll(() => jun.ids()).toEqual([mina.id]);
    expect(stranger.ids()).toEqual([]);
  });

  it("rejects with unsupported without BroadcastChannel", async () => {
    vi.stubGlobal("BroadcastChannel", undefined);
    const joining = visit(broadcastChannelSignaling(), unique("room"), "mina");
    await expect(joining).rejects.toMatchObject({ name: "CallError", code: "unsupported" });
  });
});
