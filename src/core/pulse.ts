/**
 * Owns noticing that nothing arrives any more, and that something does again. The browser tells the
 * one five seconds late and the other up to one; its counters tell both at once.
 */
import { after } from "./scope.ts";

/** What the watch over one connection needs. */
export interface PulseOptions {
  pc: RTCPeerConnection;
  signal: AbortSignal;
  /** It is quiet: has the other answer something, because there may just be nothing to say. */
  provoke(): void;
  /** `silent()` has changed. */
  onChange(): void;
}

/** The watch over one connection. */
export interface Pulse {
  /** Whether nothing arrives any more. */
  silent(): boolean;
}

/** How often it is felt, in ms: while all is well, and while nothing arrives. */
const CALM = 500;
const ALERT = 100;
/** After so many beats without anything an answer is provoked; after so many it is silence. */
const QUIET = 1;
const SILENT = 3;

/** Watches a connection from the moment it is connected. */
export function watchPulse({ pc, signal, provoke, onChange }: PulseOptions): Pulse {
  let heard = 0;
  let quiet = 0;
  let silent = false;
  const setVideo = createVideoSwitch(pc);

  async function beat(): Promise<void> {
    const now = await countArrivals(pc);
    // Closed meanwhile.
    if (now === undefined || signal.aborted) return;
    // In beats and not in time: a page that was frozen has to hear nothing several times, too.
    quiet = now > heard ? 0 : quiet + 1;
    heard = now;
    if (quiet === QUIET) provoke();
    if (silent ? quiet === 0 : quiet === SILENT) {
      silent = !silent;
      setVideo(!silent);
      onChange();
    }
    after(signal, silent ? ALERT : CALM, () => void beat());
  }

  const start = () => {
    if (pc.connectionState !== "connected") return;
    pc.removeEventListener("connectionstatechange", start);
    void beat();
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
