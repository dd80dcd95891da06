import { CallError, type CallErrorCode, type DeviceControl, type LocalMedia } from "twocan/core";
import { describe, expect, it } from "vitest";
import { deviceState, type DeviceStatus } from "../../../src/core/media/device-state.ts";
import {
  localMediaState,
  type LocalMediaStatus,
} from "../../../src/core/media/local-media-state.ts";

const failure = (code: CallErrorCode) => new CallError(code, "Simulated.");
const BUSY = failure("device-busy");
const track = { muted: false } as MediaStreamTrack;
const muted = { muted: true } as MediaStreamTrack;
const stream = {} as MediaStream;

describe("deviceState", () => {
  it.each<[status: DeviceStatus, facts: Partial<Parameters<typeof deviceState>[0]>]>([
    ["off", {}],
    ["off", { enabled: false }],
    ["off", { enabled: false, track }],
    ["off", { enabled: false, isStarting: true }],
    ["starting", { isStarting: true }],
    ["starting", { isStarting: true, error: BUSY }],
    ["on", { track }],
    ["on", { track, error: BUSY }],
    ["interrupted", { track: muted }],
    ["busy", { error: BUSY }],
  ])("is %s for %j", (status, facts) => {
    const base = { enabled: true, track: undefined, isStarting: false, error: undefined };
    const state = deviceState({ ...base, ...facts });
    expect(state.status).toBe(status);
    expect(state.error).toBe(status === "busy" ? BUSY : undefined);
    expect(state.track).toBe(facts.track);
  });

  it.each<[CallErrorCode, DeviceStatus]>([
    ["permission-denied", "blocked"],
    ["permission-dismissed", "blocked"],
    ["insecure-context", "blocked"],
    ["unsupported", "missing"],
    ["device-missing", "missing"],
    ["constraints-unsatisfied", "missing"],
    ["device-busy", "busy"],
    ["negotiation-failed", "busy"],
  ])("for the error %s is %s", (code, status) => {
    const facts = { enabled: true, track: undefined, isStarting: false, error: failure(code) };
    expect(deviceState(facts).status).toBe(status);
  });
});

describe("DeviceControl and LocalMedia", () => {
  it("have an error in the type of every status that says that something failed", () => {
    // Checked by the compiler: without narrowing, `error` may be undefined.
    const deviceCode = (device: DeviceControl) =>
      device.status === "blocked" || device.status === "missing" || device.status === "busy"
        ? device.error.code
        : device.error;
    const mediaCode = (media: LocalMedia) =>
      media.status === "failed" ? media.error.code : media.error?.code;
    const facts = { enabled: true, track: undefined, isStarting: false, error: BUSY };
    expect(deviceCode(deviceState(facts) as DeviceControl)).toBe("device-busy");
    const failed = { isPrompting: false, isAllOff: false, stream: undefined, error: BUSY };
    expect(mediaCode(localMediaState(failed) as LocalMedia)).toBe("device-busy");
  });
});

describe("localMediaState", () => {
  it.each<[status: LocalMediaStatus, facts: Partial<Parameters<typeof localMediaState>[0]>]>([
    ["idle", {}],
    ["prompting", { isPrompting: true }],
    ["prompting", { isPrompting: true, stream }],
    ["live", { stream }],
    ["live", { stream, error: BUSY }],
    ["live", { isAllOff: true }],
    ["failed", { error: BUSY }],
  ])("is %s for %j", (status, facts) => {
    const base = { isPrompting: false, isAllOff: false, stream: undefined, error: undefined };
    expect(localMediaState({ ...base, ...facts })).toEqual({
      status,
      stream: facts.stream,
      error: facts.error,
    });
  });
});
