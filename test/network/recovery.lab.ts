/**
 * A running call survives network changes: no participant is dropped or given up, both sides report
 * `reconnecting`, and both receive frames again.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { expectPictures, expectTogether, expectTold, have, namesOf, without } from "./expect.ts";
import { bothSee, eventually, setStage, type Call, type Meeting, type Stage } from "./people.ts";
import { mend, SCENARIOS } from "./scenarios.ts";

/** Set to `full` for what takes minutes. */
const full = process.env["LAB"] === "full";

const CHROMIUM: Meeting[] = [{ first: "ana" }, { first: "bo" }];
const MIXED: Meeting[] = (["ana", "bo"] as const).flatMap((first) => [
  { ana: "chromium", bo: "firefox", first },
  { ana: "firefox", bo: "chromium", first },
]);
/** The scenario and the browsers. The second to join calls the first. */
const QUICK: [keyof typeof SCENARIOS, Meeting[]][] = [
  ["cut5", [{}]],
  ["wifi5", [{}]],
  ["cut20", [{}]],
  ["change", [...CHROMIUM, ...MIXED.slice(0, 3)]],
  ["turn", [{}]],
  ["relay", [{}]],
  ["relayInRepair", [{}]],
];
const FULL: typeof QUICK = [
  ["cut5", MIXED],
  ["handover", [...CHROMIUM, ...MIXED]],
  ["change", MIXED.slice(3)],
  ["cut20", MIXED],
  ["cut60", [...CHROMIUM, ...MIXED]],
];

describe.skipIf(without)("recovery", () => {
  let stage: Stage;
  let call: Call | undefined;

  beforeAll(async () => {
    stage = await setStage();
  });
  afterEach(async () => {
    await call?.end().catch(() => undefined);
    call = undefined;
    mend(stage);
  });
  afterAll(() => stage?.close());

  for (const [key, meetings] of [...QUICK, ...(full ? FULL : [])]) {
    const scenario = SCENARIOS[key]!;
    for (const meeting of meetings.filter(({ ana, bo }) => have(ana!, bo!))) {
      const who = `${namesOf(meeting)}, ${meeting.first === "bo" ? "the first" : "the second"} calls`;
      it(`${scenario.name} (${who})`, async () => {
        call = await stage.meet({ ...meeting, ...scenario.meeting });
        await bothSee(call);
        const start = Date.now();
        const back = await scenario.strike(stage, call);
        await expectPictures(call);
        // A repair that started during the fault must not disturb the call afterwards.
        await sleep(Math.max(0, back + 5_000 - Date.now()));
        await expectPictures(call);
        await expectTogether(call, start);
        if (!scenario.unseen) await expectTold(call, start);
      });
    }
  }

  it("requests fresh TURN credentials for a repair after the old ones expired", async () => {
    const meeting: Meeting = { servers: ["udp"], policy: "relay", credentialLife: 3 };
    call = await stage.meet(meeting);
    await bothSee(call);
    await sleep(4_000);
    await stage.site.turn.stop();
    await stage.site.turn.start();
    await expectPictures(call);
    const asked = await Promise.all(
      call.both.map(async ({ diary }) => (await diary()).credentials),
    );
    expect(Math.max(...asked)).toBeGreaterThan(1);
  });

  it("who was killed is gone within 15 s, and not waited for", async () => {
    call = await stage.meet({ at: "guest" });
    await bothSee(call);
    stage.kill("guest");
    const { diary } = call.ana;
    const last = async () => (await diary()).moments.at(-1);
    await eventually(async () => (await last())?.others.length === 0, 15_000);
    expect((await last())?.call).toBe("waiting");
  });
});
