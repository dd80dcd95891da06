/**
 * A running call survives network changes: no participant is dropped or given up, both sides report
 * `reconnecting`, and both receive frames again.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import {
  areInstalled,
  expectFrames,
  expectReconnecting,
  expectTogether,
  namesOf,
  skipReason,
} from "./expect.ts";
import { bothSee, createStage, eventually, type Call, type Meeting, type Stage } from "./people.ts";
import { restoreNetwork, SCENARIOS } from "./scenarios.ts";

/** `LAB=full` also runs the scenarios that take minutes. */
const full = process.env["LAB"] === "full";

const CHROMIUM: Meeting[] = [{ first: "ana" }, { first: "bo" }];
const MIXED: Meeting[] = (["ana", "bo"] as const).flatMap((first) => [
  { ana: "chromium", bo: "firefox", first },
  { ana: "firefox", bo: "chromium", first },
]);
/** Scenarios with their pairs of browsers. */
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

describe.skipIf(skipReason)("recovery", () => {
  let stage: Stage;
  let call: Call | undefined;

  beforeAll(async () => {
    stage = await createStage();
  });
  afterEach(async () => {
    await call?.end().catch(() => undefined);
    call = undefined;
    restoreNetwork(stage);
  });
  afterAll(() => stage?.close());

  for (const [key, meetings] of [...QUICK, ...(full ? FULL : [])]) {
    const scenario = SCENARIOS[key]!;
    for (const meeting of meetings.filter(({ ana, bo }) => areInstalled(ana!, bo!))) {
      const pair = `${namesOf(meeting)}, ${meeting.first === "bo" ? "Ana" : "Bo"} calls`;
      it(`${scenario.name} (${pair})`, async () => {
        call = await stage.meet({ ...meeting, ...scenario.meeting });
        await bothSee(call);
        const start = Date.now();
        const restoredAt = await scenario.apply(stage, call);
        await expectFrames(call);
        // A repair that started during the fault must not disturb the call afterwards.
        await sleep(Math.max(0, restoredAt + 5_000 - Date.now()));
        await expectFrames(call);
        await expectTogether(call, start);
        if (!scenario.onlySignaling) await expectReconnecting(call, start);
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
    await expectFrames(call);
    const requests = await Promise.all(call.both.map(async ({ log }) => (await log()).credentials));
    expect(Math.max(...requests)).toBeGreaterThan(1);
  });

  it("removes a participant whose browser was killed within 15 s", async () => {
    call = await stage.meet({ at: "guest" });
    await bothSee(call);
    stage.kill("guest");
    const { log } = call.ana;
    const last = async () => (await log()).moments.at(-1);
    await eventually(async () => (await last())?.others.length === 0, 15_000);
    expect((await last())?.call).toBe("waiting");
  });
});
