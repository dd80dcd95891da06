/** Owns a simulated call: where this page stands with the room, and the snapshots of it. */
import type { Call, CallSettings, CallStore } from "../../core/call/call.ts";
import type { CallError } from "../../core/lib/errors.ts";
import { createRetained } from "../../core/lib/retained.ts";
import type { LocalMediaStore } from "../../core/media/local-media.ts";
import type { Participant } from "../../core/call/participants.ts";
import { abortedError, abortable } from "../../core/lib/abort.ts";
import { callOutcome, callStatus, type CallPhase } from "../../core/call/call-status.ts";
import { createStore, shallowEqual } from "../../core/lib/store.ts";
import type { SimulatedTrace } from "./simulated-trace.ts";
import type { SimulatedRoom } from "./simulated-room.ts";
import type { Studio } from "../fake-devices/studio.ts";

/** What a call needs. */
export interface SimulatedCallOptions {
  studio: Studio;
  media: LocalMediaStore;
  trace: SimulatedTrace;
  room: SimulatedRoom;
  self(phase: CallPhase): Participant;
  /** Name and metadata, from the application. */
  configure(settings: CallSettings): void;
}

/** The call of a simulation. */
export interface SimulatedCall {
  readonly store: CallStore;
  phase(): CallPhase;
  enter(phase: CallPhase): void;
  signaling(state: "connected" | "disconnected"): void;
  /** Something went wrong, or is forgotten. */
  report(error: CallError | undefined): void;
  /** Somebody or oneself has changed, or the studio has opened or closed. */
  publish(): void;
}

/** Makes a call that has not begun. */
export function createSimulatedCall(options: SimulatedCallOptions): SimulatedCall {
  const { studio, media, room } = options;
  let phase: CallPhase = "idle";
  let signaling: "connected" | "disconnected" = "connected";
  let error: CallError | undefined;
  let onError: CallSettings["onError"];
  let scope = new AbortController();
  let joining: Promise<void> | undefined;
  /** Left because nobody held it any more: who holds it again joins again. */
  let released = false;
  const verbs = { join, leave, trace: options.trace.store };
  let list: readonly Participant[] = [];
  const store = createStore(snapshot(), { onWatched: () => studio.retain() });
  const lease = createRetained(
    () => {
      if (released) join().catch(told);
    },
    () => {
      released = phase === "joined" || phase === "joining";
      if (released) enter("left");
    },
  );

  function snapshot(): Call {
    const people = phase === "joined" ? room.people().map((person) => person.snapshot()) : [];
    if (!shallowEqual(people, list)) list = people;
    const statuses = list.flatMap(({ status }) => (status === "disconnected" ? [] : status));
    return {
      ...callOutcome(callStatus(phase, signaling, statuses), error),
      self: options.self(phase),
      participants: list,
      signaling: phase === "joined" ? signaling : undefined,
      ...verbs,
    };
  }

  function publish(): void {
    room.stage();
    const next = snapshot();
    if (!shallowEqual(next, store.getSnapshot())) store.set(next);
  }

  function enter(next: CallPhase): void {
    phase = next;
    if (next !== "joined" && next !== "joining") {
      scope.abort(abortedError("The call"));
      joining = undefined;
    }
    room.enter(next === "joined");
    publish();
  }

  function join(): Promise<void> {
    if (phase === "joined") return Promise.resolve();
    joining ??= comeIn();
    return joining;
  }

  async function comeIn(): Promise<void> {
    scope = new AbortController();
    const { signal } = scope;
    error = undefined;
    enter("joining");
    // As in reality: the question for the devices comes first.
    await abortable(signal, settled(media));
    joining = undefined;
    enter("joined");
  }

  async function leave(): Promise<void> {
    if (phase !== "idle" && phase !== "left") enter("left");
  }

  function configure(settings: CallSettings): void {
    if ("onError" in settings) ({ onError } = settings);
    options.configure(settings);
    publish();
  }

  const { getSnapshot, subscribe } = store;
  return {
    store: { getSnapshot, subscribe, retain: studio.holdWith(lease), configure },
    phase: () => phase,
    enter,
    signaling(state) {
      signaling = state;
    },
    report(next) {
      error = next;
      if (next) onError?.(next);
    },
    publish,
  };
}

/** Resolves when the person is not being asked for the devices any more. */
function settled(media: LocalMediaStore): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (media.getSnapshot().status === "prompting") return;
      stop();
      resolve();
    };
    const stop = media.subscribe(look);
    look();
  });
}

/** For promises whose failure is in `Call.error` already. */
const told = () => undefined;
