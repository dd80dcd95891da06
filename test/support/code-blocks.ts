/**
 * Type-checks the `ts` and `tsx` code blocks of Markdown pages against the sources.
 *
 * The info string of a block selects how it is compiled:
 *
 * - `tsx`: as a separate module without changes, so its imports must be complete.
 * - `tsx src/app.tsx`: as that file, which other blocks of the same page can import.
 * - `tsx fragment`: with imports added for the exports of twocan and the names of fragment-prelude.ts
 *   that it uses. For short excerpts, in which imports would distract.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { parseSync } from "vite";
import { at } from "../../scripts/alias.ts";

/** A code block that is compiled. */
interface CodeBlock {
  readonly page: string;
  /** The line of the page on which its code starts, from 1. */
  readonly line: number;
  readonly info: string;
  readonly code: string;
}

const FOLDER = at("test-results/code-blocks");
const PRELUDE = "test/support/fragment-prelude.ts";
/** Packages that the guides import and this repository does not install. */
const ABSENT = `declare module "next/navigation" {
  export function redirect(url: string): never;
}
declare module "next/server" {
  export function connection(): Promise<void>;
}
`;
const FENCE = /^( *)```(tsx?)(?: +([^\n]*))?\n([^]*?)^\1```$/gm;

/** Compiles all code blocks. Returns the errors of each page with their lines in the page. */
export function checkCodeBlocks(pages: readonly string[]): Map<string, string[]> {
  rmSync(FOLDER, { recursive: true, force: true });
  const importable = readImportable();
  const written = new Map<string, { block: CodeBlock; header: number }>();
  for (const block of pages.flatMap(blocksOf)) {
    const name = `${basename(block.page, ".md")}/${fileOf(block)}`;
    if (written.has(name)) throw new Error(`${block.page}:${block.line}: ${name} exists already`);
    const header = block.info === "fragment" ? headerOf(block.code, importable) : "export {};";
    mkdirSync(dirname(join(FOLDER, name)), { recursive: true });
    writeFileSync(join(FOLDER, name), `${header}\n${block.code}`);
    written.set(name, { block, header: header.split("\n").length });
  }
  writeFileSync(join(FOLDER, "absent.d.ts"), ABSENT);
  const config = { extends: at("tsconfig.json"), include: ["**/*.ts", "**/*.tsx"] };
  writeFileSync(join(FOLDER, "tsconfig.json"), JSON.stringify(config));
  const tsc = at("node_modules/typescript/bin/tsc");
  const { stdout } = spawnSync(process.execPath, [tsc, "-p", FOLDER, "--pretty", "false"], {
    cwd: FOLDER,
    encoding: "utf8",
  });
  const errors = new Map<string, string[]>(pages.map((page) => [page, []]));
  for (const line of stdout.split("\n").filter((text) => /^\S/.test(text))) {
    const [, file = "", row = "0", message = line] = /^(.+?)\((\d+),\d+\): (.*)$/.exec(line) ?? [];
    const { block, header } = written.get(file) ?? {};
    if (!block || header === undefined) throw new Error(`tsc failed: ${line}`);
    errors.get(block.page)?.push(`line ${block.line + Number(row) - header - 1}: ${message}`);
  }
  return errors;
}

function blocksOf(page: string): CodeBlock[] {
  const text = readFileSync(at(page), "utf8");
  return [...text.matchAll(FENCE)].map((match) => {
    const [, indent = "", language = "", info = "", code = ""] = match;
    return {
      page,
      line: text.slice(0, match.index).split("\n").length + 1,
      info: info.trim() || language,
      code: code.replaceAll(new RegExp(`^${indent}`, "gm"), ""),
    };
  });
}

function fileOf({ info, line }: CodeBlock): string {
  return /\.tsx?$/.test(info) ? info : `line-${line}.tsx`;
}

/** Returns import statements for the names that a fragment uses and does not declare. */
function headerOf(code: string, importable: ReadonlyMap<string, string>): string {
  const words = new Set(code.match(/[A-Za-z_]\w+/g));
  const lines = [...words].flatMap((word) => {
    const declares = new RegExp(
      String.raw`(const|let|function|class|interface|type) ${word}\b|[{,] *${word}\b[^;()]*\} (=|from) |import .*\b${word}\b`,
    );
    return importable.has(word) && !declares.test(code) ? [importable.get(word) ?? ""] : [];
  });
  return ["export {};", ...lines].join("\n");
}

/** Maps each name that a fragment may use to an import statement. Earlier entries take precedence. */
function readImportable(): Map<string, string> {
  const { paths } = (
    JSON.parse(readFileSync(at("tsconfig.json"), "utf8")) as {
      compilerOptions: { paths: Record<string, [string]> };
    }
  ).compilerOptions;
  const files = [
    [at(PRELUDE), PRELUDE] as const,
    ...Object.entries(paths).map(([specifier, [file]]) => [specifier, file] as const),
  ];
  const importable = new Map<string, string>();
  for (const [specifier, file] of files)
    for (const { name, type } of exportsOf(file))
      if (!importable.has(name))
        importable.set(name, `import { ${type ? "type " : ""}${name} } from "${specifier}";`);
  return importable;
}

function exportsOf(file: string): { name: string; type: boolean }[] {
  const { module } = parseSync(file, readFileSync(at(file), "utf8"));
  // `isType` is wrong for the prelude, whose values are only declared.
  return module.staticExports
    .flatMap(({ entries }) => entries)
    .flatMap(({ exportName: { name }, isType }) =>
      name === null ? [] : [{ name, type: isType && file !== PRELUDE }],
    );
}
