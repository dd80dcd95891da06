import type { Signaling } from "../../core/signaling/signaling.ts";
import { createDevices, type FakeDevice } from "../fake-devices/fake-devices.ts";
import { FakeIceCandidate, FakeSessionDescription } from "./fake-descriptions.ts";
import { fire } from "../fake-devices/fake-events.ts";
import type { Network } from "./network.ts";
import { replaceGlobals } from "./install.ts";
import { FakeMediaDevices } from "../fake-devices/fake-media-devices.ts";
import { playInElements } from "../fake-devices/fake-media-elements.ts";
import { FakeMediaStream, FakeMediaStreamTrack } from "../fake-devices/fake-media-stream.ts";
import { FakePeerConnection, type Host } from "./fake-peer-connection.ts";
import {
  createPermissions,
  type FakeAnswer,
  type PermissionKey,
} from "../fake-devices/fake-permissions.ts";

/** The properties of a fake browser. Every field has a default. */
export interface FakePeerOptions {
  /** The name of the peer in tests. Default: `"peer 1"`, `"peer 2"`, … */
  name?: string | undefined;
  /** The connected devices. Default: one microphone, one camera, one speaker. */
  devices?: readonly FakeDevice[] | undefined;
}

/** A fake browser: the APIs that its pages use, and a verb for each event of its devices and network. */
export interface FakePeer {
  /** The name of the peer. */
  readonly name: string;
  /** The fake `RTCPeerConnection`. */
  readonly RTCPeerConnection: typeof RTCPeerConnection;
  /** The fake `MediaStream`. */
  readonly MediaStream: typeof MediaStream;
  /** The fake `navigator.mediaDevices` and `navigator.permissions`. */
  readonly navigator: {
    readonly mediaDevices: MediaDevices;
    readonly permissions: Pick<Permissions, "query">;
  };
  /** The signaling of the network for this peer. A connection whose description it sends belongs to the peer. */
  readonly signaling: Signaling;
  /** The captured tracks that are not stopped. A browser shows its recording light while there is one. */
  readonly liveTracks: readonly MediaStreamTrack[];
  /**
   * Installs `RTCPeerConnection`, `MediaStream`, `navigator.mediaDevices` and related APIs on
   * `globalThis`, and lets media elements play fake streams. Returns the function that uninstalls them.
   * One installed peer is enough for a test: all connections of the network reach each other.
   */
  install(): () => void;
  /** Blocks the camera in the site settings: captures reject, and live tracks end. `false` resets it to a prompt. */
  denyCamera(denied?: boolean): void;
  /** Blocks the microphone in the same way. */
  denyMicrophone(denied?: boolean): void;
  /** Sets the user's answer to all prompts, including open ones. @default "allow" */
  answer(answer: FakeAnswer): void;
  /** Closes prompts without an answer, as `answer("dismiss")` does. */
  dismiss(): void;
  /** Connects a device and returns its id. */
  plug(kind: MediaDeviceKind, label: string): string;
  /** Disconnects a device by its label or id. Its tracks end. */
  unplug(device: string): void;
  /** Lets another program use the device, or release it with `false`. */
  busy(device: string, busy?: boolean): void;
  /** Mutes the device as the system does during a phone call, or unmutes it with `false`. */
  interrupt(device: string, interrupted?: boolean): void;
  /** Ends screen sharing as the button of the browser does. */
  endScreenShare(): void;
  /** Cuts the peer off from signaling and from all other peers. */
  offline(): void;
  /** Restores the network of the peer. */
  online(): void;
}

export interface FakePeerParts extends Host {
  readonly name: string;
  readonly devices: readonly FakeDevice[] | undefined;
  readonly network: Network;
  readonly signaling: Signaling;
  setOnline(online: boolean): void;
}

const DEVICES: readonly FakeDevice[] = [
  { kind: "audioinput", label: "Microphone 1" },
  { kind: "videoinput", label: "Camera 1" },
  { kind: "audiooutput", label: "Speaker 1" },
];

export function createFakePeer(parts: FakePeerParts): FakePeer {
  const { random } = parts.network;
  const devices = createDevices({ random: random, initial: parts.devices ?? DEVICES });
  const permissions = createPermissions();
  const mediaDevices = new FakeMediaDevices({ devices, permissions, name: random.name });
  const navigator = { mediaDevices, permissions: { query: permissions.query } };

  class Connection extends FakePeerConnection {
    constructor(configuration?: RTCConfiguration) {
      super(parts, configuration);
    }
  }
  class Stream extends FakeMediaStream {
    constructor(from?: MediaStream | readonly MediaStreamTrack[]) {
      super(random.name, from);
    }
  }

  function changed(change: () => void): void {
    change();
    fire(mediaDevices, "devicechange");
  }

  function deny(name: PermissionKey, kind: "audio" | "video", denied: boolean): void {
    permissions.set(name, denied ? "denied" : "prompt");
    if (denied) devices.end(kind);
  }

  return {
    name: parts.name,
    RTCPeerConnection: asPlatform(Connection),
    MediaStream: Stream,
    navigator,
    signaling: parts.signaling,
    get liveTracks() {
      return devices.live();
    },
    install() {
      const restore = [
        replaceGlobals(
          {
            RTCPeerConnection: Connection,
            RTCSessionDescription: FakeSessionDescription,
            RTCIceCandidate: FakeIceCandidate,
            MediaStream: Stream,
            MediaStreamTrack: FakeMediaStreamTrack,
          },
          navigator,
        ),
        playInElements(),
      ];
      return () => {
        for (const back of restore) back();
      };
    },
    denyCamera: (denied = true) => deny("camera", "video", denied),
    denyMicrophone: (denied = true) => deny("microphone", "audio", denied),
    answer: permissions.answer,
    dismiss: () => permissions.answer("dismiss"),
    plug(kind, label) {
      let id = "";
      changed(() => {
        id = devices.plug({ kind, label });
      });
      return id;
    },
    unplug: (device) => changed(() => devices.unplug(device)),
    busy: (device, busy = true) => devices.busy(device, busy),
    interrupt: (device, interrupted = true) => devices.interrupt(device, interrupted),
    endScreenShare: () => devices.end("screen"),
    offline: () => parts.setOnline(false),
    online: () => parts.setOnline(true),
  };
}

/** The fake implements what applications use, without legacy callbacks and `generateCertificate`. */
function asPlatform(made: new (configuration?: RTCConfiguration) => object) {
  return made as unknown as typeof RTCPeerConnection;
}
