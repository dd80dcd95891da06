/** Owns the devices of one played browser: which there are, what is captured from them, and what happens to them. */
import type { Random } from "../fake-webrtc/random.ts";
import { failure } from "./fake-events.ts";
import { FakeMediaStreamTrack } from "./fake-media-stream.ts";

/** A device that is plugged in. */
export interface FakeDevice {
  readonly kind: MediaDeviceKind;
  readonly label: string;
}

/** The devices of a browser, and the tracks that come from them. */
export interface Devices {
  list(): readonly MediaDeviceInfo[];
  /** A live track that fits. @throws {DOMException} As `getUserMedia`. */
  capture(kind: "audio" | "video", constraints: MediaTrackConstraints): FakeMediaStreamTrack;
  /** A live track of the screen. */
  share(label: string): FakeMediaStreamTrack;
  /** Those that are live: while there is one, its light is on. */
  live(): readonly FakeMediaStreamTrack[];
  plug(device: FakeDevice): string;
  unplug(name: string): void;
  busy(name: string, busy: boolean): void;
  interrupt(name: string, interrupted: boolean): void;
  /** Ends what is live, as the system does. */
  end(which: "audio" | "video" | "screen"): void;
}

interface Plugged {
  readonly info: MediaDeviceInfo;
  readonly source: "audio" | "video" | "screen";
  readonly tracks: Set<FakeMediaStreamTrack>;
  busy: boolean;
  interrupted: boolean;
}

const SOURCES = { audioinput: "audio", videoinput: "video" } as const;
const LIMITS = { width: 1_920, height: 1_080, frameRate: 60 } as const;
const DEFAULTS = { width: 640, height: 480, frameRate: 30 } as const;

/** Makes the devices. */
export function createDevices(chance: Random, initial: readonly FakeDevice[]): Devices {
  let plugged: Plugged[] = [];
  const screens = new Set<FakeMediaStreamTrack>();

  function plug({ kind, label }: FakeDevice): string {
    const deviceId = chance.text(64, "0123456789abcdef");
    const fields = { deviceId, groupId: chance.text(64, "0123456789abcdef"), kind, label };
    const info = { ...fields, toJSON: () => fields };
    const source = kind === "audiooutput" ? "screen" : SOURCES[kind];
    plugged = [...plugged, { info, source, tracks: new Set(), busy: false, interrupted: false }];
    return deviceId;
  }

  function find(name: string): Plugged {
    const found = plugged.find(({ info }) => info.deviceId === name || info.label === name);
    if (found) return found;
    const known = plugged.map(({ info }) => `"${info.label}"`).join(", ");
    throw new Error(`There is no device "${name}". There is: ${known}.`);
  }

  /** A track, and with it every copy of it, which is another thing to stop. */
  function follow(
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
      name: chance.name,
      onClone: (copy) => tracks.add(copy),
    });
    tracks.add(track);
    return track;
  }

  const liveOf = (tracks: Set<FakeMediaStreamTrack>) =>
    [...tracks].filter(({ readyState }) => readyState === "live");

  for (const device of initial) plug(device);

  return {
    list: () => plugged.map(({ info }) => info),
    capture(kind, constraints) {
      const ofKind = plugged.filter(({ source, info }) => source === kind && info.label);
      if (ofKind.length === 0) throw failure("NotFoundError", "Requested device not found");
      const device = choose(ofKind, constraints);
      if (device.busy) throw failure("NotReadableError", "Could not start the source");
      const { deviceId, groupId, label } = device.info;
      const numbers = kind === "video" ? numbersOf(constraints) : {};
      return follow(device.tracks, {
        kind,
        label,
        muted: device.interrupted,
        settings: { deviceId, groupId, ...numbers },
      });
    },
    share: (label) =>
      follow(screens, {
        kind: "video",
        label,
        muted: false,
        settings: { ...DEFAULTS, width: 1_280, height: 720, displaySurface: "monitor" },
      }),
    live: () => [...plugged.flatMap(({ tracks }) => liveOf(tracks)), ...liveOf(screens)],
    plug,
    unplug(name) {
      const gone = find(name);
      plugged = plugged.filter((device) => device !== gone);
      for (const track of gone.tracks) FakeMediaStreamTrack.end(track);
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
      const devices = plugged.filter(({ source }) => source === which);
      for (const tracks of which === "screen" ? [screens] : devices.map(({ tracks: own }) => own))
        for (const track of tracks) FakeMediaStreamTrack.end(track);
    },
  };
}

/** The first that fits (Media Capture and Streams, section 10.2, "SelectSettings"), as far as ids go. */
function choose(devices: readonly Plugged[], { deviceId }: MediaTrackConstraints): Plugged {
  const { exact, ideal } = wishOf(deviceId);
  const has = (ids: readonly string[]) => devices.find(({ info }) => ids.includes(info.deviceId));
  const chosen = exact.length > 0 ? has(exact) : (has(ideal) ?? devices[0]);
  if (!chosen) throw overconstrained("deviceId");
  return chosen;
}

function wishOf(wish: ConstrainDOMString | undefined): { exact: string[]; ideal: string[] } {
  if (wish === undefined || typeof wish === "string" || Array.isArray(wish))
    return { exact: [], ideal: [wish ?? []].flat() };
  return { exact: [wish.exact ?? []].flat(), ideal: [wish.ideal ?? []].flat() };
}

function numbersOf(constraints: MediaTrackConstraints): MediaTrackSettings {
  const settings: Record<keyof typeof DEFAULTS, number> = { ...DEFAULTS };
  for (const name of ["width", "height", "frameRate"] as const) {
    const wish = constraints[name];
    const range = typeof wish === "number" ? { ideal: wish } : (wish ?? {});
    if ((range.exact ?? range.min ?? 0) > LIMITS[name]) throw overconstrained(name);
    const wanted = range.exact ?? range.ideal ?? Math.max(range.min ?? 0, DEFAULTS[name]);
    settings[name] = Math.min(wanted, range.max ?? LIMITS[name], LIMITS[name]);
  }
  return settings;
}

function overconstrained(constraint: string): DOMException {
  const error = new DOMException("No device fits.", "OverconstrainedError");
  return Object.assign(error, { constraint });
}
