// Starting a program for the length of a test run: on free ports, until it says that it serves,
// and killed however this process ends. Plain Node.
import { spawn } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { createServer } from "node:net";

export const ADDRESS = "127.0.0.1";
/** How long an end may take before it is enforced, in ms. */
const STOP_TIMEOUT = 5_000;

/** Ports that are free at the moment. */
export async function freePorts(count) {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise((resolve, reject) => {
          const server = createServer().once("error", reject);
          server.listen(0, ADDRESS, () => resolve(server));
        }),
    ),
  );
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/**
 * Starts `command` (the program and its arguments) in the folder `dir`, which is its own and goes with
 * it. Resolves to the way to end it once its output matches `ready`; rejects with that output where it
 * ends before, or takes longer than `timeout` ms.
 *
 * Its own word and not an answer to a request: another program may hold the port.
 */
export async function launch(name, command, { dir, ready, timeout }) {
  // It outlives a parent that is killed, unless the system ends it (util-linux).
  const hasPdeathsig = process.platform === "linux" && existsSync("/usr/bin/setpriv");
  const [program, ...args] = hasPdeathsig
    ? ["setpriv", "--pdeathsig", "SIGKILL", ...command]
    : command;
  const child = spawn(program, args, { cwd: dir, stdio: ["ignore", "pipe", "pipe"] });
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);

  const ended = new Promise((resolve) => {
    child.once("error", resolve);
    child.once("exit", resolve);
  });
  let output = "";
  const serves = new Promise((resolve) => {
    // Both are read to the end: with a full pipe a program stops (the emulator after some forty requests).
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text) => {
        output = (output + text).slice(-4_000);
        if (ready.test(output)) resolve(true);
      });
  });
  async function stop() {
    process.off("exit", kill);
    child.kill("SIGTERM");
    const late = setTimeout(kill, STOP_TIMEOUT);
    await ended;
    clearTimeout(late);
    rmSync(dir, { recursive: true, force: true });
  }

  let timer;
  const late = new Promise((resolve) => (timer = setTimeout(resolve, timeout)));
  const started = await Promise.race([serves, ended, late]);
  clearTimeout(timer);
  if (started === true) return stop;
  await stop();
  throw new Error(`${name} did not start:\n${output}`);
}
