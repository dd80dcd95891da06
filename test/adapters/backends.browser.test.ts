/** A call of two in a browser over each backend: video in both directions, and nothing left open. */
import { createCall, createLocalMedia, type CallStore, type Signaling } from "twocan/core";
import { swappable } from "twocan/compose";
import { manualSignaling } from "twocan/manual";
import { mqttSignaling } from "twocan/mqtt";
import { natsSignaling } from "twocan/nats";
import { socketIoSignaling } from "twocan/socket-io";
import { memorySignaling } from "twocan/testing";
import { io } from "socket.io-client";
import { afterEach, describe, expect, inject, it } from "vitest";
import { unique } from "../../src/testing/conformance/describe-signaling.ts";
import { expectFrames, opened } from "../support/browser/media-support.ts";
import { keepReportingBytes } from "../support/keep-alive-stats.ts";

const SMALL = { video: { width: 160, height: 120, frameRate: 10 } } as const;
const PATIENT = { timeout: 20_000 };

const mqtt = inject("mqtt");
const nats = inject("nats");
const socketIo = inject("socketIo");

const releases: (() => unknown)[] = [];

afterEach(async () => {
  for (const release of releases.splice(0)) await release();
  await expect.poll(() => opened.connections().length).toBe(0);
  await expect.poll(() => opened.liveTracks().length).toBe(0);
});

/** A participant with camera and microphone in the room. */
function enter(room: string, name: string, signaling: Signaling) {
  const media = createLocalMedia(SMALL);
  const settings = () => ({ name, iceServers: [], media: media.getSnapshot() });
  const call = createCall({ room, signaling, ...settings() });
  releases.push(
    () => call.getSnapshot().leave(),
    media.subscribe(() => call.configure(settings())),
    media.retain(),
    call.retain(),
  );
  return call;
}

/** Waits until both see the name and the moving video of the other. */
async function expectTalking(mina: CallStore, jun: CallStore): Promise<void> {
  for (const [call, other] of [
    [mina, "Jun"],
    [jun, "Mina"],
  ] as const) {
    await expect.poll(() => call.getSnapshot().status, PATIENT).toBe("connected");
    const [participant] = call.getSnapshot().participants;
    expect(participant?.name).toBe(other);
    await expectFrames(participant?.stream);
  }
}

const backends = {
  "an MQTT broker": mqtt && (() => mqttSignaling(`ws://127.0.0.1:${mqtt.webSocketPort}`)),
  NATS: nats && (() => natsSignaling(`ws://127.0.0.1:${nats.webSocketPort}`)),
  "Socket.IO"() {
    const socket = io(socketIo, { forceNew: true });
    releases.push(() => socket.disconnect());
    return socketIoSignaling(socket);
  },
};

describe("a call of two", () => {
  for (const [name, signaling] of Object.entries(backends))
    it.skipIf(!signaling)(`over ${name}`, async () => {
      const room = unique("room");
      const mina = enter(room, "Mina", signaling!());
      await expect.poll(() => mina.getSnapshot().status, PATIENT).toBe("waiting");
      const jun = enter(room, "Jun", signaling!());
      await expectTalking(mina, jun);
      await jun.getSnapshot().leave();
      await expect.poll(() => mina.getSnapshot().participants).toEqual([]);
    });

  it("connects by two texts that people hand over", async () => {
    const here = manualSignaling();
    const mina = enter("us", "Mina", here);
    const there = manualSignaling({ invitation: await here.text() });
    const jun = enter("us", "Jun", there);
    await here.accept(await there.text());
    await expectTalking(mina, jun);
    await jun.getSnapshot().leave();
    await expect.poll(() => mina.getSnapshot().participants).toEqual([]);
  });

  it("continues while its signaling is swapped, and a third participant joins at the new backend", async () => {
    releases.push(keepReportingBytes());
    const [first, second] = [memorySignaling(), memorySignaling()];
    const room = unique("room");
    const [here, there] = [swappable(first), swappable(first)];
    const mina = enter(room, "Mina", here);
    await expect.poll(() => mina.getSnapshot().status, PATIENT).toBe("waiting");
    const jun = enter(room, "Jun", there);
    await expectTalking(mina, jun);
    const [before] = mina.getSnapshot().participants;
    const statuses = new Set<string>();
    releases.push(mina.subscribe(() => statuses.add(mina.getSnapshot().status)));

    await here.swap(second);
    // Jun has not swapped: only the connection is left between them.
    await expectFrames(mina.getSnapshot().participants[0]?.stream);
    await there.swap(second);
    await expectTalking(mina, jun);
    expect(mina.getSnapshot().participants[0]?.connection).toBe(before?.connection);
    expect(statuses).toEqual(new Set());

    const ada = enter(room, "Ada", second);
    await expect
      .poll(() => ada.getSnapshot().participants.map(({ status }) => status), PATIENT)
      .toEqual(["connected", "connected"]);
  });
});
