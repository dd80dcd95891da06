/** Local media in Node, on the fake devices of `twocan/testing`. */
import { createFakeNetwork } from "twocan/fake-webrtc";
import { CallError } from "twocan/core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  createLocalMediaWith,
  type LocalMediaOptions,
} from "../../../src/core/media/local-media.ts";
import type { MediaEnvironment } from "../../../src/core/media/media-environment.ts";

const releases: (() => unknown)[] = [];
let printed: string[] = [];

beforeEach(() => {
  printed = [];
  vi.spyOn(console, "error").mockImplementation((text) => printed.push(String(text)));
});

afterEach(() => {
  for (const release of releases.splice(0)) release();
  vi.restoreAllMocks();
});

function fakeEnvironment() {
  const peer = createFakeNetwork().peer({ name: "Mina" });
  let onFocus = () => {};
  const environment: MediaEnvironment = {
    mediaDevices: peer.navigator.mediaDevices,
    permissions: peer.navigator.permissions,
    isSecureContext: true,
    isFramed: false,
    policyAllows: () => undefined,
    createStream: () => new peer.MediaStream(),
    onFocus(listener) {
      onFocus = listener;
      return () => {
        onFocus = () => {};
      };
    },
  };
  return { peer, environment, focus: () => onFocus() };
}

/** Subscribed media, as a component would have it, on fake devices. */
function createMedia(options: LocalMediaOptions = {}) {
  const { peer, environment, focus } = fakeEnvironment();
  const getUserMedia = vi.spyOn(peer.navigator.mediaDevices, "getUserMedia");
  const store = createLocalMediaWith(options, environment);
  releases.push(
    () => store.getSnapshot().stop(),
    store.subscribe(() => {}),
  );
  return { peer, store, focus, getUserMedia, media: store.getSnapshot };
}

/** The codes of the errors that `onError` received. */
function errorLog() {
  const codes: string[] = [];
  return { codes, onError: ({ code }: CallError) => codes.push(code) };
}

describe("createLocalMediaWith", () => {
  it("captures from the given environment without any browser global", async () => {
    const { peer, media } = createMedia();
    await media().start();
    const { status, stream, camera, microphone } = media();
    expect([status, camera.status, microphone.status]).toEqual(["live", "on", "on"]);
    expect(stream?.getTracks().length).toBe(2);
    media().stop();
    expect(peer.liveTracks).toEqual([]);
  });

  it("reports `insecure-context` from the given environment", async () => {
    const { environment } = fakeEnvironment();
    const insecure = { ...environment, mediaDevices: undefined, isSecureContext: false };
    const media = createLocalMediaWith({}, insecure);
    await expect(media.getSnapshot().start()).rejects.toMatchObject({ code: "insecure-context" });
  });
});

describe("LocalMedia.start({ prompt: false })", () => {
  it("fails with `permission-denied` without calling getUserMedia when access was denied before", async () => {
    const { peer, media, getUserMedia } = createMedia({ autoStart: false });
    peer.denyCamera();
    peer.denyMicrophone();
    await expect(media().start({ prompt: false })).rejects.toMatchObject({
      code: "permission-denied",
    });
    const { status, error, camera, microphone } = media();
    expect([status, camera.status, microphone.status]).toEqual(["failed", "blocked", "blocked"]);
    expect([error?.code, camera.error, microphone.error]).toEqual([
      "permission-denied",
      error,
      error,
    ]);
    expect(getUserMedia).not.toHaveBeenCalled();
  });

  it("captures once the denied access has been granted in the site settings and the page has focus", async () => {
    const { peer, media, focus } = createMedia({ autoStart: false, audio: false });
    peer.denyCamera();
    await expect(media().start({ prompt: false })).rejects.toBeInstanceOf(Error);
    expect(media().status).toBe("failed");
    peer.denyCamera(false);
    vi.spyOn(peer.navigator.permissions, "query").mockResolvedValue({
      state: "granted",
    } as PermissionStatus);
    focus();
    await expect.poll(() => media().camera.status).toBe("on");
    expect(media()).toMatchObject({ status: "live", error: undefined });
  });

  it("stays idle while the browser would prompt for one of two devices", async () => {
    const { peer, media, getUserMedia } = createMedia({ autoStart: false });
    peer.denyCamera();
    await media().start({ prompt: false });
    expect(media()).toMatchObject({ status: "idle", error: undefined });
    expect(getUserMedia).not.toHaveBeenCalled();
  });

  it("captures the granted microphone when the camera was denied before", async () => {
    const { peer, media } = createMedia({ autoStart: false });
    await media().start();
    media().stop();
    peer.denyCamera();
    await media().start({ prompt: false });
    const { status, camera, microphone } = media();
    expect([status, camera.status, microphone.status]).toEqual(["live", "blocked", "on"]);
  });
});

describe("LocalMediaOptions.onError", () => {
  it("receives the error of an automatic start, which then is not printed", async () => {
    const { codes, onError } = errorLog();
    const { peer, store, media } = createMedia({ onError });
    peer.denyCamera();
    peer.denyMicrophone();
    releases.push(store.retain());
    await expect.poll(() => media().status).toBe("failed");
    expect(codes).toEqual(["permission-denied"]);
    expect(printed).toEqual([]);
  });

  it("receives the error of a device that is lost during the call", async () => {
    const { codes, onError } = errorLog();
    const { peer, media } = createMedia({ onError });
    await media().start();
    peer.unplug("Camera 1");
    await expect.poll(() => media().camera.status).toBe("missing");
    expect(codes).toEqual(["device-missing"]);
    expect(printed).toEqual([]);
  });

  it("receives each error once, also if the promise of a verb rejects with it", async () => {
    const { codes, onError } = errorLog();
    const { peer, media } = createMedia({ onError });
    await media().start();
    await media().camera.setEnabled(false);
    peer.busy("Camera 1");
    await expect(media().camera.setEnabled(true)).rejects.toMatchObject({ code: "device-busy" });
    await media().microphone.setEnabled(false);
    expect(codes).toEqual(["device-busy"]);
  });

  it("does not receive errors that no snapshot contains", async () => {
    const { codes, onError } = errorLog();
    const { peer, media } = createMedia({ onError });
    await media().start();
    await expect(media().camera.select("gone")).rejects.toBeInstanceOf(Error);
    peer.dismiss();
    await expect(media().startScreenShare()).rejects.toMatchObject({
      code: "permission-dismissed",
    });
    expect(codes).toEqual([]);
  });

  it("may throw without affecting the media", async () => {
    const reported = vi.fn<(error: unknown) => void>();
    vi.stubGlobal("reportError", reported);
    const failure = new Error("A bug in the application.");
    const { peer, media } = createMedia({
      onError: () => {
        throw failure;
      },
    });
    peer.denyCamera();
    await media().start();
    expect(media()).toMatchObject({ status: "live", camera: { status: "blocked" } });
    expect(reported).toHaveBeenCalledExactlyOnceWith(failure);
    vi.unstubAllGlobals();
  });
});

describe("a device error without onError", () => {
  const PRINTED = /^twocan: .*\((device-missing|permission-denied)\)$/;

  it("is printed when a device is lost during the call", async () => {
    const { peer, media } = createMedia();
    await media().start();
    peer.unplug("Camera 1");
    await expect.poll(() => media().camera.status).toBe("missing");
    await expect.poll(() => printed).toEqual([expect.stringMatching(PRINTED)]);
  });

  it("is printed when start() resolves although one device failed", async () => {
    const { peer, media } = createMedia();
    peer.denyCamera();
    await media().start();
    expect(media().camera.error?.code).toBe("permission-denied");
    expect(printed).toEqual([expect.stringMatching(PRINTED)]);
  });

  it("is not printed when the promise of a verb rejects because of it", async () => {
    const { peer, media } = createMedia();
    peer.unplug("Microphone 1");
    peer.unplug("Camera 1");
    await expect(media().start()).rejects.toBeInstanceOf(Error);
    await expect(media().camera.setEnabled(true)).rejects.toBeInstanceOf(Error);
    expect(printed).toEqual([]);
  });
});

describe("LocalMedia.stop() from a subscriber", () => {
  type Media = ReturnType<typeof createMedia>;
  const SCENARIOS: Record<string, (media: Media) => Promise<unknown>> = {
    "start()": ({ media }) => media().start(),
    "start() without permission": ({ peer, media }) => {
      peer.denyCamera();
      peer.denyMicrophone();
      return media().start();
    },
    "start() without a camera": ({ peer, media }) => {
      peer.unplug("Camera 1");
      return media().start();
    },
    "start({ prompt: false })": ({ peer, media }) => {
      peer.denyCamera();
      peer.denyMicrophone();
      return media().start({ prompt: false });
    },
    "setEnabled()": ({ media }) => media().camera.setEnabled(true),
    "select()": async ({ peer, media }) => {
      await media().start();
      await media().camera.select(peer.plug("videoinput", "Camera 2"));
    },
    "startScreenShare()": ({ media }) => media().startScreenShare(),
  };

  it.each(Object.keys(SCENARIOS))("leaves everything off at any snapshot of %s", async (name) => {
    for (let at = 1; at <= 20; at += 1) {
      const scene = createMedia({ autoStart: false });
      const { peer, store, media } = scene;
      let published = 0;
      let hasStopped = false;
      releases.push(
        store.subscribe(() => {
          published += 1;
          if (published !== at) return;
          hasStopped = true;
          media().stop();
        }),
      );
      const failures: unknown[] = [];
      await SCENARIOS[name]!(scene).catch((cause: unknown) => failures.push(cause));
      for (const failure of failures) expect(failure).toBeInstanceOf(CallError);
      // Captures that were requested before can still resolve.
      await new Promise((resolve) => setTimeout(resolve));
      if (!hasStopped) return;
      const { status, stream, screen, error, camera, microphone } = media();
      expect([status, camera.status, microphone.status], `snapshot ${at}`).toEqual([
        "idle",
        "off",
        "off",
      ]);
      expect([stream, screen, error, ...peer.liveTracks], `snapshot ${at}`).toEqual([
        undefined,
        undefined,
        undefined,
      ]);
    }
    expect.unreachable("The scenario publishes fewer snapshots.");
  });

  it("leaves a camera off that is being turned on", async () => {
    const { store, media, peer } = createMedia({ initial: { camera: { enabled: false } } });
    const unsubscribe = store.subscribe(() => {
      unsubscribe();
      media().stop();
    });
    await expect(media().camera.setEnabled(true)).rejects.toMatchObject({ code: "aborted" });
    expect([media().camera.status, ...peer.liveTracks]).toEqual(["off"]);
  });

  it("rejects start() when `onError` calls it", async () => {
    const { peer, media } = createMedia({ onError: () => media().stop() });
    peer.denyCamera();
    peer.denyMicrophone();
    await expect(media().start()).rejects.toMatchObject({ code: "aborted" });
    expect(media()).toMatchObject({ status: "idle", error: undefined });
  });
});
