import { type ChildProcess, spawn } from "node:child_process";
import { createServer, type AddressInfo } from "node:net";
import { once } from "node:events";
import { expect, test, type FrameLocator, type Page } from "@playwright/test";
import { at } from "../../scripts/alias.ts";

const STORY = "live-call--call";
const firestore = process.env["TWOCAN_FIRESTORE"];
let storybook: ChildProcess;
let origin: string;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

test.beforeAll(async () => {
  test.setTimeout(120_000);
  const port = await freePort();
  origin = `http://127.0.0.1:${port}`;
  storybook = spawn(
    process.execPath,
    [
      at("node_modules/storybook/dist/bin/dispatcher.js"),
      ..."dev --host 127.0.0.1 --exact-port --no-open --ci --no-version-updates".split(" "),
      ..."--loglevel warn --port".split(" "),
      String(port),
    ],
    {
      cwd: at("."),
      stdio: ["ignore", "ignore", "inherit"],
      env: { ...process.env, ...(firestore && { STORYBOOK_FIRESTORE: firestore }) },
    },
  );
  await expect
    .poll(async () => (await fetch(`${origin}/index.json`).catch(() => undefined))?.ok, {
      message: "Storybook responds",
      timeout: 100_000,
    })
    .toBe(true);
});

test.afterAll(async () => {
  const ended = once(storybook, "exit");
  storybook.kill("SIGTERM");
  await ended;
});

/** A story in Storybook's frame or as a separate page. */
type Story = Page | FrameLocator;

/** Joins the call. The devices are on already, because these pages have permission. */
async function join(story: Story, name: string): Promise<void> {
  await story.getByRole("textbox", { name: "Your name" }).fill(name);
  await story.getByRole("button", { name: "Join", exact: true }).click();
}

const videoOf = (story: Story, name: string) =>
  story
    .locator('[data-twocan="video-tile"][data-self="false"]')
    .filter({ hasText: name })
    .locator("video");

const framesOf = (story: Story, name: string) =>
  videoOf(story, name).evaluate(
    (video: HTMLVideoElement) => video.getVideoPlaybackQuality().totalVideoFrames,
  );

/** Waits until new frames of `name` are shown. */
async function expectFrames(story: Story, name: string): Promise<void> {
  const before = await framesOf(story, name);
  await expect.poll(async () => (await framesOf(story, name)) - before).toBeGreaterThan(3);
}

test("the live call story switches backends during a call, and a third participant can join", async ({
  browser,
}) => {
  test.setTimeout(240_000);
  const context = await browser.newContext({ permissions: ["camera", "microphone"] });
  await context.addInitScript(() => {
    const made: RTCPeerConnection[] = [];
    Object.assign(window, { made });
    window.RTCPeerConnection = class extends RTCPeerConnection {
      constructor(configuration?: RTCConfiguration) {
        super(configuration);
        made.push(this);
      }
    };
  });
  const minas = await context.newPage();
  await minas.goto(`${origin}/?path=/story/${STORY}&globals=backend:BroadcastChannel`);
  const mina = minas.frameLocator("#storybook-preview-iframe");
  await join(mina, "Mina");
  const link = () => mina.getByRole("textbox", { name: "Link to this call" }).inputValue();
  const jun = await context.newPage();
  await jun.goto(await link());
  await join(jun, "Jun");
  const both = [
    { story: mina, sees: "Jun" },
    { story: jun, sees: "Mina" },
  ];
  for (const { story, sees } of both) await expectFrames(story, sees);

  async function choose(backend: string): Promise<void> {
    await minas.bringToFront();
    await minas.getByRole("button", { name: /^Backend/ }).click();
    await minas.getByRole("option", { name: new RegExp(backend) }).click();
  }

  /** Returns the state of each connection that a page has created. */
  const connectionsOf = (story: Story) =>
    story
      .locator("body")
      .evaluate(() =>
        (window as unknown as { made: RTCPeerConnection[] }).made.map(
          ({ connectionState }) => connectionState,
        ),
      );
  const before = await Promise.all([connectionsOf(mina), connectionsOf(jun)]);

  async function expectAllUse(backend: string): Promise<void> {
    for (const { story, sees } of both) {
      await expect(story.locator("output[data-backend]")).toHaveAttribute("data-backend", backend);
      await expectFrames(story, sees);
    }
    // A stall can change the state of a connection for a moment, but must not create another one.
    await expect.poll(() => Promise.all([connectionsOf(mina), connectionsOf(jun)])).toEqual(before);
  }

  await expectAllUse("BroadcastChannel");
  for (const backend of ["WebSocket", ...(firestore ? ["Firestore"] : []), "BroadcastChannel"])
    await test.step(`switches to ${backend}`, async () => {
      await choose(backend);
      await expectAllUse(backend);
    });

  await test.step("a later participant joins over the new backend", async () => {
    await choose("WebSocket");
    await expectAllUse("WebSocket");
    const url = new URL(jun.url());
    url.searchParams.set("backend", "WebSocket");
    const sora = await context.newPage();
    await sora.goto(url.href);
    await join(sora, "Sora");
    for (const name of ["Mina", "Jun"]) await expectFrames(sora, name);
  });
  await context.close();
});
