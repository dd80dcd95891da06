/** Owns the made-up calls of the stories: plain objects of the types that the hooks give to an application. */
import type { Call, LocalMedia, MediaControl, Participant } from "twocan";

/** Somebody, connected, with everything on. */
export function participant(changes: Partial<Participant> = {}): Participant {
  return {
    id: "mina",
    name: "Mina",
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

const NAMES = [
  "Mina Park",
  "Jonas",
  "Amira Haddad",
  "김민아",
  "Lucía",
  "Tom",
  "Yuki Tanaka",
  "Noor",
];

/** A call of these pictures: the last one is of oneself. */
export function callOf(
  streams: readonly (MediaStream | undefined)[],
  changes: Partial<Call> = {},
): Call {
  const people = streams.map((stream, index) =>
    participant({
      id: `person-${index}`,
      name: NAMES[index % NAMES.length],
      stream,
      isSelf: index === streams.length - 1,
    }),
  );
  return {
    status: "connected",
    self: people.at(-1)!,
    participants: people.slice(0, -1),
    error: undefined,
    join: async () => {},
    leave: async () => {},
    trace: { getSnapshot: () => [], subscribe: () => () => {} },
    ...changes,
  };
}

/** A microphone or a camera that is on. */
export function control(changes: Partial<MediaControl> = {}): MediaControl {
  return {
    status: "on",
    enabled: true,
    track: undefined,
    deviceId: undefined,
    devices: [],
    error: undefined,
    toggle: async () => {},
    setEnabled: async () => {},
    select: async () => {},
    ...changes,
  };
}

/** Media with both devices on and no shared screen. */
export function media(changes: Partial<LocalMedia> = {}): LocalMedia {
  return {
    status: "live",
    stream: undefined,
    screen: undefined,
    error: undefined,
    microphone: control(),
    camera: control(),
    start: async () => {},
    stop: () => {},
    startScreenShare: async () => {},
    stopScreenShare: () => {},
    ...changes,
  };
}
