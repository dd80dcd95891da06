/** Adapters of third parties whose functions never settle, settle late, or go on after the session has ended. */
import {
  createCall,
  type CallError,
  type JoinOptions,
  type PeerInfo,
  type Signaling,
  type SignalingSession,
} from "twocan/core";
import { memorySignaling } from "twocan/testing";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { mockDigest, advanceUntilSettled } from "../../support/fake-time.ts";

const releases: (() => unknown)[] = [];

beforeEach(() => {
  vi.useFakeTimers();
  mockDigest();
  // Joining needs WebRTC to exist; no test here connects.
  vi.stubGlobal("RTCPeerConnection", EventTarget);
});

afterEach(async () => {
  for (const release of releases.splice(0)) release();
  await vi.advanceTimersByTimeAsync(60_000);
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

function enter(signaling: Signaling) {
  const errors: CallError[] = [];
  const call = createCall({
    room: "standup",
    signaling,
    onError: (error) => errors.push(error),
  });
  releases.push(call.retain());
  return { call, errors, now: call.getSnapshot };
}

/** An adapter over memory whose session is changed, with all that was done to it. */
function adapter(change: (session: SignalingSession) => Partial<SignalingSession> = () => ({})) {
  const memory = memorySignaling();
  const record = { joins: [] as JoinOptions[], sends: 0, updates: 0, leaves: 0 };
  const signaling: Signaling = {
    name: "hostileSignaling()",
    async join(joining) {
      record.joins.push(joining);
      const session = await memory.join(joining);
      const counted: SignalingSession = {
        async send(to, message) {
          record.sends += 1;
          await session.send(to, message);
        },
        async update(self) {
          record.updates += 1;
          await session.update(self);
        },
        async leave() {
          record.leaves += 1;
          await session.leave();
        },
      };
      return { ...counted, ...change(counted) };
    },
  };
  return { signaling, memory, record };
}

const never = () => new Promise<never>(() => undefined);

describe("a call over an adapter whose join() never settles", () => {
  it("reports signaling-unavailable with the adapter's name, and tries again", async () => {
    const { signaling, record } = adapter();
    let hang = true;
    const hanging: Signaling = {
      ...signaling,
      join: (joining) => (hang ? never() : signaling.join(joining)),
    };
    const { now, errors } = enter(hanging);
    await pass(120_000);
    expect(errors[0]).toMatchObject({ code: "signaling-unavailable" });
    expect(errors[0]?.message).toContain("hostileSignaling()");
    hang = false;
    await pass(120_000);
    expect(now().status).toBe("waiting");
    expect(record.joins.length).toBe(1);
  });

  it("rejects join() when the call is left", async () => {
    const { now } = enter({ join: never });
    await pass(0);
    const joining = now()
      .join()
      .catch((error: CallError) => error.code);
    await advanceUntilSettled(now().leave());
    await pass(0);
    expect(now().status).toBe("left");
    await expect(Promise.race([joining, Promise.resolve("pending")])).resolves.toBe("aborted");
  });
});

describe("a session that an adapter returns too late", () => {
  it("is left at once when the call was left while joining", async () => {
    const { signaling, record } = adapter();
    let open = () => {};
    const opened = new Promise<void>((resolve) => (open = resolve));
    const { now } = enter({
      // Ignores `signal`, and joins all the same.
      async join(joining) {
        await opened;
        return signaling.join({ ...joining, signal: new AbortController().signal });
      },
    });
    await pass(0);
    await advanceUntilSettled(now().leave());
    open();
    await pass(1_000);
    expect(record).toMatchObject({ joins: [{}], leaves: 1 });
  });

  it("is left at once when the time limit has passed", async () => {
    const { signaling, record } = adapter();
    let tries = 0;
    enter({
      async join(joining) {
        tries += 1;
        if (tries > 1) return never();
        await new Promise((resolve) => setTimeout(resolve, 61_000));
        return signaling.join({ ...joining, signal: new AbortController().signal });
      },
    });
    await pass(63_000);
    expect(record).toMatchObject({ joins: [{}], leaves: 1 });
  });
});

describe("a call over an adapter whose leave() never settles", () => {
  it("rejects leave() with signaling-unavailable and the adapter's name", async () => {
    const { signaling } = adapter(() => ({ leave: never }));
    const { now } = enter(signaling);
    await pass(0);
    expect(now().status).toBe("waiting");
    const leaving = now()
      .leave()
      .catch((error: unknown) => error);
    await pass(30_000);
    const outcome = await Promise.race([leaving, Promise.resolve("pending")]);
    expect(outcome).toMatchObject({ code: "signaling-unavailable" });
    expect((outcome as CallError).message).toContain("hostileSignaling()");
    expect(now().status).toBe("left");
  });
});

describe("callbacks of an adapter after the session has ended", () => {
  it("are dropped", async () => {
    const { signaling, record } = adapter();
    const { now, errors } = enter(signaling);
    await pass(0);
    await advanceUntilSettled(now().leave());
    const [joining] = record.joins;
    const before = now();
    joining!.onPeers([{ id: "late", name: "Late" }]);
    joining!.onMessage("late", { v: 1 });
    joining!.onStatus("disconnected");
    joining!.onError(new Error("late") as CallError);
    await pass(1_000);
    expect(now()).toBe(before);
    expect(errors).toEqual([]);
  });
});

describe("an adapter that passes a malformed roster", () => {
  it.each([undefined, null, "jun", 1, {}])(
    "is reported for %j, and the call goes on",
    async (roster) => {
      const { signaling, record } = adapter();
      const { now, errors } = enter(signaling);
      await pass(0);
      const [joining] = record.joins;
      expect(() => joining!.onPeers(roster as never)).not.toThrow();
      await pass(0);
      expect(errors).toMatchObject([{ code: "adapter-failed" }]);
      expect(now().status).toBe("waiting");
    },
  );
});

describe("the session that a call uses", () => {
  it("rejects send() and update() with aborted after leave(), without asking the adapter", async () => {
    const { joinSignaling } = await import("../../../src/core/signaling/guarded-session.ts");
    const { signaling, record } = adapter();
    const self: PeerInfo = { id: "mina" };
    const joining: JoinOptions = {
      room: "standup",
      self,
      signal: new AbortController().signal,
      onPeers() {},
      onMessage() {},
      onStatus() {},
      onError() {},
    };
    const session = await advanceUntilSettled(joinSignaling(signaling, joining));
    await advanceUntilSettled(Promise.all([session.leave(), session.leave()]));
    await expect(session.send("jun", {})).rejects.toMatchObject({ code: "aborted" });
    await expect(session.update(self)).rejects.toMatchObject({ code: "aborted" });
    expect(record).toMatchObject({ sends: 0, updates: 0, leaves: 1 });
  });
});
