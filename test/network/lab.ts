/**
 * A simulated network: two homes behind routers, a second uplink, and public servers. Each of them is a
 * network namespace, so the network of the machine itself is not changed.
 *
 *     homeA 10.1.0.2 wlan0 ──┐
 *     guest 10.1.0.3 wlan0 ──┴─ natA 203.0.113.2 ─┐
 *     homeA 10.3.0.2 rmnet0 ─── natC 203.0.113.4 ─┼─ public .10: page and relay, .11: TURN and STUN
 *     homeB 10.2.0.2 eth0 ───── natB 203.0.113.3 ─┘
 */
import { execFileSync, spawn, type ChildProcess, type SpawnOptions } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startCable, type Cable } from "./cable.ts";

export type Home = "homeA" | "guest" | "homeB";
export type Router = "natA" | "natB" | "natC";
export type Place = Home | Router | "public";

/**
 * The behaviour of a router:
 * - `cone`: Linux masquerading, which keeps the port. STUN is sufficient.
 * - `symmetric`: another port for each destination. Requires TURN.
 * - `udp-blocked`: a company firewall. Requires TURN over TCP.
 * - `tcp-443-only`: a stricter one. Requires TURN over TCP on port 443.
 */
export type Nat = "cone" | "symmetric" | "udp-blocked" | "tcp-443-only";

export const PAGE_ADDRESS = "203.0.113.10";
export const TURN_ADDRESS = "203.0.113.11";
/** A gateway that drops packets to unknown addresses, as the internet does. */
const BLACK_HOLE = "203.0.113.254";

const HOSTS: Record<Home, { router: Router; device: string; address: string }> = {
  homeA: { router: "natA", device: "wlan0", address: "10.1.0.2" },
  guest: { router: "natA", device: "wlan0", address: "10.1.0.3" },
  homeB: { router: "natB", device: "eth0", address: "10.2.0.2" },
};
const CELLULAR = { router: "natC", device: "rmnet0", address: "10.3.0.2" } as const;
const ROUTERS: Record<Router, { wan: string; lan: string }> = {
  natA: { wan: "203.0.113.2", lan: "10.1.0.1" },
  natB: { wan: "203.0.113.3", lan: "10.2.0.1" },
  natC: { wan: "203.0.113.4", lan: "10.3.0.1" },
};

/** The simulated network, and the operations on it. */
export interface Lab {
  /** A temporary folder, which `close()` deletes. */
  readonly folder: string;
  /** Returns the name of the network namespace of a place. */
  namespace(place: Place): string;
  /** Runs a command at a place, and returns its output. */
  run(place: Place, command: string, ...args: string[]): string;
  /** Starts a command at a place. `close()` kills it. */
  start(place: Place, command: string, args: string[], options?: SpawnOptions): ChildProcess;
  /** Loads packet filter rules (nftables) at a place. */
  filter(place: Place, rules: string): void;
  setNat(router: Router, kind: Nat): void;
  /** Switches the Wi-Fi of home A. Switching it off removes its address and routes at once. */
  setWifi(on: boolean): void;
  /** Switches the second uplink of home A, which has another address and another router. */
  setCellular(on: boolean): void;
  /** Kills all processes at a place. */
  kill(place: Place): void;
  /** The cable between home B and its router, if the lab was created with one. */
  readonly cable: Cable | undefined;
  close(): void;
}

/** Creates the network. Wi-Fi is on, cellular is off, and every router is a `cone`. Takes half a second. */
export async function createLab(options: { cable?: boolean } = {}): Promise<Lab> {
  const prefix = `twocan-${process.pid}-`;
  const folder = mkdtempSync(join(tmpdir(), "twocan-lab-"));
  const places = [...Object.keys(HOSTS), ...Object.keys(ROUTERS), "public"] as Place[];
  const namespace = (place: Place) => prefix + place;
  const children = new Set<ChildProcess>();

  const ip: Ip = (place, ...args) => void sh(["ip", "-n", namespace(place), ...args]);
  const within = (place: Place) => ["ip", "netns", "exec", namespace(place)];
  const run = (place: Place, ...command: string[]) => sh([...within(place), ...command]);
  const filter = (place: Place, rules: string) =>
    void sh([...within(place), "nft", "-f", "-"], rules);

  function makeRouter(router: Router): void {
    const { wan, lan } = ROUTERS[router];
    const [here, there] = [namespace(router), namespace("public")];
    wire([here, "wan"], [there, router]);
    ip("public", "link", "set", router, "master", "net", "up");
    ip(router, "addr", "add", `${wan}/24`, "dev", "wan");
    ip(router, "link", "set", "wan", "up");
    dropUnroutable(ip, router, "wan");
    ip(router, "link", "add", "lan", "type", "bridge");
    ip(router, "addr", "add", `${lan}/24`, "dev", "lan");
    ip(router, "link", "set", "lan", "up");
    run(router, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward");
    setNat(router, "cone");
  }

  function plugIn(home: Home, router: Router, device: string): void {
    const port = `${home}-${device}`;
    const [here, there] = [namespace(home), namespace(router)];
    wire([here, device], [there, port]);
    ip(router, "link", "set", port, "master", "lan", "up");
  }

  const setNat = (router: Router, kind: Nat) => filter(router, natRules(kind));

  /** Turns an uplink on with its address and default route, or off, which removes both. */
  function setUplink(
    home: Home,
    { router, device, address }: { router: Router; device: string; address: string },
    on: boolean,
  ): void {
    if (!on) {
      ip(home, "addr", "flush", "dev", device);
      ip(home, "link", "set", device, "down");
      return;
    }
    ip(home, "addr", "replace", `${address}/24`, "dev", device);
    ip(home, "link", "set", device, "up");
    ip(home, "route", "replace", "default", "via", ROUTERS[router].lan, "dev", device);
  }

  function close(): void {
    cable?.close();
    for (const child of children) child.kill("SIGKILL");
    for (const place of places) removeNamespace(namespace(place));
    quietly(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  }

  let cable: Cable | undefined;
  removeOrphanedNamespaces();
  try {
    for (const place of places) {
      sh(["ip", "netns", "add", namespace(place)]);
      ip(place, "link", "set", "lo", "up");
      run(place, "sh", "-c", "echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6");
    }
    makePublic(ip);
    for (const router of Object.keys(ROUTERS) as Router[]) makeRouter(router);
    plugIn("homeA", CELLULAR.router, CELLULAR.device);
    for (const [home, { router, device }] of Object.entries(HOSTS) as [
      Home,
      typeof HOSTS.homeA,
    ][]) {
      if (home === "homeB" && options.cable)
        cable = await startCable([namespace(home), device], [namespace(router), "cable"]);
      else plugIn(home, router, device);
      setUplink(home, HOSTS[home], true);
    }
    if (cable) {
      ip("natB", "addr", "flush", "dev", "lan");
      ip("natB", "addr", "add", `${ROUTERS.natB.lan}/24`, "dev", "cable");
    }
  } catch (error) {
    close();
    throw error;
  }

  return {
    folder,
    namespace,
    run,
    start(place, command, args, spawnOptions = {}) {
      const line = ["netns", "exec", namespace(place), command, ...args];
      const child = spawn("ip", line, { stdio: ["ignore", "pipe", "inherit"], ...spawnOptions });
      children.add(child);
      child.once("exit", () => children.delete(child));
      return child;
    },
    filter,
    setNat,
    setWifi: (on) => setUplink("homeA", HOSTS.homeA, on),
    setCellular: (on) => setUplink("homeA", CELLULAR, on),
    kill: (place) => killAll(namespace(place)),
    cable,
    close,
  };
}

/** Runs `ip` (iproute2) in the namespace of a place. */
type Ip = (place: Place, ...args: string[]) => void;

/**
 * Adds a default route that drops packets. Without one, coturn 4.6.1 gets "network unreachable" for a
 * private candidate and closes the allocation.
 */
function dropUnroutable(ip: Ip, place: Place, device: string): void {
  ip(place, "route", "add", "default", "via", BLACK_HOLE, "dev", device, "onlink");
  const unreachable = ["lladdr", "02:00:00:00:00:fe", "dev", device, "nud", "permanent"];
  ip(place, "neigh", "replace", BLACK_HOLE, ...unreachable);
}

function makePublic(ip: Ip): void {
  ip("public", "link", "add", "net", "type", "bridge");
  for (const address of [PAGE_ADDRESS, TURN_ADDRESS])
    ip("public", "addr", "add", `${address}/24`, "dev", "net");
  ip("public", "link", "set", "net", "up");
  dropUnroutable(ip, "public", "net");
}

/** Returns the packet filter rules of a router. */
function natRules(kind: Nat): string {
  const block = {
    cone: [],
    symmetric: [],
    "udp-blocked": ["meta l4proto udp drop"],
    "tcp-443-only": [
      "meta l4proto udp drop",
      "ct direction original tcp dport != { 80, 443 } drop",
    ],
  }[kind];
  const ports = kind === "symmetric" ? "fully-random" : "";
  return [
    "flush ruleset",
    chain("nat", "nat", "postrouting", "srcnat", [`oifname wan masquerade ${ports}`]),
    chain("incoming", "filter", "input", "filter", ["iifname wan meta l4proto udp drop"]),
    chain("through", "filter", "forward", "filter", block),
  ].join("\n");
}

/** Creates a veth pair. Each end is a namespace and a device name. */
function wire([here, device]: [string, string], [there, peer]: [string, string]): void {
  const far = ["type", "veth", "peer", peer, "netns", there];
  sh(["ip", "link", "add", device, "netns", here, ...far]);
}

function sh(words: readonly string[], input = ""): string {
  const [command = "", ...args] = words;
  return execFileSync(command, args, { input, encoding: "utf8", stdio: ["pipe", "pipe", "pipe"] });
}

/** Returns an nftables table with one chain. */
export function chain(
  name: string,
  type: "nat" | "filter",
  hook: string,
  priority: string,
  rules: readonly string[],
): string {
  const lines = [`type ${type} hook ${hook} priority ${priority}`, ...rules];
  return `table ip ${name} {\nchain rules {\n${lines.join("\n")}\n}\n}`;
}

/** Kills every process in a namespace. All of them were started by the lab or by its browsers. */
function killAll(namespace: string): void {
  for (const pid of sh(["ip", "netns", "pids", namespace]).split("\n"))
    if (Number(pid) > 0) quietly(() => process.kill(Number(pid), "SIGKILL"));
}

function removeNamespace(name: string): void {
  quietly(() => killAll(name));
  quietly(() => sh(["ip", "netns", "del", name]));
}

/** Removes the namespaces of labs whose process was killed before it could clean up. */
function removeOrphanedNamespaces(): void {
  for (const [name, pid] of sh(["ip", "netns", "list"]).matchAll(/^twocan-(\d+)-\w+/gm))
    if (!existsSync(`/proc/${pid}`)) removeNamespace(name);
}

function quietly(task: () => void): void {
  try {
    task();
  } catch {
    // It was removed already.
  }
}
