import { createFakeNetwork } from "twocan/fake-webrtc";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { advanceUntilSettled } from "../../support/fake-time.ts";
import { fakeEnvironment } from "../../support/fake-environment.ts";
import { play, SCENARIOS, written, type Report } from "../../support/webrtc-scenarios.ts";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

it("createFakeNetwork matches the record of every scenario under fake timers", async () => {
  const reports: Record<string, Report> = {};
  for (const name of SCENARIOS)
    reports[name] = await advanceUntilSettled(play(name, fakeEnvironment()), 10);
  await expect(`${written(reports)}\n`).toMatchFileSnapshot("../../support/webrtc-record.txt");
});

it("createFakeNetwork gives the same events with another seed and a higher latency", async () => {
  const [name = ""] = SCENARIOS;
  const plain = await advanceUntilSettled(play(name, fakeEnvironment()), 10);
  const other = createFakeNetwork({ seed: 99, latency: 80 });
  expect(await advanceUntilSettled(play(name, fakeEnvironment(other)), 10)).toEqual(plain);
});
