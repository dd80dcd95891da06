/** Chromium against the record of the played WebRTC, and the played one in a page. */
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

it("Chromium keeps the record, but for the differences that are listed", async () => {
  const problems = await judge("Chromium", read(record), (name) => play(name, chromium));
  expect(problems, problems.join("\n\n")).toEqual([]);
}, 180_000);

it("the played WebRTC keeps the record in a page, too, in real time", async () => {
  const reports = await Promise.all(SCENARIOS.map((name) => play(name, fakeEnvironment())));
  const played = Object.fromEntries(SCENARIOS.map((name, at) => [name, reports[at]!]));
  expect(`${written(played)}\n`).toBe(record);
}, 180_000);
