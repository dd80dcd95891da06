/** Owns what can go wrong on the way while a call is running. */
import { setTimeout as sleep } from "node:timers/promises";
import { chain, type Lab, type Router } from "./lab.ts";

/** When packets could flow again for the first time, in ms since 1970. */
export type Back = number;

/**
 * Nothing gets through a router any more, and nobody is told: the interface stays up, and so does
 * everything that was connected. The same address and the same ports afterwards.
 */
export async function cut(lab: Lab, router: Router, ms: number): Promise<Back> {
  lab.filter(router, chain("cut", "filter", "forward", "-200", ["drop"]));
  await sleep(ms);
  const back = Date.now();
  lab.filter(router, "delete table ip cut");
  return back;
}

/** The Wi-Fi of home A is off for a while, and comes back with the same address. */
export async function wifiOff(lab: Lab, ms: number): Promise<Back> {
  lab.setWifi(false);
  await sleep(ms);
  const back = Date.now();
  lab.setWifi(true);
  return back;
}

/** Out of the house: the Wi-Fi is lost, and after a gap there is another network with another address. */
export async function changeNetwork(lab: Lab, gap: number): Promise<Back> {
  lab.setWifi(false);
  await sleep(gap);
  const back = Date.now();
  lab.setCellular(true);
  return back;
}

/** The way back home, for the next run. */
export function comeHome(lab: Lab): void {
  lab.setCellular(false);
  lab.setWifi(true);
}
