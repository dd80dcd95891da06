/** Reads emitted `.d.ts` files to check that an entry exports every type that its declarations mention. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path/posix";
import { parseSync } from "vite";

/** A node of the syntax tree, with the parts that are read here. */
interface Node {
  readonly type?: string;
  readonly [part: string]: unknown;
}

/** The declarations, imports and exports of one file. */
interface Module {
  readonly declarations: ReadonlyMap<string, readonly Node[]>;
  /** Names that are imported from other files of the package. */
  readonly imports: ReadonlyMap<string, Origin>;
  /** Exported names, mapped to the name in this file. */
  readonly exports: ReadonlyMap<string, Origin>;
}

/** The place where a name is declared. */
interface Origin {
  readonly file: string;
  readonly name: string;
}

/** Reads the declarations of a package from the files that `tsc` emitted. Files are parsed once. */
export function createTypeReader() {
  const modules = new Map<string, Module>();

  function moduleOf(file: string): Module {
    const known = modules.get(file) ?? readModule(file);
    modules.set(file, known);
    return known;
  }

  /** Resolves a name to its declaration through imports and re-exports. Returns undefined for other packages. */
  function resolve({ file, name }: Origin): Origin | undefined {
    const { declarations, imports, exports } = moduleOf(file);
    if (declarations.has(name)) return { file, name };
    const next = imports.get(name) ?? exports.get(name);
    return next && (next.file !== file || next.name !== name) ? resolve(next) : undefined;
  }

  /** Maps each declaration that an entry exports to its public name. */
  function exportsOf(entry: string): ReadonlyMap<string, string> {
    const names = [...moduleOf(entry).exports].map(([name, origin]) => {
      const found = resolve(origin);
      if (!found) throw new Error(`${entry} exports ${name}, but no file declares it`);
      return [keyOf(found), name] as const;
    });
    return new Map(names);
  }

  /** Lists the types that a declaration mentions. Types that are private to a file are expanded. */
  function mentionedBy(origin: Origin, seen = new Set<string>()): Origin[] {
    const key = keyOf(origin);
    if (seen.has(key)) return [];
    seen.add(key);
    const { declarations } = moduleOf(origin.file);
    return (declarations.get(origin.name) ?? []).flatMap((declaration) =>
      referencesIn(declaration, origin.file).flatMap((reference) => {
        const found = resolve(reference);
        if (!found || keyOf(found) === key) return [];
        const isPrivate = !moduleOf(found.file).exports.has(found.name);
        return isPrivate ? mentionedBy(found, seen) : [found];
      }),
    );
  }

  /** Lists private names of the same file that a declaration uses, such as an interface that props extend. */
  function privateNamesIn({ file, name }: Origin, seen = new Set([name])): string[] {
    const { declarations, exports } = moduleOf(file);
    return (declarations.get(name) ?? [])
      .flatMap((declaration) => referencesIn(declaration, file))
      .flatMap((reference) => {
        const isPrivate = declarations.has(reference.name) && !exports.has(reference.name);
        if (reference.file !== file || !isPrivate || seen.has(reference.name)) return [];
        seen.add(reference.name);
        return [reference.name].concat(privateNamesIn(reference, seen));
      });
  }

  return {
    exportsOf,
    /** Whether a declaration, given by its key in {@link exportsOf}, is only a type. */
    isType(key: string): boolean {
      const [file = "", name = ""] = key.split("#");
      const kinds = moduleOf(file).declarations.get(name) ?? [];
      return kinds.every(({ type }) => /^TS(Interface|TypeAlias)/.test(type ?? ""));
    },
    /** Lists the optional properties that reject `undefined` under `exactOptionalPropertyTypes`. */
    rejectingUndefined(entry: string): string[] {
      const rejecting = [...exportsOf(entry)].flatMap(([key, name]) => {
        const [file = "", local = ""] = key.split("#");
        const { declarations } = moduleOf(file);
        const names = [name, ...privateNamesIn({ file, name: local })];
        return names
          .flatMap((each) => declarations.get(each === name ? local : each) ?? [])
          .flatMap(optionalPropertiesIn)
          .map((property) => `${name}.${property}`);
      });
      return [...new Set(rejecting)];
    },
    /** Lists the types that the entry mentions and that neither it nor the entries `elsewhere` export. */
    missingFrom(entry: string, elsewhere: readonly string[] = []): string[] {
      const own = exportsOf(entry);
      const reachable = new Set(
        [entry, ...elsewhere].flatMap((file) => Array.from(exportsOf(file).keys())),
      );
      const missing = [...own].flatMap(([key, name]) => {
        const [file = "", local = ""] = key.split("#");
        return mentionedBy({ file, name: local })
          .filter((found) => !reachable.has(keyOf(found)))
          .map((found) => `${name} mentions ${found.name} of ${found.file.split("/").at(-1)}`);
      });
      return [...new Set(missing)];
    },
  };
}

const keyOf = ({ file, name }: Origin) => `${file}#${name}`;

function readModule(file: string): Module {
  const { program, errors } = parseSync(file, readFileSync(file, "utf8"));
  if (errors.length > 0) throw new Error(`${file} cannot be parsed: ${errors[0]?.message}`);
  const declarations = new Map<string, Node[]>();
  const imports = new Map<string, Origin>();
  const exports = new Map<string, Origin>();
  const declare = (node: Node, isExported: boolean) => {
    for (const name of namesOf(node)) {
      declarations.set(name, [...(declarations.get(name) ?? []), node]);
      if (isExported) exports.set(name, { file, name });
    }
  };
  for (const node of program.body as unknown as Node[]) {
    const source = fileOf(node["source"], file);
    if (node.type === "ImportDeclaration") {
      for (const one of node["specifiers"] as Node[])
        if (source)
          imports.set(textOf(one["local"]), { file: source, name: textOf(one["imported"]) });
    } else if (node.type === "ExportNamedDeclaration") {
      for (const one of node["specifiers"] as Node[])
        exports.set(textOf(one["exported"]), { file: source ?? file, name: textOf(one["local"]) });
      if (node["declaration"]) declare(node["declaration"] as Node, true);
    } else declare(node, false);
  }
  return { declarations, imports, exports };
}

function namesOf(node: Node): string[] {
  if (node.type === "VariableDeclaration")
    return (node["declarations"] as Node[]).map(({ id }) => textOf(id));
  return node["id"] ? [textOf(node["id"])] : [];
}

/** The part of each kind of node that refers to a type or a value. */
const REFERENCE_PARTS: Readonly<Record<string, string>> = {
  TSTypeReference: "typeName",
  TSTypeQuery: "exprName",
  TSInterfaceHeritage: "expression",
  TSClassImplements: "expression",
  ClassDeclaration: "superClass",
};

/** Lists the references of a declaration to types, values (`typeof x`) and other modules (`import("x").Y`). */
function referencesIn(declaration: Node, file: string): Origin[] {
  const found: Origin[] = [];
  const look = (node: unknown): void => {
    if (Array.isArray(node)) node.forEach(look);
    if (typeof node !== "object" || node === null || Array.isArray(node)) return;
    const { type = "" } = node as Node;
    const part = (name: string) => (node as Node)[name];
    const name = part(REFERENCE_PARTS[type] ?? "");
    if (name) found.push({ file, name: textOf(name) });
    if (type === "TSImportType") {
      const target = fileOf(part("source") ?? part("argument"), file);
      if (target) found.push({ file: target, name: textOf(part("qualifier")) });
    }
    Object.values(node).forEach(look);
  };
  look(declaration);
  return found;
}

/** Lists the optional properties of a declaration whose type does not include `undefined`. */
function optionalPropertiesIn(declaration: Node): string[] {
  const found: string[] = [];
  const look = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    const { type, optional, key, typeAnnotation } = node as Node;
    if (type === "TSPropertySignature" && optional === true)
      if (!acceptsUndefined((typeAnnotation as Node)["typeAnnotation"] as Node))
        found.push(textOf(key));
    Object.values(node).forEach(look);
  };
  look(declaration);
  return found;
}

function acceptsUndefined(node: Node): boolean {
  if (node.type === "TSUnionType") return (node["types"] as Node[]).some(acceptsUndefined);
  if (node.type === "TSTypeReference") return textOf(node["typeName"]) === "ReactNode";
  return node.type === "TSUndefinedKeyword";
}

/** Resolves a relative specifier to its declaration file. Returns undefined for a package. */
function fileOf(source: unknown, from: string): string | undefined {
  const specifier =
    source && ((source as Node)["value"] ?? ((source as Node)["literal"] as Node)["value"]);
  if (typeof specifier !== "string" || !specifier.startsWith(".")) return undefined;
  const file = join(dirname(from), specifier).replace(/\.(tsx?|js)$/, ".d.ts");
  if (!existsSync(file)) throw new Error(`${from} mentions ${specifier}, which does not exist`);
  return file;
}

/** Returns the text of an identifier or a literal, or the first part of `a.b`. */
function textOf(node: unknown): string {
  const { name, value, left } = node as { name?: string; value?: string; left?: unknown };
  return name ?? value ?? (left ? textOf(left) : "");
}
