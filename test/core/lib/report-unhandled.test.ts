import { createCall, createLocalMedia, createPeer, CallError, type Signaling } from "twocan/core";
import { build, type Rollup } from "vite";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

const refused = new CallError("signaling-denied", "Sign in before joining.");
const failing: Signaling = { join: () => Promise.reject(refused) };
const releases: (() => unknown)[] = [];
let printed: string[] = [];

beforeEach(() => {
  // Joining needs WebRTC to exist; no test here connects.
  vi.stubGlobal("RTCPeerConnection", EventTarget);
  printed = [];
  vi.spyOn(console, "error").mockImplementation((text) => printed.push(String(text)));
});

afterEach(async () => {
  for (const release of releases.splice(0)) await release();
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

const refusal = "twocan: Sign in before joining. (signaling-denied)";

describe("reportUnhandled", () => {
  it("prints the error of a call once, with its remedy", async () => {
    const call = createCall({ room: "standup", signaling: failing });
    releases.push(call.retain());
    await expect.poll(() => call.getSnapshot().status).toBe("failed");
    expect(printed).toEqual([refusal]);
    // A later error object is another failure; the same object is not.
    await call
      .getSnapshot()
      .join()
      .catch(() => undefined);
    expect(printed).toEqual([refusal]);
  });

  it("prints nothing if the call has an onError", async () => {
    const onError = vi.fn<(error: CallError) => void>();
    const call = createCall({ room: "standup", signaling: failing, onError });
    releases.push(call.retain());
    await expect.poll(() => call.getSnapshot().status).toBe("failed");
    expect(onError).toHaveBeenCalledWith(refused);
    expect(printed).toEqual([]);
  });

  it("prints nothing when a call is left while it joins", async () => {
    const call = createCall({ room: "standup", signaling: { join: () => new Promise(() => {}) } });
    const release = call.retain();
    expect(call.getSnapshot().status).toBe("joining");
    release();
    await expect.poll(() => call.getSnapshot().status).toBe("left");
    expect(printed).toEqual([]);
  });

  it("prints the error of media that start automatically once", async () => {
    // Node has no devices.
    const media = createLocalMedia();
    releases.push(media.retain());
    await expect.poll(() => media.getSnapshot().status).toBe("failed");
    expect(printed).toEqual([
      expect.stringMatching(/^twocan: .*\((insecure-context|unsupported)\)$/),
    ]);
  });

  it("prints nothing if the caller awaits start() of the media", async () => {
    const media = createLocalMedia({ autoStart: false });
    await expect(media.getSnapshot().start()).rejects.toMatchObject({ name: "CallError" });
    expect(printed).toEqual([]);
  });

  it("prints the error of a peer", async () => {
    const channel = { send: async () => {}, subscribe: () => () => {} };
    const peer = createPeer({ channel, role: "caller" });
    releases.push(() => peer.close());
    vi.stubGlobal("RTCPeerConnection", undefined);
    peer.start();
    await expect.poll(() => printed[0]).toMatch(/^twocan: .*\(unsupported\)$/);
  });

  it("prints nothing in production", async () => {
    vi.stubEnv("NODE_ENV", "production");
    const call = createCall({ room: "standup", signaling: failing });
    releases.push(call.retain());
    await expect.poll(() => call.getSnapshot().status).toBe("failed");
    expect(printed).toEqual([]);
  });
});

describe("reportUnhandled in a bundle", () => {
  it.each([
    ["production", false],
    ["development", true],
  ])("for %s is included: %s", async (mode, has) => {
    vi.stubEnv("NODE_ENV", mode);
    const result = (await build({
      configFile: false,
      logLevel: "error",
      mode,
      publicDir: false,
      build: {
        write: false,
        minify: true,
        rolldownOptions: { input: "src/core/index.ts", preserveEntrySignatures: "strict" },
      },
    })) as Rollup.RollupOutput;
    const code = result.output.map((file) => (file.type === "chunk" ? file.code : "")).join("");
    expect(code).toContain("room-invalid");
    expect(/console\.error|NODE_ENV/.test(code)).toBe(has);
  });
});
