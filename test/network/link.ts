/** Network faults applied while a call is running. */
import { setTimeout as sleep } from "node:timers/promises";
import { chain, type Lab, type Router } from "./lab.ts";

/** When packets could flow again for the first time, in ms since 1970. */
export type Back = number;

/**
 * Drops all packets at a router, silently: the interface and all sockets stay up. Address and ports
 * are the same afterwards.
 */
export async function cut(lab: Lab, router: Router, ms: number): Promise<Back> {
  lab.filter(router, chain("cut", "filter", "forward", "-200", ["drop"]));
  await sleep(ms);
  const back = Date.now();
  lab.filter(router, "delete table ip cut");
  return back;
}

/** The Wi-Fi of home A is switched off for a while and returns with the same address. */
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
