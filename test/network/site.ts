import { once } from "node:events";
import type { ChildProcess } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { build } from "vite";
import { aliases, at } from "../../scripts/alias.ts";
import { PAGE_ADDRESS, TURN_ADDRESS, type Lab } from "./lab.ts";

/** A server that can be killed with SIGKILL and started again. */
export interface Service {
  stop(): Promise<void>;
  start(): Promise<void>;
}

export interface Site {
  readonly url: string;
  /** The relay and the page, which one process serves. */
  readonly relay: Service;
  readonly turn: Service;
}

/** The STUN and TURN URLs. The page creates the credentials itself. */
export type Server = "stun" | "udp" | "tcp" | "tcp443";
export const SERVERS: Record<Server, string> = {
  stun: `stun:${TURN_ADDRESS}:3478`,
  udp: `turn:${TURN_ADDRESS}:3478?transport=udp`,
  tcp: `turn:${TURN_ADDRESS}:3478?transport=tcp`,
  tcp443: `turn:${TURN_ADDRESS}:443?transport=tcp`,
};

/** Builds the page and the public server, and starts all servers. */
export async function openSite(lab: Lab): Promise<Site> {
  await Promise.all([bundle(lab, "page/main.ts", "page"), bundle(lab, "public.ts", "public")]);
  const relay = service(
    () =>
      lab.start("public", process.execPath, [`${lab.folder}/public.js`, lab.folder, PAGE_ADDRESS]),
    async (child) => void (await once(child.stdout!, "data")),
  );
  const turn = service(
    () => lab.start("public", "turnserver", turnOptions(lab.folder), { stdio: "ignore" }),
    async () => {
      while (!/203\.0\.113\.11:3478/.test(lab.run("public", "ss", "-lun"))) await sleep(20);
    },
  );
  await Promise.all([relay.start(), turn.start()]);
  return { url: `http://${PAGE_ADDRESS}`, relay, turn };
}

function turnOptions(folder: string): string[] {
  return [
    "-n",
    "--no-cli",
    "--no-tls",
    "--no-dtls",
    `--listening-ip=${TURN_ADDRESS}`,
    `--relay-ip=${TURN_ADDRESS}`,
    "--listening-port=3478",
    // The same server on the port that even strict firewalls leave open.
    `--aux-server=${TURN_ADDRESS}:443`,
    "--min-port=49160",
    "--max-port=49560",
    "--realm=lab",
    "--fingerprint",
    "--use-auth-secret",
    "--static-auth-secret=lab",
    `--pidfile=${folder}/turn.pid`,
    `--log-file=${folder}/turn.log`,
    "--simple-log",
  ];
}

function service(
  launch: () => ChildProcess,
  ready: (child: ChildProcess) => Promise<void>,
): Service {
  let child: ChildProcess | undefined;
  return {
    async start() {
      child = launch();
      await ready(child);
    },
    async stop() {
      if (!child || child.exitCode !== null) return;
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    },
  };
}

/** Bundles a TypeScript file with all its imports into one script. */
async function bundle(lab: Lab, source: string, name: "page" | "public"): Promise<void> {
  const forNode = name === "public";
  await build({
    configFile: false,
    root: at("test/network"),
    logLevel: "error",
    publicDir: false,
    resolve: { alias: aliases() },
    ssr: { noExternal: true },
    build: {
      ssr: forNode,
      target: "es2022",
      outDir: lab.folder,
      emptyOutDir: false,
      minify: false,
      rolldownOptions: {
        input: at(`test/network/${source}`),
        output: { entryFileNames: `${name}.js`, format: "es", codeSplitting: false },
      },
    },
  });
}
