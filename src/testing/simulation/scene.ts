/** Owns what the verbs of a simulation work on, and the names and ids of those who play in it. */
import type { ConnectionStats } from "../../core/stats/connection-stats.ts";
import type { SimulatedCall } from "./simulated-call.ts";
import type { SimulatedMedia } from "./simulated-media.ts";
import type { SimulatedRoom } from "./simulated-room.ts";
import type { SimulatedSelf } from "./simulated-self.ts";
import type { SimulatedPerson } from "./simulation.ts";
import type { Studio } from "../fake-devices/studio.ts";

/** Everything that the verbs change. */
export interface Scene {
  readonly seed: number;
  readonly studio: Studio;
  readonly room: SimulatedRoom;
  readonly self: SimulatedSelf;
  readonly media: SimulatedMedia;
  readonly call: SimulatedCall;
  network: "good" | "lossy" | "offline";
}

/** What a network does to every connection. */
export const NETWORK_CONDITIONS: Record<Scene["network"], Partial<ConnectionStats>> = {
  good: { quality: "good", inboundBitrate: 1_500_000, outboundBitrate: 1_500_000 },
  lossy: { quality: "poor", inboundBitrate: 180_000, outboundBitrate: 240_000 },
  offline: {},
};

/** Names from anywhere, the long and the short. */
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

/** The name that goes with the looks. */
export function nameOf(look: number): string {
  return NAMES[Math.abs(look) % NAMES.length] ?? "";
}

/** Whom the options name, or as many as they count. */
export function cast(
  participants: number | readonly SimulatedPerson[] = 1,
): readonly SimulatedPerson[] {
  return typeof participants === "number"
    ? Array.from({ length: participants }, () => ({}))
    : participants;
}
