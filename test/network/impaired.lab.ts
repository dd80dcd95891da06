/** Calls over a way that is slow, narrow or loses some of what is sent: they connect, and stay. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Impairment } from "./cable.ts";
import { expectPictures, expectTogether, without } from "./expect.ts";
import { setStage, type Stage } from "./people.ts";

const WAYS: [string, Impairment][] = [
  ["5 % loss", { loss: 5 }],
  ["200 ms delay each way", { delay: 200 }],
  ["500 kbit/s", { rate: 500 }],
];
/** How long a call must stay connected, in ms. */
const STAY = 8_000;

describe.skipIf(without)("an impaired network", () => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await setStage({ cable: true });
  });
  afterAll(() => stage?.close());

  it.each(WAYS)("with %s carries a call and reports no problem", async (_, way) => {
    stage.lab.cable?.impair({ delay: 0, loss: 0, rate: 0, ...way });
    const call = await stage.meet();
    await expectPictures(call);
    const connected = Date.now();
    await sleep(STAY);
    await expectPictures(call);
    await expectTogether(call, connected);
    for (const { diary } of call.both) {
      const { moments, events } = await diary();
      const since = moments.filter(({ at }) => at > connected);
      expect(since.flatMap(({ others }) => others.map(({ status }) => status))).not.toContain(
        "reconnecting",
      );
      expect(events.filter(([, what]) => /rebuilt|ice-restarted/.test(what))).toEqual([]);
    }
    await call.end();
  });
});
