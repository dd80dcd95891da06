/** A synthetic voice as a track. It is silent at first. */
export interface Voice {
  readonly track: MediaStreamTrack;
  /** Sets the loudness, from 0 (silence) to 1. */
  speak(loudness: number): void;
  close(): void;
}

/** The voices of one simulation, which share an `AudioContext`. */
export interface Choir {
  /** Creates a voice; undefined where there is no `AudioContext`. */
  voice(seed: number): Voice | undefined;
  close(): void;
}

/** The gain of a loudness of 1, low enough for a voice in the background. */
const VOLUME = 0.4;

/** Creates voices. The `AudioContext` is created with the first one. */
export function createChoir(): Choir {
  let context: AudioContext | undefined;
  let gestures = new AbortController();

  function open(): AudioContext {
    const opened = new AudioContext();
    gestures = new AbortController();
    // Browsers suspend an `AudioContext` until the first click or key press.
    const resume = () => void opened.resume().catch(() => undefined);
    for (const gesture of ["pointerup", "keydown"])
      addEventListener(gesture, resume, { capture: true, signal: gestures.signal });
    return opened;
  }

  return {
    voice(seed) {
      if (typeof AudioContext === "undefined") return undefined;
      context ??= open();
      return createVoice(context, seed);
    },
    close() {
      gestures.abort();
      void context?.close();
      context = undefined;
    },
  };
}

function createVoice(context: AudioContext, seed: number): Voice | undefined {
  const output = context.createMediaStreamDestination();
  const [track] = output.stream.getAudioTracks();
  if (!track) return undefined;
  const gate = new GainNode(context, { gain: 0 });
  gate.connect(output);
  let stop: (() => void) | undefined;
  let closed = false;
  return {
    track,
    speak(loudness) {
      if (closed) return;
      // Create the oscillators with the first speech only.
      if (loudness > 0) stop ??= babble(context, seed, gate);
      gate.gain.setTargetAtTime(loudness * VOLUME, context.currentTime, 0.02);
    },
    close() {
      closed = true;
      stop?.();
      gate.disconnect();
      track.stop();
    },
  };
}

/** Starts a sawtooth wave through two formants, modulated by syllables and phrases. Returns the function that stops it. */
function babble(context: AudioContext, seed: number, output: AudioNode): () => void {
  const buzz = new OscillatorNode(context, {
    type: "sawtooth",
    frequency: 105 + ((seed * 37) % 110),
  });
  const syllables = oscillatingGain(context, 3.6 + (seed % 4) * 0.3);
  const phrases = oscillatingGain(context, 0.5 + (seed % 3) * 0.1);
  const melody = wave(context, 0.8 + (seed % 5) * 0.1, 14);
  melody.level.connect(buzz.frequency);
  for (const [frequency, gain] of [
    [500 + (seed % 5) * 40, 2.2],
    [1_400 + (seed % 7) * 60, 1],
  ] as const) {
    const resonance = new BiquadFilterNode(context, { type: "bandpass", frequency, Q: 4 });
    buzz.connect(resonance).connect(new GainNode(context, { gain })).connect(syllables.node);
  }
  syllables.node.connect(phrases.node).connect(output);
  buzz.start();
  return () => {
    for (const source of [buzz, melody.source, syllables.source, phrases.source]) source.stop();
  };
}

/** A gain that rises and falls periodically. */
function oscillatingGain(context: AudioContext, frequency: number) {
  const node = new GainNode(context, { gain: 0.6 });
  const { source, level } = wave(context, frequency, 0.4);
  level.connect(node.gain);
  return { node, source };
}

function wave(context: AudioContext, frequency: number, gain: number) {
  const source = new OscillatorNode(context, { frequency });
  const level = new GainNode(context, { gain });
  source.connect(level);
  source.start();
  return { source, level };
}
