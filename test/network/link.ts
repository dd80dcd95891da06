import { setTimeout as sleep } from "node:timers/promises";
import { chain, type Lab, type Router } from "./lab.ts";

/** When packets could be delivered again, in ms since 1970. */
export type RestoredAt = number;

/**
 * Drops all packets at a router for a while. The interface and all sockets stay up; addresses and ports
 * do not change.
 */
export async function cut(lab: Lab, router: Router, ms: number): Promise<RestoredAt> {
  lab.filter(router, chain("cut", "filter", "forward", "-200", ["drop"]));
  await sleep(ms);
  const restoredAt = Date.now();
  lab.filter(router, "delete table ip cut");
  return restoredAt;
}

/** Switches the Wi-Fi of home A off for a while. It returns with the same address. */
export async function wifiOff(lab: Lab, ms: number): Promise<RestoredAt> {
  lab.setWifi(false);
  await sleep(ms);
  const restoredAt = Date.now();
  lab.setWifi(true);
  return restoredAt;
}

/** Switches home A from Wi-Fi to cellular, which has another address, with a gap in ms without network. */
export async function changeNetwork(lab: Lab, gap: number): Promise<RestoredAt> {
  lab.setWifi(false);
  await sleep(gap);
  const restoredAt = Date.now();
  lab.setCellular(true);
  return restoredAt;
}

/** Switches home A from cellular back to Wi-Fi. */
export function restoreWifi(lab: Lab): void {
  lab.setCellular(false);
  lab.setWifi(true);
}
