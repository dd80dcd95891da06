import { afterEach, describe, expect, it, vi } from "vitest";
import { audioLevel, createSpeaking } from "../../../src/core/stats/audio-level.ts";

const contexts: AudioContext[] = [];
const stops: (() => void)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) stop();
  for (const context of contexts.splice(0)) await context.close();
});

/** A stream with a tone of variable volume. */
function tone() {
  const context = new AudioContext();
  contexts.push(context);
  const destination = context.createMediaStreamDestination();
  const gain = context.createGain();
  gain.gain.value = 0;
  const oscillator = context.createOscillator();
  oscillator.connect(gain).connect(destination);
  oscillator.start();
  return {
    stream: destination.stream,
    loud: (value: number) => gain.gain.setValueAtTime(value, 0),
  };
}

function watchStore<T>(store: { subscribe(listener: () => void): () => void; getSnapshot(): T }) {
  const stop = store.subscribe(() => {});
  stops.push(stop);
  return { value: store.getSnapshot, stop };
}

describe("audioLevel", () => {
  it("follows the level of a tone", async () => {
    const { stream, loud } = tone();
    const level = watchStore(audioLevel({ stream }));
    expect(level.value()).toBe(0);
    loud(0.5);
    await expect.poll(level.value).toBeGreaterThan(0.2);
    loud(0);
    await expect.poll(level.value).toBe(0);
  });

  it("measures the track that replaces another one in the stream", async () => {
    const quiet = tone();
    const { stream, loud } = tone();
    loud(0.5);
    const mixed = new MediaStream(quiet.stream.getTracks());
    const level = watchStore(audioLevel({ stream: mixed }));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(level.value()).toBe(0);
    mixed.removeTrack(mixed.getAudioTracks()[0]!);
    mixed.addTrack(stream.getAudioTracks()[0]!);
    await expect.poll(level.value).toBeGreaterThan(0.2);
  });

  it("reports speaking until the level has been low for a while", async () => {
    const { stream, loud } = tone();
    const speaking = watchStore(createSpeaking(audioLevel({ stream })));
    expect(speaking.value()).toBe(false);
    loud(0.3);
    await expect.poll(speaking.value).toBe(true);
    loud(0);
    await expect.poll(speaking.value).toBe(false);
  });

  it("measures a stream once for all watchers, and stops with the last one", async () => {
    const { stream } = tone();
    const sources = vi.spyOn(AudioContext.prototype, "createMediaStreamSource");
    const close = vi.spyOn(AudioContext.prototype, "close");
    try {
      const first = watchStore(audioLevel({ stream }));
      const second = watchStore(audioLevel({ stream }));
      await expect.poll(() => sources.mock.calls.length).toBe(1);
      first.stop();
      expect(close).not.toHaveBeenCalled();
      second.stop();
      expect(close).toHaveBeenCalledTimes(1);
    } finally {
      sources.mockRestore();
      close.mockRestore();
    }
  });
});
