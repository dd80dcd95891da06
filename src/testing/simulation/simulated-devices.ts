/** Owns which devices there are, and what the browser answers when somebody asks for one. */
import { DEVICE_FAILURES } from "../../core/media/capture.ts";
import { CallError } from "../../core/lib/errors.ts";
import { createStore, type Store } from "../../core/lib/store.ts";
import type { SimulatedPermission } from "./simulation.ts";

/** The devices of a simulated page. */
export interface SimulatedDevices {
  readonly store: Store<readonly MediaDeviceInfo[]>;
  /** The same list until it changes. */
  of(kind: MediaDeviceKind): readonly MediaDeviceInfo[];
  plug(kind: MediaDeviceKind, label: string): void;
  /** Returns the id of what was pulled out. */
  unplug(kind: MediaDeviceKind, label: string): string;
}

const AT_FIRST: Readonly<Record<MediaDeviceKind, readonly string[]>> = {
  audioinput: ["Built-in microphone", "Headset", "USB microphone"],
  videoinput: ["Built-in camera", "USB camera"],
  audiooutput: ["Built-in speakers", "Headset"],
};

/** Makes the devices: three microphones, two cameras, two speakers. */
export function createSimulatedDevices(): SimulatedDevices {
  const lists = {
    audioinput: AT_FIRST.audioinput.map((label) => device("audioinput", label)),
    videoinput: AT_FIRST.videoinput.map((label) => device("videoinput", label)),
    audiooutput: AT_FIRST.audiooutput.map((label) => device("audiooutput", label)),
  };
  const all = () => Object.values(lists).flat();
  const store = createStore<readonly MediaDeviceInfo[]>(all());

  function replace(kind: MediaDeviceKind, list: MediaDeviceInfo[]): void {
    lists[kind] = list;
    store.set(all());
  }

  return {
    store,
    of: (kind) => lists[kind],
    plug(kind, label) {
      if (lists[kind].some((known) => known.label === label))
        throw new Error(`The ${kind} "${label}" is plugged in already.`);
      replace(kind, [...lists[kind], device(kind, label)]);
    },
    unplug(kind, label) {
      const gone = lists[kind].find((known) => known.label === label);
      if (!gone)
        throw unknown(
          kind,
          label,
          lists[kind].map((known) => known.label),
        );
      replace(
        kind,
        lists[kind].filter((known) => known !== gone),
      );
      return gone.deviceId;
    },
  };
}

/** For a name that names nobody: says which there are. */
export function unknown(what: string, name: string, known: readonly string[]): Error {
  const list = known.map((one) => `"${one}"`).join(", ") || "none";
  return new Error(`There is no ${what} "${name}" in this simulation. There is: ${list}.`);
}

function device(kind: MediaDeviceKind, label: string): MediaDeviceInfo {
  const deviceId = `${kind}-${label.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-")}`;
  const info = { deviceId, groupId: `group-${label}`, kind, label };
  return { ...info, toJSON: () => info };
}

type Refusal = Exclude<SimulatedPermission, "granted" | "prompting">;

/** The key of each refusal in the failures of src/core/media/capture.ts. */
const REFUSALS: Readonly<Record<Refusal, string>> = {
  denied: "denied",
  dismissed: "dismissed",
  missing: "NotFoundError",
  busy: "NotReadableError",
  insecure: "SecurityError",
};

/** The failure as the browser's refusal becomes one. */
export function refused(why: Refusal, failures = DEVICE_FAILURES): CallError {
  return new CallError(...(failures[REFUSALS[why]] ?? failures.otherwise));
}

/** The failure that a permission means; undefined where there is none. */
export function refusalOf(
  permission: SimulatedPermission,
  failures = DEVICE_FAILURES,
): CallError | undefined {
  return permission === "granted" || permission === "prompting"
    ? undefined
    : refused(permission, failures);
}

/** What the browser answers, and those who wait for it. */
export interface Permission {
  get(): SimulatedPermission;
  set(next: SimulatedPermission): void;
  /** Resolves as soon as the question is not open. */
  answered(): Promise<void>;
}

/** Makes the browser's answer. */
export function createPermission(initial: SimulatedPermission): Permission {
  let state = initial;
  let waiting: (() => void)[] = [];
  return {
    get: () => state,
    set(next) {
      state = next;
      if (next === "prompting") return;
      for (const tell of waiting) tell();
      waiting = [];
    },
    answered: () =>
      state === "prompting"
        ? new Promise((resolve) => {
            waiting.push(resolve);
          })
        : Promise.resolve(),
  };
}
