/** What is printed on the console in development, and that production bundles have none of it. */
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

describe("an error that the application does not handle", () => {
  it("of a call is printed once, with its remedy", async () => {
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

  it("is not printed where onError is given", async () => {
    const onError = vi.fn<(error: CallError) => void>();
    const call = createCall({ room: "standup", signaling: failing, onError });
    releases.push(call.retain());
    await expect.poll(() => call.getSnapshot().status).toBe("failed");
    expect(onError).toHaveBeenCalledWith(refused);
    expect(printed).toEqual([]);
  });

  it("is not printed when the call is left while it joins", async () => {
    const call = createCall({ room: "standup", signaling: { join: () => new Promise(() => {}) } });
    const release = call.retain();
    expect(call.getSnapshot().status).toBe("joining");
    release();
    await expect.poll(() => call.getSnapshot().status).toBe("left");
    expect(printed).toEqual([]);
  });

  it("of media that start by themselves is printed once", async () => {
    // Node has no devices.
    const media = createLocalMedia();
    releases.push(media.retain());
    await expect.poll(() => media.getSnapshot().status).toBe("failed");
    expect(printed).toEqual([
      expect.stringMatching(/^twocan: .*\((insecure-context|unsupported)\)$/),
    ]);
  });

  it("of media is not printed where the caller awaits start()", async () => {
    const media = createLocalMedia({ autoStart: false });
    await expect(media.getSnapshot().start()).rejects.toMatchObject({ name: "CallError" });
    expect(printed).toEqual([]);
  });

  it("of a peer is printed", async () => {
    const channel = { send: async () => {}, subscribe: () => () => {} };
    const peer = createPeer({ channel, role: "caller" });
    releases.push(() => peer.close());
    // Node has no RTCPeerConnection.
    peer.start();
    await expect.poll(() => printed[0]).toMatch(/^twocan: .*\(negotiation-failed\)$/);
  });

  it("is silent in production", async () => {
    vi.stubEnv("NODE_ENV", "production");
    const call = createCall({ room: "standup", signaling: failing });
    releases.push(call.retain());
    await expect.poll(() => call.getSnapshot().status).toBe("failed");
    expect(printed).toEqual([]);
  });
});

describe("a bundle", () => {
  it.each([
    ["production", false],
    ["development", true],
  ])("for %s has the printing: %s", async (mode, has) => {
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
