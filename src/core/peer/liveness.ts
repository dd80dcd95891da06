/**
 * Detects that a connection stopped receiving, and that it receives again. The browser reports the
 * first at least five seconds late and the second up to one second late. Its byte counters show both at
 * once.
 */
import { after } from "../lib/abort.ts";

export interface LivenessOptions {
  pc: RTCPeerConnection;
  signal: AbortSignal;
  /** Sends a probe that the remote peer answers. Called when nothing arrives: there may be nothing to send. */
  probe(): void;
  /** `isSilent()` has changed. */
  onChange(): void;
}

/** The liveness monitor of one connection. */
export interface LivenessMonitor {
  /** Whether nothing arrives any more. */
  isSilent(): boolean;
}

/** The interval of ticks while data arrives. */
const TICK_MS = 500;
/** The interval of ticks while nothing arrives, or while the network may have changed. */
const FAST_TICK_MS = 100;
/** After this time without data a connection is silent. A probe is sent after a third of it. */
const SILENCE_MS = 1_500;
/** The same, shortly after the browser reported another network. */
const SILENCE_ON_NEW_NETWORK_MS = 900;

/** Monitors a connection from the moment it is connected. */
export function createLivenessMonitor({
  pc,
  signal,
  probe,
  onChange,
}: LivenessOptions): LivenessMonitor {
  let receivedBytes = 0;
  let quietMs = 0;
  let isSilent = false;
  let isNewNetwork = false;
  let cancelTick = () => {};
  let cancelHint = () => {};
  const setVideoEnabled = createVideoSwitch(pc);

  async function tick(intervalMs: number): Promise<void> {
    const quietBefore = quietMs;
    const limit = isNewNetwork ? SILENCE_ON_NEW_NETWORK_MS : SILENCE_MS;
    const now = await countReceivedBytes(pc);
    // The connection was closed during the count.
    if (now === undefined || signal.aborted) return;
    // Count ticks, not wall-clock time, so that a suspended tab does not look like a dead connection
    // on resume.
    quietMs = now > receivedBytes ? 0 : quietMs + intervalMs;
    receivedBytes = now;
    if (quietBefore < limit / 3 && quietMs >= limit / 3) probe();
    if (isSilent ? quietMs === 0 : quietMs >= limit) {
      isSilent = !isSilent;
      isNewNetwork = false;
      setVideoEnabled(!isSilent);
      onChange();
    }
    scheduleTick();
  }

  function scheduleTick(): void {
    const intervalMs = isSilent || isNewNetwork ? FAST_TICK_MS : TICK_MS;
    // A network change may schedule a tick while one is counting. Without this there would be two.
    cancelTick();
    cancelTick = after(signal, intervalMs, () => void tick(intervalMs));
  }

  function onNewNetwork(): void {
    isNewNetwork = true;
    scheduleTick();
    cancelHint();
    cancelHint = after(signal, SILENCE_MS, () => (isNewNetwork = false));
  }

  const start = () => {
    if (pc.connectionState !== "connected") return;
    pc.removeEventListener("connectionstatechange", start);
    void tick(TICK_MS);
    onNetworkChange(signal, onNewNetwork);
  };
  pc.addEventListener("connectionstatechange", start, { signal });
  return { isSilent: () => isSilent };
}

/** Calls `listener` when the browser reports another network. */
function onNetworkChange(signal: AbortSignal, listener: () => void): void {
  globalThis.addEventListener?.("online", listener, { signal });
  const { connection } = (globalThis.navigator ?? {}) as {
    connection?: EventTarget & { type?: string };
  };
  let type = connection?.type;
  // The event also fires when only the estimated speed has changed.
  const compare = () => type !== (type = connection?.type) && listener();
  connection?.addEventListener("change", compare, { signal });
}

/**
 * Returns all bytes received. ICE checks are not among them: they also arrive by routes that carry
 * nothing else.
 */
async function countReceivedBytes(pc: RTCPeerConnection): Promise<number | undefined> {
  let sum = 0;
  const report = await pc.getStats().catch(() => undefined);
  if (!report) return undefined;
  report.forEach(({ type, bytesReceived = 0 }: { type: string; bytesReceived?: number }) => {
    // The sum decreases when a candidate pair is removed.
    if (type === "candidate-pair") sum += bytesReceived;
  });
  return sum;
}

/**
 * Returns a function that stops the video encoders while nothing arrives and starts them afterwards.
 * Frames that were encoded during a silence would arrive late, all at once, and enlarge the jitter
 * buffer of the remote peer. The first frame after the start is a key frame, as the decoder needs.
 */
function createVideoSwitch(pc: RTCPeerConnection): (isEnabled: boolean) => void {
  const stopped = new Set<RTCRtpSender>();
  return (isEnabled) => {
    for (const sender of isEnabled ? stopped : pc.getSenders()) {
      const parameters = sender.getParameters();
      const [encoding] = parameters.encodings;
      if (!encoding || encoding.active === isEnabled) continue;
      if (!isEnabled && sender.track?.kind !== "video") continue;
      encoding.active = isEnabled;
      if (!isEnabled) stopped.add(sender);
      // Rejects if the connection is closed.
      sender.setParameters(parameters).catch(() => undefined);
    }
    if (isEnabled) stopped.clear();
  };
}
