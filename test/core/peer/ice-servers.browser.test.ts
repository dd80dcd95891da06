import { createCall, type CallError } from "twocan/core";
import { memorySignaling } from "twocan/testing";
import { afterEach, describe, expect, it, vi } from "vitest";
import { opened } from "../../support/browser/media-support.ts";
import { REFUSED } from "../../support/refused-ice-servers.ts";

const releases: (() => unknown)[] = [];

afterEach(async () => {
  for (const release of releases.splice(0)) await release();
  await expect.poll(() => opened.connections().length).toBe(0);
});

describe("createCall: iceServers that Chromium refuses", () => {
  it.each(REFUSED)(
    "rejects join() for $what, without contacting the backend",
    async ({ servers, entry }) => {
      const errors: CallError[] = [];
      const join = vi.fn(memorySignaling().join);
      const call = createCall({
        room: "standup",
        signaling: { join },
        iceServers: servers as never,
        onError: (error) => errors.push(error),
      });
      const failure = await call
        .getSnapshot()
        .join()
        .catch((error: unknown) => error);
      expect(failure).toMatchObject({ name: "CallError", code: "ice-servers-invalid" });
      expect((failure as CallError).message).toContain(`\`iceServers[${entry}]\``);
      expect((failure as CallError).message).not.toMatch(/hunter2|mina/);
      expect(call.getSnapshot()).toMatchObject({ status: "failed", error: failure });
      expect([errors, join.mock.calls.length]).toEqual([[failure], 0]);
      expect(opened.connections()).toEqual([]);
    },
  );
});

describe("createCall: iceServers as a function", () => {
  it("reports a result that Chromium refuses once, and connects with the previous one", async () => {
    const signaling = memorySignaling();
    const errors: string[] = [];
    const iceServers = vi.fn<() => Promise<RTCIceServer[]>>(async () => [
      { urls: "stun:127.0.0.1:3478" },
    ]);
    const mina = createCall({
      room: "standup",
      signaling,
      iceServers,
      onError: ({ code }) => errors.push(code),
    });
    const enterJun = () => {
      const jun = createCall({ room: "standup", signaling, iceServers: [] });
      const leave = jun.retain();
      releases.push(() => jun.getSnapshot().leave());
      return leave;
    };
    releases.push(mina.retain(), () => mina.getSnapshot().leave());
    const leave = enterJun();
    await expect.poll(() => mina.getSnapshot().status).toBe("connected");
    iceServers.mockResolvedValue([{ urls: "turn:127.0.0.1:3478" }]);
    leave();
    await expect.poll(() => mina.getSnapshot().participants).toEqual([]);
    enterJun();
    await expect.poll(() => mina.getSnapshot().status).toBe("connected");
    const [jun] = mina.getSnapshot().participants;
    expect(jun!.connection!.getConfiguration().iceServers).toMatchObject([
      { urls: ["stun:127.0.0.1:3478"] },
    ]);
    expect(errors).toEqual(["ice-servers-invalid"]);
  });
});
