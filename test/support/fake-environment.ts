import { createFakeNetwork } from "twocan/fake-webrtc";
import { inSteps, type Stage } from "./webrtc-scenarios.ts";

/** Returns the environment for the WebRTC scenarios with fakes: both connections in one simulated browser. */
export function fakeEnvironment(network = createFakeNetwork()): Stage {
  const { RTCPeerConnection, MediaStream, navigator } = network.peer();
  return {
    RTCPeerConnection,
    MediaStream,
    async capture(kind) {
      const stream = await navigator.mediaDevices.getUserMedia({ [kind]: true });
      return stream.getTracks()[0]!;
    },
    wait: inSteps,
  };
}
