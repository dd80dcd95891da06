/**
 * The media of a simulated page: the real local media on a simulated environment, with two changes.
 *
 * The core captures fake tracks, which a page cannot play. While the studio is open, this module shows
 * a synthetic track in place of each of them, because tracks must not exist before the call is retained.
 *
 * A capture takes a few microtasks. If the permission is granted, its result is certain, so the
 * snapshot shows it at once (`isAhead`): a simulation starts with its devices on.
 */
import { createRetained } from "../../core/lib/retained.ts";
import { createStore, shallowEqual } from "../../core/lib/store.ts";
import type { DeviceControl } from "../../core/media/device-control.ts";
import {
  createLocalMediaWith,
  type LocalMedia,
  type LocalMediaStore,
} from "../../core/media/local-media.ts";
import type { DeviceKind } from "../../core/media/media-environment.ts";
import { createLiveStream, type Studio, type Take } from "../fake-devices/studio.ts";
import type { SimulatedEnvironment } from "./simulated-environment.ts";
import { createSimulatedScreen } from "./simulated-screen.ts";
import type { SimulatedChange } from "./simulation.ts";

export interface SimulatedMediaOptions {
  studio: Studio;
  environment: SimulatedEnvironment;
  autoStart: boolean;
  /** The initial state of the local participant. */
  self: SimulatedChange;
  /** Creates a synthetic track of a device; undefined where the page can create none. */
  take(kind: DeviceKind, deviceId: string): Take | undefined;
  onChange(): void;
}

export interface SimulatedMedia {
  readonly store: LocalMediaStore;
  /** Applies the given changes to the devices and the screen. */
  change(changes: SimulatedChange): void;
  /** Opens or closes the synthetic tracks, when the studio opens or closes. */
  stage(): void;
  /** Publishes a change of the permission or of the devices. */
  publish(): void;
}

/** For a rejection whose error is in the snapshot. */
const noop = () => undefined;

/** One device, as the snapshot shows it. */
interface Shown {
  control?: DeviceControl;
  /** The captured device. */
  captured?: string | undefined;
  take?: Take | undefined;
}

export function createSimulatedMedia(options: SimulatedMediaOptions): SimulatedMedia {
  const { studio, environment, autoStart, self } = options;
  const core = createLocalMediaWith(
    {
      autoStart: false,
      initial: { microphone: { enabled: self.microphone }, camera: { enabled: self.camera } },
    },
    environment.media,
  );
  const screen = createSimulatedScreen(studio);
  const stream = createLiveStream();
  const sharing = createSharing(core, environment, () => publish());
  const shown: Record<DeviceKind, Shown> = { audio: {}, video: {} };
  /** The first capture, while it is running. */
  let starting: Promise<void> | undefined;

  function start(): void {
    const current = core.getSnapshot().start();
    starting = current;
    const settle = () => {
      // After `stop()`, another capture may be running.
      if (starting === current) starting = undefined;
      publish();
    };
    current.then(settle, settle);
  }

  /** Whether the first capture is still running and is going to succeed. It may have one of its devices already. */
  const isAhead = ({ status }: LocalMedia) =>
    starting !== undefined && status !== "idle" && environment.permission() === "granted";

  function controlOf(kind: DeviceKind, media: LocalMedia): DeviceControl {
    const control = kind === "audio" ? media.microphone : media.camera;
    const devices = environment.listed(`${kind}input`);
    const ahead = isAhead(media) && control.status === "starting";
    const status = ahead ? (control.enabled ? "on" : "off") : control.status;
    const captured = ahead && control.enabled ? devices[0] : control.track?.getSettings();
    show(kind, captured?.deviceId, control.enabled);
    const { take, control: before } = shown[kind];
    const deviceId = captured?.deviceId ?? control.deviceId;
    // The spread loses that `status` and `error` agree, which the core has made sure of.
    const next = { ...control, status, track: take?.track, deviceId, devices } as DeviceControl;
    if (before && shallowEqual(next, before)) return before;
    shown[kind].control = next;
    return next;
  }

  /** Replaces the synthetic track if another device is captured. */
  function show(kind: DeviceKind, captured: string | undefined, enabled: boolean): void {
    if (captured !== shown[kind].captured) {
      shown[kind].captured = captured;
      retake(kind);
    }
    const { take } = shown[kind];
    if (take) take.track.enabled = enabled;
  }

  function retake(kind: DeviceKind): void {
    const { captured, take } = shown[kind];
    take?.close();
    const next = captured === undefined ? undefined : options.take(kind, captured);
    shown[kind].take = next;
    stream.place(kind, next?.track);
  }

  function snapshot(): LocalMedia {
    const media = core.getSnapshot();
    const [microphone, camera] = [controlOf("audio", media), controlOf("video", media)];
    const ahead = isAhead(media);
    if ((!media.stream && !ahead) || !studio.isOpen()) stream.forget();
    screen.put(media.screen !== undefined || sharing.isStarting());
    return {
      ...media,
      status: ahead ? "live" : media.status,
      stream: stream.now(),
      screen: screen.stream(),
      microphone,
      camera,
      audioOutputs: environment.listed("audiooutput"),
    } as LocalMedia;
  }

  function publish(): void {
    const next = snapshot();
    if (shallowEqual(next, store.getSnapshot())) return;
    store.set(next);
    options.onChange();
  }

  if (autoStart) start();
  if (self.screen) sharing.set(true);
  const store = createStore(snapshot(), { onWatched: () => studio.retain() });
  core.subscribe(publish);
  const { retain } = createRetained(
    () => {
      if (autoStart && core.getSnapshot().status === "idle") start();
    },
    () => core.getSnapshot().stop(),
  );

  return {
    store: {
      getSnapshot: store.getSnapshot,
      subscribe: store.subscribe,
      retain: studio.retainWith({ retain }),
    },
    change({ microphone, camera, screen: isShared, aspectRatio }) {
      const media = core.getSnapshot();
      if (microphone !== undefined) media.microphone.setEnabled(microphone).catch(noop);
      if (camera !== undefined) media.camera.setEnabled(camera).catch(noop);
      if (isShared !== undefined) sharing.set(isShared);
      if (aspectRatio !== undefined) retake("video");
      publish();
    },
    stage() {
      for (const kind of ["audio", "video"] as const) retake(kind);
      screen.stage();
      publish();
    },
    publish,
  };
}

/** Shares the screen without a dialog. Like a capture of the devices, it is shown at once. */
function createSharing(
  core: LocalMediaStore,
  environment: SimulatedEnvironment,
  onSettled: () => void,
) {
  /** The captures that are running, and whether the last call started one. */
  let pending = 0;
  let isShared = false;
  return {
    isStarting: () => pending > 0 && isShared,
    set(next: boolean): void {
      isShared = next;
      if (!next) return core.getSnapshot().stopScreenShare();
      pending += 1;
      const settle = () => {
        pending -= 1;
        onSettled();
      };
      environment.grantScreen(() => core.getSnapshot().startScreenShare()).then(settle, settle);
    },
  };
}
