// Plain objects of the types that the hooks return, to render components without a call.
import type { Call, LocalMedia, DeviceControl, Participant } from "../../src/index.ts";

/** Returns a connected participant with camera and microphone on, but without a stream. */
export function participant(changes: Partial<Participant> = {}): Participant {
  return {
    id: "guest",
    name: "Guest",
    metadata: {},
    isSelf: false,
    status: "connected",
    stream: undefined,
    screen: undefined,
    microphone: true,
    camera: true,
    ...changes,
  };
}

/** Returns a call with these participants. */
export function callOf(participants: readonly Participant[], changes: Partial<Call> = {}): Call {
  return {
    status: "connected",
    self: participant({ id: "self", name: "Me", isSelf: true }),
    participants,
    error: undefined,
    signaling: "connected",
    join: async () => {},
    leave: async () => {},
    trace: { getSnapshot: () => [], subscribe: () => () => {} },
    ...changes,
  } as Call;
}

/** Returns a device control that is on. */
export function deviceControl(changes: Partial<DeviceControl> = {}): DeviceControl {
  return {
    status: "on",
    enabled: true,
    track: undefined,
    deviceId: undefined,
    selectedDeviceId: undefined,
    devices: [],
    error: undefined,
    toggle: async () => {},
    setEnabled: async () => {},
    select: async () => {},
    ...changes,
  } as DeviceControl;
}

/** Returns local media with both devices on. */
export function media(changes: Partial<LocalMedia> = {}): LocalMedia {
  return {
    status: "live",
    stream: undefined,
    screen: undefined,
    error: undefined,
    microphone: deviceControl(),
    camera: deviceControl(),
    audioOutputs: [],
    start: async () => {},
    stop: () => {},
    startScreenShare: async () => {},
    stopScreenShare: () => {},
    ...changes,
  } as LocalMedia;
}
