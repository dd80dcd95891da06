/**
 * Owns noticing that nothing arrives any more, and that something does again. The browser tells the
 * one five seconds late and the other up to one; its counters tell both at once.
 */
import { after } from "../lib/abort.ts";

/** What the watch over one connection needs. */
export interface LivenessOptions {
  pc: RTCPeerConnection;
  signal: AbortSignal;
  /** It is quiet: has the other answer something, because there may just be nothing to say. */
  provoke(): void;
  /** `silent()` has changed. */
  onChange(): void;
}

/** The watch over one connection. */
export interface LivenessMonitor {
  /** Whether nothing arrives any more. */
  silent(): boolean;
}

/** How often it is felt, in ms: while all is well; and while nothing arrives, or the network may have changed. */
const CALM = 500;
const ALERT = 100;
/** For how long it has to be quiet to be silence, in ms; an answer is provoked after a third of it. */
const SILENCE = 1_500;
/** The same for a while after the browser said that the network is another one. */
const HINTED = 900;

/** Watches a connection from the moment it is connected. */
export function createLivenessMonitor({
  pc,
  signal,
  provoke,
  onChange,
}: LivenessOptions): LivenessMonitor {
  let heard = 0;
  let quiet = 0;
  let silent = false;
  let hinted = false;
  let cancel = () => {};
  let forget = () => {};
  const setVideo = createVideoSwitch(pc);

  async function beat(pace: number): Promise<void> {
    const before = quiet;
    const limit = hinted ? HINTED : SILENCE;
    const now = await countArrivals(pc);
    // Closed meanwhile.
    if (now === undefined || signal.aborted) return;
    // By beats and not by the clock: a page that was frozen has to hear nothing several times, too.
    quiet = now > heard ? 0 : quiet + pace;
    heard = now;
    if (before < limit / 3 && quiet >= limit / 3) provoke();
    if (silent ? quiet === 0 : quiet >= limit) {
      silent = !silent;
      hinted = false;
      setVideo(!silent);
      onChange();
    }
    next();
  }

  function next(): void {
    const pace = silent || hinted ? ALERT : CALM;
    // A hint may have come while a beat was being counted: there is one next beat.
    cancel();
    cancel = after(signal, pace, () => void beat(pace));
  }

  function hint(): void {
    hinted = true;
    next();
    // A later hint counts from its own time.
    forget();
    forget = after(signal, SILENCE, () => (hinted = false));
  }

  const start = () => {
    if (pc.connectionState !== "connected") return;
    pc.removeEventListener("connectionstatechange", start);
    void beat(CALM);
    globalThis.addEventListener?.("online", hint, { signal });
    const { connection } = (globalThis.navigator ?? {}) as {
      connection?: EventTarget & { type?: string };
    };
    let type = connection?.type;
    // Of what else changes there, how fast it is say, nothing follows.
    const compare = () => type !== (type = connection?.type) && hint();
    connection?.addEventListener("change", compare, { signal });
  };
  pc.addEventListener("connectionstatechange", start, { signal });
  return { silent: () => silent };
}

/** All that has arrived, but for the checks of ICE: they come by ways that nothing else takes. */
async function countArrivals(pc: RTCPeerConnection): Promise<number | undefined> {
  let sum = 0;
  const report = await pc.getStats().catch(() => undefined);
  if (!report) return undefined;
  report.forEach(({ type, bytesReceived = 0 }: { type: string; bytesReceived?: number }) => {
    // Less than before when one of them has gone.
    if (type === "candidate-pair") sum += bytesReceived;
  });
  return sum;
}

/**
 * Stops the encoders while nothing arrives, and starts them when something does. Pictures from
 * within the silence would come late, all at once, and have the other side's player wait for more
 * such; and the first one after it has to be whole (a key frame), which it then is.
 */
function createVideoSwitch(pc: RTCPeerConnection): (on: boolean) => void {
  const stopped = new Set<RTCRtpSender>();
  return (on) => {
    for (const sender of on ? stopped : pc.getSenders()) {
      const parameters = sender.getParameters();
      const [encoding] = parameters.encodings;
      if (!encoding || encoding.active === on || (!on && sender.track?.kind !== "video")) continue;
      encoding.active = on;
      if (!on) stopped.add(sender);
      // Refused where the connection is closed meanwhile.
      sender.setParameters(parameters).catch(() => undefined);
    }
    if (on) stopped.clear();
  };
}
