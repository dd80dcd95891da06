/** A bad cable between two namespaces: slow, lossy, narrow. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** What a cable does to what it carries, each way. */
export interface Impairment {
  /** In ms. */
  delay?: number;
  /** In percent. */
  loss?: number;
  /** In kbit/s; 0 for no limit. */
  rate?: number;
  /** How much of it may wait, in ms. Default 300. */
  queue?: number;
}

/** Carried by a process of ours, because not every kernel has netem. */
export interface Cable {
  impair(impairment: Impairment): void;
  close(): void;
}

/** Lays a cable from the device of one namespace to that of another. */
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
