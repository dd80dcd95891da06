import type { DeviceKind, MediaEnvironment } from "../../core/media/media-environment.ts";
import { createStore, type Store } from "../../core/lib/store.ts";
import { createDevices, type Devices, type FakeDevice } from "../fake-devices/fake-devices.ts";
import { failure, fire } from "../fake-devices/fake-events.ts";
import { FakeMediaDevices } from "../fake-devices/fake-media-devices.ts";
import { FakeMediaStream } from "../fake-devices/fake-media-stream.ts";
import { createPermissions, type FakeAnswer } from "../fake-devices/fake-permissions.ts";
import { createRandom } from "../fake-webrtc/random.ts";
import { unknownName } from "./unknown-name.ts";
import type { SimulatedPermission } from "./simulation.ts";

/** The browser of a simulated page: its devices and permissions, behind the APIs that local media captures from. */
export interface SimulatedEnvironment {
  /** Runs local media on the simulated devices. Nothing in it reads the page. */
  readonly media: MediaEnvironment;
  /** All connected devices, with any permission. */
  readonly devices: Store<readonly MediaDeviceInfo[]>;
  /** The devices of one kind that the page may list. The same array until it changes. */
  listed(kind: MediaDeviceKind): readonly MediaDeviceInfo[];
  permission(): SimulatedPermission;
  setPermission(permission: SimulatedPermission): void;
  /** Runs a capture of the screen that is granted without a dialog. */
  grantScreen(capture: () => Promise<void>): Promise<void>;
  plug(kind: MediaDeviceKind, label: string): void;
  unplug(kind: MediaDeviceKind, label: string): void;
  interrupt(kind: DeviceKind, interrupted: boolean): void;
}

const INITIAL_DEVICES: readonly FakeDevice[] = [
  { kind: "audioinput", label: "Built-in microphone" },
  { kind: "audioinput", label: "Headset" },
  { kind: "audioinput", label: "USB microphone" },
  { kind: "videoinput", label: "Built-in camera" },
  { kind: "videoinput", label: "USB camera" },
  { kind: "audiooutput", label: "Built-in speakers" },
  { kind: "audiooutput", label: "Headset" },
];

/** The state of the site's permissions, and the answer to the next prompt. */
const PERMISSIONS: Readonly<Record<SimulatedPermission, readonly [PermissionState, FakeAnswer]>> = {
  granted: ["granted", "allow"],
  prompting: ["prompt", "wait"],
  denied: ["denied", "deny"],
  dismissed: ["prompt", "dismiss"],
  missing: ["granted", "allow"],
  busy: ["granted", "allow"],
  insecure: ["granted", "allow"],
};

/** Creates the browser: three microphones, two cameras and two speakers. */
export function createSimulatedEnvironment(initial: SimulatedPermission): SimulatedEnvironment {
  const random = createRandom(1);
  // No timers: a capture takes microtasks only, and a track that ends does so at once.
  const schedule = (task: () => void) => task();
  const connected = createDevices({ random, initial: INITIAL_DEVICES, identify, schedule });
  const permissions = createPermissions();
  const devices = createStore(connected.list());
  let lists = byKind(connected.list());
  let permission = initial;

  const available: Devices = {
    ...connected,
    list: () => (permission === "missing" ? [] : connected.list()),
    capture(kind, constraints) {
      if (permission === "missing") throw failure("NotFoundError", "Requested device not found");
      if (permission === "busy") throw failure("NotReadableError", "Could not start the source");
      return connected.capture(kind, constraints);
    },
  };
  const mediaDevices = new FakeMediaDevices({
    devices: available,
    permissions,
    name: random.name,
    schedule,
  });

  function applyPermission(): void {
    const [state, answer] = PERMISSIONS[permission];
    permissions.set("camera", state);
    permissions.set("microphone", state);
    resetScreenPermission();
    permissions.answer(answer);
  }

  /** No browser remembers which screen was chosen, so each capture shows a dialog. */
  function resetScreenPermission(): void {
    permissions.set("display-capture", permission === "denied" ? "denied" : "prompt");
  }

  function setPermission(next: SimulatedPermission): void {
    permission = next;
    applyPermission();
    if (next === "granted" || next === "prompting") return;
    connected.end("audio");
    connected.end("video");
  }

  function refresh(kind: MediaDeviceKind): void {
    lists = { ...lists, [kind]: byKind(connected.list())[kind] };
    devices.set(connected.list());
    fire(mediaDevices, "devicechange");
  }

  const find = (kind: MediaDeviceKind, label: string) =>
    lists[kind].find((device) => device.label === label);

  applyPermission();
  // Before the first capture a browser prompts even if the user is going to allow it.
  if (permission === "granted") {
    permissions.set("camera", "prompt");
    permissions.set("microphone", "prompt");
  }
  return {
    media: {
      get mediaDevices() {
        return permission === "insecure" ? undefined : mediaDevices;
      },
      get permissions() {
        // Local media retries a busy device while the Permissions API reports "granted", which would
        // delay the failure by seconds. A browser without that API reports it at once.
        return permission === "busy" ? undefined : { query: permissions.query };
      },
      get isSecureContext() {
        return permission !== "insecure";
      },
      isFramed: false,
      policyAllows: () => undefined,
      createStream: () => new FakeMediaStream(random.name),
      onFocus: () => () => undefined,
    },
    devices,
    // A page without permission sees no devices (Media Capture and Streams, section 9.4).
    listed: (kind) => (permission === "granted" || permission === "busy" ? lists[kind] : NONE),
    permission: () => permission,
    setPermission,
    async grantScreen(capture) {
      permissions.set("display-capture", "granted");
      try {
        await capture();
      } finally {
        resetScreenPermission();
      }
    },
    plug(kind, label) {
      if (find(kind, label)) throw new Error(`The ${kind} "${label}" is already connected.`);
      connected.plug({ kind, label });
      refresh(kind);
    },
    unplug(kind, label) {
      const device = find(kind, label);
      if (!device)
        throw unknownName(
          kind,
          label,
          lists[kind].map((known) => known.label),
        );
      connected.unplug(device.deviceId);
      refresh(kind);
    },
    interrupt(kind, interrupted) {
      for (const { deviceId } of lists[`${kind}input`]) connected.interrupt(deviceId, interrupted);
    },
  };
}

const NONE: readonly MediaDeviceInfo[] = Object.freeze([]);

/** Ids that a test can spell: `videoinput-usb-camera`. */
function identify({ kind, label }: FakeDevice) {
  const name = label.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
  return { deviceId: `${kind}-${name}`, groupId: `group-${label}` };
}

function byKind(
  devices: readonly MediaDeviceInfo[],
): Readonly<Record<MediaDeviceKind, readonly MediaDeviceInfo[]>> {
  const of = (kind: MediaDeviceKind) => devices.filter((device) => device.kind === kind);
  return {
    audioinput: of("audioinput"),
    videoinput: of("videoinput"),
    audiooutput: of("audiooutput"),
  };
}
