/**
 * Owns one device of this page, the microphone or the camera: its track from capture to stop.
 *
 * What the person wants (`enabled`) is kept apart from the track, because a fresh track always
 * starts enabled: one that comes while the person wants silence is silenced before anybody gets it.
 */
import { captureUser, permissions, stopTracks } from "./capture.ts";
import type { DeviceKind, MediaEnvironment } from "./media-environment.ts";
import { CallError } from "../lib/errors.ts";
import { abortedError } from "../lib/abort.ts";

/** The microphone or the camera: what it is doing, what there is to choose, and its switch. */
export interface DeviceControl {
  readonly status: "off" | "starting" | "on" | "interrupted" | "blocked" | "missing" | "busy";
  /** What the person wants; survives device switches, interruptions and reconnects. */
  readonly enabled: boolean;
  readonly track: MediaStreamTrack | undefined;
  /** The device in use; while there is none, the selected one. */
  readonly deviceId: string | undefined;
  /** The device that was selected, by `select()` or before (`initial`); it may be unplugged. */
  readonly selectedDeviceId: string | undefined;
  /** The devices of this kind, kept up to date while the media is watched. Labels are empty before permission. */
  readonly devices: readonly MediaDeviceInfo[];
  readonly error: CallError | undefined;
  toggle(): Promise<void>;
  setEnabled(enabled: boolean): Promise<void>;
  /** Changes to another device without renegotiation. On failure the former one goes on. */
  select(deviceId: string): Promise<void>;
}

/** What a person chose for one device, to begin with. */
export interface DeviceChoice {
  /** Whether it is on. Default `true`. */
  readonly enabled?: boolean | undefined;
  /** The device to use while it is plugged in; otherwise another one is used. */
  readonly deviceId?: string | undefined;
}

/** What a control needs. */
export interface DeviceControlOptions {
  environment: MediaEnvironment;
  kind: DeviceKind;
  /** What the application asked for; `false` means never by itself. */
  constraints: boolean | MediaTrackConstraints;
  initial: DeviceChoice | undefined;
  /** Resolves when no prompt for both devices is open: a second one beside it would ask twice. */
  settled(): Promise<unknown>;
  /** Begins the life of the media if it has none yet; its end stops every track. */
  live(): AbortSignal;
  onChange(): void;
  /** Another track, or none, has taken the place of the former one. */
  onTrack(track: MediaStreamTrack | undefined): void;
}

/** A device of this page. */
export interface OwnedDeviceControl {
  snapshot(): Omit<DeviceControl, "devices">;
  /** Whether it should be captured when the media starts. */
  wanted(): boolean;
  /** With the selected device, if there is one, as an `exact` or an `ideal` constraint. */
  constraints(strength: "exact" | "ideal"): MediaTrackConstraints | boolean;
  starting(): void;
  /** A signal that is aborted when the device is turned off, which ends the wait for a device in use. */
  untilOff(): AbortSignal;
  /** Takes over a track that was captured together with the other device's. */
  take(track: MediaStreamTrack): void;
  fail(error: CallError): void;
  /** What kept it from its device may be gone. Asks the person nothing. */
  retry(): void;
  /** Lets the device go, whatever the person wants. */
  stop(): void;
}

/** The word for each failure. */
const STATUS_OF: Partial<Record<CallError["code"], DeviceControl["status"]>> = {
  "permission-denied": "blocked",
  "permission-dismissed": "blocked",
  "insecure-context": "blocked",
  unsupported: "missing",
  "device-missing": "missing",
  "constraints-unsatisfied": "missing",
  "device-busy": "busy",
};

/** Makes the control of one device. */
export function createDeviceControl(options: DeviceControlOptions): OwnedDeviceControl {
  const { environment, kind, initial, onChange, onTrack } = options;
  let enabled = options.constraints !== false && initial?.enabled !== false;
  let status: DeviceControl["status"] = "off";
  let track: MediaStreamTrack | undefined;
  let error: CallError | undefined;
  /** The device the person chose, kept through switching off and on. */
  let chosen = initial?.deviceId;
  let listening = new AbortController();
  let queue = Promise.resolve();
  let turnedOff = new AbortController();
  /** How many wishes to switch it wait for their turn: until then the status is not what was asked for. */
  let wishes = 0;

  function untilOff(): AbortSignal {
    if (turnedOff.signal.aborted) turnedOff = new AbortController();
    return turnedOff.signal;
  }

  /** One operation at a time: two captures of one device at once would leave one of them on. */
  function serially(operation: (signal: AbortSignal) => Promise<void>): Promise<void> {
    // In the life in which it was asked for: what waited while the media stopped is not done afterwards.
    const signal = options.live();
    const result = queue.then(() => {
      if (signal.aborted) throw abortedError("Capturing");
      return operation(signal);
    });
    queue = result.catch(() => undefined);
    return result;
  }

  function become(next: DeviceControl["status"], cause?: CallError): void {
    status = next;
    error = cause;
    onChange();
  }

  function place(next: MediaStreamTrack | undefined): void {
    if (next === track) return;
    listening.abort();
    track?.stop();
    track = next;
    if (next) follow(next);
    onTrack(next);
  }

  function follow(followed: MediaStreamTrack): void {
    listening = new AbortController();
    const { signal } = listening;
    followed.addEventListener("mute", () => settle(), { signal });
    followed.addEventListener("unmute", () => settle(), { signal });
    // Not by us: the device was pulled out, or the permission taken back. Another may do.
    followed.addEventListener("ended", () => void serially(replaceLost).catch(() => undefined), {
      signal,
    });
  }

  async function replaceLost(signal: AbortSignal): Promise<void> {
    if (track?.readyState !== "ended") return;
    place(undefined);
    if (enabled) await acquire(signal);
    else become("off");
  }

  /** The status that follows from the track and the person's wish. */
  function settle(): void {
    if (!track || !enabled) become("off");
    else become(track.muted ? "interrupted" : "on");
  }

  function take(next: MediaStreamTrack): void {
    next.enabled = enabled;
    place(next);
    settle();
  }

  function fail(cause: CallError): void {
    if (cause.code === "aborted") settle();
    else become(STATUS_OF[cause.code] ?? "busy", cause);
  }

  /** Captures a track, of the device named, else of the chosen one if it is still there, else of any. */
  async function acquire(signal: AbortSignal, deviceId?: string): Promise<void> {
    if (signal.aborted) throw abortedError("Capturing");
    // While another device is tried the present one goes on, and nobody sees it blink.
    if (!track) become("starting");
    try {
      await exchange(signal, deviceId, untilOff());
    } catch (cause) {
      // After a stop the status is no business of this capture any more.
      if (!signal.aborted && !track) fail(cause as CallError);
      throw cause;
    }
  }

  async function exchange(
    signal: AbortSignal,
    deviceId?: string,
    retryUntil?: AbortSignal,
  ): Promise<void> {
    const fresh = await captureTrack(signal, deviceId, retryUntil);
    if (signal.aborted) {
      fresh.stop();
      throw abortedError("Capturing");
    }
    take(fresh);
  }

  async function captureTrack(
    signal: AbortSignal,
    deviceId: string | undefined,
    retryUntil: AbortSignal | undefined,
  ): Promise<MediaStreamTrack> {
    const ask = async (constraints: MediaTrackConstraints) => {
      const stream = await captureUser(environment, { [kind]: constraints }, signal, retryUntil);
      const [fresh] = stream.getTracks();
      if (fresh) return fresh;
      stopTracks(stream);
      throw new CallError(
        "device-missing",
        "There is no such device. Connect one, then try again.",
      );
    };
    const base = typeof options.constraints === "object" ? options.constraints : {};
    const exact = deviceId ?? chosen;
    if (exact === undefined) return ask(base);
    try {
      return await ask({ ...base, deviceId: { exact } });
    } catch (cause) {
      // A device that was chosen in former times may be gone; one that is asked for now may not.
      if (deviceId !== undefined || !isMissingDevice(cause)) throw cause;
      return ask(base);
    }
  }

  async function apply(wish: boolean, signal: AbortSignal): Promise<void> {
    // The open prompt may bring what is wished for.
    if (wish) await options.settled();
    // Overtaken by a later wish while others were served.
    if (wish !== enabled) return;
    if (wish && !track) await acquire(signal);
    else if (track && (wish || kind === "audio")) take(track);
    else {
      // Off means off: the light goes out. A microphone is only silenced above, to be back at once.
      place(undefined);
      settle();
    }
  }

  async function setEnabled(wish: boolean): Promise<void> {
    enabled = wish;
    if (!wish) turnedOff.abort(abortedError("Capturing"));
    // Silence does not wait for its turn.
    if (track && kind === "audio") track.enabled = wish;
    onChange();
    wishes += 1;
    try {
      await serially((signal) => apply(wish, signal));
    } finally {
      wishes -= 1;
    }
  }

  async function change(deviceId: string, signal: AbortSignal): Promise<void> {
    await options.settled();
    const former = track;
    const formerId = former?.getSettings().deviceId ?? chosen;
    if (!former) {
      if (enabled && status !== "off") await acquire(signal, deviceId);
      chosen = deviceId;
      onChange();
      return;
    }
    try {
      // No retries yet: on a phone it is the former camera that keeps this one busy.
      await exchange(signal, deviceId);
    } catch (cause) {
      if (!(cause instanceof CallError) || cause.code !== "device-busy") {
        if (!signal.aborted) settle();
        throw cause;
      }
      // Phones open one camera at a time: let go of the former one first, and take it back if need be.
      place(undefined);
      try {
        await acquire(signal, deviceId);
      } catch (again) {
        // If the device was turned off or stopped during the retries, the former one stays off as well.
        if ((again as CallError).code !== "aborted") await acquire(signal, formerId);
        throw again;
      }
    }
    chosen = deviceId;
    onChange();
  }

  /** Where that is in vain nobody sees it: it is tried on every occasion. */
  async function regain(signal: AbortSignal): Promise<void> {
    await options.settled();
    const [permission] = await permissions(environment, [kind]);
    if (enabled && !track && error && permission === "granted") await exchange(signal);
  }

  const verbs: Pick<DeviceControl, "toggle" | "setEnabled" | "select"> = {
    toggle: () =>
      setEnabled(wishes > 0 ? !enabled : !["on", "starting", "interrupted"].includes(status)),
    setEnabled,
    select: (deviceId) => serially((signal) => change(deviceId, signal)),
  };

  return {
    snapshot: () => ({
      status,
      enabled,
      track,
      deviceId: track?.getSettings().deviceId ?? chosen,
      selectedDeviceId: chosen,
      error,
      ...verbs,
    }),
    wanted: () => enabled && options.constraints !== false && !track,
    constraints: (strength) => {
      const base = typeof options.constraints === "object" ? options.constraints : {};
      return chosen === undefined
        ? options.constraints
        : { ...base, deviceId: { [strength]: chosen } };
    },
    starting: () => become("starting"),
    untilOff,
    take,
    fail,
    retry: () => void (error && serially(regain).catch(() => undefined)),
    stop() {
      place(undefined);
      become("off");
    },
  };
}

/** Whether the selected device is not there any more, or cannot do what is asked of it. */
export function isMissingDevice(cause: unknown): boolean {
  return (
    cause instanceof CallError &&
    (cause.code === "constraints-unsatisfied" || cause.code === "device-missing")
  );
}
