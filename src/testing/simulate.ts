/** Owns `simulateCall`: a call and its media without camera, network or other people, and the verbs that change them. */
import type { CallStore } from "../core/call.ts";
import type { CallError } from "../core/errors.ts";
import type { LocalMediaStore } from "../core/media.ts";
import type { Participant } from "../core/participants.ts";
import type { ConnectionStats } from "../core/stats.ts";
import type { CallStatus } from "../core/status.ts";

/** What can be said of a simulated person; everything has a default. */
export interface SimulatedPerson {
  id?: string;
  name?: string | undefined;
  metadata?: Readonly<Record<string, string>>;
  status?: Participant["status"];
  microphone?: boolean;
  camera?: boolean;
  /** Whether the person shares a screen. */
  screen?: boolean;
  /** Width to height of the camera's picture. Default 16/9. */
  aspectRatio?: number;
}

/** What happens to the devices of this page. */
export type SimulatedPermission =
  | "granted"
  | "prompting"
  | "denied"
  | "dismissed"
  | "missing"
  | "busy"
  | "insecure";

/** How a simulated call begins. */
export interface SimulationOptions {
  /** The others: how many, or who. Default 1. */
  participants?: number | readonly SimulatedPerson[];
  self?: SimulatedPerson;
  /** Default: joined, and connected with everybody. `"idle"` waits for `call.join()`. */
  status?: CallStatus;
  permission?: SimulatedPermission;
  /** Picks looks, voices and names. The same seed gives the same call. Default 1. */
  seed?: number;
}

/** A simulated call: the stores that components show, and a verb for everything that can happen. */
export interface Simulation {
  /** Fits where `createCall` of twocan/core does; moves while held or watched. */
  readonly call: CallStore;
  readonly media: LocalMediaStore;
  /** Somebody joins; returns the id. They connect at once unless `status` says otherwise. */
  join(person?: SimulatedPerson): string;
  leave(id: string): void;
  /** Changes anything about somebody, or about oneself (`id` "self"). */
  change(id: string, changes: SimulatedPerson): void;
  mute(id: string, muted?: boolean): void;
  /** Somebody speaks until told otherwise: their level moves, their microphone is on. `level` 0 to 1, default a voice. */
  speak(id: string, speaking?: boolean | number): void;
  share(id: string, sharing?: boolean): void;
  /** The connection to somebody (to all: no id) is lost; `recover` brings it back. */
  reconnect(id?: string): void;
  recover(id?: string): void;
  /** The connection to somebody, or without an id the call, fails for good. */
  fail(id?: string, error?: CallError): void;
  /** What is measured of a connection. */
  measure(id: string, stats: Partial<ConnectionStats>): void;
  /** Good, lossy (quality poor, pictures stutter) or offline (everybody reconnecting), for all. */
  network(state: "good" | "lossy" | "offline"): void;
  permission(state: SimulatedPermission): void;
  /** A device is plugged in or pulled out. */
  plug(kind: MediaDeviceKind, label: string): void;
  unplug(kind: MediaDeviceKind, label: string): void;
  /** The call's own status, where the story is about it: `joining`, `waiting`, `left`, … */
  status(status: CallStatus): void;
}
