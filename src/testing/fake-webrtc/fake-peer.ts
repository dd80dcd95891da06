/** Owns one browser of the played network: its globals, its devices, and what its person allows. */
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
  type Asked,
} from "../fake-devices/fake-permissions.ts";

/** What can be said of a played browser; everything has a default. */
export interface FakePeerOptions {
  /** By which a test knows it. Default: `"peer 1"`, `"peer 2"`, … */
  name?: string | undefined;
  /** What is plugged in. Default: one microphone, one camera, one speaker. */
  devices?: readonly FakeDevice[] | undefined;
}

/** One browser: what its pages find on `globalThis`, and the verbs for what can happen to them. */
export interface FakePeer {
  readonly name: string;
  readonly RTCPeerConnection: typeof RTCPeerConnection;
  readonly MediaStream: typeof MediaStream;
  readonly navigator: {
    readonly mediaDevices: MediaDevices;
    readonly permissions: Pick<Permissions, "query">;
  };
  /** The network's signaling, as this peer's own: what it sends tells which connections are its. */
  readonly signaling: Signaling;
  /** What it has captured and not stopped: while there is anything, a light is on. */
  readonly liveTracks: readonly MediaStreamTrack[];
  /**
   * Puts `RTCPeerConnection`, `MediaStream`, `navigator.mediaDevices`, … on `globalThis`, and lets
   * media elements play what they make. Returns the way back. One is enough for a test: every
   * connection reaches every other, whoever made it.
   */
  install(): () => void;
  /** The site's settings say no: captures reject, and what is live ends. `false` lets it ask again. */
  denyCamera(denied?: boolean): void;
  denyMicrophone(denied?: boolean): void;
  /** What the person answers to questions, the open ones too. Default `"allow"`; `"wait"` leaves them open. */
  answer(answer: FakeAnswer): void;
  /** The same as `answer("dismiss")`: questions are closed without an answer. */
  dismiss(): void;
  /** Plugs a device in; returns its id. */
  plug(kind: MediaDeviceKind, label: string): string;
  /** Pulls a device out, by label or id: what comes from it ends. */
  unplug(device: string): void;
  /** Another program holds the device, or lets it go again. */
  busy(device: string, busy?: boolean): void;
  /** The system silences the device for a while (a phone call), or gives it back. */
  interrupt(device: string, interrupted?: boolean): void;
  /** The person ends sharing by the browser's own button. */
  endScreenShare(): void;
  /** Off the network: no signaling, and no way to anybody. `online()` brings it back. */
  offline(): void;
  online(): void;
}

/** What a peer needs of its network. */
export interface FakePeerParts extends Host {
  readonly name: string;
  readonly devices: readonly FakeDevice[] | undefined;
  readonly ether: Network;
  readonly signaling: Signaling;
  setOnline(online: boolean): void;
}

const DEVICES: readonly FakeDevice[] = [
  { kind: "audioinput", label: "Microphone 1" },
  { kind: "videoinput", label: "Camera 1" },
  { kind: "audiooutput", label: "Speaker 1" },
];

/** Makes a peer. */
export function createFakePeer(parts: FakePeerParts): FakePeer {
  const { chance } = parts.ether;
  const devices = createDevices({ random: chance, initial: parts.devices ?? DEVICES });
  const permissions = createPermissions();
  const mediaDevices = new FakeMediaDevices({ devices, permissions, name: chance.name });
  const navigator = { mediaDevices, permissions: { query: permissions.query } };

  class Connection extends FakePeerConnection {
    constructor(configuration?: RTCConfiguration) {
      super(parts, configuration);
    }
  }
  class Stream extends FakeMediaStream {
    constructor(from?: MediaStream | readonly MediaStreamTrack[]) {
      super(chance.name, from);
    }
  }

  function changed(change: () => void): void {
    change();
    fire(mediaDevices, "devicechange");
  }

  function deny(name: Asked, kind: "audio" | "video", denied: boolean): void {
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

/** It plays what an application uses; the callbacks of 2011 and `generateCertificate` are not among it. */
function asPlatform(made: new (configuration?: RTCConfiguration) => object) {
  return made as unknown as typeof RTCPeerConnection;
}
