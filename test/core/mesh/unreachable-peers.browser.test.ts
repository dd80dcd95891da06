/** Peers that a backend without presence detection keeps listing after they have gone. */
import { createCall, type CallStore, type Signaling } from "twocan/core";
import { memorySignaling } from "twocan/testing";
import { afterEach, expect, it } from "vitest";

const releases: (() => void)[] = [];

afterEach(() => {
  for (const release of releases.splice(0)) release();
});

function enter(name: string, signaling: Signaling): CallStore {
  const call = createCall({ room: "standup", name, signaling, iceServers: [] });
  releases.push(call.retain());
  return call;
}

const seen = (call: CallStore) =>
  call.getSnapshot().participants.map(({ name, status }) => `${name} ${status}`);

/** Signaling that lists a participant, and neither delivers nor sends its packets until `open()` is called. */
function muffled(signaling: Signaling): Signaling & { open(): void } {
  let mute = true;
  const waiting: (() => void)[] = [];
  return {
    join: async (joining) => {
      const session = await signaling.join({
        ...joining,
        onPeers: (peers) =>
          mute ? waiting.push(() => joining.onPeers(peers)) : joining.onPeers(peers),
        onMessage: (from, message) => {
          if (!mute) joining.onMessage(from, message);
        },
      });
      return {
        ...session,
        send: async (to, message) => void (mute || (await session.send(to, message))),
      };
    },
    open() {
      mute = false;
      for (const deliver of waiting) deliver();
    },
  };
}

it(
  "a listed peer that never responds is hidden after 15 s, and shown as soon as it responds",
  { timeout: 90_000 },
  async () => {
    const signaling = memorySignaling();
    const asleep = muffled(signaling);
    enter("Noor", asleep);
    const mina = enter("Mina", signaling);
    await expect.poll(() => seen(mina)).toEqual(["Noor connecting"]);
    await expect.poll(() => seen(mina), { timeout: 20_000 }).toEqual([]);
    expect(mina.getSnapshot().status).toBe("waiting");
    // A change of the roster does not show Noor again.
    const jun = enter("Jun", signaling);
    await expect.poll(() => seen(mina)).toEqual(["Jun connected"]);
    await jun.getSnapshot().leave();
    await expect.poll(() => seen(mina)).toEqual([]);
    asleep.open();
    await expect.poll(() => seen(mina), { timeout: 20_000 }).toEqual(["Noor connected"]);
  },
);
