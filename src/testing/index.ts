/** "twocan/testing": what plays a backend, people and devices in tests and stories, named one by one. */
export { memorySignaling } from "../adapters/memory.ts";
export { drawnPerson, drawnScreen } from "./pictures.ts";
export type { DrawnPersonOptions, DrawnPicture } from "./pictures.ts";
export { simulateCall } from "./simulate.ts";
export type {
  SimulatedChange,
  SimulatedPermission,
  SimulatedPerson,
  Simulation,
  SimulationOptions,
} from "./simulation.ts";
export type { LoggedPacket, MemorySignaling, MemorySignalingOptions } from "../adapters/memory.ts";
