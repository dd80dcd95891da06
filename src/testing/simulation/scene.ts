import type { ConnectionStats } from "../../core/stats/connection-stats.ts";
import type { SimulatedCall } from "./simulated-call.ts";
import type { SimulatedMedia } from "./simulated-local-media.ts";
import type { SimulatedRoom } from "./simulated-room.ts";
import type { SimulatedSelf } from "./simulated-self.ts";
import type { SimulatedPerson } from "./simulation.ts";
import type { Studio } from "../fake-devices/studio.ts";

/** The parts of a simulation that its verbs change. */
export interface Scene {
  readonly seed: number;
  readonly studio: Studio;
  readonly room: SimulatedRoom;
  readonly self: SimulatedSelf;
  readonly media: SimulatedMedia;
  readonly call: SimulatedCall;
  network: "good" | "lossy" | "offline";
}

/** The statistics of every connection for each state of the network. */
export const NETWORK_CONDITIONS: Record<Scene["network"], Partial<ConnectionStats>> = {
  good: { quality: "good", inboundBitrate: 1_500_000, outboundBitrate: 1_500_000 },
  lossy: { quality: "poor", inboundBitrate: 180_000, outboundBitrate: 240_000 },
  offline: {},
};

/** Short and long names from several languages. */
const NAMES = [
  "Sam",
  "Mina Park",
  "Jonas",
  "Amira Haddad",
  "김민아",
  "Lucía",
  "Tom",
  "Yuki Tanaka",
  "Noor",
  "Adaeze Okafor",
  "Ravi",
  "Ingrid Solberg",
];

/** The default name of an appearance. */
export function nameOf(look: number): string {
  return NAMES[Math.abs(look) % NAMES.length] ?? "";
}

/** The participants of the options: the given ones, or as many default ones as the number says. */
export function participantsOf(
  participants: number | readonly SimulatedPerson[] = 1,
): readonly SimulatedPerson[] {
  return typeof participants === "number"
    ? Array.from({ length: participants }, () => ({}))
    : participants;
}
