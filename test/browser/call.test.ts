/** A call without React, between pages played by one: real connections, fake devices, signaling in memory. */
import { createCall, createLocalMedia, type CallStore, type LocalMediaStore } from "twocan/core";
import { memorySignaling } from "twocan/testing";
import { afterEach, expect, it } from "vitest";
import { expectFrames, opened } from "./support.ts";

const releases: (() => void)[] = [];

afterEach(async () => {
  for (const release of releases.splice(0)) release();
  await expect.poll(() => opened.connections().length).toBe(0);
  await expect.poll(() => opened.liveTracks().length).toBe(0);
});

function enter(options: Parameters<typeof createCall>[0]): {
  call: CallStore;
  media: LocalMediaStore;
} {
  const media = createLocalMedia();
  const call = createCall({ ...options, media: media.getSnapshot() });
  media.subscribe(() => call.configure({ ...options, media: media.getSnapshot() }));
  releases.push(media.hold(), call.hold());
  return { call, media };
}

it("two people see each other after two one-way trips", async () => {
  const signaling = memorySignaling({ delay: 20 });
  const mina = enter({ room: "standup", signaling, name: "Mina" });
  await expect.poll(() => mina.call.getSnapshot().status).toBe("waiting");
  const jun = enter({ room: "standup", signaling, name: "Jun" });
  await expect.poll(() => mina.call.getSnapshot().status).toBe("connected");
  await expect.poll(() => jun.call.getSnapshot().status).toBe("connected");
  expect(mina.call.getSnapshot().participants.map(({ name }) => name)).toEqual(["Jun"]);
  expect(jun.call.getSnapshot().participants.map(({ name }) => name)).toEqual(["Mina"]);
  await expectFrames(mina.call.getSnapshot().participants[0]?.stream);
  await expectFrames(jun.call.getSnapshot().participants[0]?.stream);
  console.info(
    JSON.stringify(
      signaling.log.map(({ from, to, message, at }) => [
        from,
        to,
        at,
        (message["m"] as [number, { type: string }][]).map(([, m]) => m.type).join(),
      ]),
    ),
  );
  console.info(
    JSON.stringify(
      mina.call
        .getSnapshot()
        .trace.getSnapshot()
        .map(({ step, name, at, side, round }) => [step, name, at, side, round]),
    ),
  );
});
