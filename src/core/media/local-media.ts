import { deviceDenied } from "./capture.ts";
import { captureAll, expectedOutcome, failAll } from "./capture-all.ts";
import { localMediaState, type LocalMedia, type LocalMediaOptions } from "./local-media-state.ts";
import { createMediaDevices } from "./media-devices.ts";
import { browserEnvironment, type MediaEnvironment } from "./media-environment.ts";
import { createScreenShare } from "./screen-share.ts";
import type { CallError } from "../lib/errors.ts";
import { createRetained } from "../lib/retained.ts";
import { reportUnhandled } from "../lib/report-unhandled.ts";
import { abortedError } from "../lib/abort.ts";
import { createStore, shallowEqual, type Store } from "../lib/store.ts";
import { callUserCode } from "../lib/user-code.ts";

export type { LocalMedia, LocalMediaOptions } from "./local-media-state.ts";

/** Stores the local media outside React, and starts it when it is retained. */
export interface LocalMediaStore extends Store<LocalMedia> {
  /** Retains the media and returns a function that releases it. After the last release every track is stopped. */
  retain(): () => void;
}

/**
 * Creates the local media. It captures nothing before it is retained (unless `autoStart` is `false`) or
 * one of its functions is called.
 *
 * @example
 * const media = createLocalMedia({ video: { width: 1280 } });
 * const release = media.retain(); // one prompt
 * media.subscribe(() => show(media.getSnapshot().stream));
 */
export function createLocalMedia(options: LocalMediaOptions = {}): LocalMediaStore {
  return createLocalMediaWith(options, browserEnvironment);
}

/** Creates local media that captures from another environment than the browser. For `twocan/testing`; not public. */
export function createLocalMediaWith(
  options: LocalMediaOptions,
  environment: MediaEnvironment,
): LocalMediaStore {
  const { autoStart = true } = options;
  /** Ended by `stop()`; the next operation creates another one. */
  let scope = new AbortController();
  let starting: Promise<void> | undefined;
  // Retaining starts the media before the first subscriber renders, so none renders `idle` first.
  let isPrompting = autoStart;
  let isAllOff = false;
  let error: CallError | undefined;

  const report = createErrorReporter(options);
  const screen = createScreenShare(environment, () => publish());
  const devices = createMediaDevices({
    environment,
    media: options,
    live,
    settled: () => Promise.resolve(starting).catch(() => undefined),
    onLost: report.unhandled,
    onTrack(track) {
      if (track) isPrompting = false;
      publish();
    },
    onChange() {
      // The device that failed at the start has been captured since.
      if (devices.stream() && !devices.hasError()) error = undefined;
      publish();
    },
  });
  const verbs = {
    start,
    stop,
    startScreenShare: (display?: DisplayMediaStreamOptions) => screen.start(display, live()),
    stopScreenShare: screen.stop,
  };
  const { publish, ...store } = createSnapshotStore(snapshot, devices.watch, report.shown);
  const { retain } = createRetained(
    (reason) => {
      if (reason === "pageshow" || autoStart) start().catch(report.unhandled);
    },
    () => {
      const wasActive = store.getSnapshot().status !== "idle" || screen.stream() !== undefined;
      stop();
      return wasActive;
    },
  );

  function snapshot(): LocalMedia {
    return {
      ...localMediaState({ isPrompting, isAllOff, stream: devices.stream(), error }),
      screen: screen.stream(),
      ...devices.snapshot(),
      ...verbs,
    };
  }

  function live(): AbortSignal {
    if (scope.signal.aborted) scope = new AbortController();
    return scope.signal;
  }

  function start({ prompt = true }: { prompt?: boolean | undefined } = {}): Promise<void> {
    if (starting) return starting;
    if (!prompt) return startWithoutPrompt();
    const own = begin().finally(() => {
      // `stop()` clears `starting`, and another start can have set it since.
      if (starting === own) starting = undefined;
    });
    starting = own;
    return own;
  }

  async function startWithoutPrompt(): Promise<void> {
    const signal = live();
    const requested = devices.all.filter((device) => device.isRequested());
    const outcome = await expectedOutcome(environment, requested);
    // `stop()` or `start()` can have been called during the query.
    if (signal.aborted || outcome === "prompt") return;
    if (starting || outcome === "start") return start();
    const failure = deviceDenied();
    error = failure;
    isPrompting = false;
    failAll(requested, failure, signal);
    throw failure;
  }

  async function begin(): Promise<void> {
    const requested = devices.all.filter((device) => device.isRequested());
    isAllOff = requested.length === 0;
    isPrompting = !isAllOff;
    if (isAllOff) return publish();
    const signal = live();
    error = undefined;
    // A subscriber can call `stop()` at any change.
    for (const device of requested) if (!signal.aborted) device.starting();
    publish();
    const failures = await captureAll(environment, requested, signal);
    // `stop()` has set the state already.
    if (signal.aborted) throw abortedError("Capturing");
    [error] = failures;
    isPrompting = false;
    publish();
    if (failures[0] && !devices.stream()) throw failures[0];
    // The promise resolves, so it does not report them.
    failures.forEach(report.unhandled);
  }

  function stop(): void {
    scope.abort(abortedError("Capturing"));
    starting = error = undefined;
    devices.stop();
    isPrompting = isAllOff = false;
    screen.stop();
    publish();
  }

  return { ...store, retain };
}

/** Creates a store of what `read` returns. Its `publish()` reads again, and calls `onPublish` if that has changed. */
function createSnapshotStore<T extends object>(
  read: () => T,
  onWatched: () => () => void,
  onPublish: (snapshot: T) => void,
) {
  const { getSnapshot, subscribe, set } = createStore(read(), { onWatched });
  return {
    getSnapshot,
    subscribe,
    publish(): void {
      const next = read();
      if (shallowEqual(next, getSnapshot())) return;
      set(next);
      onPublish(next);
    },
  };
}

/** Creates the functions that pass errors to `onError`, or print them. `onError` is read each time. */
function createErrorReporter(options: Pick<LocalMediaOptions, "onError">) {
  const reported = new WeakSet<CallError>();
  return {
    /** Calls `onError` with the errors of a snapshot that no earlier one contained. */
    shown({ error, microphone, camera }: LocalMedia): void {
      for (const next of [error, microphone.error, camera.error]) {
        if (!next || reported.has(next)) continue;
        reported.add(next);
        callUserCode(options.onError, next);
      }
    },
    /** Prints an error that no promise of the application rejects with, unless there is an `onError`. */
    unhandled(error: CallError): void {
      if (!options.onError) reportUnhandled(error);
    },
  };
}
