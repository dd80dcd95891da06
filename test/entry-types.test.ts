/** Types are exported where they appear: read from the declarations that the build emits. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path/posix";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTypeReader } from "./support/exposed-types.ts";

const { exports } = JSON.parse(readFileSync("package.json", "utf8")) as {
  exports: Record<string, string | { types: string }>;
};
const entries = Object.entries(exports).flatMap(([subpath, target]) =>
  typeof target === "object" && target.types.endsWith(".d.ts") && !subpath.endsWith(".css")
    ? [[`twocan${subpath.slice(1)}`, target.types.replace(/^\.\/dist\//, "")] as const]
    : [],
);

let folder: string;
let reader: ReturnType<typeof createTypeReader>;
const fileOf = (entry: string) => join(folder, Object.fromEntries(entries)[entry] ?? entry);

beforeAll(() => {
  // Within the repository, so that the compiler finds the types of packages.
  folder = mkdtempSync("node_modules/.entry-types-");
  execFileSync("npx", ["tsc", "-p", "tsconfig.build.json", "--outDir", folder]);
  reader = createTypeReader();
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe("every type that an entry's declarations mention is exported by the entry", () => {
  // The contracts live in twocan/core: an adapter does not export `Signaling` and its parts once more.
  const complete = new Set(["twocan", "twocan/core"]);

  it.each(entries.map(([entry]) => entry))("%s", (entry) => {
    const elsewhere = complete.has(entry) ? [] : [fileOf("twocan/core")];
    expect(reader.missingFrom(fileOf(entry), elsewhere)).toEqual([]);
  });

  it("finds a type that is not exported", () => {
    const found = reader.missingFrom(fileOf("twocan/websocket"));
    expect(found).toContain("webSocketSignaling mentions Signaling of signaling.d.ts");
  });
});

describe("every optional property takes undefined, for exactOptionalPropertyTypes", () => {
  // Data and no options: Firestore rejects a field that is undefined, and counters are added up.
  const DATA = /^(PeerInfo|SignalingUsage|RecordedEvent)\./;

  it.each(entries.map(([entry]) => entry))("%s", (entry) => {
    const refusing = reader.refusingUndefined(fileOf(entry));
    expect(refusing.filter((property) => !DATA.test(property))).toEqual([]);
  });
});

it("twocan exports every type of twocan/core", () => {
  const own = reader.exportsOf(fileOf("twocan"));
  const missing = [...reader.exportsOf(fileOf("twocan/core"))]
    .filter(([declaration]) => !own.has(declaration) && reader.isType(declaration))
    .map(([, name]) => name);
  expect(missing).toEqual([]);
});

it("twocan exports the props of every component", () => {
  const names = [...reader.exportsOf(fileOf("twocan")).values()];
  const source = readFileSync("src/index.ts", "utf8");
  const components = [...source.matchAll(/^export \{ ([A-Z]\w+).* \} from "[^"]+\.tsx";$/gm)];
  expect(components.length).toBeGreaterThan(15);
  for (const [, name] of components) expect(names).toContain(`${name}Props`);
});
