/**
 * Runs in a real browser with fake devices. To simulate a failure, `getUserMedia` is replaced by one that
 * rejects before the real one is called. A shared screen is a canvas, because selecting a real one needs
 * a user.
 */
import { createLocalMedia, type CallErrorCode, type LocalMediaStore } from "twocan/core";
import { afterEach, describe, expect, it, vi } from "vitest";
import { opened } from "../../support/browser/media-support.ts";
import { seededRandom } from "../../support/seeded-random.ts";

const devices = navigator.mediaDevices;
const real = devices.getUserMedia.bind(devices);
/** Every track that a capture of the test returned, simulated or not. */
const captured: MediaStreamTrack[] = [];
const releases: (() => void)[] = [];

/** Chromium exposes the permissions policy of a document. */
type Chromium = Document & { readonly featurePolicy: unknown };

const nextTask = () => new Promise<void>((resolve) => setTimeout(resolve));
const live = (kind?: string) =>
  captured.filter((track) => track.readyState === "live" && (!kind || track.kind === kind));

type Ask = (constraints: MediaStreamConstraints) => Promise<MediaStream>;

/** Replaces `getUserMedia` by `handle`, which can call the real one, and records its tracks. */
function interceptCapture(
  handle: (constraints: MediaStreamConstraints, browser: Ask) => Promise<MediaStream>,
) {
  return vi.spyOn(devices, "getUserMedia").mockImplementation(async (constraints = {}) => {
    const stream = await handle(constraints, real);
    captured.push(...stream.getTracks());
    return stream;
  });
}

const spyOnCapture = () => interceptCapture((constraints, ask) => ask(constraints));
const failure = (name: string) => new DOMException("Simulated by a test.", name);

function createMedia(options?: Parameters<typeof createLocalMedia>[0]): LocalMediaStore {
  const media = createLocalMedia(options);
  releases.push(() => media.getSnapshot().stop());
  // A subscriber, like a hook.
  releases.push(media.subscribe(() => {}));
  return media;
}

/** Creates media and starts it. */
async function startMedia(
  options?: Parameters<typeof createLocalMedia>[0],
): Promise<LocalMediaStore> {
  const media = createMedia(options);
  await media.getSnapshot().start();
  expect(media.getSnapshot().status).toBe("live");
  return media;
}

/** Sets the states in the Permissions API, by kind. */
function mockPermissions(states: Partial<Record<"camera" | "microphone", PermissionState>>) {
  vi.spyOn(navigator.permissions, "query").mockImplementation(async ({ name }) => {
    const state = states[name as "camera"] ?? "granted";
    return { state } as PermissionStatus;
  });
}

/** Ends a track as the browser does when its device is unplugged. */
function unplug(track: MediaStreamTrack): void {
  track.stop();
  track.dispatchEvent(new Event("ended"));
}

afterEach(async () => {
  for (const release of releases.splice(0)) release();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  const all = captured.splice(0);
  const open = () =>
    [...all, ...opened.liveTracks()].filter((track) => track.readyState === "live");
  await expect
    .poll(() => open().length)
    .toBe(0)
    .finally(() => open().forEach((track) => track.stop()));
});

describe("createLocalMedia", () => {
  it("does not prompt before it is retained or started", async () => {
    const asked = spyOnCapture();
    const media = createMedia();
    await nextTask();
    expect(asked).not.toHaveBeenCalled();
    expect(media.getSnapshot().stream).toBeUndefined();
  });

  it("shows one prompt for both devices, however often start() is called", async () => {
    const asked = spyOnCapture();
    const media = createMedia();
    await Promise.all([1, 2, 3].map(() => media.getSnapshot().start()));
    await media.getSnapshot().start();
    expect(asked).toHaveBeenCalledTimes(1);
    const { stream, status, camera, microphone } = media.getSnapshot();
    expect([status, camera.status, microphone.status]).toEqual(["live", "on", "on"]);
    expect(
      stream
        ?.getTracks()
        .map(({ kind }) => kind)
        .toSorted(),
    ).toEqual(["audio", "video"]);
  });

  it("shows one prompt and stays on when StrictMode retains, releases and retains it", async () => {
    const asked = spyOnCapture();
    const media = createMedia();
    media.retain()();
    const release = media.retain();
    releases.push(release);
    await expect.poll(() => media.getSnapshot().status).toBe("live");
    await nextTask();
    expect(asked).toHaveBeenCalledTimes(1);
    expect(live().length).toBe(2);
  });

  it("waits for start() with `autoStart: false`", async () => {
    const asked = spyOnCapture();
    const media = createMedia({ autoStart: false });
    releases.push(media.retain());
    await nextTask();
    expect(media.getSnapshot().status).toBe("idle");
    expect(asked).not.toHaveBeenCalled();
  });

  it("does not ask for the camera with `video: false`", async () => {
    const asked = spyOnCapture();
    const media = await startMedia({ video: false });
    expect(asked.mock.calls).toEqual([[{ audio: true, video: false }]]);
    expect(media.getSnapshot().camera.status).toBe("off");
    expect(live("video")).toEqual([]);
  });

  it("stops every track after the last release", async () => {
    spyOnCapture();
    const media = createMedia();
    const releaseEach = [media.retain(), media.retain()];
    await expect.poll(() => media.getSnapshot().status).toBe("live");
    releaseEach[0]!();
    await nextTask();
    expect(live().length).toBe(2);
    releaseEach[1]!();
    await expect.poll(() => live().length).toBe(0);
    expect(media.getSnapshot()).toMatchObject({ status: "idle", stream: undefined });
  });
});

describe("a failed capture", () => {
  type Row = [
    name: string,
    permission: PermissionState,
    code: CallErrorCode,
    status: string,
    remedy: RegExp,
  ];

  it.each<Row>([
    ["NotAllowedError", "denied", "permission-denied", "blocked", /site settings/],
    ["NotAllowedError", "prompt", "permission-dismissed", "blocked", /Call `start\(\)` again/],
    ["NotAllowedError", "granted", "permission-denied", "blocked", /system's privacy settings/],
    ["NotFoundError", "granted", "device-missing", "missing", /Connect one/],
    ["NotReadableError", "granted", "device-busy", "busy", /Close that program/],
    ["AbortError", "granted", "device-busy", "busy", /try again/],
    [
      "OverconstrainedError",
      "granted",
      "constraints-unsatisfied",
      "missing",
      /`ideal` instead of `exact`/,
    ],
    ["TypeError", "granted", "constraints-unsatisfied", "missing", /select another device/],
    ["SecurityError", "granted", "insecure-context", "blocked", /https/],
    ["SomeNewError", "granted", "device-busy", "busy", /try again/],
  ])("turns %s with permission %s into %s", async (name, permission, code, status, remedy) => {
    mockPermissions({ camera: permission, microphone: permission });
    interceptCapture(() => Promise.reject(failure(name)));
    const media = createMedia();
    await expect(media.getSnapshot().start()).rejects.toMatchObject({ name: "CallError", code });
    const { error, camera, microphone, status: whole } = media.getSnapshot();
    expect(error?.code).toBe(code);
    expect(error?.message).toMatch(remedy);
    expect((error?.cause as DOMException | undefined)?.name).toBe(name);
    expect([whole, camera.status, microphone.status]).toEqual(["failed", status, status]);
    expect([camera.error?.code, microphone.error?.code]).toEqual([code, code]);
  });

  it("names the operating system that blocks the browser, even before access was granted", async () => {
    mockPermissions({ camera: "prompt", microphone: "prompt" });
    interceptCapture(() =>
      Promise.reject(new DOMException("Permission denied by system", "NotAllowedError")),
    );
    await expect(createMedia().getSnapshot().start()).rejects.toMatchObject({
      code: "permission-denied",
      message: expect.stringMatching(/operating system/) as string,
    });
  });

  it("does not prompt again in the same start() after the user refused", async () => {
    mockPermissions({ camera: "prompt", microphone: "prompt" });
    const asked = interceptCapture(() => Promise.reject(failure("NotAllowedError")));
    await expect(createMedia().getSnapshot().start()).rejects.toMatchObject({
      code: "permission-dismissed",
    });
    expect(asked).toHaveBeenCalledTimes(1);
  });

  it("captures the microphone when the camera is missing, and reports the camera", async () => {
    interceptCapture((constraints, ask) =>
      constraints.video ? Promise.reject(failure("NotFoundError")) : ask(constraints),
    );
    const media = await startMedia();
    const { error, camera, microphone, stream } = media.getSnapshot();
    expect([camera.status, microphone.status]).toEqual(["missing", "on"]);
    expect([error?.code, camera.error?.code, microphone.error]).toEqual([
      "device-missing",
      "device-missing",
      undefined,
    ]);
    expect(stream?.getTracks().map(({ kind }) => kind)).toEqual(["audio"]);
  });

  it("captures the microphone when the camera is blocked", async () => {
    mockPermissions({ camera: "denied", microphone: "granted" });
    interceptCapture((constraints, ask) =>
      constraints.video ? Promise.reject(failure("NotAllowedError")) : ask(constraints),
    );
    const media = await startMedia();
    expect(media.getSnapshot().camera.status).toBe("blocked");
    expect(media.getSnapshot().microphone.status).toBe("on");
  });

  it("captures the camera on the next start() after the cause is gone", async () => {
    let gone = true;
    interceptCapture((constraints, ask) =>
      gone && constraints.video ? Promise.reject(failure("NotFoundError")) : ask(constraints),
    );
    const media = await startMedia();
    const { stream } = media.getSnapshot();
    gone = false;
    await media.getSnapshot().start();
    const after = media.getSnapshot();
    expect([after.camera.status, after.error, after.camera.error]).toEqual([
      "on",
      undefined,
      undefined,
    ]);
    expect(after.stream).toBe(stream);
    expect(live().length).toBe(2);
  });

  it("reports `insecure-context` on a page that is not secure", async () => {
    vi.spyOn(navigator, "mediaDevices", "get").mockReturnValue(undefined as never);
    vi.stubGlobal("isSecureContext", false);
    const media = createLocalMedia();
    await expect(media.getSnapshot().start()).rejects.toMatchObject({ code: "insecure-context" });
    vi.unstubAllGlobals();
    expect(media.getSnapshot().error?.message).toMatch(/https/);
    expect(media.getSnapshot().camera.status).toBe("blocked");
  });

  it("reports `unsupported` in a browser without `mediaDevices`", async () => {
    vi.spyOn(navigator, "mediaDevices", "get").mockReturnValue(undefined as never);
    const media = createLocalMedia();
    await expect(media.getSnapshot().start()).rejects.toMatchObject({ code: "unsupported" });
    expect(media.getSnapshot().camera.status).toBe("missing");
  });
});

describe("a device in use", () => {
  /** Rejects a number of times because the device is in use, and then captures it. */
  function busyFor(times: number, kind: "audio" | "video", name = "NotReadableError") {
    let left = times;
    return interceptCapture((constraints, ask) => {
      if (!constraints[kind] || left === 0) return ask(constraints);
      left -= 1;
      return Promise.reject(failure(name));
    });
  }

  /** Collects every status of a device from now on. */
  function statusesOf(media: LocalMediaStore, name: "camera" | "microphone") {
    const seen = new Set<string>();
    releases.push(media.subscribe(() => seen.add(media.getSnapshot()[name].status)));
    return seen;
  }

  it.each([
    ["camera", "video", "NotReadableError"],
    ["camera", "video", "AbortError"],
    ["microphone", "audio", "NotReadableError"],
  ] as const)("retries a %s in use until it is on (%s, %s)", async (name, kind, failing) => {
    busyFor(3, kind, failing);
    const media = createMedia();
    const seen = statusesOf(media, name);
    await media.getSnapshot().start();
    const { status, error } = media.getSnapshot();
    expect([status, error, media.getSnapshot()[name].status]).toEqual(["live", undefined, "on"]);
    expect([...seen].slice(-2)).toEqual(["starting", "on"]);
    expect(seen).not.toContain("busy");
    expect(live().length).toBe(2);
  });

  it("starts the microphone without waiting for the camera", async () => {
    busyFor(3, "video");
    const media = createMedia();
    const starting = media.getSnapshot().start();
    await expect.poll(() => media.getSnapshot().microphone.status).toBe("on");
    expect(media.getSnapshot().status).toBe("live");
    expect(media.getSnapshot().camera.status).toBe("starting");
    await starting;
    expect(media.getSnapshot().camera.status).toBe("on");
  });

  it("retries a camera that is captured without a microphone", async () => {
    busyFor(2, "video");
    const media = await startMedia({ audio: false });
    expect(media.getSnapshot().camera.status).toBe("on");
    expect(live().length).toBe(1);
  });

  it("retries a camera that is turned off and on", async () => {
    const asked = spyOnCapture();
    const media = await startMedia();
    await media.getSnapshot().camera.setEnabled(false);
    asked.mockRestore();
    busyFor(1, "video");
    const seen = statusesOf(media, "camera");
    await media.getSnapshot().camera.setEnabled(true);
    expect([...seen]).toEqual(["off", "starting", "on"]);
    expect(live("video").length).toBe(1);
  });

  it("shows `busy` after four attempts", async () => {
    const asked = busyFor(Infinity, "video");
    const media = createMedia({ audio: false });
    await expect(media.getSnapshot().start()).rejects.toMatchObject({ code: "device-busy" });
    expect(media.getSnapshot().camera.status).toBe("busy");
    expect(asked).toHaveBeenCalledTimes(4);
  });

  it("does not retry where the browser would prompt again", async () => {
    mockPermissions({ camera: "prompt" });
    const asked = busyFor(Infinity, "video");
    const media = createMedia({ audio: false });
    await expect(media.getSnapshot().start()).rejects.toMatchObject({ code: "device-busy" });
    expect(asked).toHaveBeenCalledTimes(1);
  });

  it.each(["NotFoundError", "OverconstrainedError", "SomeNewError"])(
    "does not retry after %s",
    async (name) => {
      const asked = busyFor(Infinity, "video", name);
      await expect(createMedia({ audio: false }).getSnapshot().start()).rejects.toBeInstanceOf(
        Error,
      );
      expect(asked).toHaveBeenCalledTimes(1);
    },
  );

  describe("between two attempts", () => {
    /** Creates media whose camera waits for the next attempt. Fake timers control when that is. */
    async function waiting(options: Parameters<typeof createLocalMedia>[0]) {
      vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
      releases.push(() => vi.useRealTimers());
      const asked = busyFor(Infinity, "video");
      const media = createMedia(options);
      const starting = media.getSnapshot().start();
      await expect.poll(() => vi.getTimerCount()).toBeGreaterThan(0);
      const attempts = asked.mock.calls.length;
      expect(media.getSnapshot().camera.status).toBe("starting");
      return {
        media,
        starting,
        /** Returns the number of attempts after all delays have passed. */
        async furtherAttempts() {
          await vi.advanceTimersByTimeAsync(60_000);
          return asked.mock.calls.length - attempts;
        },
      };
    }

    it.each([true, false])(
      "makes no further attempt after stop() (microphone: %s)",
      async (audio) => {
        const { media, starting, furtherAttempts } = await waiting({ audio });
        media.getSnapshot().stop();
        await expect(starting).rejects.toMatchObject({ code: "aborted" });
        expect(await furtherAttempts()).toBe(0);
        expect(media.getSnapshot()).toMatchObject({ status: "idle", camera: { status: "off" } });
        expect(live()).toEqual([]);
      },
    );

    it.each([true, false])(
      "makes no further attempt after the camera is turned off (microphone: %s)",
      async (audio) => {
        const { media, starting, furtherAttempts } = await waiting({ audio });
        await media.getSnapshot().camera.setEnabled(false);
        await starting;
        expect(media.getSnapshot()).toMatchObject({
          status: audio ? "live" : "idle",
          error: undefined,
          camera: { status: "off", error: undefined },
        });
        expect(await furtherAttempts()).toBe(0);
        expect(live("video")).toEqual([]);
        expect(live("audio").length).toBe(audio ? 1 : 0);
      },
    );

    it("makes no further attempt after the camera is turned on and off again", async () => {
      const { media, starting, furtherAttempts } = await waiting({ audio: false });
      await media.getSnapshot().camera.setEnabled(false);
      await starting;
      const on = media.getSnapshot().camera.setEnabled(true);
      await expect.poll(() => vi.getTimerCount()).toBeGreaterThan(0);
      expect(media.getSnapshot().camera.status).toBe("starting");
      await media.getSnapshot().camera.setEnabled(false);
      await expect(on).rejects.toMatchObject({ code: "aborted" });
      expect(media.getSnapshot().camera).toMatchObject({ status: "off", error: undefined });
      expect(await furtherAttempts()).toBe(1);
    });
  });
});

describe("DeviceControl.setEnabled()", () => {
  it("stops the camera, and starts it again in the same stream", async () => {
    spyOnCapture();
    const media = await startMedia();
    const { stream, camera } = media.getSnapshot();
    await camera.setEnabled(false);
    expect(camera.track?.readyState).toBe("ended");
    expect(media.getSnapshot().camera).toMatchObject({ status: "off", enabled: false });
    expect(media.getSnapshot().camera.track).toBeUndefined();
    expect(live("video")).toEqual([]);
    expect(live("audio").length).toBe(1);
    await media.getSnapshot().camera.setEnabled(true);
    const again = media.getSnapshot();
    expect(again.camera).toMatchObject({ status: "on", enabled: true });
    expect(again.stream).toBe(stream);
    expect(stream?.getVideoTracks()).toEqual([again.camera.track]);
    expect(again.camera.track?.readyState).toBe("live");
  });

  it("disables the track of the microphone at once and keeps it", async () => {
    const asked = spyOnCapture();
    const media = await startMedia();
    const { track } = media.getSnapshot().microphone;
    const silenced = media.getSnapshot().microphone.setEnabled(false);
    expect(track?.enabled).toBe(false);
    await silenced;
    expect(media.getSnapshot().microphone).toMatchObject({ status: "off", enabled: false, track });
    expect(track?.readyState).toBe("live");
    await media.getSnapshot().microphone.setEnabled(true);
    expect(media.getSnapshot().microphone).toMatchObject({ status: "on", track });
    expect(track?.enabled).toBe(true);
    expect(asked).toHaveBeenCalledTimes(1);
  });

  it.each(["camera", "microphone"] as const)(
    "applies the last of twenty quick calls for the %s",
    async (name) => {
      spyOnCapture();
      const media = await startMedia();
      for (const last of [false, true]) {
        const requests = Array.from({ length: 20 }, (_, at) => (at % 2 === 1) === last);
        await Promise.all(requests.map((enabled) => media.getSnapshot()[name].setEnabled(enabled)));
        const control = media.getSnapshot()[name];
        expect([control.status, control.enabled]).toEqual(last ? ["on", true] : ["off", false]);
        expect(control.track?.enabled ?? false).toBe(last);
        expect(live("video").length).toBeLessThanOrEqual(1);
        expect(live("audio").length).toBe(1);
      }
    },
  );

  it.each(["camera", "microphone"] as const)(
    "changes the %s on an odd number of quick toggles, and not on an even one",
    async (name) => {
      spyOnCapture();
      const media = await startMedia();
      const toggles = (times: number) =>
        Promise.all(Array.from({ length: times }, () => media.getSnapshot()[name].toggle()));
      await toggles(20);
      expect(media.getSnapshot()[name].status).toBe("on");
      await toggles(21);
      expect(media.getSnapshot()[name].status).toBe("off");
      await toggles(20);
      expect(media.getSnapshot()[name].status).toBe("off");
    },
  );

  it("never captures two cameras at once while the camera is toggled", async () => {
    const random = seededRandom(7);
    let most = 0;
    interceptCapture(async (constraints, ask) => {
      const stream = await ask(constraints);
      most = Math.max(most, live("video").length + stream.getVideoTracks().length);
      return stream;
    });
    const media = await startMedia();
    const toggling: Promise<void>[] = [];
    for (let time = 0; time < 20; time += 1) {
      toggling.push(media.getSnapshot().camera.toggle());
      if (random() < 0.5) await nextTask();
    }
    await Promise.all(toggling);
    expect(most).toBe(1);
  });

  it("keeps a camera off that is turned off while the prompt is open", async () => {
    let answer = () => {};
    const asked = new Promise<void>((resolve) => {
      answer = resolve;
    });
    interceptCapture(async (constraints, ask) => {
      await asked;
      return ask(constraints);
    });
    const media = createMedia();
    const starting = media.getSnapshot().start();
    await media.getSnapshot().camera.setEnabled(false);
    answer();
    await starting;
    expect(live("video")).toEqual([]);
    expect(media.getSnapshot().camera).toMatchObject({ status: "off", enabled: false });
    expect(media.getSnapshot().microphone.status).toBe("on");
  });
});

describe("DeviceControl.select() and the list of devices", () => {
  /** Returns the ids of the other microphones. Chromium fakes several. */
  async function microphones(media: LocalMediaStore): Promise<string[]> {
    await expect.poll(() => media.getSnapshot().microphone.devices.length).toBeGreaterThan(1);
    const { devices: list, deviceId } = media.getSnapshot().microphone;
    return list
      .map((device) => device.deviceId)
      .filter((id) => id !== deviceId && id !== "default");
  }

  /** Simulates a phone with a front and a rear camera. The test answers for each. */
  function twoCameras(
    ask: (which: string, browserAsk: () => Promise<MediaStream>) => Promise<MediaStream>,
  ) {
    return interceptCapture((constraints, browserAsk) => {
      const id = (constraints.video as MediaTrackConstraints | undefined)?.deviceId;
      const which = (id as ConstrainDOMStringParameters | undefined)?.exact;
      const plain = constraints.video ? { ...constraints, video: true } : constraints;
      return ask(which === "rear" ? "rear" : "front", () => browserAsk(plain));
    });
  }

  it("replaces the current device in the same stream", async () => {
    spyOnCapture();
    const media = await startMedia();
    const { stream, microphone } = media.getSnapshot();
    const [other] = await microphones(media);
    await microphone.select(other!);
    const after = media.getSnapshot();
    expect(after.microphone).toMatchObject({ status: "on", deviceId: other });
    expect(after.stream).toBe(stream);
    expect(stream?.getAudioTracks()).toEqual([after.microphone.track]);
    expect(microphone.track?.readyState).toBe("ended");
    expect(live("audio").length).toBe(1);
  });

  it("keeps the selected camera when it is turned off and on", async () => {
    const asked = spyOnCapture();
    const media = await startMedia();
    const { deviceId } = media.getSnapshot().camera;
    await media.getSnapshot().camera.select(deviceId!);
    await media.getSnapshot().camera.setEnabled(false);
    await media.getSnapshot().camera.setEnabled(true);
    expect(asked.mock.lastCall?.[0]).toEqual({
      audio: false,
      video: { deviceId: { exact: deviceId } },
    });
  });

  it("falls back to another camera when the selected one is unplugged", async () => {
    let gone = false;
    twoCameras((which, ask) =>
      which === "rear" && gone ? Promise.reject(failure("OverconstrainedError")) : ask(),
    );
    const media = await startMedia();
    await media.getSnapshot().camera.select("rear");
    await media.getSnapshot().camera.setEnabled(false);
    gone = true;
    await media.getSnapshot().camera.setEnabled(true);
    expect(media.getSnapshot().camera.status).toBe("on");
  });

  it("rejects for a device that is unplugged, and keeps the current one", async () => {
    spyOnCapture();
    const media = await startMedia();
    const { track } = media.getSnapshot().microphone;
    await expect(media.getSnapshot().microphone.select("gone")).rejects.toMatchObject({
      code: "constraints-unsatisfied",
    });
    expect(media.getSnapshot().microphone).toMatchObject({ status: "on", track });
    expect(track?.readyState).toBe("live");
    expect(media.getSnapshot().stream?.getAudioTracks()).toEqual([track]);
  });

  it("never enables the track of a muted microphone when the device changes", async () => {
    spyOnCapture();
    const media = await startMedia();
    await media.getSnapshot().microphone.setEnabled(false);
    const placed: boolean[] = [];
    const addTrack = MediaStream.prototype.addTrack;
    vi.spyOn(MediaStream.prototype, "addTrack").mockImplementation(function (
      this: MediaStream,
      track,
    ) {
      if (track.kind === "audio") placed.push(track.enabled);
      addTrack.call(this, track);
    });
    const seen: boolean[] = [];
    releases.push(
      media.subscribe(() => seen.push(media.getSnapshot().microphone.track?.enabled ?? false)),
    );
    for (const id of await microphones(media)) await media.getSnapshot().microphone.select(id);
    unplug(media.getSnapshot().microphone.track!);
    await media.getSnapshot().microphone.setEnabled(false);
    expect(placed.length).toBeGreaterThan(0);
    expect(placed).not.toContain(true);
    expect(seen).not.toContain(true);
    expect(media.getSnapshot().microphone).toMatchObject({ status: "off", enabled: false });
  });

  it("stays muted when it is muted while another microphone is selected", async () => {
    spyOnCapture();
    const media = await startMedia();
    const [other] = await microphones(media);
    const selecting = media.getSnapshot().microphone.select(other!);
    await Promise.all([selecting, media.getSnapshot().microphone.setEnabled(false)]);
    expect(media.getSnapshot().microphone.track?.enabled).toBe(false);
    expect(media.getSnapshot().microphone.deviceId).toBe(other);
  });

  it("stops the current camera first on a phone that opens one camera at a time", async () => {
    const asked = twoCameras((_, ask) =>
      live("video").length > 0 ? Promise.reject(failure("NotReadableError")) : ask(),
    );
    const media = await startMedia();
    const { stream, camera } = media.getSnapshot();
    await camera.select("rear");
    expect(asked).toHaveBeenCalledTimes(3);
    expect(media.getSnapshot().camera.status).toBe("on");
    expect(media.getSnapshot().stream).toBe(stream);
    expect(camera.track?.readyState).toBe("ended");
    expect(live("video").length).toBe(1);
  });

  it("retries on a phone that releases its camera slowly", async () => {
    let refusals = 0;
    twoCameras((which, ask) => {
      if (which === "rear" && (live("video").length > 0 || refusals++ < 2))
        return Promise.reject(failure("NotReadableError"));
      return ask();
    });
    const media = await startMedia();
    await media.getSnapshot().camera.select("rear");
    expect(media.getSnapshot().camera).toMatchObject({ status: "on", error: undefined });
    expect(live("video").length).toBe(1);
  });

  it("leaves both cameras off when the camera is turned off during the retries", async () => {
    let off = () => {};
    twoCameras((which, ask) => {
      if (which !== "rear") return ask();
      if (live("video").length === 0) off();
      return Promise.reject(failure("NotReadableError"));
    });
    const media = await startMedia();
    const cameras: MediaStreamTrack[] = [];
    off = () => {
      cameras.push(...captured.filter(({ kind }) => kind === "video"));
      void media.getSnapshot().camera.setEnabled(false);
    };
    await expect(media.getSnapshot().camera.select("rear")).rejects.toMatchObject({
      code: "aborted",
    });
    await nextTask();
    expect(live("video")).toEqual([]);
    // And no camera was opened in between.
    expect(captured.filter(({ kind }) => kind === "video")).toEqual(cameras);
    expect(media.getSnapshot().camera).toMatchObject({ status: "off", enabled: false });
    expect(media.getSnapshot().microphone.status).toBe("on");
  });

  it("returns to the previous camera when the selected one stays busy", async () => {
    twoCameras((which, ask) =>
      which === "rear" ? Promise.reject(failure("NotReadableError")) : ask(),
    );
    const media = await startMedia();
    const { stream } = media.getSnapshot();
    await expect(media.getSnapshot().camera.select("rear")).rejects.toMatchObject({
      code: "device-busy",
    });
    expect(media.getSnapshot().camera).toMatchObject({ status: "on", error: undefined });
    expect(media.getSnapshot().stream).toBe(stream);
    expect(stream?.getVideoTracks().map(({ readyState }) => readyState)).toEqual(["live"]);
  });

  it("leaves both cameras off when the media is stopped during the retries", async () => {
    let stop = () => {};
    let tries = 0;
    twoCameras(async (which, ask) => {
      if (which === "front") return ask();
      tries += 1;
      if (tries === 2) stop();
      throw failure("NotReadableError");
    });
    const media = await startMedia();
    stop = () => media.getSnapshot().stop();
    await expect(media.getSnapshot().camera.select("rear")).rejects.toMatchObject({
      code: "aborted",
    });
    await nextTask();
    expect(live()).toEqual([]);
    expect(media.getSnapshot().camera.status).toBe("off");
  });

  it.each(["camera", "microphone"] as const)(
    "captures another %s when the current one is unplugged",
    async (name) => {
      spyOnCapture();
      const media = await startMedia();
      const { stream } = media.getSnapshot();
      const previous = media.getSnapshot()[name].track!;
      unplug(previous);
      await expect.poll(() => media.getSnapshot()[name].track?.readyState).toBe("live");
      expect(media.getSnapshot()[name].track).not.toBe(previous);
      expect(media.getSnapshot()[name].status).toBe("on");
      expect(media.getSnapshot().stream).toBe(stream);
      expect(stream?.getTracks().length).toBe(2);
    },
  );

  it("shows `missing` and keeps the microphone when the only camera is unplugged", async () => {
    let gone = false;
    interceptCapture((constraints, ask) =>
      gone && constraints.video ? Promise.reject(failure("NotFoundError")) : ask(constraints),
    );
    const media = await startMedia();
    gone = true;
    unplug(media.getSnapshot().camera.track!);
    await expect.poll(() => media.getSnapshot().camera.status).toBe("missing");
    expect(media.getSnapshot().camera.track).toBeUndefined();
    expect(media.getSnapshot().microphone.status).toBe("on");
    expect(media.getSnapshot().stream?.getVideoTracks()).toEqual([]);
  });

  it("reads the list of devices once for a burst of `devicechange` events", async () => {
    spyOnCapture();
    const media = await startMedia();
    await expect.poll(() => media.getSnapshot().camera.devices.length).toBeGreaterThan(0);
    const before = await devices.enumerateDevices();
    const plugged = { ...before[0]!.toJSON(), deviceId: "new", kind: "videoinput", label: "New" };
    const listed = vi
      .spyOn(devices, "enumerateDevices")
      .mockResolvedValue([...before, plugged as MediaDeviceInfo]);
    for (let time = 0; time < 5; time += 1) devices.dispatchEvent(new Event("devicechange"));
    await expect
      .poll(() => media.getSnapshot().camera.devices.map(({ deviceId }) => deviceId))
      .toContain("new");
    expect(listed).toHaveBeenCalledTimes(1);
    listed.mockResolvedValue(before);
    devices.dispatchEvent(new Event("devicechange"));
    await expect
      .poll(() => media.getSnapshot().camera.devices.map(({ deviceId }) => deviceId))
      .not.toContain("new");
  });

  it("lists no devices that have no id yet", async () => {
    vi.spyOn(devices, "enumerateDevices").mockResolvedValue([
      { deviceId: "", groupId: "", kind: "videoinput", label: "" } as MediaDeviceInfo,
      { deviceId: "a", groupId: "", kind: "audioinput", label: "" } as MediaDeviceInfo,
    ]);
    const media = createMedia();
    await expect.poll(() => media.getSnapshot().microphone.devices.length).toBe(1);
    expect(media.getSnapshot().camera.devices).toEqual([]);
  });
});

describe("a device during a call", () => {
  const KINDS = [
    ["camera", "video"],
    ["microphone", "audio"],
  ] as const;
  type Kind = (typeof KINDS)[number][1];

  /** Starts media with one device that can be lost, with a given error, and given back. */
  async function losable(kind: Kind) {
    let refusal: DOMException | undefined;
    const asked = interceptCapture((constraints, ask) =>
      refusal && constraints[kind] ? Promise.reject(refusal) : ask(constraints),
    );
    const media = await startMedia();
    const name = kind === "video" ? "camera" : "microphone";
    const control = () => media.getSnapshot()[name];
    return {
      media,
      control,
      asked,
      lose(why: string) {
        refusal = failure(why);
        unplug(control().track!);
      },
      giveBack: () => (refusal = undefined),
    };
  }

  /** Fires `devicechange` with or without the devices of a kind. */
  function plug(kind: Kind, isConnected: boolean, all: readonly MediaDeviceInfo[]): void {
    const listed = all.filter((device) => isConnected || device.kind !== `${kind}input`);
    vi.spyOn(devices, "enumerateDevices").mockResolvedValue(listed);
    devices.dispatchEvent(new Event("devicechange"));
  }

  /** The user returns to the page, from the other program or from the settings. */
  const focusPage = () => window.dispatchEvent(new Event("focus"));

  it.each(KINDS)(
    "shows `missing` for an unplugged %s, and captures it when it is plugged in again",
    async (_name, kind) => {
      const all = await devices.enumerateDevices();
      const { media, control, lose, giveBack } = await losable(kind);
      const { stream } = media.getSnapshot();
      lose("NotFoundError");
      plug(kind, false, all);
      await expect.poll(() => control().status).toBe("missing");
      await expect.poll(() => control().devices).toEqual([]);
      expect(control()).toMatchObject({ enabled: true, error: { code: "device-missing" } });
      giveBack();
      plug(kind, true, all);
      await expect.poll(() => control().status).toBe("on");
      expect(control().error).toBeUndefined();
      expect(media.getSnapshot()).toMatchObject({ status: "live", error: undefined });
      expect(media.getSnapshot().stream).toBe(stream);
      expect(live().length).toBe(2);
    },
  );

  it.each(KINDS)(
    "shows `busy` for a %s that another program takes, and captures it when the page receives focus",
    async (_name, kind) => {
      const { media, control, asked, lose, giveBack } = await losable(kind);
      lose("NotReadableError");
      await expect.poll(() => control().status).toBe("busy");
      expect(control()).toMatchObject({ enabled: true, error: { code: "device-busy" } });

      // The attempt fails, and subscribers see no change.
      const tries = asked.mock.calls.length;
      const statuses = new Set<string>();
      releases.push(media.subscribe(() => statuses.add(control().status)));
      focusPage();
      await expect.poll(() => asked.mock.calls.length).toBe(tries + 1);
      await nextTask();
      expect([...statuses]).toEqual([]);

      giveBack();
      focusPage();
      await expect.poll(() => control().status).toBe("on");
      expect(live().length).toBe(2);
    },
  );

  it.each(KINDS)(
    "shows `interrupted` for a %s that the system mutes, until it unmutes it",
    async (_name, kind) => {
      const { control, asked } = await losable(kind);
      const track = control().track!;
      const mute = (muted: boolean) => {
        Object.defineProperty(track, "muted", { value: muted, configurable: true });
        track.dispatchEvent(new Event(muted ? "mute" : "unmute"));
      };
      mute(true);
      expect(control()).toMatchObject({ status: "interrupted", enabled: true });
      mute(false);
      expect(control()).toMatchObject({ status: "on", track });
      expect(asked).toHaveBeenCalledTimes(1);
    },
  );

  it.each(KINDS)(
    "shows `blocked` for a %s whose permission is revoked, and captures it once granted again",
    async (name, kind) => {
      const { control, asked, lose, giveBack } = await losable(kind);
      mockPermissions({ [name]: "denied" });
      lose("NotAllowedError");
      await expect.poll(() => control().status).toBe("blocked");
      expect(control()).toMatchObject({ enabled: true, error: { code: "permission-denied" } });

      // Without a verb, nothing is captured that may show a prompt.
      mockPermissions({ [name]: "prompt" });
      const before = asked.mock.calls.length;
      focusPage();
      await nextTask();
      expect(asked.mock.calls.length).toBe(before);

      giveBack();
      mockPermissions({ [name]: "granted" });
      focusPage();
      await expect.poll(() => control().status).toBe("on");
      expect(control().error).toBeUndefined();
    },
  );

  it("captures a camera that is plugged in after start(), and clears the error", async () => {
    const all = await devices.enumerateDevices();
    let there = false;
    interceptCapture((constraints, ask) =>
      !there && constraints.video ? Promise.reject(failure("NotFoundError")) : ask(constraints),
    );
    plug("video", false, all);
    const media = await startMedia();
    expect(media.getSnapshot().error?.code).toBe("device-missing");
    there = true;
    plug("video", true, all);
    await expect.poll(() => media.getSnapshot().camera.status).toBe("on");
    expect(media.getSnapshot().error).toBeUndefined();
  });

  it("keeps a camera off that is turned off while it is busy", async () => {
    const { control, lose, giveBack } = await losable("video");
    lose("NotReadableError");
    await expect.poll(() => control().status).toBe("busy");
    await control().setEnabled(false);
    giveBack();
    focusPage();
    await nextTask();
    expect(control().status).toBe("off");
    expect(live("video")).toEqual([]);
  });

  it("lists the new default device of the system, and captures it when the current one ends", async () => {
    const all = await devices.enumerateDevices();
    const { control, asked } = await losable("audio");
    const previous = control().track!;
    const other = all.map((device) =>
      device.kind === "audioinput" && device.deviceId === "default"
        ? (Object.assign(device.toJSON(), { label: "Default - Headset" }) as MediaDeviceInfo)
        : device,
    );
    plug("audio", true, other);
    await expect
      .poll(() => control().devices.map(({ label }) => label))
      .toContain("Default - Headset");
    expect(control()).toMatchObject({ status: "on", track: previous });
    unplug(previous);
    await expect.poll(() => control().track?.readyState).toBe("live");
    expect(control().status).toBe("on");
    // Without a device id, because the user has selected none.
    expect(asked.mock.lastCall).toEqual([{ audio: true, video: false }]);
  });
});

describe("LocalMedia.stop()", () => {
  it("stops a stream that the browser grants afterwards", async () => {
    let answer = () => {};
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    interceptCapture(async (constraints, ask) => {
      await answered;
      return ask(constraints);
    });
    const media = createMedia();
    const starting = media.getSnapshot().start();
    media.getSnapshot().stop();
    await expect(starting).rejects.toMatchObject({ code: "aborted" });
    answer();
    await expect.poll(() => captured.length).toBe(2);
    expect(live()).toEqual([]);
    expect(media.getSnapshot()).toMatchObject({ status: "idle", stream: undefined });
  });

  it("does not count as an error, neither at once nor later", async () => {
    spyOnCapture();
    const media = createMedia();
    const starting = media.getSnapshot().start();
    media.getSnapshot().stop();
    await expect(starting).rejects.toMatchObject({ code: "aborted" });
    // Another change publishes the whole snapshot again.
    await media.getSnapshot().camera.setEnabled(false);
    expect(media.getSnapshot().camera.enabled).toBe(false);
    expect(media.getSnapshot().error).toBeUndefined();
  });

  it("allows start() immediately afterwards", async () => {
    spyOnCapture();
    const media = createMedia();
    media
      .getSnapshot()
      .start()
      .catch(() => {});
    media.getSnapshot().stop();
    await media.getSnapshot().start();
    expect(media.getSnapshot().status).toBe("live");
    expect(live().length).toBe(2);
  });

  it("prevents the separate prompts after a combined one failed", async () => {
    let stop = () => {};
    const asked = interceptCapture(async () => {
      stop();
      throw failure("NotFoundError");
    });
    const media = createMedia();
    stop = () => media.getSnapshot().stop();
    await expect(media.getSnapshot().start()).rejects.toMatchObject({ code: "aborted" });
    await nextTask();
    expect(asked).toHaveBeenCalledTimes(1);
  });

  it("prevents the prompt for the second device while the first one is prompting", async () => {
    const answers: (() => void)[] = [];
    const asked = interceptCapture(async (constraints) => {
      if (!constraints.video || !constraints.audio)
        await new Promise<void>((resolve) => answers.push(resolve));
      throw failure("NotFoundError");
    });
    const media = createMedia();
    const starting = media.getSnapshot().start();
    await expect.poll(() => answers.length).toBe(1);
    media.getSnapshot().stop();
    await expect(starting).rejects.toMatchObject({ code: "aborted" });
    await nextTask();
    expect(asked).toHaveBeenCalledTimes(2);
  });

  it("cancels queued setEnabled() calls", async () => {
    spyOnCapture();
    const media = await startMedia();
    const { camera } = media.getSnapshot();
    await camera.setEnabled(false);
    const pending = [true, false, true].map((enabled) => camera.setEnabled(enabled));
    await Promise.resolve();
    media.getSnapshot().stop();
    await Promise.allSettled(pending);
    await nextTask();
    expect(live()).toEqual([]);
  });

  it("leaves no track live at any microtask around the browser's answer", async () => {
    for (let steps = 0; steps < 30; steps += 1) {
      const spy = interceptCapture(async (constraints, ask) => {
        const stream = await ask(constraints);
        const stopLater = async () => {
          for (let step = 0; step < steps; step += 1) await Promise.resolve();
          media.getSnapshot().stop();
        };
        void stopLater();
        return stream;
      });
      const media = createLocalMedia();
      await media
        .getSnapshot()
        .start()
        .catch(() => {});
      await nextTask();
      expect(live(), `${steps} microtasks after`).toEqual([]);
      expect(media.getSnapshot().stream, `${steps} microtasks after`).toBeUndefined();
      spy.mockRestore();
    }
    expect(captured.length).toBeGreaterThanOrEqual(60);
  });

  it("leaves no track live at any moment of any operation", async () => {
    const ROUNDS = 60;
    for (let seed = 0; seed < ROUNDS; seed += 1) {
      const random = seededRandom(seed);
      const spy = interceptCapture(async (constraints, ask) => {
        await new Promise((resolve) => setTimeout(resolve, random() * 8));
        if (random() < 0.2) throw failure(random() < 0.5 ? "NotReadableError" : "NotFoundError");
        const stream = await ask(constraints);
        if (random() < 0.5) await new Promise((resolve) => setTimeout(resolve, random() * 8));
        return stream;
      });
      const media = createLocalMedia();
      const release = media.retain();
      const verbs = [
        () => media.getSnapshot().camera.toggle(),
        () => media.getSnapshot().microphone.toggle(),
        () => media.getSnapshot().camera.setEnabled(random() < 0.5),
        () => media.getSnapshot().microphone.select(random() < 0.5 ? "default" : "gone"),
        () => media.getSnapshot().camera.select("gone"),
        () => media.getSnapshot().start(),
      ];
      const running: Promise<void>[] = [];
      for (let verb = Math.floor(random() * 6); verb > 0; verb -= 1) {
        const done = verbs[Math.floor(random() * verbs.length)]!();
        // The failures are simulated, and settle below.
        done.catch(() => {});
        running.push(done);
        if (random() < 0.5) await new Promise((resolve) => setTimeout(resolve, random() * 12));
      }
      release();
      await Promise.allSettled(running);
      await expect.poll(() => media.getSnapshot().status, { interval: 5 }).toBe("idle");
      // Captures that were requested before may still resolve.
      await Promise.allSettled(spy.mock.results.map(({ value }) => value as Promise<unknown>));
      await nextTask();
      expect(live(), `seed ${seed}`).toEqual([]);
      expect(opened.liveTracks(), `seed ${seed}`).toEqual([]);
      expect(media.getSnapshot().stream, `seed ${seed}`).toBeUndefined();
      spy.mockRestore();
    }
    expect(captured.length).toBeGreaterThan(ROUNDS / 2);
  });
});

describe("LocalMedia.startScreenShare()", () => {
  /** Replaces the shared screen by a canvas. */
  function fakeScreen() {
    return vi.spyOn(devices, "getDisplayMedia").mockImplementation(async () => {
      const canvas = document.createElement("canvas");
      canvas.getContext("2d");
      const stream = canvas.captureStream(5);
      captured.push(...stream.getTracks());
      return stream;
    });
  }

  it("shares a screen beside the camera, and stops it alone", async () => {
    spyOnCapture();
    fakeScreen();
    const media = await startMedia();
    await media.getSnapshot().startScreenShare();
    const { screen } = media.getSnapshot();
    expect(screen?.getVideoTracks()[0]?.readyState).toBe("live");
    media.getSnapshot().stopScreenShare();
    expect(media.getSnapshot().screen).toBeUndefined();
    expect(screen?.getVideoTracks()[0]?.readyState).toBe("ended");
    expect(media.getSnapshot().camera.status).toBe("on");
    expect(live().length).toBe(2);
  });

  it("ends the share when the user stops it in the browser's bar", async () => {
    fakeScreen();
    const media = createMedia();
    await media.getSnapshot().startScreenShare();
    unplug(media.getSnapshot().screen!.getVideoTracks()[0]!);
    expect(media.getSnapshot().screen).toBeUndefined();
  });

  it("replaces the shared screen, and ignores the end of the replaced one", async () => {
    fakeScreen();
    const media = createMedia();
    await media.getSnapshot().startScreenShare();
    const first = media.getSnapshot().screen!.getVideoTracks()[0]!;
    await media.getSnapshot().startScreenShare();
    expect(first.readyState).toBe("ended");
    const second = media.getSnapshot().screen;
    first.dispatchEvent(new Event("ended"));
    expect(media.getSnapshot().screen).toBe(second);
    expect(live().length).toBe(1);
  });

  it("rejects when the user cancels, and sets no error", async () => {
    vi.spyOn(devices, "getDisplayMedia").mockRejectedValue(
      new DOMException("Permission denied by user", "NotAllowedError"),
    );
    const media = createMedia();
    await expect(media.getSnapshot().startScreenShare()).rejects.toMatchObject({
      code: "permission-dismissed",
    });
    expect(media.getSnapshot()).toMatchObject({ error: undefined, screen: undefined });
  });

  it.each<[name: string, message: string, code: CallErrorCode, remedy: RegExp]>([
    ["NotAllowedError", "Permission denied by system", "permission-denied", /screen recording/],
    ["NotFoundError", "", "device-missing", /no screen, window or tab to share/],
    ["NotReadableError", "", "device-busy", /Select another one/],
    ["AbortError", "", "device-busy", /could not capture the selected screen/],
    ["InvalidStateError", "", "activation-required", /click or key handler/],
    ["InvalidAccessError", "", "activation-required", /click or key handler/],
    ["TypeError", "", "constraints-unsatisfied", /startScreenShare/],
    ["OverconstrainedError", "", "constraints-unsatisfied", /startScreenShare/],
    ["SomeNewError", "", "device-busy", /selected screen/],
  ])("describes %s (%s) in terms of screens", async (name, message, code, remedy) => {
    vi.spyOn(devices, "getDisplayMedia").mockRejectedValue(new DOMException(message, name));
    const media = createMedia();
    await expect(media.getSnapshot().startScreenShare()).rejects.toMatchObject({
      name: "CallError",
      code,
      message: expect.stringMatching(remedy) as string,
      cause: { name },
    });
    expect(media.getSnapshot()).toMatchObject({ error: undefined, screen: undefined });
  });

  /** Creates media in a frame with the permissions policy `allow`. */
  async function inFrame(allow: string): Promise<LocalMediaStore> {
    const frame = document.createElement("iframe");
    frame.allow = allow;
    frame.srcdoc = `<script type="module">
      import { createLocalMedia } from "${new URL("../../../src/core/index.ts", import.meta.url).href}";
      parent.dispatchEvent(new CustomEvent("framed", { detail: createLocalMedia() }));
    </script>`;
    releases.push(() => frame.remove());
    return new Promise((resolve) => {
      const options = { once: true };
      window.addEventListener(
        "framed",
        (event) => resolve((event as CustomEvent<LocalMediaStore>).detail),
        options,
      );
      document.body.append(frame);
    });
  }

  it("reports the `allow` attribute when the policy of a frame forbids it", async () => {
    const media = await inFrame("display-capture 'none'");
    await expect(media.getSnapshot().startScreenShare()).rejects.toMatchObject({
      code: "permission-denied",
      message: expect.stringMatching(/allow="camera; microphone; display-capture"/) as string,
    });
  });

  it("shares from a frame whose policy allows it", async () => {
    const media = await inFrame("display-capture");
    await media.getSnapshot().startScreenShare();
    expect(media.getSnapshot().screen?.getVideoTracks()[0]?.readyState).toBe("live");
    media.getSnapshot().stopScreenShare();
  });

  it.each([
    [10, "permission-denied"],
    [1_000, "permission-dismissed"],
  ] as const)(
    "without an exposed policy, a rejection in a frame after %s ms is %s",
    async (ms, code) => {
      vi.stubGlobal("performance", { now: () => now });
      vi.spyOn(document as Chromium, "featurePolicy", "get").mockReturnValue(undefined);
      vi.spyOn(navigator.permissions, "query").mockRejectedValue(new TypeError("Unknown name"));
      let now = 0;
      vi.spyOn(devices, "getDisplayMedia").mockImplementation(() => {
        now += ms;
        return Promise.reject(failure("NotAllowedError"));
      });
      await expect(createMedia().getSnapshot().startScreenShare()).rejects.toMatchObject({ code });
    },
  );

  it("reports `unsupported` in a browser without `getDisplayMedia`", async () => {
    const without = new Proxy(devices, {
      has: (target, name) => name !== "getDisplayMedia" && name in target,
    });
    vi.spyOn(navigator, "mediaDevices", "get").mockReturnValue(without);
    await expect(createLocalMedia().getSnapshot().startScreenShare()).rejects.toMatchObject({
      code: "unsupported",
    });
  });

  it("stops a screen that the user selects after stop()", async () => {
    const shown = fakeScreen();
    const media = createMedia();
    const sharing = media.getSnapshot().startScreenShare();
    media.getSnapshot().stop();
    await expect(sharing).rejects.toMatchObject({ code: "aborted" });
    await shown.mock.results[0]?.value;
    await nextTask();
    expect(captured.length).toBe(1);
    expect(live()).toEqual([]);
    expect(media.getSnapshot().screen).toBeUndefined();
  });

  it("leaves no screen live when stop() is called at any microtask around the selection", async () => {
    for (let steps = 0; steps < 20; steps += 1) {
      fakeScreen();
      const media = createLocalMedia();
      const sharing = media.getSnapshot().startScreenShare();
      for (let step = 0; step < steps; step += 1) await Promise.resolve();
      media.getSnapshot().stop();
      await Promise.allSettled([sharing]);
      await nextTask();
      expect(live(), `${steps} microtasks after`).toEqual([]);
      expect(media.getSnapshot().screen, `${steps} microtasks after`).toBeUndefined();
    }
    expect(captured.length).toBe(20);
  });

  it("is stopped by stop()", async () => {
    fakeScreen();
    const media = createMedia();
    await media.getSnapshot().startScreenShare();
    media.getSnapshot().stop();
    expect(live()).toEqual([]);
    expect(media.getSnapshot().screen).toBeUndefined();
  });
});
