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
import { visit } from "../../src/testing/conformance/describe-signaling.ts";

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
    // `exit` may be emitted before the last output.
    const running = { child, output: "", exit: once(child, "close") };
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (data: Buffer) => (running.output += data.toString()));
    return running;
  }
  const addressIn = (output: string) => /ws:\/\/\S+(?=\s)/.exec(output)?.[0];

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

  it("ends on SIGTERM while a peer is absent, and prints what it does", async () => {
    const relay = run("--port", "0", "--limit", "heartbeat=100");
    await expect.poll(() => addressIn(relay.output)).toBeDefined();
    const silent = new WebSocket(addressIn(relay.output)!, { autoPong: false });
    const closed = once(silent, "close");
    await once(silent, "open");
    const frame = {
      type: "join",
      room: "room",
      peer: { id: "mina" },
      secret: "the secret of a session",
    };
    silent.send(JSON.stringify(frame));
    await closed;
    relay.child.kill("SIGTERM");
    expect(await relay.exit).toEqual([0, null]);
    expect(relay.output).toContain("SIGTERM. Clients reconnect");
  });

  it("accepts pages of the given origins only", async () => {
    const relay = run(
      "--port",
      "0",
      "--origin",
      "https://a.example",
      "--origin",
      "https://b.example",
    );
    await expect.poll(() => addressIn(relay.output)).toBeDefined();
    const outcome = async (origin: string) => {
      const socket = new WebSocket(addressIn(relay.output)!, { origin });
      const refused = once(socket, "error").then(([error]: unknown[]) => (error as Error).message);
      return Promise.race([refused, once(socket, "open").then(() => "open")]);
    };
    expect(await outcome("https://b.example")).toBe("open");
    expect(await outcome("https://c.example")).toContain("403");
  });

  it.each([["rooms=many"], ["rooms"], ["toString=1"]])(
    "does not take --limit %s",
    async (limit) => {
      const relay = run("--limit", limit);
      expect(await relay.exit).toEqual([1, null]);
      expect(relay.output).toContain(limit.split("=")[0]);
    },
  );

  it("rejects an invalid port with an explanation", async () => {
    const relay = run("--port", "eighty");
    expect(await relay.exit).toEqual([1, null]);
    expect(relay.output).toContain('not "eighty"');
  });

  it("prints its usage", async () => {
    const relay = run("--help");
    expect(await relay.exit).toEqual([0, null]);
    expect(relay.output).toContain("Usage: twocan-relay");
  });
});
