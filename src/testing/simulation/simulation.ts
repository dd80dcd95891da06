import type { CallStore } from "../../core/call/call.ts";
import type { CallError } from "../../core/lib/errors.ts";
import type { LocalMediaStore } from "../../core/media/local-media.ts";
import type { Participant } from "../../core/call/participants.ts";
import type { ConnectionStats } from "../../core/stats/connection-stats.ts";
import type { CallStatus } from "../../core/call/call-status.ts";
import type { Store } from "../../core/lib/store.ts";

/** A simulated participant. Every field has a default. */
export interface SimulatedPerson {
  /** The id. Default: `person-1`, `person-2`, …, and `self` for the local participant. */
  id?: string | undefined;
  /** The name; `undefined` means none. Default: a name that depends on the seed. */
  name?: string | undefined;
  /** The metadata of the participant. @default {} */
  metadata?: Readonly<Record<string, string>> | undefined;
  /** The status of the connection. @default "connected" */
  status?: Participant["status"] | undefined;
  /** Whether the microphone is on. @default true */
  microphone?: boolean | undefined;
  /** Whether the camera is on. @default true */
  camera?: boolean | undefined;
  /** Whether the participant shares a screen. @default false */
  screen?: boolean | undefined;
  /** The width of the video divided by its height. @default 16 / 9 */
  aspectRatio?: number | undefined;
}

/** A change of a simulated participant: any field except the id. */
export type SimulatedChange = Omit<SimulatedPerson, "id">;

/** The answer of the simulated browser to a capture. */
export type SimulatedPermission =
  /** The devices are captured without a prompt. */
  | "granted"
  /** The prompt is open until `permission()` is called again. */
  | "prompting"
  /** The user blocked the page: `permission-denied`. */
  | "denied"
  /** The user closed the prompt without an answer: `permission-dismissed`. */
  | "dismissed"
  /** No device is connected: `device-missing`. */
  | "missing"
  /** Another program uses the devices: `device-busy`. */
  | "busy"
  /** The page is not served over https: `insecure-context`. */
  | "insecure";

/** The initial state of a simulated call. */
export interface SimulationOptions {
  /** The remote participants, or their number. @default 1 */
  participants?: number | readonly SimulatedPerson[] | undefined;
  /** The local participant. */
  self?: SimulatedPerson | undefined;
  /** The status of the call. `"idle"` waits for `call.join()`. Default: joined, with the status of each participant. */
  status?: CallStatus | undefined;
  /** The answer to a capture. With `"granted"` the devices are on from the beginning. @default "granted" */
  permission?: SimulatedPermission | undefined;
  /** Whether the devices are captured at once; `false` waits for `media.start()`, as in `createLocalMedia`. @default true */
  autoStart?: boolean | undefined;
  /** Whether there are audio tracks, for which an `AudioContext` is created. Levels change in any case. @default true */
  sound?: boolean | undefined;
  /** Selects appearances, voices and names. The same seed gives the same call. @default 1 */
  seed?: number | undefined;
}

/**
 * A simulated call: the stores that components render, and a verb for each event of a call.
 *
 * A verb takes effect at once, except where a device of this page is captured or lost: that takes
 * microtasks, as in a browser, and no timers. An unknown participant or device throws an `Error` that
 * lists the known ones; the id `"self"` is always known.
 */
export interface Simulation {
  /** Replaces the result of `createCall`. Its tracks exist while it is retained or subscribed to. */
  readonly call: CallStore;
  /** Replaces the result of `createLocalMedia`. `call.self` follows it. */
  readonly media: LocalMediaStore;
  /** All connected devices, including speakers, with any permission. */
  readonly devices: Store<readonly MediaDeviceInfo[]>;
  /** Adds a participant and returns its id. It is connected unless `status` says otherwise. */
  join(person?: SimulatedPerson): string;
  /** Removes a participant. With "self" this page leaves the call. */
  leave(id: string): void;
  /** Changes fields of a participant. */
  change(id: string, changes: SimulatedChange): void;
  /** Turns a microphone off, or on with `false`. @default true */
  mute(id: string, muted?: boolean): void;
  /** Starts or stops speech: the level changes, and the microphone is on. A number is the loudness, from 0 to 1. @default 0.25 */
  speak(id: string, speaking?: boolean | number): void;
  /** Starts or stops sharing a screen. No dialog is shown. */
  share(id: string, sharing?: boolean): void;
  /** Loses the connection to a participant, or to all without an id. */
  reconnect(id?: string): void;
  /** Restores the connection to a participant, or to all without an id. */
  recover(id?: string): void;
  /** Fails the connection to a participant, or the whole call without an id. */
  fail(id?: string, error?: CallError): void;
  /**
   * Sets the statistics of a connection, from its next sample on (every two seconds). The quality
   * follows from round-trip time and packet loss; `quality` alone sets both.
   */
  measure(id: string, stats: Partial<ConnectionStats>): void;
  /** Sets the network of this page: good, lossy (poor quality, stuttering video) or offline (all participants are reconnecting). */
  network(state: "good" | "lossy" | "offline"): void;
  /**
   * Sets the answer to an open prompt and to all later captures. Devices that are on are lost unless it
   * is `granted` or `prompting`. Devices that are off stay off until `start()` or `toggle()` is called, or a device is connected.
   */
  permission(state: SimulatedPermission): void;
  /** Connects a device. */
  plug(kind: MediaDeviceKind, label: string): void;
  /** Disconnects a device. If it was captured, another one replaces it, or its status is `missing`. */
  unplug(kind: MediaDeviceKind, label: string): void;
  /**
   * Mutes a device of this page as the system does during a phone call: its status is `interrupted`,
   * and other participants see it as off. `false` ends the interruption.
   */
  interrupt(device: "microphone" | "camera", interrupted?: boolean): void;
  /**
   * Sets the status of the call. `waiting` removes all participants from the room; `connecting`,
   * `connected` and `reconnecting` bring them back with that status.
   */
  status(status: CallStatus): void;
}
