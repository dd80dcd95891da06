/**
 * Repairs the connection of one peer, one repair at a time. A connection that is silent or has failed
 * is replaced, because an ICE restart takes longer there and does not always work. An ICE restart is
 * used only on request. Counted traffic decides whether a repair worked; browser states are not enough
 * (after an ICE restart both sides can report `connected` while one receives nothing).
 *
 *     connecting ──┬──> connected ──> waiting-for-route ──> reconnecting ──┬──> connected
 *                  │        └──(request)──> restarting-ice ──> reconnecting ┤
 *                  └──> given-up <─────────────────────────────────────────┘
 *
 * From `waiting-for-route`, data that arrives again leads to `connected`, and no route to `given-up`. A
 * restart that works leads from `restarting-ice` to `connected`. `given-up` ends when data arrives again,
 * when the backend returns, and by a request of either side.
 */
import { CallError } from "../lib/errors.ts";
import { createRepairs, type RepairPhase, type RepairTarget } from "./repairs.ts";
import { createWaiter } from "./waiter.ts";

export interface RecoveryOptions extends RepairTarget {
  signal: AbortSignal;
  /** Returns a known reason for which connecting may have failed. */
  knownCause(): CallError | undefined;
  /** `isRepairing()` or `error()` has changed. */
  onChange(): void;
}

/** `idle` until the first `connect()`. */
export type RecoveryPhase = "idle" | "connected" | RepairPhase | "given-up";

/** A repair that either side may request: an ICE restart, or a new connection. */
export type RepairKind = "restart" | "rebuild";

/** The repairs of one peer. */
export interface Recovery {
  /** Waits for the first connection, which is under way. */
  connect(): void;
  /** Starts a repair if the browser states or the liveness monitor call for one. */
  observe(): void;
  /** Tries again if it was given up. */
  retry(): void;
  /**
   * Starts the repair that this application or the remote peer requests, or that `cause` requires. During
   * a repair, `restart` is ignored, and `rebuild` marks the current connection as broken.
   */
  repair(kind: RepairKind, cause?: CallError): void;
  phase(): RecoveryPhase;
  isRepairing(): boolean;
  /** Returns why it was given up; undefined otherwise. */
  error(): CallError | undefined;
}

/** Creates the recovery of one peer. It is idle until `connect()`. */
export function createRecovery(options: RecoveryOptions): Recovery {
  const { signal, onChange } = options;
  const waiter = createWaiter(signal);
  let phase: RecoveryPhase = "idle";
  /** They were connected before. Then the remote peer is not given up while signaling is away. */
  let wasConnected = false;
  /** The current connection broke for good during a repair. */
  let isBroken = false;
  /** Why the current connection broke for good, if that is known. */
  let cause: CallError | undefined;
  let error: CallError | undefined;
  const repairs = createRepairs({
    target: options,
    waiter,
    enter(next) {
      phase = next;
    },
    wasConnected: () => wasConnected,
    isBroken: () => isBroken,
    clearBroken() {
      isBroken = false;
    },
  });

  async function run(first: RepairPhase, strategy: () => Promise<boolean>): Promise<void> {
    if (isActive(phase)) return;
    phase = first;
    error = undefined;
    onChange();
    const isConnected = await strategy().catch(() => false);
    // The scope ended during the repair.
    if (signal.aborted) return;
    if (isConnected) {
      phase = "connected";
      cause = undefined;
      wasConnected = true;
    } else {
      phase = "given-up";
      error = cause ?? options.knownCause() ?? gaveUp();
      // Another attempt would end in the same way.
      isBroken = false;
    }
    onChange();
    if (!isBroken) return;
    isBroken = false;
    await run("reconnecting", repairs.reconnect);
  }

  function start(first: RepairPhase, strategy: () => Promise<boolean>): void {
    void run(first, strategy);
  }

  return {
    connect: () => start("connecting", repairs.connect),
    observe() {
      waiter.notify();
      if (phase === "given-up" && repairs.isReceiving()) {
        phase = "connected";
        error = undefined;
        onChange();
      }
      if (options.connectionState() === "failed" || options.isSilent())
        start("waiting-for-route", repairs.waitForRoute);
    },
    retry() {
      if (phase === "given-up") start("waiting-for-route", repairs.waitForRoute);
    },
    repair(kind, newCause) {
      cause = newCause ?? cause;
      if (!isActive(phase)) {
        if (kind === "restart") start("restarting-ice", repairs.restartIce);
        else start("reconnecting", repairs.reconnect);
      }
      // The remote peer may have sent this request before it learned of the current connection. Until
      // everything is acknowledged, it concerns the earlier one, so ignore it.
      else if (kind === "rebuild" && (newCause || options.isSettled())) {
        isBroken = true;
        waiter.notify();
      }
    },
    phase: () => phase,
    isRepairing: () => isActive(phase) && !repairs.isReceiving(),
    error: () => error,
  };
}

function isActive(phase: RecoveryPhase): boolean {
  return phase !== "idle" && phase !== "connected" && phase !== "given-up";
}

function gaveUp(): CallError {
  return new CallError(
    "ice-failed",
    "Could not connect to the remote participant. Add a TURN server to `iceServers`; many networks block direct connections.",
  );
}
