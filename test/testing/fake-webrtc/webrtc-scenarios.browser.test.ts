import { expect, it } from "vitest";
import { fakeEnvironment } from "../../support/fake-environment.ts";
import { judge } from "../../support/webrtc-differences.ts";
import record from "../../support/webrtc-record.txt?raw";
import {
  inSteps,
  play,
  read,
  SCENARIOS,
  written,
  type Stage,
} from "../../support/webrtc-scenarios.ts";

const chromium: Stage = {
  RTCPeerConnection,
  MediaStream,
  async capture(kind) {
    const stream = await navigator.mediaDevices.getUserMedia({ [kind]: true });
    return stream.getTracks()[0]!;
  },
  wait: inSteps,
};

it("Chromium matches the record, except for the known differences", async () => {
  const problems = await judge("Chromium", read(record), (name) => play(name, chromium));
  expect(problems, problems.join("\n\n")).toEqual([]);
}, 180_000);

it("createFakeNetwork matches the record in a page in real time", async () => {
  const reports = await Promise.all(SCENARIOS.map((name) => play(name, fakeEnvironment())));
  const faked = Object.fromEntries(SCENARIOS.map((name, at) => [name, reports[at]!]));
  expect(`${written(faked)}\n`).toBe(record);
}, 180_000);
