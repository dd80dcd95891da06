/** Who speaks is decided calmly: with made-up levels and a clock that the test turns. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  createActiveSpeaker,
  type ActiveSpeaker,
} from "../../../src/components/layouts/use-active-speaker.ts";
import { createStore, type WritableStore } from "../../../src/core/lib/store.ts";
import { participant } from "../../support/fixtures.ts";

/** A voice at its loudest, and what a microphone hears in a quiet room. */
const VOICE = 0.2;
const ROOM = 0.005;

let speaker: ActiveSpeaker;
let changes: string[];
const levels = new Map<string, WritableStore<number>>();

const someone = (id: string, microphone = true) => {
  const level = levels.get(id) ?? createStore(0);
  levels.set(id, level);
  return participant({ id, microphone, level });
};

/** Lets time pass in steps of a level: each person as loud as said, as a number or by the time. */
function hear(ms: number, loud: Record<string, number | ((at: number) => number)>): void {
  for (let at = 0; at < ms; at += 25) {
    for (const [id, level] of levels) {
      const said = loud[id] ?? ROOM;
      level.set(typeof said === "number" ? said : said(at));
    }
    vi.advanceTimersByTime(25);
  }
}

/** Words with a breath between them, as loud as given, beginning at `from`. */
const words =
  (loud: number, from = 0) =>
  (at: number) =>
    (at + from) % 750 < 400 ? loud * (0.6 + 0.4 * Math.abs(Math.sin((at + from) / 90))) : ROOM;

let stop = () => {};
beforeEach(() => {
  vi.useFakeTimers();
  levels.clear();
  changes = [];
  speaker = createActiveSpeaker();
  stop = speaker.subscribe(() => changes.push(speaker.getSnapshot()[0] ?? "nobody"));
});
afterEach(() => {
  stop();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

describe("who speaks", () => {
  it("is nobody before anybody has spoken", () => {
    speaker.listenTo([someone("mina"), someone("tom")]);
    hear(5_000, {});
    expect(speaker.getSnapshot()).toEqual([]);
  });

  it("is whoever has spoken for a second, and not before", () => {
    speaker.listenTo([someone("mina"), someone("tom")]);
    hear(700, { tom: VOICE });
    expect(changes).toEqual([]);
    hear(600, { tom: VOICE });
    expect(changes).toEqual(["tom"]);
  });

  it("stays the same while nobody speaks", () => {
    speaker.listenTo([someone("mina"), someone("tom")]);
    hear(1_500, { tom: VOICE });
    hear(60_000, {});
    expect(changes).toEqual(["tom"]);
  });

  it("changes once when the other takes over, in words with breaths between them", () => {
    speaker.listenTo([someone("mina"), someone("tom")]);
    hear(3_000, { tom: words(VOICE) });
    expect(changes).toEqual(["tom"]);
    hear(3_000, { mina: words(VOICE) });
    expect(changes).toEqual(["tom", "mina"]);
  });

  it("does not change for a cough or a 'mhm'", () => {
    speaker.listenTo([someone("mina"), someone("tom")]);
    hear(2_000, { tom: words(VOICE) });
    for (let round = 0; round < 10; round += 1) {
      hear(250, { mina: 0.6, tom: words(VOICE) });
      hear(1_500, { tom: words(VOICE, 250) });
      hear(350, { mina: VOICE });
      hear(2_000, { tom: words(VOICE) });
    }
    expect(changes).toEqual(["tom"]);
  });

  it("does not flicker while two talk over each other", () => {
    speaker.listenTo([someone("mina"), someone("tom")]);
    hear(2_000, { tom: words(VOICE) });
    hear(30_000, { tom: words(VOICE), mina: words(VOICE, 210) });
    hear(30_000, { tom: words(VOICE), mina: words(VOICE * 1.2, 130) });
    expect(changes).toEqual(["tom"]);
  });

  it("hears a voice that is quiet whenever it looks: between two syllables", () => {
    speaker.listenTo([someone("mina"), someone("tom")]);
    hear(2_000, { tom: (at) => (at % 100 < 75 ? VOICE : 0) });
    expect(changes).toEqual(["tom"]);
  });

  it("is one of two who begin at the same moment, and stays so", () => {
    speaker.listenTo([someone("mina"), someone("tom")]);
    hear(10_000, { tom: VOICE, mina: VOICE });
    expect(changes).toHaveLength(1);
  });

  it("does not change for a murmur while somebody speaks", () => {
    speaker.listenTo([someone("mina"), someone("tom")]);
    hear(2_000, { tom: words(VOICE) });
    hear(20_000, { tom: words(VOICE), mina: 0.03 });
    expect(changes).toEqual(["tom"]);
  });

  it("is never somebody who is muted, and stays who has spoken and then muted", () => {
    speaker.listenTo([someone("mina", false), someone("tom")]);
    hear(3_000, { mina: VOICE });
    expect(changes).toEqual([]);
    hear(2_000, { tom: VOICE });
    speaker.listenTo([someone("mina", false), someone("tom", false)]);
    hear(5_000, { mina: VOICE, tom: VOICE });
    expect(changes).toEqual(["tom"]);
  });

  it("is who spoke before, when the speaker has left", () => {
    speaker.listenTo([someone("mina"), someone("tom"), someone("noor")]);
    hear(2_000, { mina: VOICE });
    hear(2_000, { tom: VOICE });
    expect(speaker.getSnapshot()).toEqual(["tom", "mina"]);
    speaker.listenTo([someone("mina"), someone("noor")]);
    hear(2_000, { mina: VOICE });
    expect(changes).toEqual(["mina", "tom"]);
    hear(2_500, { noor: VOICE });
    expect(speaker.getSnapshot()).toEqual(["noor", "mina"]);
  });

  it("goes on when the list is made anew in the middle of a word", () => {
    const people = () => [someone("mina"), someone("tom")];
    speaker.listenTo(people());
    hear(600, { tom: VOICE });
    speaker.listenTo(people());
    hear(600, { tom: VOICE });
    expect(changes).toEqual(["tom"]);
  });

  it("listens to nobody while nobody watches, and to everybody again afterwards", () => {
    let listeners = 0;
    const level = createStore(VOICE, {
      onWatched() {
        listeners += 1;
        return () => {
          listeners -= 1;
        };
      },
    });
    speaker.listenTo([participant({ id: "mina", level })]);
    expect(listeners).toBe(1);
    stop();
    expect(listeners).toBe(0);
    stop = speaker.subscribe(() => changes.push("again"));
    expect(listeners).toBe(1);
    vi.advanceTimersByTime(1_500);
    expect(changes).toEqual(["again"]);
  });
});
