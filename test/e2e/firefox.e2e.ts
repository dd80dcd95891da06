/** Chromium and Firefox in one call, each of them once as the one who comes to the other. */
import { expect, test, type Page } from "@playwright/test";
import { launch, type Page as FirefoxPage } from "puppeteer-core";
import { FIREFOX_PREFERENCES, firefoxPath } from "./firefox.ts";

type AnyPage = Pick<Page, "evaluate"> | Pick<FirefoxPage, "evaluate">;

/** What a person sees of the call: its status, and how many pictures of the other were shown. */
async function seenBy(
  page: AnyPage,
): Promise<{ status: string; pictures: number; sound: boolean }> {
  return (page as Page).evaluate(() => {
    const video = document.querySelector<HTMLVideoElement>('[data-self="false"] video');
    const audio = document.querySelector("audio");
    if (video && video.dataset["frames"] === undefined) {
      const count = () => {
        video.dataset["frames"] = String(Number(video.dataset["frames"] ?? 0) + 1);
        video.requestVideoFrameCallback(count);
      };
      video.dataset["frames"] = "0";
      video.requestVideoFrameCallback(count);
    }
    return {
      status: document.querySelector('[data-testid="status"]')?.textContent ?? "",
      // Firefox counts no frames of a stream in getVideoPlaybackQuality().
      pictures: Number(video?.dataset["frames"] ?? 0),
      sound: audio !== null && !audio.paused,
    };
  });
}

async function expectPictures(page: AnyPage): Promise<void> {
  await expect.poll(async () => (await seenBy(page)).status, { timeout: 30_000 }).toBe("connected");
  const before = (await seenBy(page)).pictures;
  await expect.poll(async () => (await seenBy(page)).pictures - before).toBeGreaterThan(3);
  await expect.poll(async () => (await seenBy(page)).sound).toBe(true);
}

for (const newcomer of ["Firefox", "Chromium"] as const) {
  test(`${newcomer} comes to the other, and both see and hear each other`, async ({
    page,
    baseURL,
  }) => {
    test.skip(!firefoxPath, "there is no Firefox on this machine");
    const query = new URLSearchParams({
      backend: "websocket",
      relay: process.env["TWOCAN_RELAY"] ?? "",
      room: `firefox-${Date.now()}`,
    });
    const firefox = await launch({
      browser: "firefox",
      executablePath: firefoxPath!,
      headless: true,
      extraPrefsFirefox: FIREFOX_PREFERENCES,
    });
    try {
      const other = await firefox.newPage();
      const enter = {
        Firefox: () => other.goto(`${baseURL}/?${query}&name=Foxy`),
        Chromium: () => page.goto(`/?${query}&name=Chrome`),
      };
      const waiting = newcomer === "Firefox" ? "Chromium" : "Firefox";
      await enter[waiting]();
      const waitingPage = waiting === "Firefox" ? other : page;
      await expect
        .poll(async () => (await seenBy(waitingPage)).status, { timeout: 30_000 })
        .toBe("waiting");
      await enter[newcomer]();
      await expectPictures(page);
      await expectPictures(other);

      await page.getByRole("button", { name: "Camera" }).click();
      const picture = () =>
        other.evaluate(() =>
          document.querySelector('[data-self="false"]')?.getAttribute("data-picture"),
        );
      await expect.poll(picture).toBe("avatar");
      await page.getByRole("button", { name: "Camera" }).click();
      await expect.poll(picture).toBe("video");
      await expectPictures(other);

      await page.getByRole("button", { name: "Close" }).click();
      await expect.poll(async () => (await seenBy(other)).status).toBe("waiting");
    } finally {
      await firefox.close();
    }
  });
}
