import type { Devices } from "./fake-devices.ts";
import { FakeEventTarget, queueTask, type Handler } from "./fake-events.ts";
import { FakeMediaStream, type FakeMediaStreamTrack } from "./fake-media-stream.ts";
import type { FakePermissions } from "./fake-permissions.ts";

/** The devices and permissions behind a fake `navigator.mediaDevices`. */
export interface MediaDevicesOptions {
  readonly devices: Devices;
  readonly permissions: FakePermissions;
  /** Returns the id of a new stream. */
  name(): string;
  /** Schedules the steps of a capture. Default: a task each, as in a browser. */
  schedule?(task: () => void): void;
}

const NAMES = { audio: "microphone", video: "camera" } as const;

/** A fake `MediaDevices` (Media Capture and Streams, section 9; Screen Capture, section 5). */
export class FakeMediaDevices extends FakeEventTarget implements MediaDevices {
  ondevicechange: Handler = null;
  readonly #options: MediaDevicesOptions;
  /** The kinds that were captured: `enumerateDevices()` exposes ids and labels of these only (section 9.4). */
  readonly #captured = new Set<"audio" | "video">();

  constructor(options: MediaDevicesOptions) {
    super();
    this.#options = options;
  }

  async getUserMedia(constraints: MediaStreamConstraints = {}): Promise<MediaStream> {
    const { devices, permissions } = this.#options;
    const requested = (["audio", "video"] as const).flatMap((kind) => {
      const constraint = constraints[kind];
      return constraint ? [{ kind, constraints: constraint === true ? {} : constraint }] : [];
    });
    if (requested.length === 0)
      throw new TypeError("getUserMedia() needs `audio` or `video` in its constraints.");
    await this.#nextTask();
    // A missing device is reported before the prompt.
    for (const { kind, constraints: own } of requested)
      if (!devices.list().some(({ kind: has }) => has === `${kind}input`))
        devices.capture(kind, own);
    await permissions.ask(requested.map(({ kind }) => NAMES[kind]));
    const tracks: FakeMediaStreamTrack[] = [];
    try {
      for (const { kind, constraints: own } of requested) tracks.push(devices.capture(kind, own));
    } catch (error) {
      for (const track of tracks) track.stop();
      throw error;
    }
    for (const { kind } of requested) this.#captured.add(kind);
    return new FakeMediaStream(this.#options.name, tracks);
  }

  async getDisplayMedia(_options?: DisplayMediaStreamOptions): Promise<MediaStream> {
    await this.#nextTask();
    await this.#options.permissions.ask(["display-capture"]);
    return new FakeMediaStream(this.#options.name, [this.#options.devices.share("Screen 1")]);
  }

  async enumerateDevices(): Promise<MediaDeviceInfo[]> {
    await this.#nextTask();
    const order = ["audioinput", "videoinput", "audiooutput"];
    const list = this.#options.devices
      .list()
      .toSorted((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
    return list.flatMap((info, at) => {
      const source = info.kind === "videoinput" ? "video" : "audio";
      if (this.#captured.has(source)) return [info];
      // Before a capture, one entry without id and label for each kind of device that exists.
      const first = list.findIndex(({ kind }) => kind === info.kind) === at;
      const hidden = { deviceId: "", groupId: "", label: "", kind: info.kind };
      return first ? [{ ...hidden, toJSON: () => hidden }] : [];
    });
  }

  getSupportedConstraints(): MediaTrackSupportedConstraints {
    return { deviceId: true, groupId: true, width: true, height: true, frameRate: true };
  }

  #nextTask(): Promise<void> {
    const { schedule = queueTask } = this.#options;
    return new Promise((resolve) => schedule(resolve));
  }
}
