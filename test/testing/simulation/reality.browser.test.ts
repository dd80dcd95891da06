import { createCall, createLocalMedia, type CallStore, type LocalMediaStore } from "twocan/core";
import { memorySignaling, simulateCall } from "twocan/testing";
import { afterEach, describe, expect, it, vi } from "vitest";

const releases: (() => unknown)[] = [];

afterEach(async () => {
  for (const release of releases.splice(0)) await release();
  vi.restoreAllMocks();
});

const keys = (value: object | undefined) => Object.keys(value ?? {}).toSorted();

describe("the call of simulateCall", () => {
  /** Joins a real call with real media. */
  function enter(room: ReturnType<typeof memorySignaling>): [CallStore, LocalMediaStore] {
    const media = createLocalMedia();
    const settings = () => ({ media: media.getSnapshot(), iceServers: [] });
    const call = createCall({ room: "standup", signaling: room, ...settings() });
    const follow = () => call.configure(settings());
    releases.push(media.subscribe(follow), media.retain(), call.retain());
    return [call, media];
  }

  it("has the fields of a real call", async () => {
    const signaling = memorySignaling();
    const [call, media] = enter(signaling);
    enter(signaling);
    const simulation = simulateCall();
    releases.push(simulation.call.retain(), simulation.media.retain());
    for (const one of [call, simulation.call])
      await expect.poll(() => one.getSnapshot().status).toBe("connected");
    // The device list is read asynchronously.
    await expect.poll(() => media.getSnapshot().camera.devices.length).toBeGreaterThan(0);

    expect(keys(simulation.call)).toEqual(keys(call));
    expect(keys(simulation.media)).toEqual(keys(media));
    const [now, fake] = [call.getSnapshot(), simulation.call.getSnapshot()];
    expect(keys(fake)).toEqual(keys(now));
    expect(keys(fake.participants[0])).toEqual(keys(now.participants[0]));
    // The level of the own participant is measured from its stream, unless it is simulated.
    expect(keys(fake.self)).toEqual([...keys(now.self), "level"].toSorted());
    expect(keys(fake.trace.getSnapshot()[0])).toEqual(keys(now.trace.getSnapshot()[0]));
    const [mine, simulated] = [media.getSnapshot(), simulation.media.getSnapshot()];
    expect(keys(simulated)).toEqual(keys(mine));
    expect(keys(simulated.camera)).toEqual(keys(mine.camera));
    expect(keys(simulated.camera.devices[0]?.toJSON() as object)).toEqual(
      keys(mine.camera.devices[0]?.toJSON() as object),
    );
    const tracksOf = ({ stream }: { stream: MediaStream | undefined }) =>
      stream
        ?.getTracks()
        .map(({ kind }) => kind)
        .toSorted();
    expect(tracksOf(fake.participants[0]!)).toEqual(tracksOf(now.participants[0]!));
  });

  it("goes through the statuses of a real call in the same order", async () => {
    const statusesOf = async (call: CallStore) => {
      const seen: string[] = [];
      const look = () => {
        const { status, self } = call.getSnapshot();
        const statuses = `${status} ${self.status}`;
        if (statuses !== seen.at(-1)) seen.push(statuses);
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
    expect(await statusesOf(simulation.call)).toEqual(await statusesOf(alone));
  });
});
