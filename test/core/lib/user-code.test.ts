import {
  CallError,
  createCall,
  createPeer,
  type PeerOptions,
  type SignalMessage,
  type Signaling,
} from "twocan/core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createSerialQueue } from "../../../src/core/lib/abort.ts";
import { createRetained } from "../../../src/core/lib/retained.ts";
import { callUserCode } from "../../../src/core/lib/user-code.ts";

const mistake = new Error("A mistake of the application.");
const throws = () => {
  throw mistake;
};
const reported = vi.fn<(error: unknown) => void>();
const releases: (() => unknown)[] = [];

beforeEach(() => {
  vi.stubGlobal("reportError", reported);
  // Nothing here connects, but calls and peers refuse to start without WebRTC.
  vi.stubGlobal("RTCPeerConnection", EventTarget);
});

afterEach(async () => {
  for (const release of releases.splice(0)) await release();
  reported.mockClear();
  vi.unstubAllGlobals();
});

describe("callUserCode", () => {
  it("passes the arguments and returns the result", () => {
    expect(callUserCode((a: number, b: number) => a + b, 1, 2)).toBe(3);
    expect(reported).not.toHaveBeenCalled();
  });

  it("does nothing without a callback", () => {
    expect(callUserCode(undefined)).toBeUndefined();
    expect(reported).not.toHaveBeenCalled();
  });

  it.each([mistake, "a string", undefined, null, Object.freeze({ code: 1 })])(
    "reports %j when the callback throws it",
    (thrown) => {
      const result = callUserCode(() => {
        throw thrown;
      });
      expect(result).toBeUndefined();
      expect(reported.mock.calls).toEqual([[thrown]]);
    },
  );

  it("reports a callback that is not a function", () => {
    callUserCode("not a function" as unknown as () => void);
    expect(reported.mock.calls).toEqual([[expect.any(TypeError)]]);
  });

  it("throws in a microtask where there is no reportError()", () => {
    vi.stubGlobal("reportError", undefined);
    const queued: (() => void)[] = [];
    vi.stubGlobal("queueMicrotask", (task: () => void) => queued.push(task));
    callUserCode(throws);
    expect(queued.length).toBe(1);
    expect(queued[0]).toThrow(mistake);
  });
});

describe("an onError that throws", () => {
  it("does not stop a serial queue", async () => {
    const scope = new AbortController();
    const next = vi.fn<() => void>();
    const queue = createSerialQueue(scope.signal, throws);
    queue.add(() => Promise.reject(new Error("first")));
    queue.add(() => Promise.reject(new Error("second")));
    queue.add(next);
    await expect.poll(() => next.mock.calls.length).toBe(1);
    expect(reported.mock.calls).toEqual([[mistake], [mistake]]);
  });

  it("does not keep a call from failing with its own error", async () => {
    const refused = new CallError("signaling-denied", "Sign in before joining.");
    const signaling: Signaling = { join: () => Promise.reject(refused) };
    const call = createCall({ room: "standup", signaling, autoJoin: false, onError: throws });
    releases.push(call.retain());
    await expect(call.getSnapshot().join()).rejects.toBe(refused);
    expect(call.getSnapshot()).toMatchObject({ status: "failed", error: refused });
    expect(reported.mock.calls).toEqual([[mistake]]);
  });

  it("does not reach the channel that delivers a malformed packet", () => {
    let receive: (message: SignalMessage) => void = () => {};
    const channel: PeerOptions["channel"] = {
      send: async () => {},
      subscribe(listener) {
        receive = listener;
        return () => {};
      },
    };
    const peer = createPeer({ channel, role: "callee", onError: throws });
    releases.push(() => peer.close());
    peer.start();
    expect(() => receive({ v: 2 })).not.toThrow();
    expect(reported.mock.calls).toEqual([[mistake]]);
    expect(peer.getSnapshot().error?.code).toBe("message-invalid");
  });
});

describe("createRetained", () => {
  it("starts again after a start() and a stop() that threw", async () => {
    const start = vi.fn(throws);
    const stop = vi.fn(throws);
    const { retain } = createRetained(start, stop);
    for (const times of [1, 2]) {
      const release = retain();
      expect(start).toHaveBeenCalledTimes(times);
      release();
      await expect.poll(() => stop.mock.calls.length).toBe(times);
    }
    expect(reported).toHaveBeenCalledTimes(4);
  });
});
