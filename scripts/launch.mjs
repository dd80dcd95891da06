// Starts a program for the duration of a test run. However this process ends, the program ends too.
// Plain Node.
import { spawn } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { createServer } from "node:net";

export const ADDRESS = "127.0.0.1";
/** A program that ignores SIGTERM for this long is killed with SIGKILL. */
const STOP_TIMEOUT_MS = 5_000;

/** Finds TCP ports that are free now. */
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
 * Starts `command` (the program and its arguments) in the folder `dir`, which is deleted when the
 * program stops. Resolves to a function that stops the program, once its output matches `ready`.
 * Rejects with the output if the program ends earlier or is not ready within `timeoutMs`.
 *
 * The output decides, not a request to the port, because another program may listen on that port.
 */
export async function launch(name, command, { dir, ready, timeoutMs }) {
  // A child outlives a parent that is killed with SIGKILL, unless the kernel kills it (util-linux).
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
  const isReady = new Promise((resolve) => {
    // Both streams are read to the end, because a program blocks on a full pipe (the emulator does so
    // after about forty requests).
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text) => {
        output = (output + text).slice(-4_000);
        if (ready.test(output)) resolve(true);
      });
  });
  async function stop() {
    process.off("exit", kill);
    child.kill("SIGTERM");
    const killTimer = setTimeout(kill, STOP_TIMEOUT_MS);
    await ended;
    clearTimeout(killTimer);
    rmSync(dir, { recursive: true, force: true });
  }

  let timer;
  const timedOut = new Promise((resolve) => (timer = setTimeout(resolve, timeoutMs)));
  const started = await Promise.race([isReady, ended, timedOut]);
  clearTimeout(timer);
  if (started === true) return stop;
  await stop();
  throw new Error(`${name} did not start:\n${output}`);
}
