/** A page that runs the WebRTC scenarios with the browser's implementation, and joins with given ICE servers. */
import { createCall } from "twocan/core";
import { play, type Report } from "../../support/webrtc-scenarios.ts";

declare global {
  interface Window {
    playScenario?: (name: string) => Promise<Report>;
    /** Joins with these `iceServers`, and resolves to the error as `code: message`. */
    joinWith?: (iceServers: unknown) => Promise<string>;
  }
}

window.playScenario = (name) =>
  play(name, {
    RTCPeerConnection,
    MediaStream,
    async capture(kind) {
      const stream = await navigator.mediaDevices.getUserMedia({ [kind]: true });
      return stream.getTracks()[0]!;
    },
    wait: (ms) =>
      new Promise((resolve) => {
        setTimeout(resolve, ms);
      }),
  });

window.joinWith = (iceServers) =>
  createCall({ room: "e2e", iceServers: iceServers as never })
    .getSnapshot()
    .join()
    .then(
      () => "joined",
      (error: { code: string; message: string }) => `${error.code}: ${error.message}`,
    );
