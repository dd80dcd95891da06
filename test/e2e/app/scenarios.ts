/** A page that plays the scenarios of the played WebRTC with the browser's own. */
import { play, type Report } from "../../support/webrtc-scenarios.ts";

declare global {
  interface Window {
    playScenario?: (name: string) => Promise<Report>;
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
