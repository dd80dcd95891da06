/** Owns how loud a stream is: measured only while somebody watches, apart from everything that renders. */
import { createStore, type Store } from "../lib/store.ts";

/** What can be listened to: a stream, or a person with one. */
export interface AudioSource {
  readonly stream: MediaStream | undefined;
  /** Loudness from elsewhere; goes before what is measured of `stream`. */
  readonly level?: Store<number> | undefined;
}

/** Often enough for a meter that follows speech, and no more. */
const SAMPLE_EVERY = 33;
/** A voice in a quiet room lies between 0.02 and 0.3; breath and fans below. */
const SPEAKING_ABOVE = 0.02;
/** The pauses between words do not end what somebody says. */
const SPEAKING_HOLD = 700;

const levels = new WeakMap<MediaStream, Store<number>>();
const SILENCE: Store<number> = createStore(0);

/**
 * How loud somebody is: 0 to 1, linear, as `audioLevel` of the WebRTC statistics (section 8.5).
 * 30 times a second while watched, 0 while not. Everybody who watches one stream shares one measurement.
 *
 * Browsers measure nothing before the first click or key on a page; until then it is 0.
 */
export function audioLevel({ stream, level }: AudioSource): Store<number> {
  if (level) return level;
  if (!stream) return SILENCE;
  let store = levels.get(stream);
  if (!store) levels.set(stream, (store = createLevel(stream)));
  return store;
}

/**
 * Whether somebody is speaking: true as soon as the level rises, false after 0.7 s of silence.
 * Changes rarely, so it may render.
 */
export function createSpeaking(level: Store<number>): Store<boolean> {
  const store = createStore(false, {
    onWatched() {
      let ending: ReturnType<typeof setTimeout> | undefined;
      const follow = () => {
        if (level.getSnapshot() < SPEAKING_ABOVE) return;
        clearTimeout(ending);
        ending = setTimeout(() => store.set(false), SPEAKING_HOLD);
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
        // A device switch or a rebuilt connection swaps the track within the stream, without an event.
        const [present] = stream.getAudioTracks();
        if (present !== track) {
          source?.disconnect();
          track = present;
          source = present && context.createMediaStreamSource(new MediaStream([present]));
          source?.connect(analyser);
        }
        if (!source) return store.set(0);
        analyser.getFloatTimeDomainData(samples);
        store.set(loudness(samples));
      }, SAMPLE_EVERY);
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

/** The root of the mean square, in steps that an eye can tell apart, so that silence changes nothing. */
function loudness(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return Math.min(1, Math.round(Math.sqrt(sum / samples.length) * 200) / 200);
}

/** One for the page: each context is an audio thread of its own. */
let shared: { context: AudioContext; users: number; gestures: AbortController } | undefined;

function borrowContext(): { context: AudioContext; release: () => void } {
  shared ??= openContext();
  const mine = shared;
  mine.users += 1;
  return {
    context: mine.context,
    release() {
      mine.users -= 1;
      if (mine.users > 0) return;
      if (shared === mine) shared = undefined;
      mine.gestures.abort();
      void mine.context.close();
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
