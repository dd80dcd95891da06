/** Owns the camera, the microphone and the screen of this page: every track here has this one owner, who stops it. */
import { captureDisplay, captureUser, permissions, stopTracks } from "./capture.ts";
import {
  createDeviceControl,
  isMissingDevice,
  type OwnedDeviceControl,
  type DeviceChoice,
  type DeviceControl,
} from "./device-control.ts";
import { createDeviceList } from "./device-list.ts";
import { browserEnvironment, type DeviceKind, type MediaEnvironment } from "./media-environment.ts";
import type { CallError } from "../lib/errors.ts";
import { createRetained } from "../lib/retained.ts";
import { reportUnhandled } from "../lib/report-unhandled.ts";
import { abortedError } from "../lib/abort.ts";
import { createStore, shallowEqual, type Store } from "../lib/store.ts";

/** What to capture. */
export interface LocalMediaOptions {
  /** Microphone: `true` (default), `false` for never, or constraints. */
  audio?: boolean | MediaTrackConstraints | undefined;
  /** Camera: `true` (default), `false` for never, or constraints. */
  video?: boolean | MediaTrackConstraints | undefined;
  /** Ask as soon as somebody holds the media (a hook mounts). Default `true`; `false` waits for `start()`. */
  autoStart?: boolean | undefined;
  /** What the person chose before, for example from `readPreferences()`. A device that is off is not captured until it is switched on. */
  initial?:
    | {
        readonly microphone?: DeviceChoice | undefined;
        readonly camera?: DeviceChoice | undefined;
      }
    | undefined;
}

/** The media of this page at one moment, and the verbs that change it. An immutable snapshot. */
export interface LocalMedia {
  readonly status: "idle" | "prompting" | "live" | "failed";
  /** Camera and microphone; one identity while it lives. */
  readonly stream: MediaStream | undefined;
  /** The shared screen, while there is one. */
  readonly screen: MediaStream | undefined;
  readonly error: CallError | undefined;
  readonly microphone: DeviceControl;
  readonly camera: DeviceControl;
  /** Every `audiooutput` that the browser names, once access was allowed. Chromium has the system's own in it as `default`. */
  readonly audioOutputs: readonly MediaDeviceInfo[];
  /**
   * Captures what the options name and the person has not switched off. One prompt, however often it
   * is called. With `prompt: false` it does nothing unless access is granted already, so that the
   * browser shows no prompt.
   */
  start(options?: { prompt?: boolean | undefined }): Promise<void>;
  /** Stops every track. */
  stop(): void;
  /** Asks for a screen, window or tab. Rejects with `permission-dismissed` when the person cancels. */
  startScreenShare(options?: DisplayMediaStreamOptions): Promise<void>;
  stopScreenShare(): void;
}

/** Live media outside React: a store of {@link LocalMedia} that starts when held. */
export interface LocalMediaStore extends Store<LocalMedia> {
  /** Keeps the media alive; returns the way to let go. After the last one everything stops. */
  retain(): () => void;
}

/**
 * Makes the media of this page. Nothing is asked for before it is held (and `autoStart` is not
 * `false`), or before one of its verbs is called.
 *
 * @example
 * const media = createLocalMedia({ video: { width: 1280 } });
 * const release = media.retain(); // one prompt
 * media.subscribe(() => show(media.getSnapshot().stream));
 */
export function createLocalMedia(options: LocalMediaOptions = {}): LocalMediaStore {
  return createLocalMediaWith(options, browserEnvironment);
}

/** Creates the local media of another environment than the browser's. For `twocan/testing`; not public. */
export function createLocalMediaWith(
  options: LocalMediaOptions,
  environment: MediaEnvironment,
): LocalMediaStore {
  const { audio = true, video = true, autoStart = true, initial } = options;
  /** Aborted when the media stops; a new one is made when something starts again. */
  let life = new AbortController();
  let starting: Promise<void> | undefined;
  let error: CallError | undefined;
  let stream: MediaStream | undefined;
  let screen: MediaStream | undefined;
  /** Counts the wishes about the screen: only the last one comes true. */
  let sharing = 0;
  // Held media asks at once, so for whoever looks it is about to; nobody sees an "idle" in between.
  let status: LocalMedia["status"] = autoStart ? "prompting" : "idle";

  const devices = createDeviceList(environment, () => {
    publish();
    retry();
  });
  const microphone = controlOf("audio", audio, initial?.microphone);
  const camera = controlOf("video", video, initial?.camera);
  const controls = [microphone, camera] as const;
  const verbs = { start, stop, startScreenShare, stopScreenShare };
  let shown: LocalMedia | undefined;
  const store = createStore(snapshot(), {
    onWatched() {
      const unwatch = devices.watch();
      // Where a person goes to close the other program, or to allow what was refused, this page has no focus.
      const unsubscribe = environment.onFocus(retry);
      return () => {
        unsubscribe();
        unwatch();
      };
    },
  });
  const lease = createRetained(
    (why) => {
      // No caller awaits it. The microphone may have started although the camera has failed.
      if (why === "pageshow" || autoStart)
        start().then(() => error && reportUnhandled(error), reportUnhandled);
    },
    () => {
      const on = status !== "idle" || screen !== undefined;
      stop();
      return on;
    },
  );

  function retry(): void {
    for (const control of controls) control.retry();
  }

  function controlOf(
    kind: DeviceKind,
    constraints: boolean | MediaTrackConstraints,
    choice: DeviceChoice | undefined,
  ): OwnedDeviceControl {
    return createDeviceControl({
      environment,
      kind,
      constraints,
      initial: choice,
      live,
      settled: () => Promise.resolve(starting).catch(told),
      onChange() {
        if (stream && !controls.some((control) => control.snapshot().error)) error = undefined;
        publish();
      },
      onTrack(track) {
        stream ??= environment.createStream();
        for (const old of stream.getTracks()) if (old.kind === kind) stream.removeTrack(old);
        if (track) stream.addTrack(track);
        if (track) status = "live";
        devices.refresh();
        publish();
      },
    });
  }

  function snapshot(): LocalMedia {
    const whole = (
      control: OwnedDeviceControl,
      kind: MediaDeviceKind,
      before: DeviceControl | undefined,
    ) => {
      const next = { ...control.snapshot(), devices: devices.of(kind) };
      return before && shallowEqual(next, before) ? before : next;
    };
    return {
      status,
      stream,
      screen,
      error,
      microphone: whole(microphone, "audioinput", shown?.microphone),
      camera: whole(camera, "videoinput", shown?.camera),
      audioOutputs: devices.of("audiooutput"),
      ...verbs,
    };
  }

  function publish(): void {
    const next = snapshot();
    if (shallowEqual(next, store.getSnapshot())) return;
    shown = next;
    store.set(next);
  }

  function live(): AbortSignal {
    if (life.signal.aborted) life = new AbortController();
    return life.signal;
  }

  function start({ prompt = true }: { prompt?: boolean | undefined } = {}): Promise<void> {
    if (starting) return starting;
    if (!prompt) return startIfGranted();
    const mine = begin().finally(() => {
      // Unless it was stopped and started again meanwhile.
      if (starting === mine) starting = undefined;
    });
    starting = mine;
    return mine;
  }

  async function startIfGranted(): Promise<void> {
    const signal = live();
    const kinds = KINDS.filter((_, index) => controls[index]?.wanted());
    const states = await permissions(environment, kinds);
    // Stopped during the query: starting now would capture for a page that has no use for it.
    if (!signal.aborted && states.every((state) => state === "granted")) await start();
  }

  async function begin(): Promise<void> {
    const wanted = controls.filter((control) => control.wanted());
    // All are on, or switched off: there is nothing to ask for.
    if (wanted.length === 0) {
      status = "live";
      publish();
      return;
    }
    const signal = live();
    status = "prompting";
    error = undefined;
    for (const control of wanted) control.starting();
    publish();
    try {
      await captureAll(wanted, signal);
    } catch (cause) {
      // Turned off during the retries: not a failure.
      if (!signal.aborted && (cause as CallError).code !== "aborted") error = cause as CallError;
    }
    // Stopped meanwhile: `stop` has said how things are, and what came too late is off.
    if (signal.aborted) throw abortedError("Capturing");
    status = stream ? "live" : error ? "failed" : "idle";
    publish();
    if (error && !stream) throw error;
  }

  /** One prompt for all; where that fails, each for itself, so that a missing camera costs no voice. */
  async function captureAll(
    wanted: readonly OwnedDeviceControl[],
    signal: AbortSignal,
  ): Promise<void> {
    const [alone] = wanted.length === 1 ? wanted : [];
    try {
      // Two devices are retried one by one below, so that one in use does not delay the other.
      distribute(await capture(wanted, signal, alone?.untilOff()), wanted, signal);
    } catch (cause) {
      const failure = cause as CallError;
      if (signal.aborted) throw failure;
      if (alone || !(await worthAsking(environment, failure))) {
        for (const control of wanted) control.fail(failure);
        throw failure;
      }
      const failures = await eachForItself(wanted, signal);
      if (failures[0]) throw failures[0];
    }
  }

  async function eachForItself(
    wanted: readonly OwnedDeviceControl[],
    signal: AbortSignal,
  ): Promise<CallError[]> {
    const failures: CallError[] = [];
    for (const control of wanted) {
      // Turned off while the other one was captured.
      if (!control.wanted()) continue;
      try {
        // oxlint-disable-next-line no-await-in-loop -- two prompts at once would cover each other
        const captured = await capture([control], signal, control.untilOff());
        distribute(captured, [control], signal);
      } catch (cause) {
        if (signal.aborted) throw cause;
        const failure = cause as CallError;
        control.fail(failure);
        if (failure.code !== "aborted") failures.push(failure);
      }
    }
    return failures;
  }

  /**
   * Captures the selected devices, or others if one of them is gone. `ideal` alone is too weak while
   * a device is there: another one that fits the application's own constraints better would win.
   */
  async function capture(
    wanted: readonly OwnedDeviceControl[],
    signal: AbortSignal,
    retryUntil: AbortSignal | undefined,
  ): Promise<MediaStream> {
    const ask = (strength: "exact" | "ideal") => {
      const constraints = {
        audio: wanted.includes(microphone) && microphone.constraints(strength),
        video: wanted.includes(camera) && camera.constraints(strength),
      };
      return captureUser(environment, constraints, signal, retryUntil);
    };
    try {
      return await ask("exact");
    } catch (cause) {
      const isSelected = wanted.some(
        (control) => control.snapshot().selectedDeviceId !== undefined,
      );
      if (!isSelected || !isMissingDevice(cause)) throw cause;
      return ask("ideal");
    }
  }

  function distribute(
    captured: MediaStream,
    wanted: readonly OwnedDeviceControl[],
    signal: AbortSignal,
  ): void {
    if (signal.aborted) {
      stopTracks(captured);
      throw abortedError("Capturing");
    }
    for (const track of captured.getTracks()) {
      const control = track.kind === "audio" ? microphone : camera;
      if (wanted.includes(control)) control.take(track);
      else track.stop();
    }
    // Switched off while the prompt was open: not even for a moment longer.
    for (const control of wanted)
      if (!control.snapshot().enabled && control === camera) control.stop();
  }

  function stop(): void {
    life.abort(abortedError("Capturing"));
    starting = undefined;
    for (const control of controls) control.stop();
    stopTracks(screen);
    screen = undefined;
    stream = undefined;
    error = undefined;
    status = "idle";
    publish();
  }

  async function startScreenShare(display: DisplayMediaStreamOptions = {}): Promise<void> {
    const signal = live();
    sharing += 1;
    const mine = sharing;
    const shared = await captureDisplay(
      environment,
      { video: true, audio: false, ...display },
      signal,
    );
    // Stopped, or asked for once more, while the person was choosing.
    if (signal.aborted || mine !== sharing) {
      stopTracks(shared);
      throw abortedError("Sharing the screen");
    }
    stopTracks(screen);
    screen = shared;
    // Ended by the browser's own bar, or because the window is gone.
    for (const track of shared.getVideoTracks())
      track.addEventListener("ended", () => {
        if (screen === shared) stopScreenShare();
      });
    publish();
  }

  function stopScreenShare(): void {
    sharing += 1;
    stopTracks(screen);
    screen = undefined;
    publish();
  }

  return { getSnapshot: store.getSnapshot, subscribe: store.subscribe, retain: lease.retain };
}

const KINDS = ["audio", "video"] as const;

/** For promises whose failure is in `LocalMedia.error` already. */
const told = () => undefined;

/** Whether asking for one device alone may go better than asking for both: not where the person just said no. */
async function worthAsking(environment: MediaEnvironment, { code }: CallError): Promise<boolean> {
  if (code === "permission-dismissed" || code === "insecure-context" || code === "unsupported")
    return false;
  if (code !== "permission-denied") return true;
  return (await permissions(environment, ["audio", "video"])).some((state) => state !== "denied");
}
