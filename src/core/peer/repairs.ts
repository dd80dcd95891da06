import { monotonicNow } from "../lib/clock.ts";
import {
  addRebuild,
  allowsAttempt,
  attemptAllowanceMs,
  routeGraceMs,
  UNACKNOWLEDGED_MS,
} from "./repair-budget.ts";
import type { Waiter } from "./waiter.ts";

/** The session that is repaired. The functions act on its current connection. */
export interface RepairTarget {
  /** Identifies the current connection; undefined while there is none. */
  current(): object | undefined;
  connectionState(): RTCPeerConnectionState | undefined;
  /** Whether the liveness monitor counts nothing that arrives. */
  isSilent(): boolean;
  /** Whether traffic gets through in both directions, within `ms`. Rejects if the connection is closed. */
  verify(ms: number): Promise<boolean>;
  /** Sends a message that the remote peer has to acknowledge. */
  ping(): void;
  /** Whether the remote peer has acknowledged every message. */
  isSettled(): boolean;
  /**
   * Whether an ICE restart may be tried. An ICE restart that Chromium offers to Firefox on a live
   * route stops its media while both report `connected`; a new connection replaces it there.
   */
  canRestartIce(): boolean;
  restartIce(): void;
  /** Makes a new connection, or asks the caller for one. */
  rebuild(): void;
}

/** The phase of a repair that is under way. */
export type RepairPhase = "connecting" | "waiting-for-route" | "restarting-ice" | "reconnecting";

/** The target and the state that the strategies share with the recovery. */
export interface RepairContext {
  target: RepairTarget;
  waiter: Waiter;
  enter(phase: RepairPhase): void;
  wasConnected(): boolean;
  /** Whether the current connection can no longer be negotiated. */
  isBroken(): boolean;
  clearBroken(): void;
}

/** The strategies. Each resolves with whether the peers are connected, and rejects if the scope ends. */
export interface Repairs {
  /** Waits for the first connection, then tries new ones. */
  connect(): Promise<boolean>;
  /** Waits for a silent connection to recover, then replaces it. */
  waitForRoute(): Promise<boolean>;
  /** Restarts ICE, then replaces the connection if nothing arrives. */
  restartIce(): Promise<boolean>;
  /** Replaces the connection. */
  reconnect(): Promise<boolean>;
  /** Whether data arrives by the current connection. */
  isReceiving(): boolean;
}

/** While the remote peer cannot be reached, this is how often to check. */
const POLL_MS = 50;
/** After this time without traffic, an ICE restart has failed. */
const RESTART_TIMEOUT_MS = 4_000;
/**
 * After this time a new connection has failed. Counts from when the connection is made, because the
 * application may first have to fetch its ICE servers.
 */
const CONNECT_TIMEOUT_MS = 10_000;

type AttemptResult = "connected" | "failed" | "timed-out";

export function createRepairs(context: RepairContext): Repairs {
  const { target, waiter, enter } = context;
  const { isReceiving, attemptWithinBudget, reachRemotePeer, awaitConnection } =
    createSteps(context);
  let rebuiltAt: readonly number[] = [];

  /** Makes the remote peer and this side replace `stale`. Returns false if it cannot be reached. */
  async function replace(stale: object | undefined): Promise<boolean> {
    enter("waiting-for-route");
    if (!(await reachRemotePeer(() => target.current() !== stale))) return false;
    enter("reconnecting");
    context.clearBroken();
    rebuiltAt = addRebuild(rebuiltAt, monotonicNow());
    // The remote peer may have made a new connection while this waited for a route to it.
    if (target.current() === stale) target.rebuild();
    return true;
  }

  /** Tries connections in a row. The first one may be under way. */
  async function tryConnections(first: "await" | "replace"): Promise<boolean> {
    for (let attempts = 0; canTry(attempts); attempts += 1) {
      const isNew = attempts > 0 || first === "replace";
      const stale = isNew ? target.current() : undefined;
      // oxlint-disable-next-line no-await-in-loop -- one attempt after the other
      if (isNew && !(await replace(stale))) return false;
      // oxlint-disable-next-line no-await-in-loop -- one attempt after the other
      if (await attemptWithinBudget(() => awaitConnection(stale))) return true;
    }
    return false;
  }

  const canTry = (attempts: number) =>
    allowsAttempt({
      attempts,
      wasConnected: context.wasConnected(),
      isSettled: target.isSettled(),
    });

  /** Replaces `before`, unless the remote peer was faster and its new connection is under way. */
  function replaceUnlessReplaced(before: object | undefined): Promise<boolean> {
    enter("reconnecting");
    return tryConnections(target.current() === before ? "replace" : "await");
  }

  return {
    isReceiving,
    connect: () => tryConnections("await"),
    reconnect: () => replaceUnlessReplaced(target.current()),
    async restartIce() {
      const before = target.current();
      if (!target.canRestartIce()) return replaceUnlessReplaced(before);
      enter("restarting-ice");
      target.restartIce();
      const verify = () =>
        target.verify(RESTART_TIMEOUT_MS).then(
          (flows): AttemptResult => (flows ? "connected" : "timed-out"),
          (): AttemptResult => "failed",
        );
      return (await attemptWithinBudget(verify)) || replaceUnlessReplaced(before);
    },
    async waitForRoute() {
      const before = target.current();
      const isBack = () => isReceiving() || target.current() !== before;
      if (!(await reachRemotePeer(isBack))) return false;
      const deadline = monotonicNow() + routeGraceMs(rebuiltAt, monotonicNow());
      await waiter.waitUntil(
        () =>
          isBack() || target.connectionState() === "failed" || monotonicNow() >= deadline
            ? true
            : undefined,
        () => POLL_MS,
      );
      return isReceiving() || replaceUnlessReplaced(before);
    },
  };
}

/** Creates the steps that the strategies share. */
function createSteps({ target, waiter, isBroken }: RepairContext) {
  /** The browser reports `disconnected` late, and takes it back late. */
  const isReceiving = () =>
    (target.connectionState()?.endsWith("connected") ?? false) && !target.isSilent();

  /** Repeats an attempt that timed out, while the budget allows it. */
  async function attemptWithinBudget(attempt: () => Promise<AttemptResult>): Promise<boolean> {
    const startedAt = monotonicNow();
    for (;;) {
      // oxlint-disable-next-line no-await-in-loop -- one attempt after the other
      const result = await attempt();
      const allowanceMs = attemptAllowanceMs({
        isSettled: target.isSettled(),
        isReceiving: isReceiving(),
      });
      if (result !== "timed-out" || monotonicNow() - startedAt >= allowanceMs)
        return result === "connected";
    }
  }

  /**
   * Waits until the remote peer can be reached, or until `isEnough`. Without a route a new connection
   * would gather addresses of a network that is gone. Returns whether to go on.
   */
  async function reachRemotePeer(isEnough: () => boolean): Promise<boolean> {
    const deadline = monotonicNow() + UNACKNOWLEDGED_MS;
    target.ping();
    return waiter.waitUntil(
      () => {
        if (isEnough() || target.isSettled()) return true;
        return monotonicNow() > deadline ? false : undefined;
      },
      () => POLL_MS,
    );
  }

  /** Waits until a connection other than `stale` connects. The states of `stale` do not count. */
  function awaitConnection(stale: object | undefined): Promise<AttemptResult> {
    let seen = target.current();
    let deadline = monotonicNow() + CONNECT_TIMEOUT_MS;
    return waiter.waitUntil<AttemptResult>(
      () => {
        const current = target.current();
        if (current !== seen) {
          seen = current;
          deadline = monotonicNow() + CONNECT_TIMEOUT_MS;
        }
        if (!stale || current !== stale) {
          const state = target.connectionState();
          if (state === "connected") return "connected";
          // A callee starts its checks as soon as its answer is sent, and may fail before the answer
          // has arrived. It is still waiting then.
          if ((state === "failed" && target.isSettled()) || isBroken()) return "failed";
        }
        return monotonicNow() >= deadline ? "timed-out" : undefined;
      },
      () => Math.max(deadline - monotonicNow(), 1),
    );
  }

  return { isReceiving, attemptWithinBudget, reachRemotePeer, awaitConnection };
}
