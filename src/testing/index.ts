export { memorySignaling } from "../adapters/memory/memory.ts";
export { eventually } from "./eventually.ts";
export type { EventuallyOptions } from "./eventually.ts";
export { syntheticCamera, syntheticScreen } from "./fake-devices/synthetic-video.ts";
export type { SyntheticCameraOptions, SyntheticVideo } from "./fake-devices/synthetic-video.ts";
export { replay } from "./signaling/replay.ts";
export type { Replay, ReplayOptions } from "./signaling/replay.ts";
export { simulateCall } from "./simulation/simulate.ts";
export type {
  SimulatedChange,
  SimulatedPermission,
  SimulatedPerson,
  Simulation,
  SimulationOptions,
} from "./simulation/simulation.ts";
export type {
  LoggedPacket,
  MemorySignaling,
  MemorySignalingOptions,
} from "../adapters/memory/memory.ts";
export { withFaults } from "./signaling/with-faults.ts";
export type { FaultOptions, FaultSignaling } from "./signaling/with-faults.ts";
export { withRecorder } from "./signaling/with-recorder.ts";
export type {
  RecordedError,
  RecordedEvent,
  RecordedWhen,
  RecorderOptions,
  RecorderSignaling,
  Recording,
} from "./signaling/with-recorder.ts";
