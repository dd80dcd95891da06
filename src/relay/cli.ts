#!/usr/bin/env node
import { parseArgs } from "node:util";
import { createRelay } from "./index.ts";
import { DEFAULT_LIMITS, type RelayLimits } from "./limits.ts";

const USAGE = `Usage: twocan-relay [--port 8787] [--host 127.0.0.1] [--path /]
                    [--origin https://app.example.org]... [--limit name=number]...

Starts a WebSocket relay for webSocketSignaling("ws://…"). --host 0.0.0.0 accepts connections
from the network. --origin accepts pages of these origins only. The limits and their defaults:
${Object.entries(DEFAULT_LIMITS)
  .map(([name, value]) => `  ${name}=${value}`)
  .join("\n")}
`;

function numberOf(text: string, name: string, most: number): number {
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (number <= most) return number;
  throw new Error(`${name} takes a number from 0 to ${most}, not "${text}".`);
}

function limitsOf(texts: readonly string[]): Partial<RelayLimits> {
  const pairs = texts.map((text) => {
    const [name = "", value = ""] = text.split("=");
    if (!Object.hasOwn(DEFAULT_LIMITS, name))
      throw new Error(`There is no limit "${name}". See --help.`);
    return [name, numberOf(value, `--limit ${name}`, 2 ** 31 - 1)];
  });
  return Object.fromEntries(pairs) as Partial<RelayLimits>;
}

async function run(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: "8787" },
      host: { type: "string", default: "127.0.0.1" },
      path: { type: "string", default: "/" },
      origin: { type: "string", multiple: true },
      limit: { type: "string", multiple: true, default: [] },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return;
  }
  const relay = await createRelay({
    port: numberOf(values.port, "--port", 65_535),
    host: values.host,
    path: values.path,
    ...(values.origin && { origins: values.origin }),
    limits: limitsOf(values.limit),
  });
  process.stdout.write(`twocan relay: ${relay.url}\n`);
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => {
      process.stdout.write(`twocan relay: ${signal}. Clients reconnect when it runs again.\n`);
      void relay.close();
    });
}

try {
  await run();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
