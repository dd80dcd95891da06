/** Owns simulated media: the snapshots and verbs of src/core/media/local-media.ts, with drawn tracks in place of captured ones. */
import type { DeviceKind } from "../../core/media/capture.ts";
import type { DeviceControl } from "../../core/media/device-control.ts";
import type { CallError } from "../../core/lib/errors.ts";
import { createRetained } from "../../core/lib/retained.ts";
import type { LocalMedia, LocalMediaStore } from "../../core/media/local-media.ts";
import { abortedError, abortable } from "../../core/lib/abort.ts";
import { createStore, shallowEqual } from "../../core/lib/store.ts";
import { createSimulatedControl, type SimulatedControl } from "./simulated-control.ts";
import { createSimulatedDevice } from "./simulated-device.ts";
import type { Permission, SimulatedDevices } from "./simulated-devices.ts";
import { createSimulatedScreen, screenShare } from "./simulated-screen.ts";
import type { SimulatedChange } from "./simulation.ts";
import { createLiveStream, type Studio, type Take } from "../fake-devices/studio.ts";

/** What simulated media needs. */
export interface SimulatedMediaOptions {
  studio: Studio;
  devices: SimulatedDevices;
  permission: Permission;
  autoStart: boolean;
  /** How oneself begins. */
  self: SimulatedChange;
  /** A track of the device, where tracks can be made. */
  take(kind: DeviceKind, deviceId: string): Take | undefined;
  onChange(): void;
}

/** The media of a simulated page. */
export interface SimulatedMedia {
  readonly store: LocalMediaStore;
  readonly controls: readonly SimulatedControl[];
  /** Switches what is named, at once. */
  put(changes: SimulatedChange): void;
  /** Takes or gives up every track, as the studio opens and closes. */
  stage(): void;
  /** The permission or the devices have changed. */
  publish(): void;
}

/** Makes the media: on from the beginning, unless it is to wait or the permission is another. */
export function createSimulatedMedia(options: SimulatedMediaOptions): SimulatedMedia {
  const { studio, devices, permission, self, autoStart } = options;
  const screen = createSimulatedScreen(studio);
  const sharing = screenShare({ screen, permission, live, onChange: () => publish() });
  const stream = createLiveStream();
  let life = new AbortController();
  let starting: Promise<void> | undefined;
  let status: LocalMedia["status"] = "idle";
  let error: CallError | undefined;
  /** Something has been captured since the last stop; what a stream is in reality. */
  let alive = false;
  /** The permission was used before. Until then, the browser would prompt. */
  let granted = false;

  const microphone = controlOf("audio", self.microphone ?? true);
  const camera = controlOf("video", self.camera ?? true);
  const controls = [microphone, camera] as const;
  const { startScreenShare, stopScreenShare } = sharing;
  const verbs = { start, stop, startScreenShare, stopScreenShare };
  let shown: LocalMedia | undefined;
  const store = createStore(snapshot(), { onWatched: () => studio.retain() });
  const lease = createRetained(() => {
    if (autoStart && status === "idle") start().catch(told);
  }, stop);

  function controlOf(kind: DeviceKind, enabled: boolean): SimulatedControl {
    const device = createSimulatedDevice({
      kind,
      enabled,
      permission,
      devices: () => devices.of(kind === "audio" ? "audioinput" : "videoinput"),
      open: (deviceId) => options.take(kind, deviceId),
      onChange: () => publish(),
      onCapture(track, captured) {
        stream.place(kind, track);
        if (captured) {
          alive = true;
          granted = true;
          status = "live";
        }
        publish();
      },
    });
    const settled = () => Promise.resolve(starting).catch(told);
    return createSimulatedControl({ device, permission, live, settled });
  }

  function snapshot(): LocalMedia {
    const known = ["granted", "busy"].includes(permission.get());
    // Before permission a browser tells of no device (Media Capture, section 9.4).
    const listed = (kind: MediaDeviceKind) => (known ? devices.of(kind) : NONE);
    const whole = (control: SimulatedControl, kind: MediaDeviceKind, before?: DeviceControl) => {
      const next = {
        ...control.device.snapshot(),
        devices: listed(kind),
        ...control.verbs,
      } as DeviceControl;
      return before && shallowEqual(next, before) ? before : next;
    };
    return {
      status,
      stream: stream.now(),
      screen: screen.stream(),
      error,
      microphone: whole(microphone, "audioinput", shown?.microphone),
      camera: whole(camera, "videoinput", shown?.camera),
      audioOutputs: listed("audiooutput"),
      ...verbs,
    } as LocalMedia;
  }

  function publish(): void {
    const next = snapshot();
    if (shallowEqual(next, store.getSnapshot())) return;
    shown = next;
    store.set(next);
    options.onChange();
  }

  function live(): AbortSignal {
    if (life.signal.aborted) life = new AbortController();
    return life.signal;
  }

  function start({ prompt = true }: { prompt?: boolean } = {}): Promise<void> {
    if (starting) return starting;
    const silent = granted || !controls.some((control) => control.wanted());
    if (!prompt && !silent) return Promise.resolve();
    const mine = begin().finally(() => {
      if (starting === mine) starting = undefined;
    });
    starting = mine;
    return mine;
  }

  async function begin(): Promise<void> {
    const wanted = controls.filter((control) => control.wanted());
    if (wanted.length === 0) {
      status = "live";
      publish();
      return;
    }
    const signal = live();
    status = "prompting";
    error = undefined;
    for (const { device } of wanted) device.starting();
    publish();
    await abortable(signal, permission.answered());
    answer(wanted);
    if (error && !alive) throw error;
  }

  /** What the browser says to the question for these, each for itself. */
  function answer(wanted: readonly SimulatedControl[]): void {
    [error] = wanted.flatMap((control) => control.answer() ?? []);
    status = alive ? "live" : "failed";
    publish();
  }

  function stop(): void {
    life.abort(abortedError("Capturing"));
    starting = undefined;
    for (const { device } of controls) device.stop();
    screen.put(false);
    stream.forget();
    alive = false;
    error = undefined;
    status = "idle";
    publish();
  }

  function put(changes: SimulatedChange): void {
    if (changes.microphone !== undefined) microphone.put(changes.microphone);
    if (changes.camera !== undefined) camera.put(changes.camera);
    if (changes.screen !== undefined) sharing.put(changes.screen);
    if (changes.aspectRatio !== undefined) camera.device.retake();
  }

  function stage(): void {
    for (const { device } of controls) device.retake();
    screen.stage();
    if (!studio.isOpen()) stream.forget();
    publish();
  }

  if (autoStart && permission.get() === "prompting") start().catch(told);
  else if (autoStart) answer(controls);
  screen.put(self.screen ?? false);
  const { getSnapshot, subscribe } = store;
  const retain = studio.holdWith(lease);
  return { store: { getSnapshot, subscribe, retain }, controls, put, stage, publish };
}

const NONE: readonly MediaDeviceInfo[] = Object.freeze([]);

/** For promises whose failure is in `LocalMedia.error` already. */
const told = () => undefined;
