/**
 * Owns the way back from trouble: a new connection where nothing gets through any more (an ICE
 * restart takes longer there, and does not always work), an ICE restart where somebody asks for one.
 * Each is judged by what gets through and not by what a state says. One repair at a time.
 */
import { CallError } from "../lib/errors.ts";
import { after, abortable } from "../lib/abort.ts";

/** What a repair can do and ask; the peer does it to whichever connection it has now. */
export interface RecoveryOptions {
  signal: AbortSignal;
  /** The present connection, to be told from a later one; undefined while there is none. */
  current(): object | undefined;
  /** The browser's word on the present connection. */
  connectionState(): RTCPeerConnectionState | undefined;
  /** Whether nothing arrives any more by the present connection. */
  silent(): boolean;
  /** Whether traffic gets through in both directions, within `ms`. Rejects when the connection is gone. */
  verify(ms: number): Promise<boolean>;
  /** Says something that the other side has to acknowledge. */
  ping(): void;
  /** Whether the other side has got all that was said to it. */
  settled(): boolean;
  /** A known reason for which connecting may have failed. */
  reason(): CallError | undefined;
  /**
   * Whether an ICE restart may be tried. A restart that Chromium offers to Firefox on a live path
   * ends what it sends while both say "connected"; there a new connection takes its place.
   */
  canRestart(): boolean;
  restart(): void;
  /** Makes a new connection, or asks the caller for one. */
  rebuild(): void;
  /** `repairing()` or `error()` has changed. */
  onChange(): void;
}

/** The repairs of one peer. */
export interface Recovery {
  /** The first connection is on its way. */
  connect(): void;
  /** The browser's states have changed: is there anything to repair? */
  observe(): void;
  /** There is reason to hope again, should it have been given up. */
  again(): void;
  /** Somebody asked: this application, or the other side. */
  repair(how: "restart" | "rebuild", cause?: CallError): void;
  repairing(): boolean;
  /** Why it was given up; undefined while it was not. */
  error(): CallError | undefined;
}

/** How often to look whether the other can be told, in ms, while it cannot be heard. */
const LOOK = 50;
/**
 * How long a way may go on being silent once the other could be told, in ms: the same network carries
 * both. It has four times as long after each repair of the last minute, and `GRACE_LAST` at the most:
 * where it is the machine that is too slow, each new connection makes it slower.
 */
const GRACE = 300;
const GRACE_LAST = 12_000;
const LATELY = 60_000;
/** How long an ICE restart may take until traffic gets through, in ms. */
const RESTART = 4_000;
/**
 * How long a new connection may take, in ms. It counts from when the connection is made, because the
 * application may first have to fetch its ICE servers.
 */
const CONNECT = 10_000;
/** Connections made in a row before it is given up. */
const TRIES = 3;
/** How long to go on while the other side has not even got the message, in ms. */
const UNHEARD = 90_000;
/** How long probes may stay unanswered while something arrives: the channel takes its time after a silence. */
const SLOW = 12_000;

/** What became of an attempt; "late" if its time was over before anything did. */
type Verdict = boolean | "late";

/** Makes the recovery of one peer; idle until `connect()`. */
export function createRecovery(options: RecoveryOptions): Recovery {
  const { signal, onChange } = options;
  let active = false;
  /** They were connected before: then nobody is given up because the backend is away for a while. */
  let met = false;
  /** The present connection broke for good while another repair was under way. */
  let broken = false;
  let error: CallError | undefined;
  /** Why the present connection broke for good, if that is known. */
  let reason: CallError | undefined;
  /** When connections were made to repair others. */
  let repairs: number[] = [];
  const changed = new Set<() => void>();

  async function episode(steps: () => Promise<boolean>): Promise<void> {
    if (active) return;
    active = true;
    error = undefined;
    onChange();
    try {
      if (await steps()) {
        reason = undefined;
        met = true;
      } else {
        error = reason ?? options.reason() ?? gaveUp();
        // Another try would end the same way.
        broken = false;
      }
    } finally {
      active = false;
      // What the scope's own end interrupted changes nothing that anybody can still see.
      if (!signal.aborted) onChange();
    }
    if (!broken) return;
    broken = false;
    run(() => mend("rebuild"));
  }

  /** Waits once more if it got late while the other side has not even got the message, or can be heard. */
  async function fairly(attempt: () => Promise<Verdict>): Promise<boolean> {
    const since = Date.now();
    for (;;) {
      // oxlint-disable-next-line no-await-in-loop -- one attempt after the other
      const verdict = await attempt();
      const patience = options.settled() ? (speaks() ? SLOW : 0) : UNHEARD;
      if (verdict !== "late" || Date.now() - since >= patience) return verdict === true;
    }
  }

  /** The browser says "disconnected" late, and takes it back late. */
  const speaks = () => options.connectionState()?.endsWith("connected") && !options.silent();
  const pause = (ms: number) =>
    abortable(signal, new Promise<void>((resolve) => void after(signal, ms, resolve)));

  /**
   * Waits until the other can be told of a repair, or until `enough`. One that begins in the dark
   * gathers addresses of a network that is not there, and is out of date when it gets through.
   */
  async function reach(enough: () => boolean): Promise<boolean> {
    const since = Date.now();
    options.ping();
    while (!enough() && !options.settled()) {
      if (Date.now() - since > UNHEARD) return false;
      // oxlint-disable-next-line no-await-in-loop -- that is what waiting is
      await pause(LOOK);
    }
    return true;
  }

  /** Whether a connection other than `stale` connects; what `stale` says of itself is no longer believed. */
  function connected(stale: object | undefined): Promise<Verdict> {
    const verdict = new Promise<Verdict>((resolve) => {
      const end = (result: Verdict) => {
        changed.delete(check);
        stop();
        resolve(result);
      };
      let seen = options.current();
      const check = () => {
        const current = options.current();
        if (current !== seen) {
          seen = current;
          stop();
          stop = after(signal, CONNECT, () => end("late"));
        }
        if (stale && current === stale) return;
        const state = options.connectionState();
        if (state === "connected") end(true);
        // A callee checks as soon as its answer is on its way, and may give up before the answer is there.
        if ((state === "failed" && options.settled()) || broken) end(false);
      };
      let stop = after(signal, CONNECT, () => end("late"));
      changed.add(check);
      check();
    });
    return abortable(signal, verdict);
  }

  async function remake(first: "wait" | "rebuild"): Promise<boolean> {
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      const rebuild = attempt > 0 || first === "rebuild";
      const stale = rebuild ? options.current() : undefined;
      if (rebuild) {
        // oxlint-disable-next-line no-await-in-loop -- one try after the other
        if (!(await reach(() => options.current() !== stale))) return false;
        broken = false;
        repairs = [...repairs.filter((at) => at > Date.now() - LATELY), Date.now()];
        if (options.current() === stale) options.rebuild();
      }
      // oxlint-disable-next-line no-await-in-loop -- one try after the other
      if (await fairly(() => connected(stale))) return true;
      // Nobody there to hear of another try.
      if (!met && !options.settled()) return false;
    }
    return false;
  }

  async function mend(how: "restart" | "rebuild"): Promise<boolean> {
    const before = options.current();
    if (how === "restart" && options.canRestart()) {
      options.restart();
      const verify = (): Promise<Verdict> =>
        options.verify(RESTART).then(
          (flows) => flows || "late",
          () => false,
        );
      if (await fairly(verify)) return true;
    }
    return remake(options.current() === before ? "rebuild" : "wait");
  }

  // Nobody waits for an episode: how it ends is told by `onChange`, and its only rejection is the
  // end of the scope.
  const run = (steps: () => Promise<boolean>) => void episode(steps).catch(() => undefined);

  /** A silent way may speak again by itself: only if it does not although the other could be told, it is mended. */
  async function heal(): Promise<boolean> {
    const before = options.current();
    const back = () => speaks() || options.current() !== before;
    if (!(await reach(back))) return false;
    const lately = repairs.filter((at) => at > Date.now() - LATELY).length;
    const end = Date.now() + Math.min(GRACE * 4 ** lately, GRACE_LAST);
    // oxlint-disable-next-line no-await-in-loop -- that is what waiting is
    while (!back() && options.connectionState() !== "failed" && Date.now() < end) await pause(LOOK);
    if (speaks()) return true;
    // The other side may have been quicker, and its new connection is on its way.
    return remake(options.current() === before ? "rebuild" : "wait");
  }

  return {
    connect: () => run(() => remake("wait")),
    observe() {
      for (const check of [...changed]) check();
      if (error && speaks()) {
        error = undefined;
        onChange();
      }
      if (options.connectionState() === "failed" || options.silent()) run(heal);
    },
    again() {
      if (error) run(heal);
    },
    repair(how, cause) {
      reason = cause ?? reason;
      if (!active) run(() => mend(how));
      // Asked before the other could hear of the connection that is on its way, it is about the former one.
      else if (how === "rebuild" && (cause || options.settled())) {
        broken = true;
        for (const check of [...changed]) check();
      }
    },
    repairing: () => active && !speaks(),
    error: () => error,
  };
}

function gaveUp(): CallError {
  return new CallError(
    "ice-failed",
    "Could not connect to the remote participant. Add a TURN server to `iceServers`; many networks block direct connections.",
  );
}
