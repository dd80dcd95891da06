/**
 * Camera, microphone and screen in a real browser with fake devices. Failures of devices are played by
 * a `getUserMedia` that refuses before the real one is asked; a shared screen is a canvas, because the
 * choice of a real one needs a person.
 */
import { createLocalMedia, type CallErrorCode, type LocalMediaStore } from "twocan/core";
import { afterEach, describe, expect, it, vi } from "vitest";
import { opened } from "../../support/browser/media-support.ts";
import { seededRandom } from "../../support/seeded-random.ts";

const devices = navigator.mediaDevices;
const real = devices.getUserMedia.bind(devices);
/** Every track that any capture of a test gave, the played ones too. */
const captured: MediaStreamTrack[] = [];
const releases: (() => void)[] = [];

/** Chromium exposes the permissions policy of a document. */
type Chromium = Document & { readonly featurePolicy: unknown };

const turn = () => new Promise<void>((resolve) => setTimeout(resolve));
const live = (kind?: string) =>
  captured.filter((track) => track.readyState === "live" && (!kind || track.kind === kind));

type Ask = (constraints: MediaStreamConstraints) => Promise<MediaStream>;

/** Puts something between the media and the browser; what it asks is counted. */
function play(ask: (constraints: MediaStreamConstraints, browser: Ask) => Promise<MediaStream>) {
  return vi.spyOn(devices, "getUserMedia").mockImplementation(async (constraints = {}) => {
    const stream = await ask(constraints, real);
    captured.push(...stream.getTracks());
    return stream;
  });
}

const browser = () => play((constraints, ask) => ask(constraints));
const failure = (name: string) => new DOMException("Played by a test.", name);

function make(options?: Parameters<typeof createLocalMedia>[0]): LocalMediaStore {
  const media = createLocalMedia(options);
  releases.push(() => media.getSnapshot().stop());
  // Watched, as a hook would.
  releases.push(media.subscribe(() => {}));
  return media;
}

/** Media with camera and microphone on. */
async function started(options?: Parameters<typeof createLocalMedia>[0]): Promise<LocalMediaStore> {
  const media = make(options);
  await media.getSnapshot().start();
  expect(media.getSnapshot().status).toBe("live");
  return media;
}

/** What the Permissions API says, by kind. */
function permit(states: Partial<Record<"camera" | "microphone", PermissionState>>) {
  vi.spyOn(navigator.permissions, "query").mockImplementation(async ({ name }) => {
    const state = states[name as "camera"] ?? "granted";
    return { state } as PermissionStatus;
  });
}

/** A stranger's hand on the device: the track ends, and the browser says so. */
function pullOut(track: MediaStreamTrack): void {
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

describe("asking", () => {
  it("asks for nothing before somebody wants it", async () => {
    const asked = browser();
    const media = make();
    await turn();
    expect(asked).not.toHaveBeenCalled();
    expect(media.getSnapshot().stream).toBeUndefined();
  });

  it("is one prompt for both, however often it is asked for", async () => {
    const asked = browser();
    const media = make();
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

  it("held, let go and held again by StrictMode is one prompt, and stays on", async () => {
    const asked = browser();
    const media = make();
    media.retain()();
    const release = media.retain();
    releases.push(release);
    await expect.poll(() => media.getSnapshot().status).toBe("live");
    await turn();
    expect(asked).toHaveBeenCalledTimes(1);
    expect(live().length).toBe(2);
  });

  it("waits for start() where it is told to", async () => {
    const asked = browser();
    const media = make({ autoStart: false });
    releases.push(media.retain());
    await turn();
    expect(media.getSnapshot().status).toBe("idle");
    expect(asked).not.toHaveBeenCalled();
  });

  it("never asks for what is never wanted", async () => {
    const asked = browser();
    const media = await started({ video: false });
    expect(asked.mock.calls).toEqual([[{ audio: true, video: false }]]);
    expect(media.getSnapshot().camera.status).toBe("off");
    expect(live("video")).toEqual([]);
  });

  it("after the last holder every track ends", async () => {
    browser();
    const media = make();
    const letGo = [media.retain(), media.retain()];
    await expect.poll(() => media.getSnapshot().status).toBe("live");
    letGo[0]!();
    await turn();
    expect(live().length).toBe(2);
    letGo[1]!();
    await expect.poll(() => live().length).toBe(0);
    expect(media.getSnapshot()).toMatchObject({ status: "idle", stream: undefined });
  });
});

describe("when the browser refuses", () => {
  type Row = [
    name: string,
    permission: PermissionState,
    code: CallErrorCode,
    status: string,
    remedy: RegExp,
  ];

  it.each<Row>([
    ["NotAllowedError", "denied", "permission-denied", "blocked", /site settings/],
    ["NotAllowedError", "prompt", "permission-dismissed", "blocked", /Ask again/],
    ["NotAllowedError", "granted", "permission-denied", "blocked", /system's privacy settings/],
    ["NotFoundError", "granted", "device-missing", "missing", /Connect one/],
    ["NotReadableError", "granted", "device-busy", "busy", /Close that program/],
    ["AbortError", "granted", "device-busy", "busy", /try again/],
    ["OverconstrainedError", "granted", "constraints-unsatisfied", "missing", /Ask for less/],
    ["TypeError", "granted", "constraints-unsatisfied", "missing", /Ask for/],
    ["SecurityError", "granted", "insecure-context", "blocked", /https/],
    ["SomeNewError", "granted", "device-busy", "busy", /try again/],
  ])("%s with permission %s is %s", async (name, permission, code, status, remedy) => {
    permit({ camera: permission, microphone: permission });
    play(() => Promise.reject(failure(name)));
    const media = make();
    await expect(media.getSnapshot().start()).rejects.toMatchObject({ name: "CallError", code });
    const { error, camera, microphone, status: whole } = media.getSnapshot();
    expect(error?.code).toBe(code);
    expect(error?.message).toMatch(remedy);
    expect((error?.cause as DOMException | undefined)?.name).toBe(name);
    expect([whole, camera.status, microphone.status]).toEqual(["failed", status, status]);
    expect([camera.error?.code, microphone.error?.code]).toEqual([code, code]);
  });

  it("a system that blocks the browser is named even before access was granted", async () => {
    permit({ camera: "prompt", microphone: "prompt" });
    play(() => Promise.reject(new DOMException("Permission denied by system", "NotAllowedError")));
    await expect(make().getSnapshot().start()).rejects.toMatchObject({
      code: "permission-denied",
      message: expect.stringMatching(/operating system/) as string,
    });
  });

  it("a person who said no is not asked again in the same breath", async () => {
    permit({ camera: "prompt", microphone: "prompt" });
    const asked = play(() => Promise.reject(failure("NotAllowedError")));
    await expect(make().getSnapshot().start()).rejects.toMatchObject({
      code: "permission-dismissed",
    });
    expect(asked).toHaveBeenCalledTimes(1);
  });

  it("a missing camera costs no voice, and the error says what is missing", async () => {
    play((constraints, ask) =>
      constraints.video ? Promise.reject(failure("NotFoundError")) : ask(constraints),
    );
    const media = await started();
    const { error, camera, microphone, stream } = media.getSnapshot();
    expect([camera.status, microphone.status]).toEqual(["missing", "on"]);
    expect([error?.code, camera.error?.code, microphone.error]).toEqual([
      "device-missing",
      "device-missing",
      undefined,
    ]);
    expect(stream?.getTracks().map(({ kind }) => kind)).toEqual(["audio"]);
  });

  it("a camera that is blocked costs no voice either", async () => {
    permit({ camera: "denied", microphone: "granted" });
    play((constraints, ask) =>
      constraints.video ? Promise.reject(failure("NotAllowedError")) : ask(constraints),
    );
    const media = await started();
    expect(media.getSnapshot().camera.status).toBe("blocked");
    expect(media.getSnapshot().microphone.status).toBe("on");
  });

  it("asking once more after the cause is gone brings the camera back", async () => {
    let gone = true;
    play((constraints, ask) =>
      gone && constraints.video ? Promise.reject(failure("NotFoundError")) : ask(constraints),
    );
    const media = await started();
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

  it("a page that is not secure says so", async () => {
    vi.spyOn(navigator, "mediaDevices", "get").mockReturnValue(undefined as never);
    vi.stubGlobal("isSecureContext", false);
    const media = createLocalMedia();
    await expect(media.getSnapshot().start()).rejects.toMatchObject({ code: "insecure-context" });
    vi.unstubAllGlobals();
    expect(media.getSnapshot().error?.message).toMatch(/https/);
    expect(media.getSnapshot().camera.status).toBe("blocked");
  });

  it("a browser without devices says so", async () => {
    vi.spyOn(navigator, "mediaDevices", "get").mockReturnValue(undefined as never);
    const media = createLocalMedia();
    await expect(media.getSnapshot().start()).rejects.toMatchObject({ code: "unsupported" });
    expect(media.getSnapshot().camera.status).toBe("missing");
  });
});

describe("a device that is still being released", () => {
  /** A browser that says a number of times that the device is in use, and then grants it. */
  function releasing(times: number, kind: "audio" | "video", name = "NotReadableError") {
    let left = times;
    return play((constraints, ask) => {
      if (!constraints[kind] || left === 0) return ask(constraints);
      left -= 1;
      return Promise.reject(failure(name));
    });
  }

  /** Every status of a device from now on. */
  function statusesOf(media: LocalMediaStore, name: "camera" | "microphone") {
    const seen = new Set<string>();
    releases.push(media.subscribe(() => seen.add(media.getSnapshot()[name].status)));
    return seen;
  }

  it.each([
    ["camera", "video", "NotReadableError"],
    ["camera", "video", "AbortError"],
    ["microphone", "audio", "NotReadableError"],
  ] as const)("a %s in use (%s, %s) is retried and comes on", async (name, kind, failing) => {
    releasing(3, kind, failing);
    const media = make();
    const seen = statusesOf(media, name);
    await media.getSnapshot().start();
    const { status, error } = media.getSnapshot();
    expect([status, error, media.getSnapshot()[name].status]).toEqual(["live", undefined, "on"]);
    expect([...seen].slice(-2)).toEqual(["starting", "on"]);
    expect(seen).not.toContain("busy");
    expect(live().length).toBe(2);
  });

  it("the microphone does not wait for the camera", async () => {
    releasing(3, "video");
    const media = make();
    const starting = media.getSnapshot().start();
    await expect.poll(() => media.getSnapshot().microphone.status).toBe("on");
    expect(media.getSnapshot().status).toBe("live");
    expect(media.getSnapshot().camera.status).toBe("starting");
    await starting;
    expect(media.getSnapshot().camera.status).toBe("on");
  });

  it("a camera alone is retried as well", async () => {
    releasing(2, "video");
    const media = await started({ audio: false });
    expect(media.getSnapshot().camera.status).toBe("on");
    expect(live().length).toBe(1);
  });

  it("a camera switched off and on is retried", async () => {
    const asked = browser();
    const media = await started();
    await media.getSnapshot().camera.setEnabled(false);
    asked.mockRestore();
    releasing(1, "video");
    const seen = statusesOf(media, "camera");
    await media.getSnapshot().camera.setEnabled(true);
    expect([...seen]).toEqual(["off", "starting", "on"]);
    expect(live("video").length).toBe(1);
  });

  it("a device that stays in use is busy after four attempts", async () => {
    const asked = releasing(Infinity, "video");
    const media = make({ audio: false });
    await expect(media.getSnapshot().start()).rejects.toMatchObject({ code: "device-busy" });
    expect(media.getSnapshot().camera.status).toBe("busy");
    expect(asked).toHaveBeenCalledTimes(4);
  });

  it("is not retried where the browser would ask the user again", async () => {
    permit({ camera: "prompt" });
    const asked = releasing(Infinity, "video");
    const media = make({ audio: false });
    await expect(media.getSnapshot().start()).rejects.toMatchObject({ code: "device-busy" });
    expect(asked).toHaveBeenCalledTimes(1);
  });

  it.each(["NotFoundError", "OverconstrainedError", "SomeNewError"])(
    "%s is another failure, and not retried",
    async (name) => {
      const asked = releasing(Infinity, "video", name);
      await expect(make({ audio: false }).getSnapshot().start()).rejects.toBeInstanceOf(Error);
      expect(asked).toHaveBeenCalledTimes(1);
    },
  );

  describe("during the wait", () => {
    /** Media whose camera waits for the next attempt; timers run when the test says so. */
    async function waiting(options: Parameters<typeof createLocalMedia>[0]) {
      vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
      releases.push(() => vi.useRealTimers());
      const asked = releasing(Infinity, "video");
      const media = make(options);
      const starting = media.getSnapshot().start();
      await expect.poll(() => vi.getTimerCount()).toBeGreaterThan(0);
      const attempts = asked.mock.calls.length;
      expect(media.getSnapshot().camera.status).toBe("starting");
      return {
        media,
        starting,
        /** How often the camera was asked for after all delays have passed. */
        async furtherAttempts() {
          await vi.advanceTimersByTimeAsync(60_000);
          return asked.mock.calls.length - attempts;
        },
      };
    }

    it.each([true, false])("stop() ends the attempts (microphone: %s)", async (audio) => {
      const { media, starting, furtherAttempts } = await waiting({ audio });
      media.getSnapshot().stop();
      await expect(starting).rejects.toMatchObject({ code: "aborted" });
      expect(await furtherAttempts()).toBe(0);
      expect(media.getSnapshot()).toMatchObject({ status: "idle", camera: { status: "off" } });
      expect(live()).toEqual([]);
    });

    it.each([true, false])("turning it off ends the attempts (microphone: %s)", async (audio) => {
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
    });

    it("turning it on by its switch and off again ends the attempts", async () => {
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

describe("the switches", () => {
  it("the camera's turns the light off, and on again in the same stream", async () => {
    browser();
    const media = await started();
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

  it("the microphone's silences the track at once and keeps it", async () => {
    const asked = browser();
    const media = await started();
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
    "twenty quick wishes for the %s end as the last one says",
    async (name) => {
      browser();
      const media = await started();
      for (const last of [false, true]) {
        const wishes = Array.from({ length: 20 }, (_, at) => (at % 2 === 1) === last);
        await Promise.all(wishes.map((wish) => media.getSnapshot()[name].setEnabled(wish)));
        const control = media.getSnapshot()[name];
        expect([control.status, control.enabled]).toEqual(last ? ["on", true] : ["off", false]);
        expect(control.track?.enabled ?? false).toBe(last);
        expect(live("video").length).toBeLessThanOrEqual(1);
        expect(live("audio").length).toBe(1);
      }
    },
  );

  it.each(["camera", "microphone"] as const)(
    "an odd number of quick toggles of the %s switches it, an even one does not",
    async (name) => {
      browser();
      const media = await started();
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

  it("never more than one camera is on at a time while it is toggled", async () => {
    const random = seededRandom(7);
    let most = 0;
    play(async (constraints, ask) => {
      const stream = await ask(constraints);
      most = Math.max(most, live("video").length + stream.getVideoTracks().length);
      return stream;
    });
    const media = await started();
    const toggling: Promise<void>[] = [];
    for (let time = 0; time < 20; time += 1) {
      toggling.push(media.getSnapshot().camera.toggle());
      if (random() < 0.5) await turn();
    }
    await Promise.all(toggling);
    expect(most).toBe(1);
  });

  it("a camera switched off while the question is open does not come on", async () => {
    let answer = () => {};
    const asked = new Promise<void>((resolve) => {
      answer = resolve;
    });
    play(async (constraints, ask) => {
      await asked;
      return ask(constraints);
    });
    const media = make();
    const starting = media.getSnapshot().start();
    await media.getSnapshot().camera.setEnabled(false);
    answer();
    await starting;
    expect(live("video")).toEqual([]);
    expect(media.getSnapshot().camera).toMatchObject({ status: "off", enabled: false });
    expect(media.getSnapshot().microphone.status).toBe("on");
  });
});

describe("another device", () => {
  /** The microphones of this machine: Chromium plays several. */
  async function microphones(media: LocalMediaStore): Promise<string[]> {
    await expect.poll(() => media.getSnapshot().microphone.devices.length).toBeGreaterThan(1);
    const { devices: list, deviceId } = media.getSnapshot().microphone;
    return list
      .map((device) => device.deviceId)
      .filter((id) => id !== deviceId && id !== "default");
  }

  /** A machine with a front and a rear camera; what is asked of which is left to the test. */
  function twoCameras(
    ask: (which: string, browserAsk: () => Promise<MediaStream>) => Promise<MediaStream>,
  ) {
    return play((constraints, browserAsk) => {
      const wish = (constraints.video as MediaTrackConstraints | undefined)?.deviceId;
      const which = (wish as ConstrainDOMStringParameters | undefined)?.exact;
      const plain = constraints.video ? { ...constraints, video: true } : constraints;
      return ask(which === "rear" ? "rear" : "front", () => browserAsk(plain));
    });
  }

  it("takes the place of the former one in the same stream", async () => {
    browser();
    const media = await started();
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

  it("is remembered through switching the camera off and on", async () => {
    const asked = browser();
    const media = await started();
    const { deviceId } = media.getSnapshot().camera;
    await media.getSnapshot().camera.select(deviceId!);
    await media.getSnapshot().camera.setEnabled(false);
    await media.getSnapshot().camera.setEnabled(true);
    expect(asked.mock.lastCall?.[0]).toEqual({ video: { deviceId: { exact: deviceId } } });
  });

  it("that is gone since it was chosen is replaced by any other", async () => {
    let gone = false;
    twoCameras((which, ask) =>
      which === "rear" && gone ? Promise.reject(failure("OverconstrainedError")) : ask(),
    );
    const media = await started();
    await media.getSnapshot().camera.select("rear");
    await media.getSnapshot().camera.setEnabled(false);
    gone = true;
    await media.getSnapshot().camera.setEnabled(true);
    expect(media.getSnapshot().camera.status).toBe("on");
  });

  it("that is gone cannot be chosen, and the former one goes on", async () => {
    browser();
    const media = await started();
    const { track } = media.getSnapshot().microphone;
    await expect(media.getSnapshot().microphone.select("gone")).rejects.toMatchObject({
      code: "constraints-unsatisfied",
    });
    expect(media.getSnapshot().microphone).toMatchObject({ status: "on", track });
    expect(track?.readyState).toBe("live");
    expect(media.getSnapshot().stream?.getAudioTracks()).toEqual([track]);
  });

  it("never has an open ear while the person is muted, not for a moment", async () => {
    browser();
    const media = await started();
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
    pullOut(media.getSnapshot().microphone.track!);
    await media.getSnapshot().microphone.setEnabled(false);
    expect(placed.length).toBeGreaterThan(0);
    expect(placed).not.toContain(true);
    expect(seen).not.toContain(true);
    expect(media.getSnapshot().microphone).toMatchObject({ status: "off", enabled: false });
  });

  it("muted while it is on its way, it comes muted", async () => {
    browser();
    const media = await started();
    const [other] = await microphones(media);
    const selecting = media.getSnapshot().microphone.select(other!);
    await Promise.all([selecting, media.getSnapshot().microphone.setEnabled(false)]);
    expect(media.getSnapshot().microphone.track?.enabled).toBe(false);
    expect(media.getSnapshot().microphone.deviceId).toBe(other);
  });

  it("of a phone that opens one camera at a time is had by letting go of the former first", async () => {
    const asked = twoCameras((_, ask) =>
      live("video").length > 0 ? Promise.reject(failure("NotReadableError")) : ask(),
    );
    const media = await started();
    const { stream, camera } = media.getSnapshot();
    await camera.select("rear");
    expect(asked).toHaveBeenCalledTimes(3);
    expect(media.getSnapshot().camera.status).toBe("on");
    expect(media.getSnapshot().stream).toBe(stream);
    expect(camera.track?.readyState).toBe("ended");
    expect(live("video").length).toBe(1);
  });

  it("of a phone that releases its camera slowly is retried", async () => {
    let refusals = 0;
    twoCameras((which, ask) => {
      if (which === "rear" && (live("video").length > 0 || refusals++ < 2))
        return Promise.reject(failure("NotReadableError"));
      return ask();
    });
    const media = await started();
    await media.getSnapshot().camera.select("rear");
    expect(media.getSnapshot().camera).toMatchObject({ status: "on", error: undefined });
    expect(live("video").length).toBe(1);
  });

  it("turned off while it is retried leaves neither camera on", async () => {
    let off = () => {};
    twoCameras((which, ask) => {
      if (which !== "rear") return ask();
      if (live("video").length === 0) off();
      return Promise.reject(failure("NotReadableError"));
    });
    const media = await started();
    const cameras: MediaStreamTrack[] = [];
    off = () => {
      cameras.push(...captured.filter(({ kind }) => kind === "video"));
      void media.getSnapshot().camera.setEnabled(false);
    };
    await expect(media.getSnapshot().camera.select("rear")).rejects.toMatchObject({
      code: "aborted",
    });
    await turn();
    expect(live("video")).toEqual([]);
    // Not opened again for a moment, either.
    expect(captured.filter(({ kind }) => kind === "video")).toEqual(cameras);
    expect(media.getSnapshot().camera).toMatchObject({ status: "off", enabled: false });
    expect(media.getSnapshot().microphone.status).toBe("on");
  });

  it("that stays busy is given up, and the former one is back", async () => {
    twoCameras((which, ask) =>
      which === "rear" ? Promise.reject(failure("NotReadableError")) : ask(),
    );
    const media = await started();
    const { stream } = media.getSnapshot();
    await expect(media.getSnapshot().camera.select("rear")).rejects.toMatchObject({
      code: "device-busy",
    });
    expect(media.getSnapshot().camera).toMatchObject({ status: "on", error: undefined });
    expect(media.getSnapshot().stream).toBe(stream);
    expect(stream?.getVideoTracks().map(({ readyState }) => readyState)).toEqual(["live"]);
  });

  it("that is stopped while it is busy does not come back", async () => {
    let stop = () => {};
    let tries = 0;
    twoCameras(async (which, ask) => {
      if (which === "front") return ask();
      tries += 1;
      if (tries === 2) stop();
      throw failure("NotReadableError");
    });
    const media = await started();
    stop = () => media.getSnapshot().stop();
    await expect(media.getSnapshot().camera.select("rear")).rejects.toMatchObject({
      code: "aborted",
    });
    await turn();
    expect(live()).toEqual([]);
    expect(media.getSnapshot().camera.status).toBe("off");
  });

  it.each(["camera", "microphone"] as const)(
    "a %s that is pulled out is captured anew",
    async (name) => {
      browser();
      const media = await started();
      const { stream } = media.getSnapshot();
      const former = media.getSnapshot()[name].track!;
      pullOut(former);
      await expect.poll(() => media.getSnapshot()[name].track?.readyState).toBe("live");
      expect(media.getSnapshot()[name].track).not.toBe(former);
      expect(media.getSnapshot()[name].status).toBe("on");
      expect(media.getSnapshot().stream).toBe(stream);
      expect(stream?.getTracks().length).toBe(2);
    },
  );

  it("a camera that is pulled out with none to follow is missing, and the voice goes on", async () => {
    let gone = false;
    play((constraints, ask) =>
      gone && constraints.video ? Promise.reject(failure("NotFoundError")) : ask(constraints),
    );
    const media = await started();
    gone = true;
    pullOut(media.getSnapshot().camera.track!);
    await expect.poll(() => media.getSnapshot().camera.status).toBe("missing");
    expect(media.getSnapshot().camera.track).toBeUndefined();
    expect(media.getSnapshot().microphone.status).toBe("on");
    expect(media.getSnapshot().stream?.getVideoTracks()).toEqual([]);
  });

  it("the list follows what is plugged in, once for a burst of events", async () => {
    browser();
    const media = await started();
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

  it("devices without a name yet are none to choose from", async () => {
    vi.spyOn(devices, "enumerateDevices").mockResolvedValue([
      { deviceId: "", groupId: "", kind: "videoinput", label: "" } as MediaDeviceInfo,
      { deviceId: "a", groupId: "", kind: "audioinput", label: "" } as MediaDeviceInfo,
    ]);
    const media = make();
    await expect.poll(() => media.getSnapshot().microphone.devices.length).toBe(1);
    expect(media.getSnapshot().camera.devices).toEqual([]);
  });
});

describe("a device in mid-call", () => {
  const KINDS = [
    ["camera", "video"],
    ["microphone", "audio"],
  ] as const;
  type Kind = (typeof KINDS)[number][1];

  /** Media that is on, with one device that can be taken away and given back; what the browser then says is the test's. */
  async function losable(kind: Kind) {
    let refusal: DOMException | undefined;
    const asked = play((constraints, ask) =>
      refusal && constraints[kind] ? Promise.reject(refusal) : ask(constraints),
    );
    const media = await started();
    const name = kind === "video" ? "camera" : "microphone";
    const control = () => media.getSnapshot()[name];
    return {
      media,
      control,
      asked,
      lose(why: string) {
        refusal = failure(why);
        pullOut(control().track!);
      },
      giveBack: () => (refusal = undefined),
    };
  }

  /** What is plugged in, and told: the list of this kind is empty, or as it was. */
  function plug(kind: Kind, there: boolean, all: readonly MediaDeviceInfo[]): void {
    const listed = all.filter((device) => there || device.kind !== `${kind}input`);
    vi.spyOn(devices, "enumerateDevices").mockResolvedValue(listed);
    devices.dispatchEvent(new Event("devicechange"));
  }

  /** The person comes back to this page: from the other program, or from the settings. */
  const comeBack = () => window.dispatchEvent(new Event("focus"));

  it.each(KINDS)(
    "a %s that is unplugged is missing, and on again when it is plugged back",
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
    "a %s that another program takes is busy, and on again when the person is back from there",
    async (_name, kind) => {
      const { media, control, asked, lose, giveBack } = await losable(kind);
      lose("NotReadableError");
      await expect.poll(() => control().status).toBe("busy");
      expect(control()).toMatchObject({ enabled: true, error: { code: "device-busy" } });

      // In vain, and nobody sees it blink.
      const tries = asked.mock.calls.length;
      const statuses = new Set<string>();
      releases.push(media.subscribe(() => statuses.add(control().status)));
      comeBack();
      await expect.poll(() => asked.mock.calls.length).toBe(tries + 1);
      await turn();
      expect([...statuses]).toEqual([]);

      giveBack();
      comeBack();
      await expect.poll(() => control().status).toBe("on");
      expect(live().length).toBe(2);
    },
  );

  it.each(KINDS)(
    "a %s that another program only borrows is interrupted, and goes on by itself",
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
    "a %s whose permission is taken back is blocked, and on again once it is given",
    async (name, kind) => {
      const { control, asked, lose, giveBack } = await losable(kind);
      permit({ [name]: "denied" });
      lose("NotAllowedError");
      await expect.poll(() => control().status).toBe("blocked");
      expect(control()).toMatchObject({ enabled: true, error: { code: "permission-denied" } });

      // While it might ask a question, nothing is asked but by the person.
      permit({ [name]: "prompt" });
      const before = asked.mock.calls.length;
      comeBack();
      await turn();
      expect(asked.mock.calls.length).toBe(before);

      giveBack();
      permit({ [name]: "granted" });
      comeBack();
      await expect.poll(() => control().status).toBe("on");
      expect(control().error).toBeUndefined();
    },
  );

  it("a camera that is plugged in for the first time comes on, and nothing is wrong any more", async () => {
    const all = await devices.enumerateDevices();
    let there = false;
    play((constraints, ask) =>
      !there && constraints.video ? Promise.reject(failure("NotFoundError")) : ask(constraints),
    );
    plug("video", false, all);
    const media = await started();
    expect(media.getSnapshot().error?.code).toBe("device-missing");
    there = true;
    plug("video", true, all);
    await expect.poll(() => media.getSnapshot().camera.status).toBe("on");
    expect(media.getSnapshot().error).toBeUndefined();
  });

  it("switched off while it was away, it stays off when it is back", async () => {
    const { control, lose, giveBack } = await losable("video");
    lose("NotReadableError");
    await expect.poll(() => control().status).toBe("busy");
    await control().setEnabled(false);
    giveBack();
    comeBack();
    await turn();
    expect(control().status).toBe("off");
    expect(live("video")).toEqual([]);
  });

  it("the system's other default device is named, and taken when the former one ends", async () => {
    const all = await devices.enumerateDevices();
    const { control, asked } = await losable("audio");
    const former = control().track!;
    const other = all.map((device) =>
      device.kind === "audioinput" && device.deviceId === "default"
        ? (Object.assign(device.toJSON(), { label: "Default - Headset" }) as MediaDeviceInfo)
        : device,
    );
    plug("audio", true, other);
    await expect
      .poll(() => control().devices.map(({ label }) => label))
      .toContain("Default - Headset");
    expect(control()).toMatchObject({ status: "on", track: former });
    pullOut(former);
    await expect.poll(() => control().track?.readyState).toBe("live");
    expect(control().status).toBe("on");
    // The system's choice: nobody has chosen one by name.
    expect(asked.mock.lastCall).toEqual([{ audio: {} }]);
  });
});

describe("stopping", () => {
  it("turns off at once what the browser still grants afterwards", async () => {
    let answer = () => {};
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    play(async (constraints, ask) => {
      await answered;
      return ask(constraints);
    });
    const media = make();
    const starting = media.getSnapshot().start();
    media.getSnapshot().stop();
    await expect(starting).rejects.toMatchObject({ code: "aborted" });
    answer();
    await expect.poll(() => captured.length).toBe(2);
    expect(live()).toEqual([]);
    expect(media.getSnapshot()).toMatchObject({ status: "idle", stream: undefined });
  });

  it("is no error, neither at once nor later", async () => {
    browser();
    const media = make();
    const starting = media.getSnapshot().start();
    media.getSnapshot().stop();
    await expect(starting).rejects.toMatchObject({ code: "aborted" });
    // Something else changes, and everything is told anew.
    await media.getSnapshot().camera.setEnabled(false);
    expect(media.getSnapshot().camera.enabled).toBe(false);
    expect(media.getSnapshot().error).toBeUndefined();
  });

  it("does not keep it from being started again at once", async () => {
    browser();
    const media = make();
    media
      .getSnapshot()
      .start()
      .catch(() => {});
    media.getSnapshot().stop();
    await media.getSnapshot().start();
    expect(media.getSnapshot().status).toBe("live");
    expect(live().length).toBe(2);
  });

  it("asks the person nothing more", async () => {
    let stop = () => {};
    const asked = play(async () => {
      stop();
      throw failure("NotFoundError");
    });
    const media = make();
    stop = () => media.getSnapshot().stop();
    await expect(media.getSnapshot().start()).rejects.toMatchObject({ code: "aborted" });
    await turn();
    expect(asked).toHaveBeenCalledTimes(1);
  });

  it("while one device is asked for after the other asks nothing more either", async () => {
    const answers: (() => void)[] = [];
    const asked = play(async (constraints) => {
      if (!constraints.video || !constraints.audio)
        await new Promise<void>((resolve) => answers.push(resolve));
      throw failure("NotFoundError");
    });
    const media = make();
    const starting = media.getSnapshot().start();
    await expect.poll(() => answers.length).toBe(1);
    media.getSnapshot().stop();
    await expect(starting).rejects.toMatchObject({ code: "aborted" });
    await turn();
    expect(asked).toHaveBeenCalledTimes(2);
  });

  it("holds against wishes that were waiting for their turn", async () => {
    browser();
    const media = await started();
    const { camera } = media.getSnapshot();
    await camera.setEnabled(false);
    const wishes = [true, false, true].map((wish) => camera.setEnabled(wish));
    await Promise.resolve();
    media.getSnapshot().stop();
    await Promise.allSettled(wishes);
    await turn();
    expect(live()).toEqual([]);
  });

  it("at any microtask around the browser's answer leaves nothing on", async () => {
    for (let steps = 0; steps < 30; steps += 1) {
      const spy = play(async (constraints, ask) => {
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
      await turn();
      expect(live(), `${steps} microtasks after`).toEqual([]);
      expect(media.getSnapshot().stream, `${steps} microtasks after`).toBeUndefined();
      spy.mockRestore();
    }
    expect(captured.length).toBeGreaterThanOrEqual(60);
  });

  it("at any moment of anything leaves no track live and no capture unended", async () => {
    const ROUNDS = 60;
    for (let seed = 0; seed < ROUNDS; seed += 1) {
      const random = seededRandom(seed);
      const spy = play(async (constraints, ask) => {
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
      const doing: Promise<void>[] = [];
      for (let verb = Math.floor(random() * 6); verb > 0; verb -= 1) {
        const done = verbs[Math.floor(random() * verbs.length)]!();
        // Failures are played, and heard of below.
        done.catch(() => {});
        doing.push(done);
        if (random() < 0.5) await new Promise((resolve) => setTimeout(resolve, random() * 12));
      }
      release();
      await Promise.allSettled(doing);
      await expect.poll(() => media.getSnapshot().status, { interval: 5 }).toBe("idle");
      // What was asked for before may still be answered.
      await Promise.allSettled(spy.mock.results.map(({ value }) => value as Promise<unknown>));
      await turn();
      expect(live(), `seed ${seed}`).toEqual([]);
      expect(opened.liveTracks(), `seed ${seed}`).toEqual([]);
      expect(media.getSnapshot().stream, `seed ${seed}`).toBeUndefined();
      spy.mockRestore();
    }
    expect(captured.length).toBeGreaterThan(ROUNDS / 2);
  });
});

describe("the screen", () => {
  /** A screen that is a canvas. */
  function playScreen() {
    return vi.spyOn(devices, "getDisplayMedia").mockImplementation(async () => {
      const canvas = document.createElement("canvas");
      canvas.getContext("2d");
      const stream = canvas.captureStream(5);
      captured.push(...stream.getTracks());
      return stream;
    });
  }

  it("is shared beside the camera, and stopped alone", async () => {
    browser();
    playScreen();
    const media = await started();
    await media.getSnapshot().startScreenShare();
    const { screen } = media.getSnapshot();
    expect(screen?.getVideoTracks()[0]?.readyState).toBe("live");
    media.getSnapshot().stopScreenShare();
    expect(media.getSnapshot().screen).toBeUndefined();
    expect(screen?.getVideoTracks()[0]?.readyState).toBe("ended");
    expect(media.getSnapshot().camera.status).toBe("on");
    expect(live().length).toBe(2);
  });

  it("ends when the person says so in the browser's own bar", async () => {
    playScreen();
    const media = make();
    await media.getSnapshot().startScreenShare();
    pullOut(media.getSnapshot().screen!.getVideoTracks()[0]!);
    expect(media.getSnapshot().screen).toBeUndefined();
  });

  it("another one takes the place of the first, whose end then means nothing", async () => {
    playScreen();
    const media = make();
    await media.getSnapshot().startScreenShare();
    const first = media.getSnapshot().screen!.getVideoTracks()[0]!;
    await media.getSnapshot().startScreenShare();
    expect(first.readyState).toBe("ended");
    const second = media.getSnapshot().screen;
    first.dispatchEvent(new Event("ended"));
    expect(media.getSnapshot().screen).toBe(second);
    expect(live().length).toBe(1);
  });

  it("not chosen after all is told to who asked, and is no error of the media", async () => {
    vi.spyOn(devices, "getDisplayMedia").mockRejectedValue(
      new DOMException("Permission denied by user", "NotAllowedError"),
    );
    const media = make();
    await expect(media.getSnapshot().startScreenShare()).rejects.toMatchObject({
      code: "permission-dismissed",
    });
    expect(media.getSnapshot()).toMatchObject({ error: undefined, screen: undefined });
  });

  it.each<[name: string, message: string, code: CallErrorCode, remedy: RegExp]>([
    ["NotAllowedError", "Permission denied by system", "permission-denied", /screen recording/],
    ["NotFoundError", "", "device-missing", /no screen, window or tab/],
    ["NotReadableError", "", "device-busy", /Choose another one/],
    ["AbortError", "", "device-busy", /could not capture this screen/],
    ["InvalidStateError", "", "activation-required", /click or key handler/],
    ["InvalidAccessError", "", "activation-required", /click or key handler/],
    ["TypeError", "", "constraints-unsatisfied", /startScreenShare/],
    ["OverconstrainedError", "", "constraints-unsatisfied", /startScreenShare/],
    ["SomeNewError", "", "device-busy", /this screen/],
  ])("%s (%s) is explained in words about screens", async (name, message, code, remedy) => {
    vi.spyOn(devices, "getDisplayMedia").mockRejectedValue(new DOMException(message, name));
    const media = make();
    await expect(media.getSnapshot().startScreenShare()).rejects.toMatchObject({
      name: "CallError",
      code,
      message: expect.stringMatching(remedy) as string,
      cause: { name },
    });
    expect(media.getSnapshot()).toMatchObject({ error: undefined, screen: undefined });
  });

  /** Media of a frame of its own, whose permissions policy is `allow`. */
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

  it("is refused by the policy of a frame, and the error says which attribute allows it", async () => {
    const media = await inFrame("display-capture 'none'");
    await expect(media.getSnapshot().startScreenShare()).rejects.toMatchObject({
      code: "permission-denied",
      message: expect.stringMatching(/allow="camera; microphone; display-capture"/) as string,
    });
  });

  it("is shared from a frame that may", async () => {
    const media = await inFrame("display-capture");
    await media.getSnapshot().startScreenShare();
    expect(media.getSnapshot().screen?.getVideoTracks()[0]?.readyState).toBe("live");
    media.getSnapshot().stopScreenShare();
  });

  it.each([
    [10, "permission-denied"],
    [1_000, "permission-dismissed"],
  ] as const)(
    "in a frame of a browser that exposes no policy, a refusal after %s ms is %s",
    async (ms, code) => {
      vi.stubGlobal("performance", { now: () => now });
      vi.spyOn(document as Chromium, "featurePolicy", "get").mockReturnValue(undefined);
      vi.spyOn(navigator.permissions, "query").mockRejectedValue(new TypeError("Unknown name"));
      let now = 0;
      vi.spyOn(devices, "getDisplayMedia").mockImplementation(() => {
        now += ms;
        return Promise.reject(failure("NotAllowedError"));
      });
      await expect(make().getSnapshot().startScreenShare()).rejects.toMatchObject({ code });
    },
  );

  it("cannot be shared by a browser that has no such thing, which says so", async () => {
    const without = new Proxy(devices, {
      has: (target, name) => name !== "getDisplayMedia" && name in target,
    });
    vi.spyOn(navigator, "mediaDevices", "get").mockReturnValue(without);
    await expect(createLocalMedia().getSnapshot().startScreenShare()).rejects.toMatchObject({
      code: "unsupported",
    });
  });

  it("chosen after everything was stopped goes off at once", async () => {
    const shown = playScreen();
    const media = make();
    const sharing = media.getSnapshot().startScreenShare();
    media.getSnapshot().stop();
    await expect(sharing).rejects.toMatchObject({ code: "aborted" });
    await shown.mock.results[0]?.value;
    await turn();
    expect(captured.length).toBe(1);
    expect(live()).toEqual([]);
    expect(media.getSnapshot().screen).toBeUndefined();
  });

  it("goes off if everything is stopped at any microtask around the choice", async () => {
    for (let steps = 0; steps < 20; steps += 1) {
      playScreen();
      const media = createLocalMedia();
      const sharing = media.getSnapshot().startScreenShare();
      for (let step = 0; step < steps; step += 1) await Promise.resolve();
      media.getSnapshot().stop();
      await Promise.allSettled([sharing]);
      await turn();
      expect(live(), `${steps} microtasks after`).toEqual([]);
      expect(media.getSnapshot().screen, `${steps} microtasks after`).toBeUndefined();
    }
    expect(captured.length).toBe(20);
  });

  it("goes off with everything else", async () => {
    playScreen();
    const media = make();
    await media.getSnapshot().startScreenShare();
    media.getSnapshot().stop();
    expect(live()).toEqual([]);
    expect(media.getSnapshot().screen).toBeUndefined();
  });
});
