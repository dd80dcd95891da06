import { readFileSync } from "node:fs";
import { expect, test } from "@playwright/test";
import { judge } from "../support/webrtc-differences.ts";
import { read } from "../support/webrtc-scenarios.ts";
import { firefoxPath, launchFirefox } from "./firefox.ts";

test("Firefox matches the WebRTC record, except for listed differences", async ({ baseURL }) => {
  test.skip(!firefoxPath, "Firefox is not installed");
  const recorded = read(readFileSync("test/support/webrtc-record.txt", "utf8"));
  const firefox = await launchFirefox();
  try {
    const page = await firefox.newPage();
    await page.goto(`${baseURL}/scenarios.html`);
    await expect.poll(() => page.evaluate(() => window.playScenario !== undefined)).toBe(true);
    const problems = await judge("Firefox", recorded, (name) =>
      page.evaluate((given) => window.playScenario!(given), name),
    );
    expect(problems, problems.join("\n\n")).toEqual([]);
  } finally {
    await firefox.close();
  }
});
