import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CallError } from "../../../src/core/lib/errors.ts";
import { createRecovery, type RecoveryPhase } from "../../../src/core/peer/recovery.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A recovery whose connection does what the test says. */
function setUp(facts: { canRestartIce?: boolean; cause?: CallError } = {}) {
  const scope = new AbortController();
  const phases: RecoveryPhase[] = [];
  const state = {
    connection: {} as object | undefined,
    connectionState: "connecting" as RTCPeerConnectionState,
    isReceiving: false,
    isSettled: true,
    actions: [] as string[],
  };
  const note = () => {
    if (phases.at(-1) !== recovery.phase()) phases.push(recovery.phase());
  };
  const recovery = createRecovery({
    signal: scope.signal,
    current: () => state.connection,
    connectionState: () => state.connectionState,
    isSilent: () => !state.isReceiving,
    ping: note,
    verify: (ms) => new Promise((resolve) => setTimeout(() => resolve(state.isReceiving), ms)),
    isSettled: () => state.isSettled,
    knownCause: () => facts.cause,
    canRestartIce: () => facts.canRestartIce ?? true,
    restartIce() {
      note();
      state.actions.push("restart");
    },
    rebuild() {
      note();
      state.actions.push("rebuild");
      state.connection = {};
      state.connectionState = "connecting";
    },
    onChange: note,
  });
  const become = (connectionState: RTCPeerConnectionState) => {
    state.connectionState = connectionState;
    recovery.observe();
  };
  const connect = async () => {
    recovery.connect();
    become("connected");
    await pass(0);
  };
  return { state, recovery, phases, become, connect, end: () => scope.abort(new Error("over")) };
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe("createRecovery", () => {
  it("needs no repair for a first connection that works", async () => {
    const { state, recovery, become } = setUp();
    recovery.connect();
    expect(recovery.isRepairing()).toBe(true);
    become("connected");
    await pass(0);
    expect([recovery.isRepairing(), recovery.error(), state.actions]).toEqual([
      false,
      undefined,
      [],
    ]);
  });

  it("tries three connections in a row, then gives up", async () => {
    const { state, recovery, become } = setUp();
    recovery.connect();
    await pass(60_000);
    expect(state.actions).toEqual(["rebuild", "rebuild"]);
    expect(recovery.error()?.code).toBe("ice-failed");
    expect(recovery.error()?.message).toContain("TURN");
    // It may still recover by itself.
    state.isReceiving = true;
    become("connected");
    expect(recovery.error()).toBeUndefined();
  });

  it("gives a connection its full time if it is made late, because its servers had to be fetched", async () => {
    const { state, recovery, become } = setUp();
    const { connection } = state;
    state.connection = undefined;
    recovery.connect();
    await pass(8_000);
    state.connection = connection;
    become("connecting");
    await pass(9_500);
    expect(state.actions).toEqual([]);
    become("connected");
    await pass(0);
    expect([recovery.isRepairing(), recovery.error()]).toEqual([false, undefined]);
  });

  it("gives up with the cause that is known", async () => {
    const cause = new CallError("ice-servers-invalid", "The `iceServers` function failed.");
    const { recovery } = setUp({ cause });
    recovery.connect();
    await pass(60_000);
    expect(recovery.error()).toBe(cause);
  });

  it("does not give up within a minute while the remote peer has not acknowledged anything", async () => {
    const { state, recovery, become } = setUp();
    state.isSettled = false;
    recovery.connect();
    await pass(55_000);
    expect([state.actions, recovery.error()]).toEqual([[], undefined]);
    state.isSettled = true;
    become("connected");
    await pass(0);
    expect(recovery.isRepairing()).toBe(false);
  });

  it("does not give up early when the system clock is set forward", async () => {
    const { state, recovery } = setUp();
    state.isSettled = false;
    recovery.connect();
    await pass(5_000);
    vi.setSystemTime(Date.now() + 3_600_000);
    await pass(50_000);
    expect([recovery.isRepairing(), recovery.error()]).toEqual([true, undefined]);
  });

  it("leaves a connection alone that is silent for a moment", async () => {
    const { state, become, connect } = setUp();
    await connect();
    state.isReceiving = true;
    become("disconnected");
    await pass(10_000);
    expect(state.actions).toEqual([]);
  });

  it("replaces a connection that stays silent, without an ICE restart", async () => {
    const { state, recovery, become, connect } = setUp();
    await connect();
    become("disconnected");
    await pass(2_000);
    expect([state.actions, recovery.isRepairing()]).toEqual([["rebuild"], true]);
    state.isReceiving = true;
    become("connected");
    await pass(0);
    expect([state.actions, recovery.isRepairing()]).toEqual([["rebuild"], false]);
  });

  it("waits longer before each replacement of a connection that falls silent repeatedly", async () => {
    const { state, become, connect } = setUp();
    await connect();
    const waited: number[] = [];
    for (let time = 1; time <= 4; time += 1) {
      become("disconnected");
      const since = Date.now();
      while (state.actions.length < time) await pass(50);
      waited.push(Date.now() - since);
      state.isReceiving = true;
      become("connected");
      await pass(1_000);
      state.isReceiving = false;
    }
    expect(waited.map((ms) => Math.round(ms / 100) / 10)).toEqual([0.3, 1.2, 4.8, 12]);
  });

  it("accepts a requested ICE restart only once data arrives", async () => {
    const { state, recovery, become, connect } = setUp();
    await connect();
    recovery.repair("restart");
    await pass(100);
    // The browser reports this at once, before any data has arrived.
    become("connected");
    expect(recovery.isRepairing()).toBe(true);
    state.isReceiving = true;
    await pass(4_000);
    expect([state.actions, recovery.isRepairing()]).toEqual([["restart"], false]);
  });

  it("replaces a connection if no data arrives after an ICE restart, even if the browser reports connected", async () => {
    const { state, recovery, become, connect } = setUp();
    await connect();
    recovery.repair("restart");
    become("connected");
    await pass(4_000);
    expect(state.actions).toEqual(["restart", "rebuild"]);
    become("connected");
    await pass(0);
    expect([recovery.isRepairing(), recovery.error()]).toEqual([false, undefined]);
  });

  it("makes a new connection where an ICE restart would do harm", async () => {
    const { state, recovery, connect } = setUp({ canRestartIce: false });
    await connect();
    recovery.repair("restart");
    await pass(0);
    expect(state.actions).toEqual(["rebuild"]);
  });

  it("replaces a connection that fails before the remote peer has the answer once it has it", async () => {
    const { state, recovery, become } = setUp();
    state.isSettled = false;
    recovery.connect();
    become("failed");
    await pass(30_000);
    expect([recovery.error(), state.actions]).toEqual([undefined, []]);
    state.isSettled = true;
    await pass(10_000);
    expect([recovery.error(), state.actions]).toEqual([undefined, ["rebuild"]]);
  });

  it("gives up on a failed connection if the remote peer never acknowledges, and waits with one timer", async () => {
    const { state, recovery, become } = setUp();
    state.isSettled = false;
    recovery.connect();
    become("failed");
    await pass(60_000);
    expect([recovery.isRepairing(), vi.getTimerCount()]).toEqual([true, 1]);
    await pass(40_000);
    expect([recovery.isRepairing(), state.actions]).toEqual([false, []]);
    expect(recovery.error()?.code).toBe("ice-failed");
  });

  it("runs one repair at a time: a connection that breaks during an ICE restart is replaced after it", async () => {
    const { state, recovery, connect } = setUp();
    await connect();
    recovery.repair("restart");
    recovery.repair("restart");
    recovery.repair("rebuild");
    state.isReceiving = true;
    await pass(4_000);
    expect(state.actions).toEqual(["restart", "rebuild"]);
  });

  it("stops when the session ends", async () => {
    const { state, recovery, end } = setUp();
    recovery.connect();
    end();
    await pass(120_000);
    expect(state.actions).toEqual([]);
  });

  it.each<[string, (side: ReturnType<typeof setUp>) => Promise<void>, RecoveryPhase[]]>([
    ["a first connection that works", ({ connect }) => connect(), ["connecting", "connected"]],
    [
      "a first connection that never works",
      async ({ recovery }) => {
        recovery.connect();
        await pass(60_000);
      },
      [
        "connecting",
        "waiting-for-route",
        "reconnecting",
        "waiting-for-route",
        "reconnecting",
        "given-up",
      ],
    ],
    [
      "a silence that ends by itself",
      async ({ state, become, connect }) => {
        await connect();
        become("disconnected");
        state.isReceiving = true;
        await pass(1_000);
      },
      ["connecting", "connected", "waiting-for-route", "connected"],
    ],
    [
      "an ICE restart that does not work",
      async ({ recovery, become, connect }) => {
        await connect();
        recovery.repair("restart");
        await pass(4_000);
        become("connected");
        await pass(0);
      },
      [
        "connecting",
        "connected",
        "restarting-ice",
        "waiting-for-route",
        "reconnecting",
        "connected",
      ],
    ],
  ])("passes through the phases of %s", async (_what, act, expected) => {
    const side = setUp();
    await act(side);
    expect(side.phases).toEqual(expected);
  });
});
