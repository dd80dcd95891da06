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
  // Inside the repository, so that the compiler finds the types of packages.
  folder = mkdtempSync("node_modules/.entry-types-");
  execFileSync("npx", ["tsc", "-p", "tsconfig.build.json", "--outDir", folder]);
  reader = createTypeReader();
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe("every type in the declarations of an entry is exported by the entry", () => {
  // twocan/core exports the contracts. An adapter does not export `Signaling` and its parts again.
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

describe("every optional property accepts undefined under exactOptionalPropertyTypes", () => {
  // These are data, not options: Firestore rejects fields that are undefined, and counters are summed.
  const DATA = /^(PeerInfo|SignalingUsage|RecordedEvent)\./;

  it.each(entries.map(([entry]) => entry))("%s", (entry) => {
    const rejecting = reader.rejectingUndefined(fileOf(entry));
    expect(rejecting.filter((property) => !DATA.test(property))).toEqual([]);
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
