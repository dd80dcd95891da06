import {
  createSignaling,
  type AdapterContext,
  type AdapterOptions,
  type AdapterSession,
} from "twocan/adapter";
import { CallError, MAX_PACKET } from "twocan/core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

let page = new EventTarget();

beforeEach(() => {
  vi.useFakeTimers();
  page = new EventTarget();
  for (const name of ["addEventListener", "removeEventListener"] as const)
    vi.stubGlobal(name, page[name].bind(page));
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const never = () => new Promise<never>(() => undefined);

type Join = (
  context: AdapterContext,
  session: AdapterSession,
) => AdapterSession | Promise<AdapterSession>;

/** Joins through an adapter, and records what it reports and sends. */
function join(connect: Join, options: Partial<AdapterOptions & AdapterSession> = {}) {
  const events: unknown[] = [];
  const sent: unknown[] = [];
  const aborting = new AbortController();
  const { send, ...parts } = options;
  const signaling = createSignaling({
    name: "testSignaling()",
    unavailable: "The test backend is unreachable.",
    ...parts,
    join: (context) =>
      connect(context, {
        send: send ?? ((to, _message, json) => void sent.push([to, json])),
        update: (self) => void sent.push(self),
      }),
  });
  const result = signaling.join({
    room: "standup",
    self: { id: "mina", joinedAt: 5 },
    signal: aborting.signal,
    onPeers: (peers) => events.push(["peers", ...peers.map(({ id }) => id)]),
    onMessage: (from, message) => events.push(["message", from, message]),
    onStatus: (status) => events.push(status),
    onError: ({ code }) => events.push(["error", code]),
  });
  result.catch(() => undefined);
  return { result, events, sent, abort: () => aborting.abort() };
}

/** A session that was joined, with the context of its adapter. */
async function joined(options: Partial<AdapterSession> = {}) {
  let context: AdapterContext | undefined;
  const { result, ...rest } = join((given, own) => {
    context = given;
    return own;
  }, options);
  return { session: await result, context: context!, ...rest };
}

describe("createSignaling() > join()", () => {
  it("reports connected and the roster in order, then resolves", async () => {
    const { result, events } = join(({ setPeers }, own) => {
      setPeers([{ id: "late", joinedAt: 9 }, { id: "mina" }, { id: "early", joinedAt: 1 }, null]);
      return own;
    });
    await result;
    expect(events).toEqual(["connected", ["peers", "early", "late"]]);
  });

  it("fails with signaling-unavailable after the time limit, and runs the cleanups", async () => {
    const cleanup = vi.fn<() => void>();
    const hanging: Join = ({ onLeave }) => {
      onLeave(cleanup);
      return never();
    };
    const { result } = join(hanging, { joinTimeoutMs: 3_000 });
    await pass(2_999);
    expect(cleanup).not.toHaveBeenCalled();
    await pass(1);
    await expect(result).rejects.toMatchObject({
      code: "signaling-unavailable",
      message: "The test backend is unreachable.",
    });
    expect(cleanup).toHaveBeenCalledOnce();
  });

  it("rejects with aborted, and runs a cleanup that is registered later", async () => {
    const cleanup = vi.fn<() => void>();
    let open = () => {};
    const { result, abort, events } = join(async ({ onLeave, setPeers }, own) => {
      await new Promise<void>((resolve) => (open = resolve));
      onLeave(cleanup);
      setPeers([{ id: "jun" }]);
      return own;
    });
    await pass(0);
    abort();
    await expect(result).rejects.toMatchObject({ code: "aborted" });
    open();
    await pass(0);
    expect(cleanup).toHaveBeenCalledOnce();
    expect(events).toEqual([]);
  });

  it("does not start when the signal is aborted already", async () => {
    const start = vi.fn<() => AdapterSession>();
    const aborted = new AbortController();
    aborted.abort();
    const signaling = createSignaling({ name: "", unavailable: "", join: start });
    const joining = { room: "standup", self: { id: "mina" }, signal: aborted.signal };
    await expect(signaling.join(joining as never)).rejects.toMatchObject({ code: "aborted" });
    expect(start).not.toHaveBeenCalled();
  });

  it.each([
    ["an error of the network", new Error("closed"), "signaling-unavailable"],
    ["a bug of the adapter", new TypeError("x is undefined"), "adapter-failed"],
    ["a refusal that the adapter maps", new Error("401"), "signaling-denied"],
    ["a CallError", new CallError("room-full", "Full."), "room-full"],
  ])("maps %s", async (_what, cause, code) => {
    const { result } = join(() => Promise.reject(cause), {
      toCallError: (error) =>
        (error as Error).message === "401" ? new CallError("signaling-denied", "No.") : undefined,
    });
    await expect(result).rejects.toMatchObject({ code });
  });
});

describe("createSignaling() > leave()", () => {
  it("runs the cleanups once, the last one first, in one task", async () => {
    const { session, context } = await joined();
    const order: number[] = [];
    for (const each of [1, 2, 3])
      context.onLeave(async () => {
        order.push(each);
        await never();
      });
    const leaving = session.leave();
    expect(order).toEqual([3, 2, 1]);
    void session.leave();
    await pass(2_000);
    await leaving;
    expect(order).toEqual([3, 2, 1]);
  });

  it("runs on pagehide", async () => {
    const { session, context } = await joined();
    const cleanup = vi.fn<() => void>();
    context.onLeave(cleanup);
    page.dispatchEvent(new Event("pagehide"));
    expect(cleanup).toHaveBeenCalledOnce();
    await expect(session.send("jun", {})).rejects.toMatchObject({ code: "aborted" });
    await session.leave();
    expect(cleanup).toHaveBeenCalledOnce();
  });

  it("does not run on pagehide with `endOnPageHide: false`", async () => {
    const { result } = join((_context, own) => own, { endOnPageHide: false });
    const session = await result;
    page.dispatchEvent(new Event("pagehide"));
    await expect(session.send("jun", {})).resolves.toBeUndefined();
  });

  it("ignores what a cleanup throws", async () => {
    const { session, context } = await joined();
    const cleanup = vi.fn<() => void>();
    context.onLeave(cleanup);
    context.onLeave(() => {
      throw new Error("closed");
    });
    await session.leave();
    expect(cleanup).toHaveBeenCalledOnce();
  });

  it("is not called when the signal of the join is aborted after it has resolved", async () => {
    const { session, abort, context } = await joined();
    abort();
    expect(context.signal.aborted).toBe(false);
    await session.send("jun", {});
  });

  it("ends all reports, send() and update()", async () => {
    const { session, context, events } = await joined();
    await session.leave();
    const before = [...events];
    context.setPeers([{ id: "jun" }]);
    context.setStatus("disconnected");
    context.deliver("jun", {});
    context.retransmit();
    context.report(new Error("late"));
    context.fail(new Error("late"));
    expect(events).toEqual(before);
    await expect(session.send("jun", {})).rejects.toMatchObject({ code: "aborted" });
    await expect(session.update({ id: "mina" })).rejects.toMatchObject({ code: "aborted" });
  });
});

describe("createSignaling() > send() and update()", () => {
  it("serializes the packet, and does not echo one to this peer", async () => {
    const { session, sent } = await joined();
    await session.send("jun", { text: "hi" });
    await session.send("mina", { text: "hi" });
    expect(sent).toEqual([["jun", '{"text":"hi"}']]);
  });

  it("reject what is too long with message-invalid", async () => {
    const { session, sent } = await joined();
    const long = { text: "x".repeat(MAX_PACKET) };
    await expect(session.send("jun", long)).rejects.toMatchObject({ code: "message-invalid" });
    const self = { id: "mina", name: "x".repeat(2_000) };
    await expect(session.update(self)).rejects.toMatchObject({ code: "message-invalid" });
    expect(sent).toEqual([]);
  });

  it("keep the id, also for a later announcement", async () => {
    const { session, sent, context } = await joined();
    await session.update({ id: "other", name: "Mina K." });
    expect(sent).toEqual([{ id: "mina", name: "Mina K." }]);
    expect(context.self).toEqual({ id: "mina", name: "Mina K." });
  });

  it("reject with aborted when the session ends while the backend answers", async () => {
    let fail = (_cause: Error) => {};
    const { session } = await joined({
      send: () => new Promise((_, reject) => (fail = reject)),
    });
    const sending = session.send("jun", {});
    sending.catch(() => undefined);
    await session.leave();
    fail(new Error("closed"));
    await expect(sending).rejects.toMatchObject({ code: "aborted" });
  });
});

describe("createSignaling() > what a backend reports", () => {
  it("drops own packets, and reports malformed ones", async () => {
    const { context, events } = await joined();
    events.length = 0;
    context.deliver("mina", { text: "echo" });
    context.deliver("jun", "text");
    context.deliver("jun", { text: "hi" });
    expect(events).toEqual([
      ["error", "message-invalid"],
      ["message", "jun", { text: "hi" }],
    ]);
  });

  it("reports a status once, and connected again on retransmit()", async () => {
    const { context, events } = await joined();
    events.length = 0;
    context.setStatus("connected");
    context.setStatus("disconnected");
    context.setStatus("disconnected");
    context.retransmit();
    context.setStatus("connected");
    context.retransmit();
    expect(events).toEqual(["disconnected", "connected", "connected"]);
  });

  it("ends the join on fail(), and the session goes on after a later one", async () => {
    const cleanup = vi.fn<() => void>();
    const { result } = join(({ fail, onLeave }) => {
      onLeave(cleanup);
      fail(new CallError("room-full", "Full."));
      return never();
    });
    await expect(result).rejects.toMatchObject({ code: "room-full" });
    expect(cleanup).toHaveBeenCalledOnce();
    const { session, context, events } = await joined();
    context.fail(new Error("closed"));
    expect(events.at(-1)).toEqual(["error", "signaling-unavailable"]);
    await session.send("jun", {});
  });
});
