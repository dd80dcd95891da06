import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { chromium, type Page } from "playwright";
import { launch, type Page as FirefoxPage } from "puppeteer-core";
import { chromiumLaunchOptions } from "../../scripts/chromium.ts";
import type { Home, Lab } from "./lab.ts";

export type Kind = "chromium" | "firefox";

/** A page of Playwright or Puppeteer. */
export type AnyPage = Pick<Page, "evaluate" | "close"> | Pick<FirefoxPage, "evaluate" | "close">;

/** A browser inside a network namespace. It is controlled from outside of it. */
export interface LabBrowser {
  /** Opens a page in a new browser context. */
  open(url: string): Promise<AnyPage>;
  close(): Promise<void>;
}

export const firefoxPath = [
  process.env["FIREFOX_PATH"],
  "/usr/bin/firefox-esr",
  "/usr/bin/firefox",
].find((path) => path !== undefined && existsSync(path));

/** Starts a browser in the namespace of a home. */
export function startBrowser(
  lab: Lab,
  kind: Kind,
  home: Home,
  origin: string,
): Promise<LabBrowser> {
  return kind === "chromium" ? startChromium(lab, home, origin) : startFirefox(lab, home, origin);
}

/** Writes a script that runs the browser inside a namespace, and returns its path. */
function wrap(lab: Lab, home: Home, path: string): string {
  const script = `${lab.folder}/${home}-${path.split("/").pop()}`;
  const line = `exec ip netns exec ${lab.namespace(home)} ${path} "$@"`;
  writeFileSync(script, `#!/bin/sh\n${line}\n`, { mode: 0o755 });
  return script;
}

async function startChromium(lab: Lab, home: Home, origin: string): Promise<LabBrowser> {
  const { executablePath = chromium.executablePath(), args = [] } = chromiumLaunchOptions();
  const browser = await chromium.launch({
    executablePath: wrap(lab, home, executablePath),
    args: [
      // Loopback candidates cannot connect different namespaces.
      ...args.filter((arg) => !arg.includes("loopback")),
      `--unsafely-treat-insecure-origin-as-secure=${origin}`,
    ],
  });
  return {
    async open(url) {
      const context = await browser.newContext({ permissions: ["camera", "microphone"] });
      const page = await context.newPage();
      await page.goto(url);
      return { evaluate: page.evaluate.bind(page), close: () => context.close() };
    },
    close: () => browser.close(),
  };
}

async function startFirefox(lab: Lab, home: Home, origin: string): Promise<LabBrowser> {
  if (!firefoxPath) throw new Error("Firefox is not installed. Install it, or set FIREFOX_PATH.");
  const bridge = await openBridge(lab, home);
  const browser = await launch({
    browser: "firefox",
    executablePath: wrap(lab, home, firefoxPath),
    headless: true,
    args: [`--remote-debugging-port=${bridge.port}`],
    extraPrefsFirefox: {
      "media.navigator.streams.fake": true,
      "media.navigator.permission.disabled": true,
      "media.peerconnection.ice.obfuscate_host_addresses": false,
      "media.autoplay.default": 0,
      "media.devices.insecure.enabled": true,
      "media.getusermedia.insecure.enabled": true,
      "dom.securecontext.allowlist": new URL(origin).hostname,
      "app.update.enabled": false,
      "datareporting.policy.dataSubmissionEnabled": false,
    },
  });
  return {
    async open(url) {
      const context = await browser.createBrowserContext();
      const page = await context.newPage();
      await page.goto(url);
      return { evaluate: page.evaluate.bind(page), close: () => context.close() };
    },
    async close() {
      await browser.close();
      bridge.close();
    },
  };
}

/**
 * Forwards a local port to Firefox's remote control, which listens on 127.0.0.1 of its namespace. The
 * bridge uses a Unix socket, because those work across network namespaces.
 */
async function openBridge(lab: Lab, home: Home): Promise<{ port: number; close(): void }> {
  const socket = `${lab.folder}/${home}-firefox.sock`;
  rmSync(socket, { force: true });
  const outer = createServer((near) => join(near, connect(socket)));
  outer.listen(0, "127.0.0.1");
  await once(outer, "listening");
  const { port } = outer.address() as { port: number };
  const inner = spawn(
    "ip",
    [
      "netns",
      "exec",
      lab.namespace(home),
      process.execPath,
      "-e",
      INNER_SCRIPT,
      socket,
      String(port),
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  await once(inner.stdout, "data");
  return {
    port,
    close() {
      outer.close();
      inner.kill();
    },
  };
}

function join(near: ReturnType<typeof connect>, far: ReturnType<typeof connect>): void {
  near.pipe(far).pipe(near);
  near.on("error", () => far.destroy());
  far.on("error", () => near.destroy());
}

/** The half of the bridge that runs inside the namespace. */
const INNER_SCRIPT = `
  const { connect, createServer } = require("node:net");
  ${join.toString()}
  const [socket, port] = process.argv.slice(1);
  createServer((near) => join(near, connect(Number(port), "127.0.0.1")))
    .listen(socket, () => console.log("READY"));
`;
