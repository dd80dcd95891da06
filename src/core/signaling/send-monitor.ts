import { monotonicNow } from "../lib/clock.ts";
import { after } from "../lib/abort.ts";
import { callAdapter, CallError, type CallErrorCode } from "../lib/errors.ts";

/** Runs the sends of one channel, and reports a backend that does not accept them. */
export interface SendMonitor {
  /** Calls `send` synchronously, and observes how it settles. */
  run(send: () => Promise<void>): void;
  /** The backend works: the remote peer has acknowledged a message, for example. */
  succeeded(): void;
}

export interface SendMonitorOptions {
  signal: AbortSignal;
  /** While it returns false the outage is known, so only failures that do not pass are reported. */
  reachable(): boolean;
  onError(error: CallError): void;
}

/** When a send counts as failed although it has not settled. */
const SEND_TIMEOUT_MS = 10_000;
/** How many sends have to fail in a row, and for how long, before an outage is reported. */
const FAILURES_BEFORE_REPORT = 3;
const OUTAGE_BEFORE_REPORT_MS = 5_000;

/** These do not pass by themselves, so the first one is reported at once. */
const PERMANENT = new Set<CallErrorCode>(["signaling-denied", "adapter-failed"]);

/**
 * Creates a monitor. A single failed send is normal and is not reported, because the window is sent again.
 * An outage ends with the first send that succeeds; until then, each kind of failure is reported once.
 */
export function createSendMonitor({ signal, reachable, onError }: SendMonitorOptions): SendMonitor {
  let failures = 0;
  let failingSince = 0;
  const reported = new Set<CallErrorCode>();
  /** A bug fails some packets and not others, always in the same way, so it is reported once in all. */
  const bugs = new Set<string>();

  function succeeded(): void {
    failures = 0;
    reported.clear();
  }

  function failed(error: CallError): void {
    if (signal.aborted || error.code === "aborted") return;
    if (PERMANENT.has(error.code)) {
      report(error);
      return;
    }
    if (!reachable()) return;
    if (failures === 0) failingSince = monotonicNow();
    failures += 1;
    const lasts = monotonicNow() - failingSince >= OUTAGE_BEFORE_REPORT_MS;
    if (lasts && failures >= FAILURES_BEFORE_REPORT) report(error);
  }

  function report(error: CallError): void {
    if (reported.has(error.code) || bugs.has(error.message)) return;
    reported.add(error.code);
    if (error.code === "adapter-failed") bugs.add(error.message);
    onError(error);
  }

  return {
    succeeded,
    run(send) {
      let timedOut = false;
      const cancelTimeout = after(signal, SEND_TIMEOUT_MS, () => {
        timedOut = true;
        failed(new CallError("signaling-unavailable", NO_RESPONSE));
      });
      callAdapter("send", send)
        .then(succeeded, (error: CallError) => timedOut || failed(error))
        .finally(cancelTimeout);
    },
  };
}

const NO_RESPONSE = `send() of the signaling adapter has not settled within ${SEND_TIMEOUT_MS / 1_000} s, so messages may not reach the remote participant. They are sent again; check the network and the backend.`;
