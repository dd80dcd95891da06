import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Impairment } from "./cable.ts";
import { expectFrames, expectTogether, skipReason } from "./expect.ts";
import { createStage, type Stage } from "./people.ts";

const CONDITIONS: [string, Impairment][] = [
  ["5 % loss", { loss: 5 }],
  ["200 ms delay each way", { delay: 200 }],
  ["500 kbit/s", { rate: 500 }],
];
/** Time in ms for which a call must stay connected. */
const STAY_MS = 8_000;

describe.skipIf(skipReason)("an impaired network", () => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await createStage({ cable: true });
  });
  afterAll(() => stage?.close());

  it.each(CONDITIONS)("a call with %s connects and reports no problem", async (_, impairment) => {
    stage.lab.cable?.impair({ delay: 0, loss: 0, rate: 0, ...impairment });
    const call = await stage.meet();
    await expectFrames(call);
    const connected = Date.now();
    await sleep(STAY_MS);
    await expectFrames(call);
    await expectTogether(call, connected);
    for (const { log } of call.both) {
      const { moments, events } = await log();
      const since = moments.filter(({ at }) => at > connected);
      expect(since.flatMap(({ others }) => others.map(({ status }) => status))).not.toContain(
        "reconnecting",
      );
      expect(events.filter(([, what]) => /rebuilt|ice-restarted/.test(what))).toEqual([]);
    }
    await call.end();
  });
});
