/** "twocan/testing": what plays a backend, people and devices in tests and stories, named one by one. */
export { memorySignaling } from "../adapters/memory.ts";
export { eventually } from "./eventually.ts";
export type { EventuallyOptions } from "./eventually.ts";
export type { Reach } from "./fake/candidates.ts";
export { createFakeNetwork } from "./fake/fake-network.ts";
export type {
  FakeConnection,
  FakeNetwork,
  FakeNetworkOptions,
  FakeTarget,
} from "./fake/fake-network.ts";
export type { FakeAnswer, FakeDevice, FakePeer, FakePeerOptions } from "./fake/fake-peer.ts";
export { drawnPerson, drawnScreen } from "./pictures.ts";
export type { DrawnPersonOptions, DrawnPicture } from "./pictures.ts";
export { replay } from "./replay.ts";
export type { Replay, ReplayOptions } from "./replay.ts";
export { simulateCall } from "./simulate.ts";
export type {
  SimulatedChange,
  SimulatedPermission,
  SimulatedPerson,
  Simulation,
  SimulationOptions,
} from "./simulation.ts";
export type { LoggedPacket, MemorySignaling, MemorySignalingOptions } from "../adapters/memory.ts";
export { withChaos } from "./with-chaos.ts";
export type { ChaosOptions, ChaosSignaling } from "./with-chaos.ts";
export { withRecorder } from "./with-recorder.ts";
export type {
  RecordedError,
  RecordedEvent,
  RecordedWhen,
  RecorderOptions,
  RecorderSignaling,
  Recording,
} from "./with-recorder.ts";
