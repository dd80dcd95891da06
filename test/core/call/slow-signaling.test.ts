/** Calls over slow signaling, on a simulated network with simulated time. */
import { createCall, createLocalMedia, type Call, type CallOptions } from "twocan/core";
import { createFakeNetwork } from "twocan/fake-webrtc";
import { memorySignaling } from "twocan/testing";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { mockDigest } from "../../support/fake-time.ts";

const releases: (() => unknown)[] = [];

beforeEach(() => {
  vi.useFakeTimers();
  mockDigest();
  releases.push(createFakeNetwork().peer().install());
});

afterEach(async () => {
  for (const release of releases.splice(0).toReversed()) release();
  await vi.advanceTimersByTimeAsync(120_000);
  vi.restoreAllMocks();
  vi.useRealTimers();
});

function enter(options: Partial<CallOptions>) {
  const media = createLocalMedia();
  const errors: string[] = [];
  const settings = {
    room: "standup",
    onError: ({ code }: { code: string }) => errors.push(code),
    ...options,
  };
  const call = createCall({ ...settings, media: media.getSnapshot() });
  releases.push(
    media.subscribe(() => call.configure({ ...settings, media: media.getSnapshot() })),
    media.retain(),
    call.retain(),
  );
  return { now: call.getSnapshot, errors };
}

const areConnected = (...people: { now(): Call }[]) =>
  people.every(({ now }) => now().status === "connected");

describe("createCall() over signaling that is slow", () => {
  it.each([
    [20_000, 0],
    [20_000, 7_000],
    [20_000, 60_000],
    [10_000, 0],
    [30_000, 45_000],
  ])(
    "connects two participants with a delay of %i ms, the second joining %i ms later",
    async (delay, later) => {
      const signaling = memorySignaling({ delay });
      const mina = enter({ signaling, name: "Mina" });
      await vi.advanceTimersByTimeAsync(later);
      const jun = enter({ signaling, name: "Jun" });
      // Simulated time: until both are connected, or for five minutes.
      for (let waited = 0; waited < 300_000 && !areConnected(mina, jun); waited += 100)
        await vi.advanceTimersByTimeAsync(100);
      expect(areConnected(mina, jun)).toBe(true);
      // They stay connected.
      await vi.advanceTimersByTimeAsync(120_000);
      expect(areConnected(mina, jun)).toBe(true);
      expect([...mina.errors, ...jun.errors]).toEqual([]);
    },
  );
});
