/** The back/forward cache: what `pagehide` has ended resumes on `pageshow`, and nothing else. */
import { createCall, createLocalMedia } from "twocan/core";
import { memorySignaling } from "twocan/testing";
import { afterEach, expect, it, vi } from "vitest";

const releases: (() => void)[] = [];

afterEach(() => {
  for (const release of releases.splice(0)) release();
});

function goAndComeBack(): void {
  for (const type of ["pagehide", "pageshow"])
    window.dispatchEvent(new PageTransitionEvent(type, { persisted: true }));
}

it("a camera that the user has stopped stays off", async () => {
  const media = createLocalMedia();
  releases.push(media.retain());
  await expect.poll(() => media.getSnapshot().status).toBe("live");
  media.getSnapshot().stop();
  const asked = vi.spyOn(navigator.mediaDevices, "getUserMedia");
  goAndComeBack();
  expect([media.getSnapshot().status, asked.mock.calls.length]).toEqual(["idle", 0]);
});

it("a camera that was on is on again", async () => {
  const media = createLocalMedia({ autoStart: false });
  releases.push(media.retain());
  await media.getSnapshot().start();
  goAndComeBack();
  await expect.poll(() => media.getSnapshot().stream?.getVideoTracks()[0]?.readyState).toBe("live");
});

it("a call that was left stays left", async () => {
  const call = createCall({ room: "a", signaling: memorySignaling(), iceServers: [] });
  releases.push(call.retain());
  await expect.poll(() => call.getSnapshot().status).toBe("waiting");
  await call.getSnapshot().leave();
  goAndComeBack();
  expect(call.getSnapshot().status).toBe("left");
});

it("a call is joined again, whether it was joined automatically or by join()", async () => {
  for (const autoJoin of [true, false]) {
    const call = createCall({ room: "a", signaling: memorySignaling(), iceServers: [], autoJoin });
    releases.push(call.retain());
    if (!autoJoin) await call.getSnapshot().join();
    await expect.poll(() => call.getSnapshot().status).toBe("waiting");
    goAndComeBack();
    await expect.poll(() => call.getSnapshot().status).toBe("waiting");
  }
});
