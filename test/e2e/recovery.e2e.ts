import { chromium, expect, test } from "@playwright/test";
import { launch } from "puppeteer-core";
import { chromiumLaunchOptions } from "../../scripts/chromium.ts";
import { firefoxPath, launchFirefox } from "./firefox.ts";
import { expectAll, newRoom, Room, see, type Person } from "./support.ts";

declare global {
  interface Window {
    /** Each status and list of names that was shown since `watch()`. */
    shown?: string[];
    /** The longest time during which no script of this page ran. */
    longestStallMs?: number;
    /** Set before navigation. Still present if the page came from the back/forward cache. */
    beforeNavigation?: true;
  }
}

/** Starts recording the status and names that the page shows. */
function watch({ page }: Person): Promise<void> {
  return page.evaluate(() => {
    const shown: string[] = [];
    window.shown = shown;
    const text = (name: string) =>
      document.querySelector(`[data-testid="${name}"]`)?.textContent ?? "";
    const note = () => {
      const now = `${text("status")}: ${text("names")}`;
      if (shown.at(-1) !== now) shown.push(now);
    };
    note();
    new MutationObserver(note).observe(document.body, {
      childList: true,
      subtree: true,
      characterData: true,
    });
  });
}

const shownTo = ({ page }: Person) => page.evaluate(() => [...new Set(window.shown)]);

/** Starts Chromium with the back/forward cache, which Playwright disables. */
const launchChromium = () => {
  const { executablePath = chromium.executablePath(), args = [] } = chromiumLaunchOptions();
  return launch({ executablePath, args: [...args, "--no-sandbox"] });
};

test("a tab that was frozen for 10 s rejoins with the same id", async ({ browser }) => {
  test.setTimeout(120_000);
  const room = new Room(browser, "websocket", newRoom());
  const other = await launchChromium();
  try {
    const mina = await room.enter("Mina");
    const jun = await room.enterWith(other, "Jun");
    await expectAll([mina, jun]);
    await watch(mina);
    await jun.page.evaluate(() => {
      let last = performance.now();
      window.longestStallMs = 0;
      setInterval(() => {
        const now = performance.now();
        window.longestStallMs = Math.max(window.longestStallMs ?? 0, now - last);
        last = now;
      }, 100);
    });
    const { id } = await see(jun);

    const tab = (await other.pages()).find((page) => page.url().includes("name=Jun"))!;
    const devtools = await tab.createCDPSession();
    // Chromium does not freeze a visible tab.
    await (await other.newPage()).bringToFront();
    await devtools.send("Page.setWebLifecycleState", { state: "frozen" });
    await new Promise((resolve) => void setTimeout(resolve, 10_000));
    await devtools.send("Page.setWebLifecycleState", { state: "active" });
    await tab.bringToFront();

    await expectAll([mina, jun]);
    expect(await jun.page.evaluate(() => window.longestStallMs)).toBeGreaterThan(5_000);
    expect((await see(jun)).id).toBe(id);
    expect(["connected: Jun", "reconnecting: Jun"]).toEqual(
      expect.arrayContaining(await shownTo(mina)),
    );
  } finally {
    await other.close();
    await room.close();
  }
});

test("a crashed tab is removed from the call although Firestore still lists it", async ({
  browser,
}) => {
  const { firestore, ...options } = newRoom();
  test.skip(!firestore, "the Firestore emulator is not installed");
  test.setTimeout(120_000);
  const room = new Room(browser, "firestore", { firestore: firestore!, ...options });
  const mina = await room.enter("Mina");
  const jun = await room.enter("Jun");
  await expectAll([mina, jun]);
  await watch(mina);
  const devtools = await jun.chromium.context().newCDPSession(jun.chromium);
  // The command never resolves, because the page that would respond has crashed.
  devtools.send("Page.crash").catch(() => {});
  // 15 s on an idle machine; fake-network.test.ts measures it with fake timers.
  await expect.poll(async () => (await see(mina)).names, { timeout: 45_000 }).toEqual([]);
  expect(await shownTo(mina)).toEqual(["connected: Jun", "reconnecting: Jun", "waiting: "]);
  await room.close();
});

for (const [name, how, launchBrowser, isKept] of [
  ["Chromium", "which restores the page", launchChromium, true],
  ["Firefox", "which reloads the page", launchFirefox, false],
] as const)
  test(`a tab that navigates away and back rejoins at the same position in ${name}, ${how}`, async ({
    browser,
  }) => {
    test.skip(name === "Firefox" && !firefoxPath, "Firefox is not installed");
    test.setTimeout(120_000);
    const room = new Room(browser, "websocket", newRoom());
    const other = await launchBrowser();
    try {
      const mina = await room.enter("Mina");
      const jun = await room.enterWith(other, "Jun");
      await expectAll([mina, jun]);
      const sora = await room.enter("Sora");
      await expectAll([mina, jun, sora]);
      await watch(mina);
      await jun.page.evaluate(() => void (window.beforeNavigation = true));

      await jun.page.evaluate(() => location.assign("/scenarios.html"));
      await expectAll([mina, sora]);
      await jun.page.evaluate(() => history.back());
      // During the navigation there is no page to evaluate in.
      await expect
        .poll(() => see(jun).catch(() => undefined))
        .toMatchObject({ status: "connected" });
      await expectAll([mina, jun, sora]);
      expect(await jun.page.evaluate(() => window.beforeNavigation === true)).toBe(isKept);
      const shown = (await shownTo(mina)).map((line) => line.replace(/.*: /, ""));
      expect([...new Set(shown)]).toEqual(["Jun Sora", "Sora"]);
      expect((await see(mina)).names).toEqual(["Jun", "Sora"]);
    } finally {
      await other.close();
      await room.close();
    }
  });
