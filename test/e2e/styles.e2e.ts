// Tests the stylesheet after a production build, because bundlers rewrite CSS for older browsers.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, type Page } from "@playwright/test";
import { build } from "vite";
import { at } from "../../scripts/alias.ts";

/** Returns styles.css after Vite's default production build. */
async function bundled(): Promise<string> {
  const root = mkdtempSync(join(tmpdir(), "twocan-styles-"));
  try {
    const styles = JSON.stringify(at("src/components/styles/styles.css"));
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
const BUTTON = `<button data-twocan="control-button"></button>`;

test.describe("styles.css after a build", () => {
  /** Returns `light` or `dark` for the background of each button on the page. */
  async function schemes(page: Page, body: string, css = ""): Promise<string[]> {
    // Styles that were not part of the build come last, as if added by a server or a script.
    await page.setContent(`<style>${await bundled()}</style><style>${css}</style>${body}`);
    const colors = await page
      .locator("button")
      .evaluateAll((buttons) => buttons.map((one) => getComputedStyle(one).backgroundColor));
    return colors.map((color) => ({ [LIGHT]: "light", [DARK]: "dark" })[color] ?? color);
  }

  for (const device of ["light", "dark"] as const) {
    const other = device === "light" ? "dark" : "light";
    test.describe(`on a ${device} device`, () => {
      test.use({ colorScheme: device });

      test("is light on a page without a color-scheme, like the page itself", async ({ page }) => {
        expect(await schemes(page, BUTTON)).toEqual(["light"]);
      });

      test("follows the device on a page that supports both schemes", async ({ page }) => {
        const css = ":root { color-scheme: light dark }";
        expect(await schemes(page, BUTTON, css)).toEqual([device]);
      });

      test("follows an inherited color-scheme of a stylesheet or a style attribute", async ({
        page,
      }) => {
        const found = await schemes(
          page,
          `${BUTTON}<div style="color-scheme: ${device}">${BUTTON}</div>`,
          `:root { color-scheme: ${other} }`,
        );
        expect(found).toEqual([other, device]);
      });

      test("follows the nearest class or data-theme", async ({ page }) => {
        const found = await schemes(
          page,
          `<div class="dark">${BUTTON}
             <div data-theme="light">${BUTTON}
               <div class="dark">${BUTTON}<div class="light">${BUTTON}</div></div>
             </div>
           </div>
           <div data-theme="dark">${BUTTON}<div data-theme="light">${BUTTON}</div></div>
           <div class="dark" data-theme="light">${BUTTON}</div>`,
        );
        expect(found).toEqual(["dark", "light", "dark", "light", "dark", "light", "light"]);
      });
    });
  }

  test("does not change the color-scheme of a page element with the class dark", async ({
    page,
  }) => {
    await page.setContent(`<style>${await bundled()}</style><p class="dark">Text</p>`);
    await expect(page.locator("p")).toHaveCSS("color-scheme", "normal");
  });

  test("follows the theme of the page and of the host in a shadow root", async ({ page }) => {
    await page.setContent(`<div class="dark" style="color-scheme: dark">
      <div id="inherits"></div><div id="own" class="light"></div></div>`);
    const css = await bundled();
    const styled = await page.evaluate(
      ([styles, button]) =>
        ["inherits", "own"].map((id) => {
          const root = document.getElementById(id)!.attachShadow({ mode: "open" });
          root.innerHTML = `<style>${styles}</style>${button}`;
          const { backgroundColor, minHeight } = getComputedStyle(root.querySelector("button")!);
          return [backgroundColor, minHeight];
        }),
      [css, BUTTON] as const,
    );
    expect(styled).toEqual([
      [DARK, "48px"],
      [LIGHT, "48px"],
    ]);
  });

  test("keeps components visible in a browser without light-dark()", async ({ page }) => {
    const css = (await bundled()).replaceAll("light-dark(", "unknown-function(");
    await page.setContent(
      `<style>${css}</style>${BUTTON}<figure data-twocan="video-tile"></figure>`,
    );
    await expect(page.locator("button")).toHaveCSS("background-color", "rgb(255, 255, 255)");
    await expect(page.locator("figure")).not.toHaveCSS("background-color", "rgba(0, 0, 0, 0)");
  });
});

const PARTS = `
    <figure data-twocan="video-tile" class="w-64" id="tile">
      <video data-twocan="video-tile-video"></video>
      <figcaption data-twocan="name-plate"><svg></svg><bdi>Mina</bdi></figcaption>
    </figure>
    <fieldset data-twocan="control-bar">
      <button data-twocan="control-button" data-control="leave"><svg></svg></button>
    </fieldset>
    <form data-twocan="pre-join"><div data-twocan="pre-join-details">
      <h2 data-twocan="pre-join-title">Ready?</h2>
      <label data-twocan="device-select">Camera <select data-twocan="field"></select><output>Gone</output></label>
      <label data-twocan="pre-join-name">Name <input data-twocan="field"><output>Too long</output></label>
      <div data-twocan="level-meter"><div data-twocan="level-meter-bar"></div><output>Say something</output></div>
      <button data-twocan="pre-join-button" data-action="allow">Allow</button>
    </div></form>
    <ol data-twocan="timeline-steps"><li data-twocan="timeline-step">
      <span data-twocan="timeline-mark">1</span>
      <span data-twocan="timeline-text"><b>Offer</b> <code>createOffer</code> <small>1 s</small></span>
    </li></ol>
    <section data-twocan="video-grid" data-layout="">
      <output data-twocan="call-note">Waiting</output>
    </section>`;

/** Layered resets and a utility, in the order of Tailwind 4. */
const TAILWIND_4 = `
    @layer theme, base, components, utilities;
    @layer base {
      *, ::after, ::before { box-sizing: border-box; margin: 0; padding: 0; border: 0 solid }
      html { line-height: 1.5 }
      h1, h2 { font-size: inherit; font-weight: inherit }
      img, svg, video { display: block; vertical-align: middle }
      img, video { max-width: 100%; height: auto }
      button, input, select { font: inherit; letter-spacing: inherit; color: inherit; border-radius: 0; background-color: transparent; opacity: 1 }
      ol { list-style: none }
    }
    @layer utilities { .w-64 { width: 16rem } }`;

/** Element rules without a layer, as in Bootstrap, Tailwind 3 and Vite's template. */
const RESETS = `
    * { margin: 0; padding: 0; box-sizing: content-box }
    *, ::before, ::after { border: 0 solid }
    button { border: 1px solid transparent; border-radius: 8px; padding: 0.6em 1.2em; background-color: #1a1a1a; background-image: none; font: inherit; color: red }
    input, select { width: 50%; border: 0; font: inherit }
    svg { width: 100%; display: block; vertical-align: middle }
    video { max-width: 50%; height: auto }
    fieldset { border: 2px solid; padding: 2em }
    figure { margin: 1em 40px }
    label, output { display: inline-block; margin-bottom: 1em }
    h2 { font-size: 3em; margin: 1em }
    form { display: flex }
    ol { padding-left: 2rem }
    li, span, small, code, figcaption { margin: 1em; color: red; font-size: 0.5em }`;

/** Inherited text settings. */
const TEXT = `html { text-align: center; line-height: 3; letter-spacing: 0.2em; word-spacing: 1em; text-transform: uppercase; white-space: nowrap; font: italic 700 16px/3 serif; text-indent: 2em; text-shadow: 1px 1px red }`;

const PROPERTIES = `
    display position color background-color background-image margin padding border-radius gap opacity
    font-family font-size font-style font-weight line-height letter-spacing word-spacing white-space
    text-align text-transform text-indent text-shadow list-style-type
    border-top-width border-left-width border-top-color`;

test.describe("styles.css together with the styles of a page", () => {
  /** Returns the computed style and the box of each part and of its pseudo-elements. */
  async function look(page: Page, sheets: string[]): Promise<Record<string, string>[]> {
    await page.setContent(
      `<!doctype html><style>body { margin: 0 !important }</style>` +
        sheets.map((css) => `<style>${css}</style>`).join("") +
        PARTS.replace(` class="w-64"`, ""),
    );
    return page.evaluate((properties) => {
      const names = properties.trim().split(/\s+/);
      return [...document.querySelectorAll("[data-twocan], [data-twocan] *")].flatMap((element) =>
        ["", "::before", "::after"].map((pseudo) => {
          const style = getComputedStyle(element, pseudo);
          const { x, y, width, height } = element.getBoundingClientRect();
          const known = {
            name: (element.getAttribute("data-twocan") ?? element.localName) + pseudo,
            box: [x, y, width, height].map(Math.round).join(" "),
          };
          if (pseudo && style.content === "none") return known;
          const computed = names.map((one) => [one, style.getPropertyValue(one)]);
          return Object.assign(known, Object.fromEntries(computed));
        }),
      );
    }, PROPERTIES);
  }

  for (const [what, css] of Object.entries({ TAILWIND_4, RESETS, TEXT }))
    for (const order of ["before", "after"] as const)
      test(`looks the same with ${what} imported ${order} it`, async ({ page }) => {
        const own = await bundled();
        const plain = await look(page, [own]);
        const beside = await look(page, order === "before" ? [css, own] : [own, css]);
        expect(beside).toEqual(plain);
      });

  for (const order of ["before", "after"] as const)
    for (const [what, css] of Object.entries({
      "a utility of Tailwind 4": TAILWIND_4,
      "an unlayered class": ".w-64 { width: 16rem }",
      "a rule in the layer components": "@layer components { #tile { width: 16rem } }",
      "an unlayered rule on data-twocan": `[data-twocan="video-tile"] { width: 16rem }`,
    }))
      test(`${what} wins, imported ${order} it`, async ({ page }) => {
        const own = await bundled();
        const sheets = order === "before" ? [css, own] : [own, css];
        await page.setContent(
          `<!doctype html>${sheets.map((one) => `<style>${one}</style>`).join("")}${PARTS}`,
        );
        await expect(page.locator("#tile")).toHaveCSS("width", "256px");
      });

  test("has no rule outside of its layer except the one that reverts element rules", async ({
    page,
  }) => {
    await page.setContent(`<style>${await bundled()}</style>`);
    const outside = await page.evaluate(() =>
      [...document.styleSheets[0]!.cssRules]
        .filter((rule) => !rule.constructor.name.startsWith("CSSLayer"))
        .map(({ cssText }) => cssText.slice(cssText.indexOf("{"))),
    );
    for (const rule of outside) expect(rule).toMatch(/all: revert-layer/);
    const layers = await page.evaluate(() =>
      [...document.styleSheets[0]!.cssRules]
        .filter((rule) => rule instanceof CSSLayerBlockRule)
        .map(({ name }) => name),
    );
    expect(new Set(layers)).toEqual(new Set(["components.twocan"]));
  });
});
