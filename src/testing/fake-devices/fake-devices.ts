import type { Random } from "../fake-webrtc/random.ts";
import { failure, queueTask } from "./fake-events.ts";
import { FakeMediaStreamTrack } from "./fake-media-stream.ts";

/** A device that is connected to a fake browser. */
export interface FakeDevice {
  /** The kind of the device. */
  readonly kind: MediaDeviceKind;
  /** The name that the browser shows. */
  readonly label: string;
}

/** The devices of a browser, and the tracks that come from them. */
export interface Devices {
  list(): readonly MediaDeviceInfo[];
  /** Captures a live track that satisfies the constraints. @throws {DOMException} The same errors as `getUserMedia`. */
  capture(kind: "audio" | "video", constraints: MediaTrackConstraints): FakeMediaStreamTrack;
  /** Captures a live track of the screen. */
  share(label: string): FakeMediaStreamTrack;
  /** The captured tracks that are not stopped. */
  live(): readonly FakeMediaStreamTrack[];
  plug(device: FakeDevice): string;
  unplug(name: string): void;
  busy(name: string, busy: boolean): void;
  interrupt(name: string, interrupted: boolean): void;
  /** Ends all live tracks of a source, as the system does. */
  end(which: "audio" | "video" | "screen"): void;
}

/** A connected device with its captured tracks. */
interface ConnectedDevice {
  readonly info: MediaDeviceInfo;
  readonly source: "audio" | "video" | "screen";
  readonly tracks: Set<FakeMediaStreamTrack>;
  busy: boolean;
  interrupted: boolean;
}

const SOURCES = { audioinput: "audio", videoinput: "video" } as const;
const LIMITS = { width: 1_920, height: 1_080, frameRate: 60 } as const;
const DEFAULTS = { width: 640, height: 480, frameRate: 30 } as const;

/** The devices to begin with, and how their ids and tasks are made. */
export interface DevicesOptions {
  readonly random: Random;
  readonly initial: readonly FakeDevice[];
  /** Default: random ids, like those of a browser. */
  identify?(device: FakeDevice): Pick<MediaDeviceInfo, "deviceId" | "groupId">;
  /** Schedules the `ended` event of a track. Default: a task, as in a browser. */
  schedule?(task: () => void): void;
}

/** Creates the devices of one fake browser. */
export function createDevices(options: DevicesOptions): Devices {
  const { random, initial, schedule = queueTask } = options;
  const hex = () => random.text(64, "0123456789abcdef");
  const identify = options.identify ?? (() => ({ deviceId: hex(), groupId: hex() }));
  let connected: ConnectedDevice[] = [];
  const screens = new Set<FakeMediaStreamTrack>();

  function plug({ kind, label }: FakeDevice): string {
    const { deviceId, groupId } = identify({ kind, label });
    const fields = { deviceId, groupId, kind, label };
    const info = { ...fields, toJSON: () => fields };
    const source = kind === "audiooutput" ? "screen" : SOURCES[kind];
    connected = [
      ...connected,
      { info, source, tracks: new Set(), busy: false, interrupted: false },
    ];
    return deviceId;
  }

  function find(name: string): ConnectedDevice {
    const found = connected.find(({ info }) => info.deviceId === name || info.label === name);
    if (found) return found;
    const known = connected.map(({ info }) => `"${info.label}"`).join(", ");
    throw new Error(`There is no device "${name}". Connected devices: ${known}.`);
  }

  /** Creates a track and records it with all its clones: each has to be stopped by itself. */
  function createTrack(
    tracks: Set<FakeMediaStreamTrack>,
    source: {
      kind: "audio" | "video";
      label: string;
      muted: boolean;
      settings: MediaTrackSettings;
    },
  ): FakeMediaStreamTrack {
    const track = new FakeMediaStreamTrack({
      ...source,
      name: random.name,
      onClone: (copy) => tracks.add(copy),
    });
    tracks.add(track);
    return track;
  }

  const liveOf = (tracks: Set<FakeMediaStreamTrack>) =>
    [...tracks].filter(({ readyState }) => readyState === "live");

  for (const device of initial) plug(device);

  return {
    list: () => connected.map(({ info }) => info),
    capture(kind, constraints) {
      const ofKind = connected.filter(({ source, info }) => source === kind && info.label);
      if (ofKind.length === 0) throw failure("NotFoundError", "Requested device not found");
      const device = choose(ofKind, constraints);
      if (device.busy) throw failure("NotReadableError", "Could not start the source");
      const { deviceId, groupId, label } = device.info;
      const numbers = kind === "video" ? numbersOf(constraints) : {};
      return createTrack(device.tracks, {
        kind,
        label,
        muted: device.interrupted,
        settings: { deviceId, groupId, ...numbers },
      });
    },
    share: (label) =>
      createTrack(screens, {
        kind: "video",
        label,
        muted: false,
        settings: { ...DEFAULTS, width: 1_280, height: 720, displaySurface: "monitor" },
      }),
    live: () => [...connected.flatMap(({ tracks }) => liveOf(tracks)), ...liveOf(screens)],
    plug,
    unplug(name) {
      const removed = find(name);
      connected = connected.filter((device) => device !== removed);
      for (const track of removed.tracks) FakeMediaStreamTrack.end(track, schedule);
    },
    busy(name, busy) {
      find(name).busy = busy;
    },
    interrupt(name, interrupted) {
      const device = find(name);
      device.interrupted = interrupted;
      for (const track of device.tracks) FakeMediaStreamTrack.mute(track, interrupted);
    },
    end(which) {
      const devices = connected.filter(({ source }) => source === which);
      for (const tracks of which === "screen" ? [screens] : devices.map(({ tracks: own }) => own))
        for (const track of tracks) FakeMediaStreamTrack.end(track, schedule);
    },
  };
}

/** Selects the first device whose id satisfies the constraints (Media Capture and Streams, section 10.2, "SelectSettings"). */
function choose(
  devices: readonly ConnectedDevice[],
  { deviceId }: MediaTrackConstraints,
): ConnectedDevice {
  const { exact, ideal } = requestedIds(deviceId);
  const has = (ids: readonly string[]) => devices.find(({ info }) => ids.includes(info.deviceId));
  const chosen = exact.length > 0 ? has(exact) : (has(ideal) ?? devices[0]);
  if (!chosen) throw overconstrained("deviceId");
  return chosen;
}

function requestedIds(constraint: ConstrainDOMString | undefined): {
  exact: string[];
  ideal: string[];
} {
  if (constraint === undefined || typeof constraint === "string" || Array.isArray(constraint))
    return { exact: [], ideal: [constraint ?? []].flat() };
  return { exact: [constraint.exact ?? []].flat(), ideal: [constraint.ideal ?? []].flat() };
}

function numbersOf(constraints: MediaTrackConstraints): MediaTrackSettings {
  const settings: Record<keyof typeof DEFAULTS, number> = { ...DEFAULTS };
  for (const name of ["width", "height", "frameRate"] as const) {
    const constraint = constraints[name];
    const range = typeof constraint === "number" ? { ideal: constraint } : (constraint ?? {});
    if ((range.exact ?? range.min ?? 0) > LIMITS[name]) throw overconstrained(name);
    const requested = range.exact ?? range.ideal ?? Math.max(range.min ?? 0, DEFAULTS[name]);
    settings[name] = Math.min(requested, range.max ?? LIMITS[name], LIMITS[name]);
  }
  return settings;
}

function overconstrained(constraint: string): DOMException {
  const error = new DOMException("No device satisfies the constraints.", "OverconstrainedError");
  return Object.assign(error, { constraint });
}
