/** "twocan/testing": what plays a backend in tests, named one by one. */
export { memorySignaling } from "../adapters/memory.ts";
export type {
  SimulatedPermission,
  SimulatedPerson,
  Simulation,
  SimulationOptions,
} from "./simulate.ts";
export type { LoggedPacket, MemorySignaling, MemorySignalingOptions } from "../adapters/memory.ts";
