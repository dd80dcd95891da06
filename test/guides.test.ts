import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { parseSync } from "vite";
import { beforeAll, describe, expect, it } from "vitest";
import { checkCodeBlocks } from "./support/code-blocks.ts";

const GUIDES = "docs/guides";
const guides = readdirSync(GUIDES).map((name) => `${GUIDES}/${name}`);
const read = (file: string) => readFileSync(file, "utf8");

describe("code blocks of the guides", () => {
  const pages = ["README.md", ...guides];
  let errors = new Map<string, string[]>();
  beforeAll(() => {
    errors = checkCodeBlocks(pages);
  });

  it.each(pages)("compile in %s", (page) => {
    expect(errors.get(page)).toEqual([]);
  });
});

describe("docs/guides/theming.md", () => {
  const styles = readdirSync("src/components", { recursive: true, encoding: "utf8" }).filter(
    (name) => name.endsWith(".css"),
  );
  const css = styles.map((name) => read(`src/components/${name}`)).join("\n");

  it("lists exactly the custom properties in the stylesheet", () => {
    const used = new Set(css.match(/--twocan-[\w-]+/g));
    const listed = read(`${GUIDES}/theming.md`).match(/^\| `(--twocan-[\w-]+)`/gm) ?? [];
    const names = listed.map((cell) => cell.slice(3, -1));
    expect(names.toSorted()).toEqual([...used].toSorted());
  });

  it("has the default value of each property that an application can set", () => {
    const [settable = ""] = read(`${GUIDES}/theming.md`).split("### Set by twocan");
    const rows = settable.matchAll(/^\| `(--twocan-[\w-]+)` +\| `([^`]+)`/gm);
    // Each light-dark() is the fallback of an internal variable.
    const plain = css
      .replaceAll(/\s+/g, " ")
      .replaceAll(/light-dark\(var\(--tc-pair, ([^)]+)\)\)/g, "light-dark($1)");
    const wrong = [...rows].filter(
      ([, name, value]) =>
        !plain.includes(`${name}: ${value};`) && !plain.includes(`var(${name}, ${value})`),
    );
    expect(wrong.map(([row]) => row)).toEqual([]);
  });
});

describe("docs/guides/errors.md", () => {
  it("has a section for every CallErrorCode", () => {
    const codes = [...read("src/core/lib/errors.ts").matchAll(/^ {2}\| "([\w-]+)"/gm)];
    const page = read(`${GUIDES}/errors.md`);
    const missing = codes.filter(([, code]) => !page.includes(`\n### \`${code}\`\n`));
    expect(codes.length).toBeGreaterThan(10);
    expect(missing.map(([, code]) => code)).toEqual([]);
  });
});

describe("README.md", () => {
  it("links every guide", () => {
    const readme = read("README.md");
    expect(guides.filter((guide) => !readme.includes(`/${guide})`))).toEqual([]);
  });
});

describe("docs/API.md", () => {
  const { paths } = (
    JSON.parse(read("tsconfig.json")) as { compilerOptions: { paths: Record<string, [string]> } }
  ).compilerOptions;
  const entries = Object.entries(paths).filter(
    ([entry, [file]]) => /^twocan\b/.test(entry) && /\.tsx?$/.test(file),
  );

  it.each(entries)("documents every export of %s", (entry, [file]) => {
    const { staticExports } = parseSync(file, read(file)).module;
    const names = staticExports.flatMap(({ entries: all }) =>
      all.map((one) => one.exportName.name),
    );
    const [, section = ""] = `${read("docs/API.md")}\n## `.split(`\n## ${entry}\n`);
    const documented = section.split("\n## ")[0] ?? "";
    const missing = names.filter(
      (name) =>
        !documented.includes(`#### \`${name}\``) && !documented.includes(`\`${name}\` (as in`),
    );
    expect(names.length).toBeGreaterThan(0);
    expect(missing).toEqual([]);
  });

  it("is what `npm run docs:api` generates", () => {
    const { status, stderr } = spawnSync(process.execPath, ["scripts/api.mjs", "--check"], {
      encoding: "utf8",
    });
    expect(stderr).toBe("");
    expect(status).toBe(0);
  });
});
