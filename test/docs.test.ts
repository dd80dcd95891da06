/**
 * Checks that each row of docs/KNOWN-PROBLEMS.md and docs/RECOVERY.md cites an existing test or gives a
 * reason why there is none, and that the links of all pages resolve.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path/posix";
import { parseSync } from "vite";
import { describe, expect, it } from "vitest";

/** One row of a table. */
interface Row {
  /** The first cell: the problem or the event. */
  readonly problem: string;
  readonly answer: string;
  readonly evidence: string;
}

/** A citation: a file and at least one title. */
const CITATION = /`([\w./-]+\.tsx?)`: ((?:"[^"]+"(?:, (?="))?)+)/g;
/** May replace a citation, with the reason after the colon. */
const REASON = /^(cannot happen|not tested|not built|not covered): \S.{2,}/;
const STATUS = /^\*\*(Solved|Partly|Not built|Does not apply)\.\*\* \S/;
/** Stands for the variable part of a title. */
const PLACEHOLDER = "…";

const cellsOf = (row: string) =>
  row
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim());

/** Returns the rows of the tables with three columns, without headers and separators. */
function rowsOf(page: string): Row[] {
  const lines = page.split("\n").filter((line) => line.startsWith("|"));
  return lines.flatMap((line) => {
    const cells = cellsOf(line);
    const [problem = "", answer = "", evidence = ""] = cells;
    if (problem === "problem" || problem.startsWith("---") || cells.length === 2) return [];
    return cells.length === 3
      ? [{ problem, answer, evidence }]
      : [{ problem, answer, evidence: "" }];
  });
}

const testsIn = ({ evidence }: Row) =>
  [...evidence.matchAll(CITATION)].flatMap(([, file = "", titles = ""]) =>
    [...titles.matchAll(/"([^"]+)"/g)].map(([, title = ""]) => ({ file, title })),
  );

/** Lists the errors of a row. */
function errorsIn(row: Row): string[] {
  const { problem, answer, evidence } = row;
  const errors: string[] = [];
  if (!problem || !answer || !evidence)
    errors.push("a cell is empty, or the row has too many cells");
  const reasons = evidence
    .replaceAll(CITATION, "")
    .split(";")
    .map((reason) => reason.trim())
    .filter((reason) => reason !== "");
  // A reason may contain a semicolon, but what follows must not be a misspelt citation.
  if (reasons[0] !== undefined && !REASON.test(reasons[0]))
    errors.push(`"${reasons[0]}" is neither a citation nor a reason`);
  if (reasons.some((reason) => /"|`[\w./-]+\.(ts|tsx)`/.test(reason)))
    errors.push("a citation has the wrong format");
  if (reasons.length === 0 && testsIn(row).length === 0) errors.push("neither test nor reason");
  for (const { file, title } of testsIn(row)) {
    const found = titlesIn(file);
    if (!found) errors.push(`${file} does not exist`);
    else if (!found.some((pattern) => pattern.test(title)))
      errors.push(`${file} has no test "${title}"`);
  }
  return errors.map((error) => `${problem}: ${error}`);
}

/** A node of the syntax tree. */
interface Node {
  readonly type?: string;
  readonly [part: string]: unknown;
}

const known = new Map<string, RegExp[] | undefined>();

/** Returns the titles of the tests and groups in a file as patterns, or undefined if there is no such file. */
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
  // The variable part of a title may be any string in the file or in a file that it imports.
  for (const source of [tree, ...importsOf(tree, file).map(parse)])
    walk(source, (node) => {
      const text = textOf(node);
      if (text !== undefined && text.length > 1) texts.push(text);
    });
  return titles.map((title) => patternOf(title, texts));
}

/** Matches the title with each placeholder as `…`, or replaced with a string of the test. */
function patternOf(title: string, texts: readonly string[]): RegExp {
  const parts = title.split(PLACEHOLDER);
  if (parts.every((part) => part.trim() === "")) return /(?!)/;
  const replacement = `(?:${[PLACEHOLDER, ...texts].map(escape).join("|")})`;
  return new RegExp(`^${parts.map(escape).join(replacement)}$`);
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

/** Returns the title of an `it`, `test` or `describe` call, or the name of a check of the conformance suite. */
function titleOf(node: Node): string | undefined {
  if (node.type === "CallExpression") {
    const words = calleeOf(node["callee"] as Node);
    const runs = /^(it|test|describe)$/.test(words[0] ?? "");
    const skipped = words.some((word) => /^(skip|todo|fails|step)$/.test(word));
    const [title, body] = node["arguments"] as Node[];
    if (runs && !skipped && title && body)
      return textOf(title)?.replaceAll(/%[sdifjoOc#]|\$[a-z][\w.]*/g, PLACEHOLDER);
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

/** Returns the names in `it.skipIf(x).each(y)`. */
function calleeOf(node: Node): string[] {
  if (node.type === "Identifier") return [node["name"] as string];
  if (node.type === "MemberExpression")
    return [...calleeOf(node["object"] as Node), ...calleeOf(node["property"] as Node)];
  if (node.type === "CallExpression") return calleeOf(node["callee"] as Node);
  return [];
}

/** Returns the value of a string or template literal, with a placeholder for each expression. */
function textOf(node: Node): string | undefined {
  if (node.type === "Literal" && typeof node["value"] === "string") return node["value"];
  if (node.type !== "TemplateLiteral") return undefined;
  return (node["quasis"] as Node[])
    .map(({ value }) => (value as { cooked: string }).cooked)
    .join(PLACEHOLDER);
}

function importsOf(tree: Node, from: string): string[] {
  return (tree["body"] as Node[]).flatMap(({ type, source }) => {
    const specifier = (source as Node | undefined)?.["value"];
    if (type !== "ImportDeclaration" || typeof specifier !== "string") return [];
    const file = join(dirname(from), specifier);
    return specifier.startsWith("./") && /\.tsx?$/.test(file) && existsSync(file) ? [file] : [];
  });
}

describe("docs/KNOWN-PROBLEMS.md", () => {
  const page = readFileSync("docs/KNOWN-PROBLEMS.md", "utf8");
  const rows = rowsOf(page);

  it("lists each problem once, and states their number", () => {
    const problems = rows.map(({ problem }) => problem);
    expect(problems.length).toBeGreaterThan(100);
    expect(problems).toEqual([...new Set(problems)]);
    expect(page).toContain(`lists ${problems.length} problems`);
  });

  it.each(rows.map((row) => [row.problem, row] as const))("has evidence for: %s", (_, row) => {
    expect(row.answer).toMatch(STATUS);
    expect(errorsIn(row)).toEqual([]);
  });

  it("rejects a citation that does not exist", () => {
    const file = "`test/docs.test.ts`";
    const title = "lists each problem once, and states their number";
    const real = `${file}: "${title}"`;
    const errors = (evidence: string) =>
      rowsOf(`| A problem. | **Solved.** Yes. | ${evidence} |`).flatMap(errorsIn).length;
    expect(errors(real)).toBe(0);
    expect(errors(`${real}; not tested: on a Tuesday`)).toBe(0);
    for (const wrong of [
      "",
      "yes",
      "not tested:",
      file,
      `${file}: "…"`,
      `${file}: "lists each problem"`,
      `${real}, "and another"`,
      `${real}; ${file}`,
      `${real} "and more"`,
      `\`core/no-such.test.ts\`: "${title}"`,
      '`docs.test.ts`: "resolve in … badly"',
      `${real} | one cell too many`,
    ])
      expect(errors(wrong), wrong).toBeGreaterThan(0);
  });
});

describe("docs/RECOVERY.md", () => {
  const [, section = ""] = readFileSync("docs/RECOVERY.md", "utf8").split("\n## Policy\n");
  const policy = section
    .split("\n## ")[0]!
    .split("\n")
    .filter((row) => row.startsWith("|") && cellsOf(row).length === 5)
    .slice(2)
    .map((row) => cellsOf(row));

  it("has a table of policies", () => {
    expect(policy.length).toBeGreaterThan(20);
  });

  it.each(policy.map((cells) => [cells[0] ?? "", cells] as const))(
    "cites a test for: %s",
    (problem, [, answer = "", , , evidence = ""]) => {
      const row: Row = { problem, answer, evidence };
      expect(testsIn(row)).not.toEqual([]);
      expect(errorsIn(row)).toEqual([]);
    },
  );
});

// A link must work in the repository, on the npm page and in node_modules.
describe("links in Markdown pages", () => {
  const { files, repository } = JSON.parse(readFileSync("package.json", "utf8")) as {
    files: string[];
    repository: { url: string };
  };
  /** The URL of a file on GitHub, up to its path. */
  const blob = `${repository.url.replace(/^git\+|\.git$/g, "")}/blob/main/`;

  /** Lists the anchors that GitHub and npm generate from the headings of a page. */
  const anchorsIn = (file: string) =>
    [...readFileSync(file, "utf8").matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
        .replaceAll(" ", "-"),
    );

  const isPublished = (file: string) =>
    ["README.md", ...files].some((one) => `${file}/`.startsWith(`${one}/`));

  /** Describes the error of a link in a page. Returns undefined if it resolves. */
  function linkError(link: string, page: string): string | undefined {
    const [address = "", anchor] = link.split("#");
    if (/^https?:/.test(address) && !address.startsWith(blob)) return undefined;
    const absolute = address.startsWith(blob);
    const file = absolute
      ? address.slice(blob.length)
      : address === ""
        ? page
        : join(dirname(page), address);
    if (!existsSync(file)) return `${page}: ${link} does not exist`;
    // In node_modules a relative link can only lead to a published file.
    if (!absolute && isPublished(page) && !isPublished(file))
      return `${page}: ${file} is not published; link to ${blob}${file}`;
    if (anchor !== undefined && !anchorsIn(file).includes(anchor))
      return `${page}: ${file} has no heading for #${anchor}`;
    return undefined;
  }

  const pages = [
    ...readdirSync("."),
    ...readdirSync("docs", { recursive: true, encoding: "utf8" }).map((name) => `docs/${name}`),
  ].filter((page) => page.endsWith(".md"));

  it.each(pages)("resolve in %s", (page) => {
    const text = readFileSync(page, "utf8").replaceAll(/^```[\s\S]*?^```$/gm, "");
    const links = [...text.matchAll(/\]\(([^()\s]+)\)/g)].map(([, link = ""]) => link);
    expect(links.flatMap((link) => linkError(link, page) ?? [])).toEqual([]);
  });

  it("are reported if they do not resolve", () => {
    for (const link of ["docs/NONE.md", "src/index.ts", "#none", `${blob}src/none.ts`])
      expect(linkError(link, "README.md"), link).toBeTypeOf("string");
    for (const link of ["docs/COST.md", "#signaling", `${blob}src/index.ts`])
      expect(linkError(link, "README.md"), link).toBeUndefined();
  });
});

describe("the files that docs and comments name", () => {
  const NAMED =
    /(?<![\w/.-])(?:src|test|stories|scripts|docs|bench|examples)\/[\w./-]+\.(?:tsx?|m?js|md|css|py|json)\b/g;
  /** Files of an application that a guide shows. */
  const OF_APPLICATIONS = /^(src\/(main|index|app)|test\/empty)\.(tsx|js|css)$/;

  const filesIn = (folder: string) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => `${folder}/${name}`);
  const pages = [...readdirSync("."), ...filesIn("docs")].filter((file) => file.endsWith(".md"));
  const sources = ["src", "test", "stories", "scripts", "bench", "examples"]
    .flatMap(filesIn)
    .filter((file) => /\.(tsx?|mjs)$/.test(file) && !file.includes("node_modules"));

  /** Returns the text of a page, or the comments of a source. */
  const proseOf = (file: string) =>
    pages.includes(file)
      ? readFileSync(file, "utf8")
      : (readFileSync(file, "utf8").match(/^\s*(\/\/|\/?\*).*$/gm) ?? []).join("\n");

  it("exist", () => {
    const missing = [...pages, ...sources].flatMap((file) =>
      [...proseOf(file).matchAll(NAMED)]
        .filter(([name]) => !existsSync(name) && !OF_APPLICATIONS.test(name))
        .map(([name]) => `${file}: ${name}`),
    );
    expect(missing).toEqual([]);
  });
});

it("docs/BENCH.md has the limits of scripts/size.mjs", () => {
  const script = readFileSync("scripts/size.mjs", "utf8");
  const inScript = [...script.matchAll(/\b\d{1,2}_\d{3}\b/g)].map(([limit]) =>
    limit.replace("_", ","),
  );
  const sizes = readFileSync("docs/BENCH.md", "utf8").split("| import ")[1]!.split("\n\n")[0]!;
  const inPage = [...sizes.matchAll(/\| ([\d,]+)\s*\|$/gm)].map(([, limit]) => limit);
  // In the script, one limit is that of all small adapters.
  const withoutRepeats = inPage.filter((limit, at) => limit !== inPage[at - 1]);
  expect(withoutRepeats).toEqual(inScript);
});
