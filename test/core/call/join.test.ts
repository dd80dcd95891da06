/** Joining a room where something is wrong: the backend, the adapter, the room, the name or the metadata. */
import {
  createCall,
  MAX_PEER_INFO,
  type CallError,
  type CallOptions,
  type JoinOptions,
  type Signaling,
} from "twocan/core";
import { memorySignaling } from "twocan/testing";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { mockDigest, advanceUntilSettled } from "../../support/fake-time.ts";

const releases: (() => unknown)[] = [];
/** The target of the page's `online` event, which Node does not have. */
let page = new EventTarget();

beforeEach(() => {
  vi.useFakeTimers();
  mockDigest();
  // Joining needs WebRTC to exist; no test here connects.
  vi.stubGlobal("RTCPeerConnection", EventTarget);
  page = new EventTarget();
  for (const name of ["addEventListener", "removeEventListener"] as const)
    vi.stubGlobal(name, page[name].bind(page));
});

afterEach(async () => {
  for (const release of releases.splice(0)) await release();
  await vi.advanceTimersByTimeAsync(0);
  expect(vi.getTimerCount()).toBe(0);
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

/** A call that is retained, as by a mounted component. */
function enter(options: Partial<CallOptions>) {
  const errors: CallError[] = [];
  const settings = { onError: (error: CallError) => errors.push(error), ...options };
  const call = createCall({ room: "standup", signaling: memorySignaling(), ...settings });
  const release = call.retain();
  releases.push(release, () => call.getSnapshot().leave());
  return {
    now: call.getSnapshot,
    errors,
    release,
    /** As a hook does on each render: all options. */
    configure: (change: Partial<CallOptions>) => call.configure({ ...settings, ...change }),
  };
}

/** A backend that rejects each join until it is repaired. */
function broken(cause: unknown = new Error("No route to host.")) {
  const memory = memorySignaling();
  const tries: JoinOptions[] = [];
  const state = { cause, tries };
  const signaling: Signaling = {
    async join(joining) {
      tries.push(joining);
      if (state.cause !== undefined) throw state.cause;
      return memory.join(joining);
    },
  };
  return { signaling, state, tries };
}

/** The participants that the backend lists in the room. */
async function roster(signaling: Signaling, room = "standup") {
  const leaving = new AbortController();
  let seen: readonly unknown[] = [];
  const joining = signaling.join({
    room,
    self: { id: "observer" },
    signal: leaving.signal,
    onPeers: (peers) => (seen = peers),
    onMessage() {},
    onStatus() {},
    onError() {},
  });
  await (await advanceUntilSettled(joining)).leave();
  return seen;
}

describe("a call whose service cannot be reached", () => {
  it("tries again, and joins once the service is back", async () => {
    const { signaling, state, tries } = broken();
    const mina = enter({ signaling });
    await pass(0);
    expect(mina.now()).toMatchObject({
      status: "joining",
      error: { code: "signaling-unavailable" },
    });
    state.cause = undefined;
    await pass(1_000);
    expect(mina.now()).toMatchObject({ status: "waiting", error: undefined });
    expect(tries.length).toBe(2);
  });

  it("waits longer after each attempt, at most 15 s", async () => {
    const { signaling, tries } = broken();
    enter({ signaling });
    vi.spyOn(Math, "random").mockReturnValue(0);
    await pass(0);
    for (const [at, ms] of [1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000].entries()) {
      await pass(ms - 1);
      expect(tries.length, `before try ${at + 2}`).toBe(at + 1);
      await pass(1);
      expect(tries.length, `try ${at + 2}`).toBe(at + 2);
    }
  });

  it("reports the same failure once, and a different one again", async () => {
    const { signaling, state } = broken();
    const mina = enter({ signaling });
    await pass(30_000);
    expect(mina.errors.length).toBe(1);
    state.cause = new Error("Out of quota.");
    await pass(30_000);
    expect(mina.errors.map(({ message }) => message)).toEqual([
      expect.stringContaining("No route to host."),
      expect.stringContaining("Out of quota."),
    ]);
    expect(mina.now().error).toBe(mina.errors[1]);
  });

  it("tries at once when the browser is online and when join() is called", async () => {
    const { signaling, tries } = broken();
    const mina = enter({ signaling });
    await pass(20_000);
    const before = tries.length;
    page.dispatchEvent(new Event("online"));
    await pass(50);
    expect(tries.length).toBe(before + 1);
    mina
      .now()
      .join()
      .catch(() => undefined);
    await pass(0);
    expect(tries.length).toBe(before + 2);
  });

  it("resolves join() when a later attempt succeeds", async () => {
    const { signaling, state } = broken();
    const mina = enter({ signaling, autoJoin: false });
    const joined = vi.fn<() => void>();
    void mina.now().join().then(joined);
    await pass(10_000);
    expect(joined).not.toHaveBeenCalled();
    state.cause = undefined;
    await pass(15_000);
    expect(joined).toHaveBeenCalled();
  });

  it("stops when the call is left or released, and rejects join()", async () => {
    for (const end of ["leave", "release"] as const) {
      const { signaling, tries } = broken();
      const mina = enter({ signaling });
      await pass(20_000);
      const joining = mina
        .now()
        .join()
        .catch((error: CallError) => error.code);
      if (end === "leave") await mina.now().leave();
      else mina.release();
      await pass(0);
      const before = tries.length;
      expect(mina.now().status).toBe("left");
      page.dispatchEvent(new Event("online"));
      await pass(60_000);
      expect(tries.length).toBe(before);
      expect(await joining).toBe("aborted");
    }
  });

  it("has one timer and no open attempt between two attempts", async () => {
    const { signaling, tries } = broken();
    const mina = enter({ signaling });
    await pass(20_000);
    expect(tries.every(({ signal }) => signal.aborted)).toBe(true);
    expect(vi.getTimerCount()).toBe(1);
    await mina.now().leave();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("continues the earlier session of this tab, whichever attempt succeeds", async () => {
    const { signaling, state, tries } = broken();
    const kept = new Map([["twocan:standup", "secret"]]);
    vi.stubGlobal("sessionStorage", {
      getItem: (key: string) => kept.get(key) ?? null,
      removeItem: (key: string) => kept.delete(key),
    });
    enter({ signaling });
    await pass(0);
    state.cause = undefined;
    await pass(1_000);
    expect(tries.map(({ self }) => self.replaces)).toEqual(["secret", "secret"]);
    expect(tries[0]?.self.id).not.toBe(tries[1]?.self.id);
  });

  it.each(["signaling-denied", "room-full", "unsupported", "no-signaling"] as const)(
    "does not repeat a join that failed with %s",
    async (code) => {
      const { CallError } = await import("twocan/core");
      const { signaling, tries } = broken(new CallError(code, "Simulated by a test."));
      const mina = enter({ signaling });
      await pass(60_000);
      expect(mina.now()).toMatchObject({ status: "failed", error: { code } });
      expect(tries.length).toBe(1);
    },
  );
});

describe("a signaling adapter with a bug", () => {
  const adapters: Record<string, [Signaling, RegExp]> = {
    "throws a TypeError": [
      { join: async () => (undefined as unknown as { peers: string[] }).peers as never },
      /^join\(\) of the signaling adapter threw TypeError: .*peers.*bug in the adapter/,
    ],
    "throws before it returns a promise": [
      {
        join() {
          throw new ReferenceError("socket is not defined");
        },
      },
      /threw ReferenceError: socket is not defined/,
    ],
    "returns nothing": [{ join: async () => undefined as never }, /returned no session/],
    "returns half a session": [
      { join: async () => ({ send: async () => {} }) as never },
      /returned no session with send\(\), update\(\) and leave\(\)/,
    ],
    "is not an adapter": [(() => undefined) as unknown as Signaling, /join is not a function/],
  };

  it.each(Object.entries(adapters))("that %s is named as the cause", async (_what, adapter) => {
    const [signaling, message] = adapter;
    const mina = enter({ signaling });
    await pass(60_000);
    expect(mina.now()).toMatchObject({ status: "failed", error: { code: "adapter-failed" } });
    expect(mina.now().error?.message).toMatch(message);
    expect(mina.errors.length).toBe(1);
  });

  it("is named when it fails to update or to leave", async () => {
    const bug = new RangeError("Invalid array length");
    const failing: Signaling = {
      join: async () => ({
        send: async () => {},
        update() {
          throw bug;
        },
        leave: () => Promise.reject(bug),
      }),
    };
    const mina = enter({ signaling: failing });
    await pass(0);
    mina.configure({ signaling: failing, name: "Mina" });
    await pass(0);
    expect(mina.errors).toMatchObject([{ code: "adapter-failed", cause: bug }]);
    expect(mina.errors[0]?.message).toMatch(/^update\(\)/);
    await expect(mina.now().leave()).rejects.toMatchObject({
      code: "adapter-failed",
      message: expect.stringMatching(/^leave\(\)/) as string,
    });
    expect(mina.now().status).toBe("left");
  });

  it.each([
    new Error("No route to host."),
    new TypeError("Failed to fetch"),
    new TypeError("NetworkError when attempting to fetch resource."),
    new TypeError("Load failed"),
    new TypeError("fetch failed", { cause: new Error("ECONNREFUSED") }),
    new TypeError("Failed to fetch dynamically imported module: https://example.org/a.js"),
    new DOMException("The operation timed out.", "TimeoutError"),
    new SyntaxError("Unexpected token '<', \"<html>\" is not valid JSON"),
    { code: 14, message: "UNAVAILABLE: no connection" },
    "closed",
  ])("is not suspected where the network fails: %s", async (cause) => {
    const { signaling } = broken(cause);
    const mina = enter({ signaling });
    await pass(0);
    expect(mina.now()).toMatchObject({
      status: "joining",
      error: { code: "signaling-unavailable", cause },
    });
    expect(mina.now().error?.message).toContain(typeof cause === "string" ? cause : cause.message);
  });
});

describe("the name in a call", () => {
  const family = "👨‍👩‍👧‍👦";
  it.each([
    ["94 letters", "M".repeat(94), "M".repeat(80)],
    ["8 family emoji", family.repeat(8), family.repeat(7)],
    ["letters with accents", "e\u0301\u0302".repeat(30), "e\u0301\u0302".repeat(26)],
    ["one character longer than the limit", `a${"\u0301".repeat(200)}`, `a${"\u0301".repeat(79)}`],
    ["80 letters", "M".repeat(80), "M".repeat(80)],
  ])("of %s is cut between two characters, for all participants", async (_what, name, cut) => {
    const signaling = memorySignaling();
    const mina = enter({ signaling, name });
    await pass(0);
    expect(mina.now()).toMatchObject({ status: "waiting", self: { name: cut }, error: undefined });
    expect(await roster(signaling)).toMatchObject([{ name: cut }]);
    mina.configure({ signaling, name: `N${name}` });
    await pass(0);
    expect(mina.now().self.name?.length).toBeLessThanOrEqual(80);
    expect(await roster(signaling)).toMatchObject([{ name: mina.now().self.name }]);
  });

  it("is cut between two code points in a browser without Intl.Segmenter", async () => {
    vi.stubGlobal("Intl", {});
    const mina = enter({ name: `M${"😀".repeat(50)}` });
    await pass(0);
    expect(mina.now().self.name).toBe(`M${"😀".repeat(39)}`);
  });

  it("is undefined where a library passes null", async () => {
    const mina = enter({ name: null as unknown as undefined });
    await pass(0);
    expect(mina.now()).toMatchObject({ status: "waiting", self: { name: undefined } });
  });
});

describe("the metadata of a call", () => {
  const large = { text: "x".repeat(1_800) };
  const nested = () => ({ user: { id: 1 } }) as unknown as Record<string, string>;

  it.each([
    ["too large", large, /`metadata` has 1811 characters as JSON; the limit is 1800/],
    ["not of strings", nested(), /`metadata` is not an object of strings/],
  ])("that are %s fail the join before anything is announced", async (_what, metadata, message) => {
    const { signaling, tries } = broken();
    const mina = enter({ signaling, metadata });
    await pass(60_000);
    expect(mina.now()).toMatchObject({ status: "failed", error: { code: "message-invalid" } });
    expect(mina.now().error?.message).toMatch(message);
    expect(tries.length).toBe(0);
  });

  it("stay as they were when they become too large, which is reported once", async () => {
    const signaling = memorySignaling();
    const hand = { hand: "up" };
    const mina = enter({ signaling, metadata: hand });
    await pass(0);
    for (const bad of [large, { ...large }, nested(), nested()])
      mina.configure({ signaling, metadata: bad });
    await pass(0);
    expect(mina.errors.length).toBe(2);
    expect(mina.now()).toMatchObject({ status: "waiting", self: { metadata: hand } });
    expect(await roster(signaling)).toMatchObject([{ metadata: hand }]);
    mina.configure({ signaling, metadata: { hand: "down" } });
    await pass(0);
    expect(await roster(signaling)).toMatchObject([{ metadata: { hand: "down" } }]);
  });

  it("fit at their limit beside the longest name", async () => {
    const signaling = memorySignaling();
    const metadata = { text: "x".repeat(1_800 - '{"text":""}'.length) };
    const mina = enter({ signaling, metadata, name: "M".repeat(80) });
    await pass(0);
    expect(mina.now().status).toBe("waiting");
    expect(JSON.stringify(await roster(signaling)).length - 2).toBeLessThanOrEqual(MAX_PEER_INFO);
  });
});

describe("the room of a call", () => {
  it.each([
    ["missing", undefined as unknown as string],
    ["empty", ""],
    ["blank", "  "],
    ["257 characters long", "r".repeat(257)],
    ["too long for Firestore", "방".repeat(170)],
    ["reserved by Firestore", "__standup__"],
    ["a dot", "."],
    ["two dots", ".."],
    ["half a character", "room \ud83d"],
  ])("is refused at once if it is %s", async (_what, room) => {
    const { signaling, tries } = broken();
    const mina = enter({ signaling, room });
    expect(mina.now()).toMatchObject({ status: "joining" });
    await pass(0);
    expect(mina.now()).toMatchObject({ status: "failed", error: { code: "room-invalid" } });
    expect(mina.now().error?.message).toMatch(/`room`.*createRoomId\(\)/);
    expect(tries.length).toBe(0);
  });

  it.each(["r".repeat(256), "방".repeat(160), "a/b", "team room ☕", "...", "c_short"])(
    "may be %s",
    async (room) => {
      const mina = enter({ room });
      await pass(0);
      expect(mina.now().status).toBe("waiting");
    },
  );
});

describe("signaling that is given later", () => {
  const none = { signaling: undefined };

  it("is used by the next join()", async () => {
    const mina = enter({ ...none, autoJoin: false });
    await expect(mina.now().join()).rejects.toMatchObject({ code: "no-signaling" });
    mina.configure({ signaling: memorySignaling() });
    await pass(0);
    expect(mina.now().status).toBe("failed");
    await advanceUntilSettled(mina.now().join());
    expect(mina.now().status).toBe("waiting");
  });

  it("is joined automatically where autoJoin had none to join with", async () => {
    const mina = enter(none);
    await pass(0);
    expect(mina.now()).toMatchObject({ status: "failed", error: { code: "no-signaling" } });
    mina.configure({ signaling: memorySignaling() });
    await pass(0);
    expect(mina.now()).toMatchObject({ status: "waiting", error: undefined });
  });

  it("is used at once if it is given before the default has failed", async () => {
    let fail = (_cause: unknown) => {};
    const { CallError } = await import("twocan/core");
    const mina = enter({ signaling: { join: () => new Promise((_, reject) => (fail = reject)) } });
    await pass(0);
    mina.configure({ signaling: memorySignaling() });
    fail(new CallError("no-signaling", "There is no Firebase app."));
    await pass(0);
    expect(mina.now()).toMatchObject({ status: "waiting", error: undefined });
  });

  it("does not join endlessly where each render creates another one that fails", async () => {
    const { CallError } = await import("twocan/core");
    const join = vi.fn<Signaling["join"]>(async () => {
      throw new CallError("no-signaling", "The package mqtt could not be loaded.");
    });
    const mina = enter({ signaling: { join } });
    for (let render = 0; render < 5; render += 1) {
      await pass(0);
      mina.configure({ signaling: { join } });
    }
    await pass(0);
    expect(join).toHaveBeenCalledTimes(2);
  });

  it("with a fresh token after a refusal is used by join(), not before", async () => {
    const { CallError } = await import("twocan/core");
    const { signaling } = broken(new CallError("signaling-denied", "The token has expired."));
    const mina = enter({ signaling });
    await pass(0);
    mina.configure({ signaling: memorySignaling() });
    await pass(0);
    expect(mina.now()).toMatchObject({ status: "failed", error: { code: "signaling-denied" } });
    await advanceUntilSettled(mina.now().join());
    expect(mina.now().status).toBe("waiting");
  });

  it("is used by the next attempt while the last one is unreachable", async () => {
    const mina = enter({ signaling: broken().signaling });
    await pass(0);
    mina.configure({ signaling: memorySignaling() });
    await pass(1_000);
    expect(mina.now().status).toBe("waiting");
  });

  it("does not disturb a call in its room", async () => {
    const first = memorySignaling();
    const second = broken();
    const mina = enter({ signaling: first, name: "Mina" });
    await pass(0);
    mina.configure({ signaling: second.signaling, name: "Mina" });
    await pass(60_000);
    expect(await roster(first)).toMatchObject([{ name: "Mina" }]);
    expect(second.tries.length).toBe(0);
  });

  it("stays when configure() passes undefined", async () => {
    const signaling = memorySignaling();
    const mina = enter({ signaling, autoJoin: false });
    mina.configure({ signaling: undefined, name: "Mina" });
    await advanceUntilSettled(mina.now().join());
    expect(await roster(signaling)).toMatchObject([{ name: "Mina" }]);
  });
});
