import { setTimeout as sleep } from "node:timers/promises";
import { changeNetwork, cut, restoreWifi, wifiOff, type RestoredAt } from "./link.ts";
import type { Call, Meeting, Stage } from "./people.ts";

/** A fault during a call of Ana and Bo. The tests check that it recovers; `measure.mjs` measures how fast. */
export interface Scenario {
  readonly name: string;
  readonly meeting?: Meeting;
  apply(stage: Stage, call: Call): Promise<RestoredAt>;
  /** Whether only signaling is affected, so that frames are received all the time. */
  onlySignaling?: boolean;
}

const cutFor = (seconds: number, name: string): Scenario => ({
  name,
  apply: ({ lab }) => cut(lab, "natA", seconds * 1_000),
});

export const SCENARIOS: Record<string, Scenario> = {
  cut5: cutFor(5, "all packets are dropped for 5 s"),
  cut20: cutFor(20, "all packets are dropped for 20 s"),
  cut60: cutFor(60, "all packets are dropped for 60 s"),
  wifi5: {
    name: "the Wi-Fi is off for 5 s",
    apply: ({ lab }) => wifiOff(lab, 5_000),
  },
  change: {
    name: "the network changes from Wi-Fi to cellular after 2 s without network",
    apply: ({ lab }) => changeNetwork(lab, 2_000),
  },
  handover: {
    name: "the network changes from Wi-Fi to cellular at once",
    apply: ({ lab }) => changeNetwork(lab, 0),
  },
  turn: {
    name: "the TURN server restarts",
    meeting: { servers: ["udp"], policy: "relay" },
    async apply({ site }) {
      await site.turn.stop();
      await sleep(500);
      await site.turn.start();
      return Date.now();
    },
  },
  relay: {
    name: "the relay restarts while no message is sent",
    onlySignaling: true,
    async apply({ site }) {
      await site.relay.stop();
      await sleep(5_000);
      await site.relay.start();
      return Date.now();
    },
  },
  relayInRepair: {
    name: "the relay restarts during a repair",
    async apply({ lab, site }) {
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

/** Restores the network for the next scenario. */
export function restoreNetwork({ lab }: Stage): void {
  restoreWifi(lab);
}
