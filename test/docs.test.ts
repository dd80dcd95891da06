/**
 * docs/PAINS.md and docs/RECOVERY.md are true of the tests: every pain and rule has one line, every row
 * of the policy a test, and every test named there exists. Links lead somewhere.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path/posix";
import { parseSync } from "vite";
import { describe, expect, it } from "vitest";

/** One line of a table. */
interface Line {
  readonly id: string;
  readonly what: string;
  readonly answer: string;
  readonly shown: string;
}

const count = (from: number, to: number, before = "") =>
  Array.from({ length: to - from + 1 }, (_, at) => `${before}${from + at}`);
const IDS = [...count(1, 50, "P"), ...count(1, 48, "N"), ...count(1, 23, "S"), ...count(16, 39)];

/** Tests that are named: a file, and one title or more. */
const NAMED = /`([\w./-]+\.tsx?)`: ((?:"[^"]+"(?:, (?="))?)+)/g;
/** What may stand where there is no test, and has to say why. */
const REASON = /^(cannot happen|not tested|not built|not covered): \S.{2,}/;
const HOLE = "…";

const cellsOf = (row: string) =>
  row
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim());

/** The lines of the tables; what else is in them (heads and rules) is left out. */
function linesOf(page: string): Line[] {
  const rows = page.split("\n").filter((row) => row.startsWith("|"));
  return rows.flatMap((row) => {
    const cells = cellsOf(row);
    const [id = "", what = "", answer = "", shown = ""] = cells;
    if (id === "" || id.startsWith("---")) return [];
    return cells.length === 4 ? [{ id, what, answer, shown }] : [{ id, what, answer, shown: "" }];
  });
}

const testsIn = ({ shown }: Line) =>
  [...shown.matchAll(NAMED)].flatMap(([, file = "", titles = ""]) =>
    [...titles.matchAll(/"([^"]+)"/g)].map(([, title = ""]) => ({ file, title })),
  );

/** What is wrong with a line, in words. */
function complaintsAbout(line: Line): string[] {
  const { id, what, answer, shown } = line;
  const complaints: string[] = [];
  if (!what || !answer || !shown) complaints.push("a cell is empty, or one too many");
  const reasons = shown
    .replaceAll(NAMED, "")
    .split(";")
    .map((reason) => reason.trim())
    .filter((reason) => reason !== "");
  // A sentence may have a semicolon of its own; what is left over must not be a test misspelt.
  if (reasons[0] !== undefined && !REASON.test(reasons[0]))
    complaints.push(`what is "${reasons[0]}"?`);
  if (reasons.some((reason) => /"|`[\w./-]+\.(ts|tsx)`/.test(reason)))
    complaints.push("a test is named in a way that cannot be read");
  if (reasons.length === 0 && testsIn(line).length === 0)
    complaints.push("neither test nor reason");
  for (const { file, title } of testsIn(line)) {
    const found = titlesIn(file);
    if (!found) complaints.push(`there is no ${file}`);
    else if (!found.some((pattern) => pattern.test(title)))
      complaints.push(`no test of ${file} is called "${title}"`);
  }
  return complaints.map((complaint) => `${id}: ${complaint}`);
}

/** Nodes of the syntax tree, as far as they are looked at. */
interface Node {
  readonly type?: string;
  readonly [part: string]: unknown;
}

const known = new Map<string, RegExp[] | undefined>();

/** The titles of a file's tests and groups, as patterns; undefined where there is no such file. */
function titlesIn(name: string): RegExp[] | undefined {
  if (!known.has(name)) known.set(name, readTitles(name));
  return known.get(name);
}

function readTitles(name: string): RegExp[] | undefined {
  const file = [name, `test/${name}`].find((path) => existsSync(path));
  if (file === undefined) return undefined;
  const tree = parse(file);
  const titles: string[] = [];
  const texts: string[] = [];
  walk(tree, (node) => {
    const title = titleOf(node);
    if (title !== undefined) titles.push(title);
  });
  // What fills a hole stands in the file itself, or in one beside it that it imports.
  for (const source of [tree, ...importsOf(tree, file).map(parse)])
    walk(source, (node) => {
      const text = textOf(node);
      if (text !== undefined && text.length > 1) texts.push(text);
    });
  return titles.map((title) => patternOf(title, texts));
}

/** Matches the title with each hole left open, or filled with a text of the test. */
function patternOf(title: string, texts: readonly string[]): RegExp {
  const parts = title.split(HOLE);
  if (parts.every((part) => part.trim() === "")) return /(?!)/;
  const filling = `(?:${[HOLE, ...texts].map(escape).join("|")})`;
  return new RegExp(`^${parts.map(escape).join(filling)}$`);
}

const escape = (text: string) => text.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`);

function parse(file: string): Node {
  const { program, errors } = parseSync(file, readFileSync(file, "utf8"));
  if (errors.length > 0) throw new Error(`${file} cannot be parsed: ${errors[0]?.message}`);
  return program as unknown as Node;
}

function walk(node: unknown, visit: (node: Node) => void): void {
  if (Array.isArray(node)) for (const item of node) walk(item, visit);
  else if (typeof node === "object" && node !== null) {
    visit(node as Node);
    for (const part of Object.values(node)) walk(part, visit);
  }
}

/** The title that a call of `it`, `test` or `describe` gives; or a check of the conformance suite its name. */
function titleOf(node: Node): string | undefined {
  if (node.type === "CallExpression") {
    const words = calleeOf(node["callee"] as Node);
    const runs = /^(it|test|describe)$/.test(words[0] ?? "");
    const skipped = words.some((word) => /^(skip|todo|fails|step)$/.test(word));
    const [title, body] = node["arguments"] as Node[];
    if (runs && !skipped && title && body)
      return textOf(title)?.replaceAll(/%[sdifjoOc#]|\$[a-z][\w.]*/g, HOLE);
  }
  if (node.type === "ObjectExpression") {
    const properties = node["properties"] as Node[];
    const valueOf = (name: string) =>
      properties.find(({ key }) => (key as Node | undefined)?.["name"] === name)?.["value"] as
        | Node
        | undefined;
    const [name, promise] = [valueOf("name"), valueOf("promise")];
    if (name && promise) return textOf(name);
  }
  return undefined;
}

/** `it.skipIf(x).each(y)` as its words. */
function calleeOf(node: Node): string[] {
  if (node.type === "Identifier") return [node["name"] as string];
  if (node.type === "MemberExpression")
    return [...calleeOf(node["object"] as Node), ...calleeOf(node["property"] as Node)];
  if (node.type === "CallExpression") return calleeOf(node["callee"] as Node);
  return [];
}

/** A text as it is written, its holes left open. */
function textOf(node: Node): string | undefined {
  if (node.type === "Literal" && typeof node["value"] === "string") return node["value"];
  if (node.type !== "TemplateLiteral") return undefined;
  return (node["quasis"] as Node[])
    .map(({ value }) => (value as { cooked: string }).cooked)
    .join(HOLE);
}

function importsOf(tree: Node, from: string): string[] {
  return (tree["body"] as Node[]).flatMap(({ type, source }) => {
    const specifier = (source as Node | undefined)?.["value"];
    if (type !== "ImportDeclaration" || typeof specifier !== "string") return [];
    const file = join(dirname(from), specifier);
    return specifier.startsWith("./") && /\.tsx?$/.test(file) && existsSync(file) ? [file] : [];
  });
}

const lines = linesOf(readFileSync("docs/PAINS.md", "utf8"));

describe("docs/PAINS.md", () => {
  it("has one line for each pain and each rule, in order", () => {
    expect(lines.map(({ id }) => id)).toEqual(IDS);
  });

  it.each(lines.map((line) => [line.id, line] as const))("says of %s what is true", (_, line) => {
    expect(complaintsAbout(line)).toEqual([]);
  });

  it("would be caught lying", () => {
    const file = "`core/call/known-problems.test.ts`";
    const real = `${file}: "the library never inserts text as markup"`;
    const complaints = (shown: string) =>
      linesOf(`| S99 | something | yes | ${shown} |`).flatMap(complaintsAbout).length;
    expect(complaints(real)).toBe(0);
    expect(complaints(`${real}; not tested: a day with rain`)).toBe(0);
    for (const lie of [
      "",
      "yes",
      "not tested:",
      file,
      `${file}: "…"`,
      `${file}: "the library never inserts"`,
      `${real}, "the library and another"`,
      `${real}; ${file}`,
      `${real} "and more"`,
      '`core/no-such.test.ts`: "the library never inserts text as markup"',
      '`network/recovery.lab.ts`: "the way is cut by a neighbour (…)"',
      '`adapters/firestore-rules.test.ts`: "refuses nobody"',
    ])
      expect(complaints(lie), lie).toBeGreaterThan(0);
  });
});

describe("docs/RECOVERY.md", () => {
  const [, section = ""] = readFileSync("docs/RECOVERY.md", "utf8").split("\n## The policy\n");
  const policy = section
    .split("\n## ")[0]!
    .split("\n")
    .filter((row) => row.startsWith("|") && cellsOf(row).length === 5)
    .slice(2)
    .map((row) => cellsOf(row));

  it("has a policy", () => {
    expect(policy.length).toBeGreaterThan(20);
  });

  it.each(policy.map((cells) => [cells[0] ?? "", cells] as const))(
    "names a test of: %s",
    (what, [, sees, , , shown = ""]) => {
      const line: Line = { id: what, what, answer: sees ?? "", shown };
      expect(testsIn(line)).not.toEqual([]);
      expect(complaintsAbout(line)).toEqual([]);
    },
  );
});

/** Links resolve on the repository's pages, on the registry's page and in node_modules. */
describe("links", () => {
  const { files, repository } = JSON.parse(readFileSync("package.json", "utf8")) as {
    files: string[];
    repository: { url: string };
  };
  /** The address of a file of the repository, up to its path. */
  const blob = `${repository.url.replace(/^git\+|\.git$/g, "")}/blob/main/`;

  /** The anchors of a page, as GitHub and npm make them from its headings. */
  const anchorsIn = (file: string) =>
    [...readFileSync(file, "utf8").matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
        .replaceAll(" ", "-"),
    );

  /** What is wrong with a link of a page; undefined where it leads somewhere. */
  function complaintAbout(link: string, page: string): string | undefined {
    const [address = "", anchor] = link.split("#");
    if (/^https?:/.test(address) && !address.startsWith(blob)) return undefined;
    const absolute = address.startsWith(blob);
    const file = absolute
      ? address.slice(blob.length)
      : address === ""
        ? page
        : join(dirname(page), address);
    if (!existsSync(file)) return `${page}: ${link} leads to no file`;
    // In node_modules a relative link leads to what is published only.
    const published = ["README.md", ...files].some((one) => `${file}/`.startsWith(`${one}/`));
    if (!absolute && !published) return `${page}: ${file} is not published; link to ${blob}${file}`;
    if (anchor !== undefined && !anchorsIn(file).includes(anchor))
      return `${page}: ${file} has no heading for #${anchor}`;
    return undefined;
  }

  const pages = ["README.md", ...readdirSync("docs").map((name) => `docs/${name}`)];

  it.each(pages.filter((page) => page.endsWith(".md")))("of %s lead somewhere", (page) => {
    const text = readFileSync(page, "utf8").replaceAll(/^```[\s\S]*?^```$/gm, "");
    const links = [...text.matchAll(/\]\(([^()\s]+)\)/g)].map(([, link = ""]) => link);
    expect(links.flatMap((link) => complaintAbout(link, page) ?? [])).toEqual([]);
  });

  it("that lead nowhere are reported", () => {
    for (const link of ["docs/NONE.md", "src/index.ts", "#none", `${blob}src/none.ts`])
      expect(complaintAbout(link, "README.md"), link).toBeTypeOf("string");
    for (const link of ["docs/COST.md", "#signaling", `${blob}src/index.ts`])
      expect(complaintAbout(link, "README.md"), link).toBeUndefined();
  });
});
