/** What happens to a running call, by name: for the tests, which ask whether, and `measure.mjs`, which asks how fast. */
import { setTimeout as sleep } from "node:timers/promises";
import { changeNetwork, comeHome, cut, wifiOff, type Back } from "./link.ts";
import type { Call, Meeting, Stage } from "./people.ts";

/** Something that happens to a call of Ana and Bo. */
export interface Scenario {
  readonly name: string;
  readonly meeting?: Meeting;
  /** Has it happen. */
  strike(stage: Stage, call: Call): Promise<Back>;
  /** Nothing stops the picture, because only signaling is struck. */
  unseen?: boolean;
}

const cutFor = (seconds: number, name: string): Scenario => ({
  name,
  strike: ({ lab }) => cut(lab, "natA", seconds * 1_000),
});

export const SCENARIOS: Record<string, Scenario> = {
  cut5: cutFor(5, "the way is cut for 5 s"),
  cut20: cutFor(20, "the way is cut for 20 s"),
  cut60: cutFor(60, "the way is cut for 60 s"),
  wifi5: {
    name: "the Wi-Fi is off for 5 s",
    strike: ({ lab }) => wifiOff(lab, 5_000),
  },
  change: {
    name: "from Wi-Fi to cellular, with 2 s of nothing between",
    strike: ({ lab }) => changeNetwork(lab, 2_000),
  },
  handover: {
    name: "from Wi-Fi to cellular in one go",
    strike: ({ lab }) => changeNetwork(lab, 0),
  },
  turn: {
    name: "the TURN server restarts",
    meeting: { servers: ["udp"], policy: "relay" },
    async strike({ site }) {
      await site.turn.stop();
      await sleep(500);
      await site.turn.start();
      return Date.now();
    },
  },
  relay: {
    name: "the relay is killed and comes back, while nothing is said",
    unseen: true,
    async strike({ site }) {
      await site.relay.stop();
      await sleep(5_000);
      await site.relay.start();
      return Date.now();
    },
  },
  relayInRepair: {
    name: "the relay is killed during a repair, and comes back",
    async strike({ lab, site }) {
      const changed = changeNetwork(lab, 1_000);
      await sleep(900);
      await site.relay.stop();
      await changed;
      await sleep(5_000);
      await site.relay.start();
      return Date.now();
    },
  },
};

/** As before, for the next one. */
export function mend({ lab }: Stage): void {
  comeHome(lab);
}
