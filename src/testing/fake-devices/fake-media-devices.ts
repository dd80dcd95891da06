/** Owns the played `navigator.mediaDevices` (Media Capture and Streams, section 9; Screen Capture, section 5). */
import type { Devices } from "./fake-devices.ts";
import { FakeEventTarget, queueTask, type Handler } from "./fake-events.ts";
import { FakeMediaStream, type FakeMediaStreamTrack } from "./fake-media-stream.ts";
import type { FakePermissions } from "./fake-permissions.ts";

/** What the played `navigator.mediaDevices` needs. */
export interface MediaDevicesOptions {
  readonly devices: Devices;
  readonly permissions: FakePermissions;
  /** Makes the id of a stream. */
  name(): string;
}

const NAMES = { audio: "microphone", video: "camera" } as const;

/** Plays `MediaDevices`. */
export class FakeMediaDevices extends FakeEventTarget implements MediaDevices {
  ondevicechange: Handler = null;
  readonly #options: MediaDevicesOptions;
  /** Ids and labels are shown of kinds that were captured (section 9.4). */
  readonly #captured = new Set<"audio" | "video">();

  constructor(options: MediaDevicesOptions) {
    super();
    this.#options = options;
  }

  async getUserMedia(constraints: MediaStreamConstraints = {}): Promise<MediaStream> {
    const { devices, permissions } = this.#options;
    const wanted = (["audio", "video"] as const).flatMap((kind) => {
      const wish = constraints[kind];
      return wish ? [{ kind, wish: wish === true ? {} : wish }] : [];
    });
    if (wanted.length === 0) throw new TypeError("At least one of audio and video is needed.");
    await nextTask();
    // Whether there is such a device is found out before the person is asked.
    for (const { kind, wish } of wanted)
      if (!devices.list().some(({ kind: has }) => has === `${kind}input`))
        devices.capture(kind, wish);
    await permissions.ask(wanted.map(({ kind }) => NAMES[kind]));
    const tracks: FakeMediaStreamTrack[] = [];
    try {
      for (const { kind, wish } of wanted) tracks.push(devices.capture(kind, wish));
    } catch (error) {
      for (const track of tracks) track.stop();
      throw error;
    }
    for (const { kind } of wanted) this.#captured.add(kind);
    return new FakeMediaStream(this.#options.name, tracks);
  }

  async getDisplayMedia(_options?: DisplayMediaStreamOptions): Promise<MediaStream> {
    await nextTask();
    await this.#options.permissions.ask(["display-capture"]);
    return new FakeMediaStream(this.#options.name, [this.#options.devices.share("Screen 1")]);
  }

  async enumerateDevices(): Promise<MediaDeviceInfo[]> {
    await nextTask();
    const order = ["audioinput", "videoinput", "audiooutput"];
    const list = this.#options.devices
      .list()
      .toSorted((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
    return list.flatMap((info, at) => {
      const source = info.kind === "videoinput" ? "video" : "audio";
      if (this.#captured.has(source)) return [info];
      // Before that only whether there is one at all.
      const first = list.findIndex(({ kind }) => kind === info.kind) === at;
      const hidden = { deviceId: "", groupId: "", label: "", kind: info.kind };
      return first ? [{ ...hidden, toJSON: () => hidden }] : [];
    });
  }

  getSupportedConstraints(): MediaTrackSupportedConstraints {
    return { deviceId: true, groupId: true, width: true, height: true, frameRate: true };
  }
}

const nextTask = () => new Promise<void>((resolve) => queueTask(resolve));
