/** The simulation beside the real thing, in one browser: the same shapes, and the same words in the same order. */
import {
  CallError,
  createCall,
  createLocalMedia,
  type CallStore,
  type LocalMedia,
  type LocalMediaStore,
  type DeviceControl,
} from "twocan/core";
import { memorySignaling, simulateCall, type SimulatedPermission } from "twocan/testing";
import { afterEach, describe, expect, it, vi } from "vitest";

const releases: (() => unknown)[] = [];

afterEach(async () => {
  for (const release of releases.splice(0)) await release();
  vi.restoreAllMocks();
});

const keys = (value: object | undefined) => Object.keys(value ?? {}).toSorted();

/** What can be compared of a device: all but its ids and its objects. */
const ofControl = ({ status, enabled, track, deviceId, error }: DeviceControl) => ({
  status,
  enabled,
  track: track && [track.kind, track.readyState, track.enabled],
  chosen: deviceId !== undefined,
  error: error && [error.code, error.message],
});

const ofMedia = ({ status, stream, screen, error, microphone, camera }: LocalMedia) => ({
  status,
  stream: stream
    ?.getTracks()
    .map(({ kind }) => kind)
    .toSorted(),
  screen: screen?.getTracks().map(({ kind }) => kind),
  error: error && [error.code, error.message],
  microphone: ofControl(microphone),
  camera: ofControl(camera),
});

/** Everything that is shown while something is done. */
async function shown(
  media: LocalMediaStore,
  doing: (media: () => LocalMedia) => Promise<unknown>,
): Promise<unknown[]> {
  const seen: unknown[] = [ofMedia(media.getSnapshot())];
  const stop = media.subscribe(() => {
    const next = ofMedia(media.getSnapshot());
    // Lists of devices come when they come.
    if (JSON.stringify(next) !== JSON.stringify(seen.at(-1))) seen.push(next);
  });
  await doing(media.getSnapshot);
  media.getSnapshot().stop();
  stop();
  return seen;
}

const real = () => createLocalMedia({ autoStart: false });
const simulated = (permission: SimulatedPermission = "granted") =>
  simulateCall({ autoStart: false, permission }).media;

/** The choice of a real screen needs a person. */
function chooseCanvas(): void {
  vi.spyOn(navigator.mediaDevices, "getDisplayMedia").mockImplementation(async () =>
    document.createElement("canvas").captureStream(),
  );
}

describe("simulated media are told of as real media are", () => {
  const DOINGS: Record<string, (media: () => LocalMedia) => Promise<unknown>> = {
    starting: (media) => media().start(),
    "starting twice": (media) => Promise.all([media().start(), media().start()]),
    "switching the camera": async (media) => {
      await media().start();
      await media().camera.toggle();
      await media().camera.toggle();
    },
    "switching the microphone": async (media) => {
      await media().start();
      await media().microphone.toggle();
      await media().microphone.toggle();
    },
    "a wish and its opposite": async (media) => {
      await media().start();
      await Promise.all([media().camera.toggle(), media().camera.toggle()]);
    },
    "the camera off before it is on": async (media) => {
      const start = media().start();
      await Promise.all([media().camera.setEnabled(false), start]);
    },
    "one device alone": async (media) => {
      await media().microphone.setEnabled(true);
      await media().start();
    },
    "another camera": async (media) => {
      await media().start();
      await expect.poll(() => media().camera.devices.length).toBeGreaterThan(1);
      const { devices, deviceId } = media().camera;
      await media().camera.select(devices.find((device) => device.deviceId !== deviceId)!.deviceId);
    },
    "a camera that is not there": async (media) => {
      await media().start();
      await expect(media().camera.select("none")).rejects.toMatchObject({
        code: "constraints-unsatisfied",
      });
    },
    "sharing a screen": async (media) => {
      await media().startScreenShare();
      media().stopScreenShare();
    },
  };

  it.each(Object.keys(DOINGS))("%s", async (name) => {
    chooseCanvas();
    const doing = DOINGS[name]!;
    expect(await shown(simulated(), doing)).toEqual(await shown(real(), doing));
  });

  it.each<[SimulatedPermission, string, PermissionState]>([
    ["denied", "NotAllowedError", "denied"],
    ["dismissed", "NotAllowedError", "prompt"],
    ["missing", "NotFoundError", "granted"],
    ["busy", "NotReadableError", "granted"],
    ["insecure", "SecurityError", "granted"],
  ])("%s", async (permission, name, state) => {
    vi.spyOn(navigator.mediaDevices, "getUserMedia").mockImplementation(() =>
      Promise.reject(new DOMException("Played by a test.", name)),
    );
    vi.spyOn(navigator.permissions, "query").mockImplementation(
      async () => ({ state }) as PermissionStatus,
    );
    const failing = async (media: () => LocalMedia) => {
      await expect(media().start()).rejects.toBeInstanceOf(CallError);
      await expect(media().camera.toggle()).rejects.toBeInstanceOf(CallError);
      await media().microphone.setEnabled(false);
    };
    expect(await shown(simulated(permission), failing)).toEqual(await shown(real(), failing));
  });

  it.each<[SimulatedPermission, string, PermissionState]>([
    ["denied", "Permission denied", "denied"],
    ["dismissed", "Permission denied by user", "prompt"],
  ])("a screen that is %s", async (permission, message, state) => {
    vi.spyOn(navigator.mediaDevices, "getDisplayMedia").mockRejectedValue(
      new DOMException(message, "NotAllowedError"),
    );
    vi.spyOn(navigator.permissions, "query").mockResolvedValue({ state } as PermissionStatus);
    const failureOf = (media: LocalMediaStore) =>
      media
        .getSnapshot()
        .startScreenShare()
        .catch((error: CallError) => [error.code, error.message]);
    expect(await failureOf(simulated(permission))).toEqual(await failureOf(real()));
  });
});

describe("a device that the system mutes", () => {
  it("is interrupted, in a simulation as in reality", async () => {
    const doing = async (
      media: () => LocalMedia,
      mute: (muted: boolean) => void,
    ): Promise<void> => {
      await media().start();
      mute(true);
      await media().microphone.toggle();
      await media().microphone.toggle();
      mute(false);
    };
    const simulation = simulateCall({ autoStart: false });
    const played = await shown(simulation.media, (media) =>
      doing(media, (muted) => simulation.interrupt("microphone", muted)),
    );
    const expected = await shown(real(), (media) =>
      doing(media, (muted) => {
        const track = media().microphone.track!;
        Object.defineProperty(track, "muted", { value: muted, configurable: true });
        track.dispatchEvent(new Event(muted ? "mute" : "unmute"));
      }),
    );
    expect(played).toEqual(expected);
    expect(JSON.stringify(played)).toContain("interrupted");
  });
});

describe("a simulated call is told of as a real one is", () => {
  /** A real call with its media. */
  function enter(room: ReturnType<typeof memorySignaling>): [CallStore, LocalMediaStore] {
    const media = createLocalMedia();
    const settings = () => ({ media: media.getSnapshot(), iceServers: [] });
    const call = createCall({ room: "standup", signaling: room, ...settings() });
    const follow = () => call.configure(settings());
    releases.push(media.subscribe(follow), media.retain(), call.retain());
    return [call, media];
  }

  it("in the same fields", async () => {
    const signaling = memorySignaling();
    const [call, media] = enter(signaling);
    enter(signaling);
    const simulation = simulateCall();
    releases.push(simulation.call.retain(), simulation.media.retain());
    for (const one of [call, simulation.call])
      await expect.poll(() => one.getSnapshot().status).toBe("connected");
    // Lists of devices come when they come.
    await expect.poll(() => media.getSnapshot().camera.devices.length).toBeGreaterThan(0);

    expect(keys(simulation.call)).toEqual(keys(call));
    expect(keys(simulation.media)).toEqual(keys(media));
    const [now, fake] = [call.getSnapshot(), simulation.call.getSnapshot()];
    expect(keys(fake)).toEqual(keys(now));
    // A level is the one thing that a real person has not.
    const [person] = now.participants;
    expect(keys(fake.participants[0])).toEqual([...keys(person), "level"].toSorted());
    expect(keys(fake.self)).toEqual([...keys(now.self), "level"].toSorted());
    expect(keys(fake.trace.getSnapshot()[0])).toEqual(keys(now.trace.getSnapshot()[0]));
    const [mine, pretended] = [media.getSnapshot(), simulation.media.getSnapshot()];
    expect(keys(pretended)).toEqual(keys(mine));
    expect(keys(pretended.camera)).toEqual(keys(mine.camera));
    expect(keys(pretended.camera.devices[0]?.toJSON() as object)).toEqual(
      keys(mine.camera.devices[0]?.toJSON() as object),
    );
    const tracksOf = ({ stream }: { stream: MediaStream | undefined }) =>
      stream
        ?.getTracks()
        .map(({ kind }) => kind)
        .toSorted();
    expect(tracksOf(fake.participants[0]!)).toEqual(tracksOf(person!));
  });

  it("by the same words in the same order", async () => {
    const wordsOf = async (call: CallStore) => {
      const seen: string[] = [];
      const look = () => {
        const { status, self } = call.getSnapshot();
        const words = `${status} ${self.status}`;
        if (words !== seen.at(-1)) seen.push(words);
      };
      look();
      releases.push(call.subscribe(look));
      const before = call.getSnapshot();
      await before.join();
      await before.leave();
      await before.join();
      await before.leave();
      expect(call.getSnapshot().join).toBe(before.join);
      return seen;
    };
    const signaling = memorySignaling();
    const alone = createCall({ room: "standup", signaling, iceServers: [], autoJoin: false });
    const simulation = simulateCall({ participants: 0, status: "idle" });
    expect(await wordsOf(simulation.call)).toEqual(await wordsOf(alone));
  });
});
