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

export interface SimulatedCallOptions {
  studio: Studio;
  media: LocalMediaStore;
  trace: SimulatedTrace;
  room: SimulatedRoom;
  self(phase: CallPhase): Participant;
  /** Applies the name and metadata of `configure()`. */
  configure(settings: CallSettings): void;
}

export interface SimulatedCall {
  readonly store: CallStore;
  phase(): CallPhase;
  enter(phase: CallPhase): void;
  signaling(state: "connected" | "disconnected"): void;
  /** Sets or clears the error of the call. */
  report(error: CallError | undefined): void;
  /** Publishes a change of a participant or of the studio. */
  publish(): void;
}

/** Creates a call in the phase `idle`. */
export function createSimulatedCall(options: SimulatedCallOptions): SimulatedCall {
  const { studio, media, room } = options;
  let phase: CallPhase = "idle";
  let signaling: "connected" | "disconnected" = "connected";
  let error: CallError | undefined;
  let onError: CallSettings["onError"];
  let scope = new AbortController();
  let joining: Promise<void> | undefined;
  /** Whether the last release left the call, so that the next `retain()` joins again. */
  let released = false;
  const verbs = { join, leave, trace: options.trace.store };
  let participants: readonly Participant[] = [];
  const store = createStore(snapshot(), { onWatched: () => studio.retain() });
  const retained = createRetained(
    () => {
      if (released) join().catch(noop);
    },
    () => {
      released = phase === "joined" || phase === "joining";
      if (released) enter("left");
    },
  );

  function snapshot(): Call {
    const now = phase === "joined" ? room.participants().map((one) => one.snapshot()) : [];
    if (!shallowEqual(now, participants)) participants = now;
    const statuses = participants.flatMap(({ status }) =>
      status === "disconnected" ? [] : status,
    );
    return {
      ...callOutcome(callStatus(phase, signaling, statuses), error),
      self: options.self(phase),
      participants,
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
    joining ??= joinRoom();
    return joining;
  }

  async function joinRoom(): Promise<void> {
    scope = new AbortController();
    const { signal } = scope;
    error = undefined;
    enter("joining");
    // A real call also waits for the prompt for the devices.
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
    store: { getSnapshot, subscribe, retain: studio.retainWith(retained), configure },
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

/** Resolves when no prompt for the devices is open. */
function settled(media: LocalMediaStore): Promise<void> {
  return new Promise((resolve) => {
    const check = () => {
      if (media.getSnapshot().status === "prompting") return;
      stop();
      resolve();
    };
    const stop = media.subscribe(check);
    check();
  });
}

/** For a rejection whose error is in `Call.error`. */
const noop = () => undefined;
