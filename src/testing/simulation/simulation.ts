/** Owns the words of a simulation: how one begins, and what can happen in it. */
import type { CallStore } from "../../core/call/call.ts";
import type { CallError } from "../../core/lib/errors.ts";
import type { LocalMediaStore } from "../../core/media/local-media.ts";
import type { Participant } from "../../core/call/participants.ts";
import type { ConnectionStats } from "../../core/stats/connection-stats.ts";
import type { CallStatus } from "../../core/call/call-status.ts";
import type { Store } from "../../core/lib/store.ts";

/** What can be said of a simulated person; everything has a default. */
export interface SimulatedPerson {
  /** Default: `person-1`, `person-2`, …, and `self` for oneself. */
  id?: string | undefined;
  /** Default: one of a list, by seed. `undefined` is somebody without a name. */
  name?: string | undefined;
  metadata?: Readonly<Record<string, string>> | undefined;
  /** Default: `connected`. */
  status?: Participant["status"] | undefined;
  /** Default `true`, as the camera. */
  microphone?: boolean | undefined;
  camera?: boolean | undefined;
  /** Whether the person shares a screen. */
  screen?: boolean | undefined;
  /** Width to height of the camera's picture. Default 16/9. */
  aspectRatio?: number | undefined;
}

/** What is said of a person who is there already: anything but another id. */
export type SimulatedChange = Omit<SimulatedPerson, "id">;

/** What happens to the devices of this page. */
export type SimulatedPermission =
  | "granted"
  /** The browser's question is open; it stays so until something else is said. */
  | "prompting"
  | "denied"
  | "dismissed"
  | "missing"
  | "busy"
  | "insecure";

/** How a simulated call begins. */
export interface SimulationOptions {
  /** The others: how many, or who. Default 1. */
  participants?: number | readonly SimulatedPerson[] | undefined;
  self?: SimulatedPerson | undefined;
  /** Default: joined, and connected with everybody. `"idle"` waits for `call.join()`. */
  status?: CallStatus | undefined;
  /** Default `"granted"`: the devices are on from the beginning. */
  permission?: SimulatedPermission | undefined;
  /** `false`: the devices wait for `media.start()`, as in `createLocalMedia`. Default `true`. */
  autoStart?: boolean | undefined;
  /** `false`: no voices, thus no `AudioContext` and no audio tracks; levels move all the same. Default `true`. */
  sound?: boolean | undefined;
  /** Picks looks, voices and names. The same seed gives the same call. Default 1. */
  seed?: number | undefined;
}

/**
 * A simulated call: the stores that components show, and a verb for everything that can happen.
 * Every verb takes effect at once. One that names somebody (or a device) who is not there throws an
 * `Error` with those who are; `"self"` always is.
 */
export interface Simulation {
  /** Fits where `createCall` of twocan/core does. There are pictures and sound while it is held or watched. */
  readonly call: CallStore;
  /** Fits where `createLocalMedia` does; `call.self` follows it. */
  readonly media: LocalMediaStore;
  /** Everything plugged in, speakers too, whatever the permission. */
  readonly devices: Store<readonly MediaDeviceInfo[]>;
  /** Somebody joins; returns the id. They connect at once unless `status` says otherwise. */
  join(person?: SimulatedPerson): string;
  leave(id: string): void;
  /** Changes anything about somebody, or about oneself (`id` "self"). */
  change(id: string, changes: SimulatedChange): void;
  mute(id: string, muted?: boolean): void;
  /** Somebody speaks until told otherwise: their level moves, their microphone is on. A number is how loud, 0 to 1; default 0.25. */
  speak(id: string, speaking?: boolean | number): void;
  share(id: string, sharing?: boolean): void;
  /** The connection to somebody (to all: no id) is lost; `recover` brings it back. */
  reconnect(id?: string): void;
  recover(id?: string): void;
  /** The connection to somebody, or without an id the call, fails for good. */
  fail(id?: string, error?: CallError): void;
  /**
   * What is measured of a connection from its next sample on (every two seconds). The quality follows
   * from delay and loss, as in reality; said alone it picks them.
   */
  measure(id: string, stats: Partial<ConnectionStats>): void;
  /** Good, lossy (quality poor, pictures stutter) or offline (everybody reconnecting), for all. */
  network(state: "good" | "lossy" | "offline"): void;
  /**
   * What the browser answers from now on, an open question first. What is on goes off unless it is
   * `granted` or `prompting`; what is off waits for somebody to try again (`start`, `toggle`).
   */
  permission(state: SimulatedPermission): void;
  /** A device is plugged in. */
  plug(kind: MediaDeviceKind, label: string): void;
  /** A device is pulled out; who used it goes on with another one, or is `missing`. */
  unplug(kind: MediaDeviceKind, label: string): void;
  /**
   * Mutes a device of this page as the system does during an incoming phone call: its status is
   * `interrupted`, and to others it is off. `false` ends the interruption.
   */
  interrupt(device: "microphone" | "camera", interrupted?: boolean): void;
  /**
   * The call's own status, where the story is about it. `waiting` sends everybody out of the room;
   * `connecting`, `connected` and `reconnecting` are of everybody in it, and bring them back.
   */
  status(status: CallStatus): void;
}
