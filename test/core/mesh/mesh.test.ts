import { createCall, type Signaling, type Transport, type TransportSession } from "twocan/core";
import { describeTransport } from "twocan/conformance";
import { describe, expect, it } from "vitest";
import { memorySignaling } from "../../../src/adapters/memory/memory.ts";
import { NO_MEDIA } from "../../../src/core/media/outgoing-media.ts";
import { mesh } from "../../../src/core/mesh/mesh.ts";
import { createTrace } from "../../../src/core/stats/handshake-trace.ts";
import { createFakeNetwork } from "../../../src/testing/fake-webrtc/fake-network.ts";

/** A room over a fake network, with calls as the other participants. */
function fixtureOf(transportOf: (signaling: Signaling) => Transport) {
  const network = createFakeNetwork();
  const page = network.peer();
  const uninstall = page.install();
  const signaling = memorySignaling();
  return {
    signaling,
    transport: transportOf(signaling),
    async addParticipant({ room, name }: { room: string; name: string }) {
      const call = createCall({ room, name, signaling, iceServers: [] });
      await call.getSnapshot().join();
      return {
        rename: (next: string) => call.configure({ name: next }),
        async setMedia({ microphone, camera }: { microphone: boolean; camera: boolean }) {
          const both = { audio: true, video: true };
          const media = await page.navigator.mediaDevices.getUserMedia(both);
          for (const track of media.getAudioTracks()) track.enabled = microphone;
          for (const track of media.getVideoTracks()) track.enabled = camera;
          call.configure({ media });
        },
        leave: () => call.getSnapshot().leave(),
        names: () => call.getSnapshot().participants.map((participant) => participant.name),
      };
    },
    open: () => network.connections.length,
    close: uninstall,
  };
}

describeTransport({ describe, it }, "mesh() over memorySignaling()", () => fixtureOf(mesh));

describe("mesh()", () => {
  it("returns the same object for a participant with metadata when a roster lists it again", async () => {
    const fixture = fixtureOf(mesh);
    const room = "standup";
    const jun = createCall({
      room,
      name: "Jun",
      metadata: { hand: "up" },
      signaling: fixture.signaling,
      iceServers: [],
    });
    await jun.getSnapshot().join();
    const session = await fixture.transport.join(
      {
        room,
        self: { id: "mina", joinedAt: Date.now() },
        trace: createTrace(),
        media: () => NO_MEDIA,
        configuration: () => ({ iceServers: [] }),
        configurationError: () => undefined,
        onChange() {},
        onError() {},
        onEnded() {},
      },
      new AbortController().signal,
    );
    const names = () => session.participants().map(({ name }) => name);
    await expect.poll(() => session.participants()[0]?.status).toBe("connected");
    await expect.poll(() => jun.getSnapshot().status).toBe("connected");
    const [first] = session.participants();
    expect(first?.metadata).toEqual({ hand: "up" });
    const ada = await fixture.addParticipant({ room, name: "Ada" });
    await expect.poll(names).toEqual(["Jun", "Ada"]);
    expect(session.participants()[0]).toBe(first);
    await Promise.all([session.leave(), ada.leave(), jun.getSnapshot().leave()]);
    fixture.close();
  });
});

describe("describeTransport()", () => {
  /** The mesh with some functions of its sessions replaced. */
  const broken =
    (parts: (session: TransportSession) => Partial<TransportSession>) =>
    (signaling: Signaling) => ({
      async join(...[options, joining]: Parameters<Transport["join"]>) {
        const session = await mesh(signaling).join(options, joining);
        return { ...session, ...parts(session) };
      },
    });

  it.each<[string, string, (signaling: Signaling) => Transport, RegExp]>([
    [
      "returns a new object each time",
      "returns the same object for a participant until something in it changes",
      broken(({ participants }) => ({
        participants: () => participants().map((participant) => Object.assign({}, participant)),
      })),
      /whether it is the same/,
    ],
    [
      "never calls onChange",
      "connects to each participant, and calls onChange",
      (signaling) => ({
        join: (options, joining) => mesh(signaling).join({ ...options, onChange() {} }, joining),
      }),
      /onChange was called/,
    ],
    [
      "ignores that joining is aborted",
      "rejects with aborted when joining is aborted",
      (signaling) => ({
        join: (options) => mesh(signaling).join(options, new AbortController().signal),
      }),
      /"aborted", not "no error"/,
    ],
  ])("rejects a transport that %s", async (_what, requirement, transportOf, failure) => {
    const tests = new Map<string, () => Promise<void>>();
    const runner = {
      describe: (_name: string, body: () => void) => body(),
      it: (name: string, run: () => Promise<void>) => tests.set(name, run),
    };
    describeTransport(runner, "broken", () => fixtureOf(transportOf));
    await expect(tests.get(requirement)!()).rejects.toThrow(failure);
  });
});
