/** The way back from trouble, with the browser played by the test: what is tried, in which order, and when it is given up. */
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { CallError } from "../../../src/core/lib/errors.ts";
import { createRecovery, type Recovery } from "../../../src/core/peer/recovery.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A peer whose connections do what the test says. */
function patient(facts: { restartable?: boolean; reason?: CallError } = {}) {
  const scope = new AbortController();
  const state = {
    connection: {} as object | undefined,
    says: "connecting" as RTCPeerConnectionState,
    flows: false,
    heard: true,
    did: [] as string[],
  };
  const recovery: Recovery = createRecovery({
    signal: scope.signal,
    current: () => state.connection,
    connectionState: () => state.says,
    silent: () => !state.flows,
    ping: () => {},
    verify: (ms) => new Promise((resolve) => setTimeout(() => resolve(state.flows), ms)),
    settled: () => state.heard,
    reason: () => facts.reason,
    canRestart: () => facts.restartable ?? true,
    restart: () => state.did.push("restart"),
    rebuild() {
      state.did.push("rebuild");
      state.connection = {};
      state.says = "connecting";
    },
    onChange: () => {},
  });
  const become = (says: RTCPeerConnectionState) => {
    state.says = says;
    recovery.observe();
  };
  return { state, recovery, become, end: () => scope.abort(new Error("over")) };
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

it("a first connection that connects needs no repair", async () => {
  const { state, recovery, become } = patient();
  recovery.connect();
  expect(recovery.repairing()).toBe(true);
  become("connected");
  await pass(0);
  expect([recovery.repairing(), recovery.error(), state.did]).toEqual([false, undefined, []]);
});

it("a first connection that does not connect is made anew, three times in all, and then given up", async () => {
  const { state, recovery, become } = patient();
  recovery.connect();
  await pass(60_000);
  expect(state.did).toEqual(["rebuild", "rebuild"]);
  expect(recovery.error()?.code).toBe("ice-failed");
  expect(recovery.error()?.message).toContain("TURN");
  // It may come back by itself all the same.
  state.flows = true;
  become("connected");
  expect(recovery.error()).toBeUndefined();
});

it("gives a connection its full time if it is made late, because its servers had to be fetched", async () => {
  const { state, recovery, become } = patient();
  const { connection } = state;
  state.connection = undefined;
  recovery.connect();
  await pass(8_000);
  state.connection = connection;
  become("connecting");
  await pass(9_500);
  expect(state.did).toEqual([]);
  become("connected");
  await pass(0);
  expect([recovery.repairing(), recovery.error()]).toEqual([false, undefined]);
});

it("gives up with the reason that is known", async () => {
  const reason = new CallError("ice-servers-invalid", "The `iceServers` function failed.");
  const { recovery } = patient({ reason });
  recovery.connect();
  await pass(60_000);
  expect(recovery.error()).toBe(reason);
});

it("as long as the other has not heard of it, nothing is given up within a minute", async () => {
  const { state, recovery, become } = patient();
  state.heard = false;
  recovery.connect();
  await pass(55_000);
  expect([state.did, recovery.error()]).toEqual([[], undefined]);
  state.heard = true;
  become("connected");
  await pass(0);
  expect(recovery.repairing()).toBe(false);
});

it("a way that was silent for a moment and speaks again is left alone", async () => {
  const { state, recovery, become } = patient();
  recovery.connect();
  become("connected");
  await pass(0);
  state.flows = true;
  become("disconnected");
  await pass(10_000);
  expect(state.did).toEqual([]);
});

it("a way that stays silent is made anew, without the detour of a restart", async () => {
  const { state, recovery, become } = patient();
  recovery.connect();
  become("connected");
  await pass(0);
  become("disconnected");
  await pass(2_000);
  expect([state.did, recovery.repairing()]).toEqual([["rebuild"], true]);
  state.flows = true;
  become("connected");
  await pass(0);
  expect([state.did, recovery.repairing()]).toEqual([["rebuild"], false]);
});

it("a way that falls silent again and again is given ever more time to speak again by itself", async () => {
  const { state, recovery, become } = patient();
  recovery.connect();
  become("connected");
  await pass(0);
  const waited: number[] = [];
  for (let time = 1; time <= 4; time += 1) {
    become("disconnected");
    const since = Date.now();
    while (state.did.length < time) await pass(50);
    waited.push(Date.now() - since);
    state.flows = true;
    become("connected");
    await pass(1_000);
    state.flows = false;
  }
  expect(waited.map((ms) => Math.round(ms / 100) / 10)).toEqual([0.3, 1.2, 4.8, 12]);
});

it("a restart that somebody asked for is believed when something gets through", async () => {
  const { state, recovery, become } = patient();
  recovery.connect();
  become("connected");
  await pass(0);
  recovery.repair("restart");
  await pass(100);
  // The browser says so at once; nobody believes it before something has come through.
  become("connected");
  expect(recovery.repairing()).toBe(true);
  state.flows = true;
  await pass(4_000);
  expect([state.did, recovery.repairing()]).toEqual([["restart"], false]);
});

it("a restart after which nothing gets through is followed by a new connection, whatever the old one says", async () => {
  const { state, recovery, become } = patient();
  recovery.connect();
  become("connected");
  await pass(0);
  recovery.repair("restart");
  become("connected");
  await pass(4_000);
  expect(state.did).toEqual(["restart", "rebuild"]);
  become("connected");
  await pass(0);
  expect([recovery.repairing(), recovery.error()]).toEqual([false, undefined]);
});

it("where a restart is known to do harm a new connection takes its place", async () => {
  const { state, recovery, become } = patient({ restartable: false });
  recovery.connect();
  become("connected");
  await pass(0);
  recovery.repair("restart");
  await pass(0);
  expect(state.did).toEqual(["rebuild"]);
});

it("a connection that fails before the remote peer has the answer is replaced once it has", async () => {
  const { state, recovery, become } = patient();
  state.heard = false;
  recovery.connect();
  become("failed");
  await pass(30_000);
  expect([recovery.error(), state.did]).toEqual([undefined, []]);
  state.heard = true;
  await pass(10_000);
  expect([recovery.error(), state.did]).toEqual([undefined, ["rebuild"]]);
});

it("a connection that fails while the remote peer never answers is given up, and waits by one timer", async () => {
  const { state, recovery, become } = patient();
  state.heard = false;
  recovery.connect();
  become("failed");
  await pass(60_000);
  expect([recovery.repairing(), vi.getTimerCount()]).toEqual([true, 1]);
  await pass(40_000);
  expect([recovery.repairing(), state.did]).toEqual([false, []]);
  expect(recovery.error()?.code).toBe("ice-failed");
});

it("one repair at a time: a connection that breaks during a restart is made anew after it", async () => {
  const { state, recovery, become } = patient();
  recovery.connect();
  become("connected");
  await pass(0);
  recovery.repair("restart");
  recovery.repair("restart");
  recovery.repair("rebuild");
  state.flows = true;
  await pass(4_000);
  expect(state.did).toEqual(["restart", "rebuild"]);
});

it("nothing is tried any more once it is over", async () => {
  const { state, recovery, end } = patient();
  recovery.connect();
  end();
  await pass(120_000);
  expect(state.did).toEqual([]);
});
