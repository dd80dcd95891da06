import { createStore, type Store } from "../lib/store.ts";

/** Has a level that {@link audioLevel} can measure: a stream, or a participant with one. */
export interface AudioSource {
  /** The stream whose audio is measured. */
  readonly stream: MediaStream | undefined;
  /** A level from another source, which is used in place of a measurement of `stream`. */
  readonly level?: Store<number> | undefined;
}

/** The interval of the measurements: enough for a meter that follows speech. */
const SAMPLE_INTERVAL_MS = 33;
/** The level of speech. A voice in a quiet room has 0.02 to 0.3; breath and fans have less. */
const SPEAKING_THRESHOLD = 0.02;
/** How long speech goes on after the level has dropped, so that pauses between words do not end it. */
const SPEAKING_RELEASE_MS = 700;

const levels = new WeakMap<MediaStream, Store<number>>();
const SILENCE: Store<number> = createStore(0);

/**
 * Returns a store of the audio level of a stream: 0 to 1, linear, updated 30 times a second while it is
 * watched, and 0 while it is not. All watchers of one stream share one measurement.
 *
 * The level is 0 before the first click or key press on a page, because browsers do not process audio
 * until then.
 *
 * @see WebRTC Statistics, section 8.5 (`audioLevel`)
 */
export function audioLevel({ stream, level }: AudioSource): Store<number> {
  if (level) return level;
  if (!stream) return SILENCE;
  let store = levels.get(stream);
  if (!store) levels.set(stream, (store = createLevel(stream)));
  return store;
}

/**
 * Returns a store that is true while a participant speaks: from the moment at which the level rises
 * until 0.7 s after it has dropped. It changes rarely, so a component can render it.
 */
export function createSpeaking(level: Store<number>): Store<boolean> {
  const store = createStore(false, {
    onWatched() {
      let ending: ReturnType<typeof setTimeout> | undefined;
      const follow = () => {
        if (level.getSnapshot() < SPEAKING_THRESHOLD) return;
        clearTimeout(ending);
        ending = setTimeout(() => store.set(false), SPEAKING_RELEASE_MS);
        store.set(true);
      };
      const stop = level.subscribe(follow);
      follow();
      return () => {
        stop();
        clearTimeout(ending);
        store.set(false);
      };
    },
  });
  return store;
}

function createLevel(stream: MediaStream): Store<number> {
  const store = createStore(0, {
    onWatched() {
      if (typeof AudioContext === "undefined") return () => {};
      const { context, release } = borrowContext();
      const analyser = context.createAnalyser();
      analyser.fftSize = 1024;
      const samples = new Float32Array(analyser.fftSize);
      let track: MediaStreamTrack | undefined;
      let source: MediaStreamAudioSourceNode | undefined;
      const timer = setInterval(() => {
        // A device switch or a new connection replaces the track of the stream, without an event.
        const [current] = stream.getAudioTracks();
        if (current !== track) {
          source?.disconnect();
          track = current;
          source = current && context.createMediaStreamSource(new MediaStream([current]));
          source?.connect(analyser);
        }
        if (!source) return store.set(0);
        analyser.getFloatTimeDomainData(samples);
        store.set(loudness(samples));
      }, SAMPLE_INTERVAL_MS);
      return () => {
        clearInterval(timer);
        source?.disconnect();
        release();
        store.set(0);
      };
    },
  });
  return store;
}

/** Returns the root mean square, rounded to visible steps, so that noise in silence causes no update. */
function loudness(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return Math.min(1, Math.round(Math.sqrt(sum / samples.length) * 200) / 200);
}

/** One context for the page, because each one has its own audio thread. */
let shared: { context: AudioContext; users: number; gestures: AbortController } | undefined;

function borrowContext(): { context: AudioContext; release: () => void } {
  shared ??= openContext();
  const borrowed = shared;
  borrowed.users += 1;
  return {
    context: borrowed.context,
    release() {
      borrowed.users -= 1;
      if (borrowed.users > 0) return;
      if (shared === borrowed) shared = undefined;
      borrowed.gestures.abort();
      void borrowed.context.close();
    },
  };
}

function openContext() {
  const context = new AudioContext();
  const gestures = new AbortController();
  const options = { capture: true, signal: gestures.signal };
  const resume = () => void context.resume().catch(() => undefined);
  for (const gesture of ["pointerup", "keydown"]) addEventListener(gesture, resume, options);
  return { context, users: 0, gestures };
}
