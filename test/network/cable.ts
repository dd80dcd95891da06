import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** The network conditions of a cable, in each direction. */
export interface Impairment {
  /** The delay in ms. */
  delay?: number;
  /** The share of dropped packets in percent. */
  loss?: number;
  /** The rate in kbit/s; 0 for no limit. */
  rate?: number;
  /**
   * The length of the queue in ms. Packets beyond it are dropped.
   *
   * @default 300
   */
  queue?: number;
}

/** A connection between two namespaces. A separate process forwards packets, because not every kernel has netem. */
export interface Cable {
  impair(impairment: Impairment): void;
  close(): void;
}

/** Connects a device of one namespace with a device of another. */
export async function startCable(
  [near, device]: [string, string],
  [far, peer]: [string, string],
): Promise<Cable> {
  const script = fileURLToPath(new URL("cable.py", import.meta.url));
  const child = spawn("python3", [script, near, device, far, peer], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  return {
    impair: (impairment) => void child.stdin.write(`${JSON.stringify(impairment)}\n`),
    close: () => void child.kill(),
  };
}
