import { expect, test } from "@playwright/test";
import { REFUSED } from "../support/refused-ice-servers.ts";
import { firefoxPath, launchFirefox } from "./firefox.ts";

test("join() rejects iceServers that Firefox does not accept, and names the entry", async ({
  baseURL,
}) => {
  test.skip(!firefoxPath, "Firefox is not installed");
  const firefox = await launchFirefox();
  try {
    const page = await firefox.newPage();
    await page.goto(`${baseURL}/scenarios.html`);
    await expect.poll(() => page.evaluate(() => window.joinWith !== undefined)).toBe(true);
    for (const { what, servers, entry } of REFUSED) {
      const error = await page.evaluate((given) => window.joinWith!(given), servers);
      expect(error, what).toMatch(/^ice-servers-invalid: /);
      expect(error, what).toContain(`\`iceServers[${entry}]\``);
      expect(error, what).not.toMatch(/hunter2|mina/);
    }
    // These are valid, so `join()` fails at the next missing option, the signaling.
    const accepted = await page.evaluate(() =>
      window.joinWith!({ iceServers: { urls: "turn:127.0.0.1", username: "u", credential: "c" } }),
    );
    expect(accepted).toMatch(/^no-signaling: /);
  } finally {
    await firefox.close();
  }
});
