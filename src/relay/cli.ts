#!/usr/bin/env node
/** Owns the command `twocan-relay`: starts a relay, prints its address, and ends it on a signal. */
import { parseArgs } from "node:util";
import { createRelay } from "./index.ts";

const USAGE = `Usage: twocan-relay [--port 8787] [--host 127.0.0.1] [--path /]

Starts a WebSocket relay for webSocketSignaling("ws://…"). --host 0.0.0.0 lets the network in.
`;

async function run(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: "8787" },
      host: { type: "string", default: "127.0.0.1" },
      path: { type: "string", default: "/" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return;
  }
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new Error(`--port takes a number from 0 to 65535, not "${values.port}".`);
  const relay = await createRelay({ port, host: values.host, path: values.path });
  process.stdout.write(`twocan relay: ${relay.url}\n`);
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => void relay.close());
}

try {
  await run();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
