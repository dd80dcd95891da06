/** What a call survives that only a whole page can suffer: being frozen, and being left and come back to. */
import { chromium, expect, test } from "@playwright/test";
import { launch } from "puppeteer-core";
import { chromiumLaunchOptions } from "../../scripts/chromium.ts";
import { firefoxPath, launchFirefox } from "./firefox.ts";
import { expectAll, newRoom, Room, see, type Person } from "./support.ts";

declare global {
  interface Window {
    /** Every status and every list of names that was shown since the watch began. */
    shown?: string[];
    /** The longest time in which no script of this page ran, in ms. */
    stoodStill?: number;
    /** Set before the page was left: still there if it is the very same page. */
    former?: true;
  }
}

/** Keeps every word that is shown from now on. */
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

/** Chromium as people have it: Playwright's own keeps no page in the back/forward cache. */
const launchChromium = () => {
  const { executablePath = chromium.executablePath(), args = [] } = chromiumLaunchOptions();
  return launch({ executablePath, args: [...args, "--no-sandbox"] });
};

test("a tab that was frozen for a while comes back as itself", async ({ browser }) => {
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
      window.stoodStill = 0;
      setInterval(() => {
        const now = performance.now();
        window.stoodStill = Math.max(window.stoodStill ?? 0, now - last);
        last = now;
      }, 100);
    });
    const { id } = await see(jun);

    const tab = (await other.pages()).find((page) => page.url().includes("name=Jun"))!;
    const devtools = await tab.createCDPSession();
    // A tab that is seen is never frozen.
    await (await other.newPage()).bringToFront();
    await devtools.send("Page.setWebLifecycleState", { state: "frozen" });
    await new Promise((resolve) => void setTimeout(resolve, 10_000));
    await devtools.send("Page.setWebLifecycleState", { state: "active" });
    await tab.bringToFront();

    await expectAll([mina, jun]);
    expect(await jun.page.evaluate(() => window.stoodStill)).toBeGreaterThan(5_000);
    expect((await see(jun)).id).toBe(id);
    expect(["connected: Jun", "reconnecting: Jun"]).toEqual(
      expect.arrayContaining(await shownTo(mina)),
    );
  } finally {
    await other.close();
    await room.close();
  }
});

test("a tab that crashes is gone for those who talked to it, though Firestore goes on naming it", async ({
  browser,
}) => {
  const { firestore, ...options } = newRoom();
  test.skip(!firestore, "there is no Firestore emulator on this machine");
  test.setTimeout(120_000);
  const room = new Room(browser, "firestore", { firestore: firestore!, ...options });
  const mina = await room.enter("Mina");
  const jun = await room.enter("Jun");
  await expectAll([mina, jun]);
  await watch(mina);
  const devtools = await jun.chromium.context().newCDPSession(jun.chromium);
  // The page that is to answer is gone.
  devtools.send("Page.crash").catch(() => {});
  // 15 s on a calm machine; `testing/fake-network.test.ts` measures it with fake time.
  await expect.poll(async () => (await see(mina)).names, { timeout: 45_000 }).toEqual([]);
  expect(await shownTo(mina)).toEqual(["connected: Jun", "reconnecting: Jun", "waiting: "]);
  await room.close();
});

for (const [name, how, launchBrowser, isKept] of [
  ["Chromium", "which keeps the page", launchChromium, true],
  ["Firefox", "which loads it again", launchFirefox, false],
] as const)
  test(`a tab that goes away and back is in the call again, at its own place, in ${name}, ${how}`, async ({
    browser,
  }) => {
    test.skip(name === "Firefox" && !firefoxPath, "there is no Firefox on this machine");
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
      await jun.page.evaluate(() => void (window.former = true));

      await jun.page.evaluate(() => location.assign("/scenarios.html"));
      await expectAll([mina, sora]);
      await jun.page.evaluate(() => history.back());
      // In between there is no page to ask.
      await expect
        .poll(() => see(jun).catch(() => undefined))
        .toMatchObject({ status: "connected" });
      await expectAll([mina, jun, sora]);
      expect(await jun.page.evaluate(() => window.former === true)).toBe(isKept);
      const shown = (await shownTo(mina)).map((line) => line.replace(/.*: /, ""));
      expect([...new Set(shown)]).toEqual(["Jun Sora", "Sora"]);
      expect((await see(mina)).names).toEqual(["Jun", "Sora"]);
    } finally {
      await other.close();
      await room.close();
    }
  });
