/**
 * Generates docs/API.md from the declarations that `tsc` emits, one section per entry of the package.
 *
 *     npm run docs:api              writes docs/API.md
 *     npm run docs:api -- --check   fails if docs/API.md is out of date
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseSync } from "vite";
import { at } from "./install.mjs";

const PAGE = at("docs/API.md");
const { name: packageName, exports } = JSON.parse(readFileSync(at("package.json"), "utf8"));
/** The kinds of exports, in the order of a section. */
const KINDS = ["Components", "Hooks", "Functions", "Classes", "Constants", "Types"];

/** Declarations that the page contains already, and the entry that lists them. */
const written = new Map();
mkdirSync(at("test-results"), { recursive: true });
const declarations = mkdtempSync(at("test-results/api-"));
const page = readPage();
rmSync(declarations, { recursive: true });
if (!process.argv.includes("--check")) writeFileSync(PAGE, page);
else if (!existsSync(PAGE) || readFileSync(PAGE, "utf8") !== page) {
  console.error("docs/API.md is out of date. Run `npm run docs:api`.");
  process.exitCode = 1;
}

function readPage() {
  const tsc = at("node_modules/typescript/bin/tsc");
  const args = [tsc, "-p", at("tsconfig.build.json"), "--outDir", declarations];
  const { status, stdout } = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`tsc failed:\n${stdout}`);
  const entries = Object.entries(exports).flatMap(([subpath, { types = "" }]) =>
    types.startsWith("./dist/") && !types.endsWith(".css.d.ts")
      ? [{ specifier: packageName + subpath.slice(1), file: join(declarations, types.slice(7)) }]
      : [],
  );
  const sections = entries.map(section);
  const contents = entries.map(({ specifier }) => `- [\`${specifier}\`](#${slug(specifier)})`);
  return [
    "# API reference",
    "Every export of every entry, generated from the docstrings by `npm run docs:api`. The [guides](https://github.com/twocan/twocan/blob/main/README.md#guides) explain how the parts work together.",
    contents.join("\n"),
    ...sections,
    "",
  ].join("\n\n");
}

/** Writes the section of one entry. Exports that an earlier entry has too are listed by name only. */
function section({ specifier, file }) {
  const exported = exportsOf(file);
  const known = exported.filter(({ code }) => written.has(code));
  const all = exported.filter((each) => !known.includes(each));
  for (const { code } of all) written.set(code, specifier);
  // The props of a component follow it.
  const kindIn = ({ name, kind }) =>
    all.find((other) => name === `${other.name}Props`)?.kind ?? kind;
  const groups = KINDS.flatMap((kind) => {
    const group = all.filter((each) => kindIn(each) === kind).map(write);
    return group.length > 0 ? [`### ${kind} of \`${specifier}\``, group.join("\n\n")] : [];
  });
  const again = known.map(({ name, code }) => `\`${name}\` (as in \`${written.get(code)}\`)`);
  const also = again.length > 0 && `Also exported here: ${again.join(", ")}.`;
  return [`## ${specifier}`, also, ...groups].filter(Boolean).join("\n\n");
}

/** Returns the anchor that GitHub generates for a heading. */
function slug(title) {
  return title.toLowerCase().replaceAll(/[^\w -]/g, "");
}

function write({ name, doc, code }) {
  const { text, tags } = readDoc(doc);
  return [`#### \`${name}\``, text, `\`\`\`ts\n${code}\n\`\`\``, ...tags]
    .filter(Boolean)
    .join("\n\n");
}

/** Lists the exports of a declaration file, sorted by name. Re-exports are resolved. */
function exportsOf(file) {
  const source = readFileSync(file, "utf8");
  const { body } = parseSync(file, source).program;
  const found = body
    .filter(({ type }) => type === "ExportNamedDeclaration")
    .flatMap(({ start, declaration, specifiers, source: from, end }) => {
      if (declaration) return [declared(source, body, { start, end, declaration })];
      return specifiers.map(({ local, exported }) => {
        const { specifier, name } = from
          ? { specifier: from.value, name: local.name }
          : importOf(local.name, body, file);
        const target = join(dirname(file), specifier).replace(/\.tsx?$/, ".d.ts");
        const other = exportsOf(target).find((each) => each.name === name);
        if (!other) throw new Error(`${target} has no export ${name}.`);
        return { ...other, name: exported.name };
      });
    });
  return found.toSorted((a, b) => a.name.localeCompare(b.name, "en"));
}

/** Finds the import behind `export { name }` without `from`. */
function importOf(name, body, file) {
  for (const { type, specifiers, source } of body)
    if (type === "ImportDeclaration")
      for (const { local, imported } of specifiers)
        if (local.name === name) return { specifier: source.value, name: imported.name };
  throw new Error(`${file} exports ${name}, which it neither declares nor imports.`);
}

/** Reads one declaration with its docstring and the private types that it refers to. */
function declared(source, body, { start, end, declaration }) {
  const { type, id, declarations: [variable] = [] } = declaration;
  const name = id?.name ?? variable.id.name;
  const [, doc = ""] = /\/\*\*((?:(?!\*\/)[^])*)\*\/\s*$/.exec(source.slice(0, start)) ?? [];
  let code = source.slice(start, end).replace(/^export (declare )?/, "");
  const types = body.filter((each) => /^TS(Interface|TypeAlias)/.test(each.type));
  for (const each of types.reverse())
    if (new RegExp(`\\b${each.id.name}\\b`).test(code))
      code += `\n\n${source.slice(each.start, each.end)}`;
  code = code
    .replaceAll(/import\("(react|\.)[^"]*"\)\./g, "")
    .replaceAll(/\{@link ([^}]+)\}/g, "`$1`")
    .replaceAll("    ", "  ");
  return { name, doc, code, kind: kindOf(type, name, code) };
}

function kindOf(type, name, code) {
  if (/^TS(Interface|TypeAlias)/.test(type)) return "Types";
  if (type === "ClassDeclaration") return "Classes";
  if (/^use[A-Z]/.test(name)) return "Hooks";
  if (/Component<|\): ReactNode;|JSX\.Element/.test(code) && /^[A-Z]/.test(name))
    return "Components";
  return /^TSDeclareFunction|^FunctionDeclaration/.test(type) ? "Functions" : "Constants";
}

/** Splits a docstring into its text and its tags, each as a paragraph. */
function readDoc(doc) {
  const lines = doc.split("\n").map((line) => line.replace(/^\s*\* ?/, "").trimEnd());
  const [text = "", ...tags] = lines
    .join("\n")
    .replaceAll(/\{@link (?:\S+ \| )?([^}]+)\}/g, "`$1`")
    .split(/^@(?=\w)/m);
  return { text: text.trim(), tags: tags.map(writeTag) };
}

function writeTag(tag) {
  const [, word = "", rest = ""] = /^(\w+)\s*([^]*)$/.exec(tag.trim()) ?? [];
  if (word === "example") return `\`\`\`tsx\n${rest}\n\`\`\``;
  const text = rest.replace(/^\{(\w+)\}/, "`$1`");
  if (word === "param") return `- ${text.replace(/^([\w.]+)(?: -)?/, "`$1`:")}`;
  const heads = { returns: "Returns", throws: "Throws", default: "Default:", see: "See" };
  return `**${heads[word] ?? word}** ${text}`;
}
