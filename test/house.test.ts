import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path/posix";
import { describe, expect, it } from "vitest";

/** One import or re-export in a file. */
interface Import {
  specifier: string;
  kind: "value" | "type" | "dynamic";
}

/** The parts of src, single files and packages that each part of src may import. `firebase` includes `firebase/*`. */
const LAYERS: Record<string, { parts: string[]; packages: string[] }> = {
  "index.ts": { parts: ["core", "react", "components"], packages: [] },
  "core/index.ts": { parts: ["core"], packages: [] },
  "core/lib": { parts: [], packages: [] },
  "core/signaling": { parts: ["core/lib"], packages: [] },
  "core/stats": { parts: ["core/lib"], packages: [] },
  "core/media": { parts: ["core/lib", "core/signaling (types)"], packages: [] },
  "core/peer": {
    parts: ["core/lib", "core/signaling", "core/stats", "core/media"],
    packages: [],
  },
  // The interface that the mesh implements and the call uses: types alone.
  "core/transport": {
    parts: ["core/lib", "core/signaling", "core/media", "core/stats"],
    packages: [],
  },
  "core/mesh": {
    parts: [
      "core/lib",
      "core/signaling",
      "core/media",
      "core/peer",
      "core/stats",
      "core/transport",
    ],
    packages: [],
  },
  "core/call": { parts: ["core"], packages: [] },
  "adapters/firestore": { parts: ["core/lib", "core/signaling"], packages: ["firebase"] },
  "adapters/broadcast-channel": { parts: ["core/lib", "core/signaling"], packages: [] },
  "adapters/websocket": {
    parts: ["core/lib", "core/signaling", "relay/frames.ts"],
    packages: ["partysocket"],
  },
  "adapters/mqtt": { parts: ["core/lib", "core/signaling"], packages: ["mqtt"] },
  "adapters/nats": { parts: ["core/lib", "core/signaling"], packages: ["@nats-io/nats-core"] },
  "adapters/socket-io": { parts: ["core/lib", "core/signaling"], packages: ["socket.io-client"] },
  "adapters/manual": { parts: ["core/lib", "core/signaling"], packages: [] },
  "adapters/compose": { parts: ["core/lib", "core/signaling"], packages: [] },
  "adapters/memory": { parts: ["core/lib", "core/signaling"], packages: [] },
  react: { parts: ["core"], packages: ["react"] },
  components: { parts: ["core", "react"], packages: ["react", "react-dom", "lucide-react"] },
  // The relay shares the signaling contract with the adapters, but no code of the client.
  relay: {
    parts: [
      "core (types)",
      "core/lib/errors.ts",
      "core/signaling/signaling.ts",
      "core/signaling/wire-format.ts",
    ],
    packages: ["ws", "node"],
  },
  testing: { parts: ["core", "adapters/memory"], packages: [] },
};

const sources = filesBelow("src").filter((file) => /\.tsx?$/.test(file));
const stories = filesBelow("stories").filter((file) => /\.tsx?$/.test(file));
const text = new Map([...sources, ...stories].map((file) => [file, readFileSync(file, "utf8")]));

describe("imports", () => {
  it.each(sources)("%s", (file) => {
    const part = partOf(file);
    const rule = LAYERS[part];
    expect(
      rule,
      `${file} is in none of the known parts of src: ${Object.keys(LAYERS).join(", ")}`,
    ).toBeDefined();
    const wrong = importsOf(file).flatMap((found) => violation(file, part, found) ?? []);
    expect(wrong, wrong.join("\n")).toEqual([]);
  });

  it("stories import only public entries", () => {
    const wrong = stories.flatMap((file) =>
      importsOf(file)
        .filter(({ specifier }) => resolve(file, specifier)?.startsWith("src/"))
        .map(({ specifier }) => `${file} imports ${specifier}: import it from twocan/… instead`),
    );
    expect(wrong, wrong.join("\n")).toEqual([]);
  });

  it("have no cycle, type imports included", () => {
    const cycle = findCycle();
    expect(cycle, `a cycle: ${cycle?.join(" -> ")}`).toBeUndefined();
  });

  it("each file name in src is unique", () => {
    const files = filesBelow("src").filter((file) => /\.\w+$/.test(file));
    const nameOf = (file: string) => file.slice(file.lastIndexOf("/") + 1);
    const twice = files.filter(
      (file) =>
        // An `index.ts` is always the entry of its folder.
        nameOf(file) !== "index.ts" &&
        files.some((other) => other !== file && nameOf(other) === nameOf(file)),
    );
    expect(twice, twice.join("\n")).toEqual([]);
  });

  it("name existing files with their extension", () => {
    const missing = sources.flatMap((file) =>
      importsOf(file)
        .map(({ specifier }) => resolve(file, specifier))
        .filter((target) => target !== undefined && !existsSync(target))
        .map((target) => `${file} imports ${target}`),
    );
    expect(missing, missing.join("\n")).toEqual([]);
  });
});

describe("source files", () => {
  it.each([
    {
      what: "write to the console only in the relay command and the report of unhandled errors",
      pattern: /\bconsole\s*\./,
      except: ["src/relay/cli.ts", "src/core/lib/report-unhandled.ts"],
    },
    { what: "have no default export", pattern: /\bexport\s+default\b/ },
    { what: "export names one by one, never *", pattern: /\bexport\s*(type\s*)?\*/ },
  ])("$what", ({ pattern, except = [] }: { pattern: RegExp; except?: string[] }) => {
    const found = sources
      .filter((file) => !except.includes(file))
      .flatMap((file) =>
        codeOf(file)
          .split("\n")
          .flatMap((line, index) =>
            pattern.test(line) ? `${file}:${index + 1}  ${line.trim()}` : [],
          ),
      );
    expect(found, found.join("\n")).toEqual([]);
  });
});

function filesBelow(folder: string): string[] {
  return existsSync(folder)
    ? readdirSync(folder, { recursive: true, encoding: "utf8" })
        .map((name) => `${folder}/${name.replaceAll("\\", "/")}`)
        .toSorted()
    : [];
}

/** Returns the part of src that a file belongs to: an entry, a folder, or one adapter. */
function partOf(file: string): string {
  const [first = "", second = ""] = file.replace(/^src\//, "").split("/");
  if (first === "adapters") return `adapters/${second.replace(/\.tsx?$/, "")}`;
  return first === "core" ? `core/${second}` : first;
}

/** Resolves a relative import to a file. Returns undefined for a package. */
function resolve(from: string, specifier: string): string | undefined {
  return specifier.startsWith(".") ? normalize(join(dirname(from), specifier)) : undefined;
}

/** Describes why an import is forbidden. Returns undefined if it is allowed. */
function violation(file: string, part: string, found: Import): string | undefined {
  const { parts = [], packages = [] } = LAYERS[part] ?? {};
  const target = resolve(file, found.specifier);
  if (target === undefined) {
    if (mayImportPackage(part, packages, found)) return undefined;
    return `${file} imports ${found.specifier}; ${part} may import ${packages.join(", ") || "no package"}`;
  }
  if (mayImportFile(part, parts, found, target)) return undefined;
  return `${file} imports ${found.specifier}${found.kind === "type" ? " (a type)" : ""}; ${part} may import ${parts.join(", ")}`;
}

function mayImportPackage(part: string, packages: string[], { specifier, kind }: Import): boolean {
  // The hooks load the default signaling by its public name, and only on demand.
  if (part === "react" && specifier === "twocan/firestore") return kind !== "value";
  return packages.includes(specifier.startsWith("node:") ? "node" : packageOf(specifier));
}

function mayImportFile(part: string, parts: string[], { kind }: Import, target: string): boolean {
  const other = partOf(target);
  if (other === part || parts.includes(target.replace(/^src\//, ""))) return true;
  return parts.some(
    (allowed) => within(other, allowed) || (kind === "type" && within(`${other} (types)`, allowed)),
  );
}

/** Whether `part` is `allowed` or a folder in it: `core/lib` is within `core`. */
function within(part: string, allowed: string): boolean {
  const [folder = "", only] = allowed.split(" ");
  const [path = "", kind] = part.split(" ");
  return only === kind && (path === folder || path.startsWith(`${folder}/`));
}

function packageOf(specifier: string): string {
  const [first = "", second = ""] = specifier.split("/");
  return first.startsWith("@") ? `${first}/${second}` : first;
}

/** Returns the code of a file without comments. Line numbers do not change. */
function codeOf(file: string): string {
  return (text.get(file) ?? "")
    .replaceAll(/\/\*[\s\S]*?\*\//g, (comment) => comment.replaceAll(/[^\n]/g, ""))
    .replaceAll(/^\s*\/\/.*$|\s\/\/\s.*$/gm, "");
}

/** Lists the imports of a file. An import whose names are all types counts as a type import. */
function importsOf(file: string): Import[] {
  const code = codeOf(file);
  const found: Import[] = [];
  for (const [, type, names = "", specifier = ""] of code.matchAll(
    /^\s*(?:import|export)\s+(type\s+)?([^"';]*?)\s*from\s*["']([^"']+)["']/gm,
  )) {
    const listed = /^\{([\s\S]*)\}$/
      .exec(names)?.[1]
      ?.split(",")
      .filter((name) => name.trim());
    const onlyTypes = type ?? listed?.every((name) => name.trim().startsWith("type "));
    found.push({ specifier, kind: onlyTypes ? "type" : "value" });
  }
  for (const [, specifier = ""] of code.matchAll(/^\s*import\s*["']([^"']+)["']/gm))
    found.push({ specifier, kind: "value" });
  for (const [, before, specifier = ""] of code.matchAll(
    /(\btypeof\s+)?\bimport\(\s*["']([^"']+)["']/g,
  ))
    found.push({ specifier, kind: before ? "type" : "dynamic" });
  return found;
}

/** Finds a chain of imports from a file back to itself. */
function findCycle(): string[] | undefined {
  const done = new Set<string>();
  const visit = (file: string, path: string[]): string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return undefined;
    for (const { specifier } of importsOf(file)) {
      const next = resolve(file, specifier);
      const cycle = next && text.has(next) ? visit(next, [...path, file]) : undefined;
      if (cycle) return cycle;
    }
    done.add(file);
    return undefined;
  };
  for (const file of sources) {
    const cycle = visit(file, []);
    if (cycle) return cycle;
  }
  return undefined;
}
