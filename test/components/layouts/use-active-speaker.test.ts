import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  createActiveSpeaker,
  type ActiveSpeaker,
} from "../../../src/components/layouts/use-active-speaker.ts";
import { createStore, type WritableStore } from "../../../src/core/lib/store.ts";
import { participant } from "../../support/fixtures.ts";

/** The level of loud speech, and of a quiet room. */
const SPEECH = 0.2;
const NOISE = 0.005;

let speaker: ActiveSpeaker;
let changes: string[];
const levels = new Map<string, WritableStore<number>>();

const person = (id: string, microphone = true) => {
  const level = levels.get(id) ?? createStore(0);
  levels.set(id, level);
  return participant({ id, microphone, level });
};

/** Advances the time. Each participant has a level, as a number or as a function of the time. */
function advance(ms: number, given: Record<string, number | ((at: number) => number)>): void {
  for (let at = 0; at < ms; at += 25) {
    for (const [id, level] of levels) {
      const next = given[id] ?? NOISE;
      level.set(typeof next === "number" ? next : next(at));
    }
    vi.advanceTimersByTime(25);
  }
}

/** Returns the level of words with breaths between them, starting at `from`. */
const words =
  (level: number, from = 0) =>
  (at: number) =>
    (at + from) % 750 < 400 ? level * (0.6 + 0.4 * Math.abs(Math.sin((at + from) / 90))) : NOISE;

let stop = () => {};
beforeEach(() => {
  vi.useFakeTimers();
  levels.clear();
  changes = [];
  speaker = createActiveSpeaker();
  stop = speaker.subscribe(() => changes.push(speaker.getSnapshot()[0] ?? "none"));
});
afterEach(() => {
  stop();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

describe("createActiveSpeaker", () => {
  it("has no speaker before a participant has spoken", () => {
    speaker.setParticipants([person("mina"), person("tom")]);
    advance(5_000, {});
    expect(speaker.getSnapshot()).toEqual([]);
  });

  it("selects a participant after one second of speech", () => {
    speaker.setParticipants([person("mina"), person("tom")]);
    advance(700, { tom: SPEECH });
    expect(changes).toEqual([]);
    advance(600, { tom: SPEECH });
    expect(changes).toEqual(["tom"]);
  });

  it("keeps the speaker during silence", () => {
    speaker.setParticipants([person("mina"), person("tom")]);
    advance(1_500, { tom: SPEECH });
    advance(60_000, {});
    expect(changes).toEqual(["tom"]);
  });

  it("changes once when another participant takes over, with breaths between words", () => {
    speaker.setParticipants([person("mina"), person("tom")]);
    advance(3_000, { tom: words(SPEECH) });
    expect(changes).toEqual(["tom"]);
    advance(3_000, { mina: words(SPEECH) });
    expect(changes).toEqual(["tom", "mina"]);
  });

  it("does not change for a cough or a 'mhm'", () => {
    speaker.setParticipants([person("mina"), person("tom")]);
    advance(2_000, { tom: words(SPEECH) });
    for (let round = 0; round < 10; round += 1) {
      advance(250, { mina: 0.6, tom: words(SPEECH) });
      advance(1_500, { tom: words(SPEECH, 250) });
      advance(350, { mina: SPEECH });
      advance(2_000, { tom: words(SPEECH) });
    }
    expect(changes).toEqual(["tom"]);
  });

  it("does not alternate while two participants talk at once", () => {
    speaker.setParticipants([person("mina"), person("tom")]);
    advance(2_000, { tom: words(SPEECH) });
    advance(30_000, { tom: words(SPEECH), mina: words(SPEECH, 210) });
    advance(30_000, { tom: words(SPEECH), mina: words(SPEECH * 1.2, 130) });
    expect(changes).toEqual(["tom"]);
  });

  it("detects speech that is silent at every sample", () => {
    speaker.setParticipants([person("mina"), person("tom")]);
    advance(2_000, { tom: (at) => (at % 100 < 75 ? SPEECH : 0) });
    expect(changes).toEqual(["tom"]);
  });

  it("selects one of two participants who start at once, and keeps it", () => {
    speaker.setParticipants([person("mina"), person("tom")]);
    advance(10_000, { tom: SPEECH, mina: SPEECH });
    expect(changes).toHaveLength(1);
  });

  it("does not change for a murmur while another participant speaks", () => {
    speaker.setParticipants([person("mina"), person("tom")]);
    advance(2_000, { tom: words(SPEECH) });
    advance(20_000, { tom: words(SPEECH), mina: 0.03 });
    expect(changes).toEqual(["tom"]);
  });

  it("does not select a muted participant, and keeps a speaker who mutes", () => {
    speaker.setParticipants([person("mina", false), person("tom")]);
    advance(3_000, { mina: SPEECH });
    expect(changes).toEqual([]);
    advance(2_000, { tom: SPEECH });
    speaker.setParticipants([person("mina", false), person("tom", false)]);
    advance(5_000, { mina: SPEECH, tom: SPEECH });
    expect(changes).toEqual(["tom"]);
  });

  it("returns to the previous speaker when the speaker leaves", () => {
    speaker.setParticipants([person("mina"), person("tom"), person("noor")]);
    advance(2_000, { mina: SPEECH });
    advance(2_000, { tom: SPEECH });
    expect(speaker.getSnapshot()).toEqual(["tom", "mina"]);
    speaker.setParticipants([person("mina"), person("noor")]);
    advance(2_000, { mina: SPEECH });
    expect(changes).toEqual(["mina", "tom"]);
    advance(2_500, { noor: SPEECH });
    expect(speaker.getSnapshot()).toEqual(["noor", "mina"]);
  });

  it("keeps its state when the list of participants is replaced", () => {
    const people = () => [person("mina"), person("tom")];
    speaker.setParticipants(people());
    advance(600, { tom: SPEECH });
    speaker.setParticipants(people());
    advance(600, { tom: SPEECH });
    expect(changes).toEqual(["tom"]);
  });

  it("measures levels only while it is subscribed to", () => {
    let listeners = 0;
    const level = createStore(SPEECH, {
      onWatched() {
        listeners += 1;
        return () => {
          listeners -= 1;
        };
      },
    });
    speaker.setParticipants([participant({ id: "mina", level })]);
    expect(listeners).toBe(1);
    stop();
    expect(listeners).toBe(0);
    stop = speaker.subscribe(() => changes.push("again"));
    expect(listeners).toBe(1);
    vi.advanceTimersByTime(1_500);
    expect(changes).toEqual(["again"]);
  });
});
