import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { webSocketSignaling } from "../../src/adapters/websocket.ts";
import { visit } from "../../src/testing/describe-signaling.ts";

describe("twocan-relay", () => {
  let folder: string;
  const children: ChildProcess[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "twocan-relay-"));
    await build({
      configFile: false,
      logLevel: "error",
      ssr: { noExternal: true },
      build: {
        ssr: fileURLToPath(new URL("../../src/relay/cli.ts", import.meta.url)),
        outDir: folder,
        rolldownOptions: { output: { entryFileNames: "cli.mjs" } },
      },
    });
  }, 30_000);
  afterEach(() => {
    for (const child of children.splice(0)) child.kill("SIGKILL");
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** Runs the command. Its output grows while it runs. */
  function run(...args: string[]) {
    const child = spawn(process.execPath, [join(folder, "cli.mjs"), ...args]);
    children.push(child);
    const running = { child, output: "", exit: once(child, "exit") };
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (data: Buffer) => (running.output += data.toString()));
    return running;
  }
  const addressIn = (output: string) => /ws:\/\/\S+/.exec(output)?.[0];

  it.each(["SIGINT", "SIGTERM"] as const)(
    "prints an address that works, and ends on %s",
    async (signal) => {
      const relay = run("--port", "0");
      await expect.poll(() => addressIn(relay.output)).toBeDefined();
      const signaling = webSocketSignaling(addressIn(relay.output)!, { WebSocket });
      const mina = await visit(signaling, { room: "room", name: "mina" });
      relay.child.kill(signal);
      expect(await relay.exit).toEqual([0, null]);
      await expect.poll(() => mina.statuses).toEqual(["connected", "disconnected"]);
      await mina.leave();
    },
  );

  it("says what is wrong with a port, and fails", async () => {
    const relay = run("--port", "eighty");
    expect(await relay.exit).toEqual([1, null]);
    expect(relay.output).toContain('not "eighty"');
  });

  it("tells how it is used", async () => {
    const relay = run("--help");
    expect(await relay.exit).toEqual([0, null]);
    expect(relay.output).toContain("Usage: twocan-relay");
  });
});
