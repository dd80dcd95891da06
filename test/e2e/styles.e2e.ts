/** The stylesheet as an application's build delivers it: a bundler may rewrite what it does not trust old browsers with. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@playwright/test";
import { build } from "vite";
import { at } from "../../scripts/alias.ts";

/** styles.css after Vite's default production build. */
async function bundled(): Promise<string> {
  const root = mkdtempSync(join(tmpdir(), "twocan-styles-"));
  try {
    const styles = JSON.stringify(at("src/components/styles.css"));
    writeFileSync(join(root, "index.html"), `<script type="module" src="./main.js"></script>`);
    writeFileSync(join(root, "main.js"), `import ${styles};`);
    const { output } = (await build({
      root,
      configFile: false,
      logLevel: "error",
      build: { write: false },
    })) as unknown as { output: { fileName: string; source?: string }[] };
    return output.find(({ fileName }) => fileName.endsWith(".css"))?.source ?? "";
  } finally {
    rmSync(root, { recursive: true });
  }
}

const LIGHT = "rgb(255, 255, 255)";
const DARK = "rgb(38, 42, 50)";

for (const device of ["light", "dark"] as const) {
  test(`a built page on a ${device} device is ${device}, and its parts are as data-theme says`, async ({
    page,
  }) => {
    await page.emulateMedia({ colorScheme: device });
    await page.setContent(`
      <style>${await bundled()}</style>
      <button data-twocan="control-button"></button>
      <div data-theme="dark">
        <button data-twocan="control-button"></button>
        <div data-theme="light"><button data-twocan="control-button"></button></div>
      </div>`);
    const grounds = await page
      .locator("button")
      .evaluateAll((buttons) => buttons.map((one) => getComputedStyle(one).backgroundColor));
    expect(grounds).toEqual([device === "light" ? LIGHT : DARK, DARK, LIGHT]);
  });
}
