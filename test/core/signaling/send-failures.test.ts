import { createCall, type CallError, type Signaling } from "twocan/core";
import { createFakeNetwork } from "twocan/fake-webrtc";
import { memorySignaling } from "twocan/testing";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { mockDigest } from "../../support/fake-time.ts";

const releases: (() => unknown)[] = [];

beforeEach(() => {
  vi.useFakeTimers();
  mockDigest();
});

afterEach(async () => {
  for (const release of releases.splice(0).toReversed()) release();
  await vi.advanceTimersByTimeAsync(1_000);
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** Signaling with this send() and this status. */
function failing(send: () => Promise<void>, status: "connected" | "disconnected"): Signaling {
  const signaling = memorySignaling();
  return {
    async join(options) {
      const session = await signaling.join(options);
      options.onStatus(status);
      return { ...session, send };
    },
  };
}

/** Two participants whose packets never arrive; returns the errors that each of the two calls reports. */
async function meet(signaling: Signaling): Promise<CallError[][]> {
  releases.push(createFakeNetwork().peer().install());
  const all: CallError[][] = [];
  for (const name of ["Mina", "Jun"]) {
    const errors: CallError[] = [];
    all.push(errors);
    const onError = (error: CallError) => errors.push(error);
    releases.push(createCall({ room: "standup", signaling, name, onError }).retain());
    await vi.advanceTimersByTimeAsync(10);
  }
  await vi.advanceTimersByTimeAsync(60_000);
  return all;
}

const forbidden = new Error("403 Forbidden");
const rejects = () => Promise.reject(forbidden);
const neverSettles = () => new Promise<void>(() => {});

it.each<[string, () => Promise<void>, unknown]>([
  ["rejects", rejects, { cause: forbidden }],
  ["never settles", neverSettles, { message: expect.stringMatching("within 10 s") }],
])("a call reports once that send() of its adapter %s", async (_, send, error) => {
  for (const errors of await meet(failing(send, "connected"))) {
    const unavailable = errors.filter(({ code }) => code === "signaling-unavailable");
    expect(unavailable).toEqual([expect.objectContaining(error as object)]);
  }
});

it.each([
  ["rejects", rejects],
  ["never settles", neverSettles],
])("a call reports nothing if send() %s while the adapter is disconnected", async (_, send) => {
  const errors = await meet(failing(send, "disconnected"));
  expect(errors.flat().map(({ code }) => code)).not.toContain("signaling-unavailable");
});
