import {
  expect,
  test,
  type Browser,
  type BrowserContext,
  type Page as ChromiumPage,
} from "@playwright/test";
import type { Browser as PuppeteerBrowser } from "puppeteer-core";
import { launchFirefox } from "./firefox.ts";
import { look, recordEverything, type Open, type Sight, type Tile } from "./inside.ts";

/** Values of the `backend` parameter of the page under test. */
export type Backend = "broadcast-channel" | "websocket" | "firestore" | "default";

/** The operations that Playwright and Puppeteer share. */
interface Page {
  evaluate<Result>(inPage: () => Result | Promise<Result>): Promise<Result>;
  /** Clicks the button with this name. */
  click(button: string): Promise<void>;
  /** Selects a value in the list with this name. */
  choose(list: string, value: string): Promise<void>;
  reload(): Promise<unknown>;
  /** Closes the tab as a user does, with `pagehide`. */
  close(): Promise<void>;
}

/** A participant: one page in Chromium or Firefox. */
export interface Person {
  readonly name: string;
  readonly page: Page;
  /** Uncaught errors and console errors. */
  readonly problems: string[];
}

let rooms = 0;

/** Returns URL parameters with a new room, whose name satisfies the shipped security rules. */
export function newRoom(): Record<string, string> {
  rooms += 1;
  const room = `c_${Date.now()}e2eroom${String(rooms).padStart(6, "0")}`;
  return {
    room,
    relay: process.env["TWOCAN_RELAY"] ?? "",
    firestore: process.env["TWOCAN_FIRESTORE"] ?? "",
    project: `demo-e2e-${Date.now()}`,
  };
}

/** Opens a page for each participant. The backend decides which pages share a browser profile. */
export class Room {
  readonly #browser: Browser;
  readonly #backend: Backend;
  readonly #options: Readonly<Record<string, string>>;
  readonly #contexts: BrowserContext[] = [];
  #firefox: PuppeteerBrowser | undefined;

  constructor(browser: Browser, backend: Backend, options: Readonly<Record<string, string>>) {
    this.#browser = browser;
    this.#backend = backend;
    this.#options = options;
  }

  async #context(): Promise<BrowserContext> {
    // BroadcastChannel connects the tabs of one profile. More than two Firestore clients of the emulator
    // in one profile would block each other (six connections per host).
    if (this.#backend === "broadcast-channel" && this.#contexts[0]) return this.#contexts[0];
    const context = await this.#browser.newContext({ permissions: ["camera", "microphone"] });
    await context.addInitScript(recordEverything);
    this.#contexts.push(context);
    return context;
  }

  /** Opens a page in Chromium. */
  async enter(name: string): Promise<Person & { readonly chromium: ChromiumPage }> {
    const page = await (await this.#context()).newPage();
    const { problems, note } = noteProblems(name);
    page.on("pageerror", (error) => note(error.stack ?? error.message));
    page.on("console", (message) => message.type() === "error" && note(message.text()));
    await page.goto(this.#address(name));
    return {
      name,
      chromium: page,
      page: {
        evaluate: (inPage) => page.evaluate(inPage),
        click: (button) => page.getByRole("button", { name: button, exact: true }).click(),
        choose: (list, value) =>
          page.getByRole("combobox", { name: list }).selectOption(value).then(ignore),
        reload: () => page.reload(),
        close: () => page.close({ runBeforeUnload: true }),
      },
      problems,
    };
  }

  /** Opens a page in Firefox. */
  async enterWithFirefox(name: string): Promise<Person> {
    this.#firefox ??= await launchFirefox();
    return this.enterWith(this.#firefox, name);
  }

  /** Opens a page in the given browser, which the caller closes. */
  async enterWith(browser: PuppeteerBrowser, name: string): Promise<Person> {
    const page = await browser.newPage();
    const { problems, note } = noteProblems(name);
    page.on("pageerror", (error) => note(String(error)));
    page.on("console", (message) => message.type() === "error" && note(message.text()));
    await page.evaluateOnNewDocument(recordEverything);
    await page.goto(this.#address(name));
    return {
      name,
      page: {
        evaluate: (inPage) => page.evaluate(inPage),
        click: (button) => page.locator(`aria/${button}[role="button"]`).click(),
        choose: (list, value) => page.select(`select[aria-label="${list}"]`, value).then(ignore),
        reload: () => page.reload(),
        close: () => page.close({ runBeforeUnload: true }),
      },
      problems,
    };
  }

  #address(name: string): string {
    const query = new URLSearchParams({
      ...this.#options,
      backend: this.#backend,
      name,
      uid: name.toLowerCase(),
    });
    return `${test.info().project.use.baseURL}/?${query}`;
  }

  async close(): Promise<void> {
    await Promise.all([
      ...this.#contexts.map((context) => context.close()),
      this.#firefox?.close(),
    ]);
  }
}

const ignore = () => undefined;

/** Console errors of the browser itself: a failed request, or a socket that is closed during navigation. */
const BROWSER_ERRORS = /Failed to load resource|was interrupted while the page was loading/;

function noteProblems(name: string) {
  const problems: string[] = [];
  const note = (text: string) => {
    if (!BROWSER_ERRORS.test(text)) problems.push(`${name}: ${text}`);
  };
  return { problems, note };
}

/** Reads what the page of a participant shows now. */
export async function see({ page }: Person): Promise<Sight> {
  return page.evaluate(look);
}

export const NOTHING_OPEN: Open = {
  connections: 0,
  tracks: 0,
  sockets: 0,
  channels: 0,
  listeners: 0,
};

/** Returns the tile of `person` in the page of `viewer`. */
export async function tileOf(
  viewer: Person,
  person: Person,
  source: "camera" | "screen" = "camera",
): Promise<Tile | undefined> {
  const { tiles } = await see(viewer);
  const isSelf = viewer === person;
  return tiles.find(
    (tile) => tile.source === source && tile.isSelf === isSelf && tile.text.includes(person.name),
  );
}

/** Waits until the page of `viewer` shows new frames of `person`. */
export async function expectFrames(
  viewer: Person,
  person: Person,
  source: "camera" | "screen" = "camera",
): Promise<void> {
  const message = `${viewer.name} sees the ${source} of ${person.name}`;
  const tile = () => tileOf(viewer, person, source);
  await expect.poll(async () => (await tile())?.picture, { message }).toBe("video");
  const before = (await tile())?.frames ?? 0;
  await expect
    .poll(async () => ((await tile())?.frames ?? 0) - before, { message })
    .toBeGreaterThan(3);
}

/** Waits until each of `people` sees all others, and no other participant. */
export async function expectAll(people: readonly Person[]): Promise<void> {
  const status = people.length > 1 ? "connected" : "waiting";
  await Promise.all(
    people.map(async (viewer) => {
      const others = people.filter((person) => person !== viewer);
      const seen = async () => {
        const now = await see(viewer);
        return { status: now.status, names: now.names.toSorted() };
      };
      await expect
        .poll(seen, { message: `what ${viewer.name} sees` })
        .toEqual({ status, names: others.map(({ name }) => name).toSorted() });
      await Promise.all(others.map((person) => expectFrames(viewer, person)));
    }),
  );
}

/** Waits until remote audio is played and received on every connection (totalAudioEnergy in WebRTC Stats rises). */
export async function expectSound(viewer: Person): Promise<void> {
  const energy = () =>
    viewer.page.evaluate(async () => {
      const open = window.recorded.peers
        .map((peer) => peer.deref())
        .filter((peer) => peer?.connectionState === "connected");
      const energies = await Promise.all(
        open.map(async (peer) => {
          let sum = 0;
          (await peer!.getStats()).forEach(
            (entry: { type: string; kind?: string; totalAudioEnergy?: number }) => {
              if (entry.type === "inbound-rtp" && entry.kind === "audio")
                sum += entry.totalAudioEnergy ?? 0;
            },
          );
          return sum;
        }),
      );
      return Math.min(...energies);
    });
  const message = `${viewer.name} receives audio`;
  await expect.poll(async () => (await see(viewer)).playsAudio, { message }).toBe(true);
  const before = await energy();
  await expect.poll(async () => (await energy()) - before, { message }).toBeGreaterThan(0);
}
