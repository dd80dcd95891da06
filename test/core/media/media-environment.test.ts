import { createFakeNetwork } from "twocan/fake-webrtc";
import { describe, expect, it } from "vitest";
import { createLocalMediaWith } from "../../../src/core/media/local-media.ts";
import type { MediaEnvironment } from "../../../src/core/media/media-environment.ts";

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

describe("createLocalMediaWith", () => {
  it("captures from the given environment without any browser global", async () => {
    const { peer, environment } = fakeEnvironment();
    const media = createLocalMediaWith({}, environment);
    await media.getSnapshot().start();
    const { status, stream, camera, microphone } = media.getSnapshot();
    expect([status, camera.status, microphone.status]).toEqual(["live", "on", "on"]);
    expect(stream?.getTracks().length).toBe(2);
    media.getSnapshot().stop();
    expect(peer.liveTracks).toEqual([]);
  });

  it("reports `insecure-context` from the given environment", async () => {
    const { environment } = fakeEnvironment();
    const insecure = { ...environment, mediaDevices: undefined, isSecureContext: false };
    const media = createLocalMediaWith({}, insecure);
    await expect(media.getSnapshot().start()).rejects.toMatchObject({ code: "insecure-context" });
  });
});
