/** The stage on which scenarios are played by the fake network. */
import { createFakeNetwork } from "twocan/testing";
import { inSteps, type Stage } from "./webrtc-scenarios.ts";

/** Both connections in one browser of a network. */
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
