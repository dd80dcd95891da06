/** Maps `twocan/...` to source files. Derived from `exports` in package.json, for all build and test tools. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Returns the absolute path of a file of this repository. */
export const at = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));

interface Manifest {
  name: string;
  bin: Record<string, string>;
  exports: Record<string, string | Record<string, string>>;
  peerDependencies: Record<string, string>;
}

const manifest = JSON.parse(readFileSync(at("package.json"), "utf8")) as Manifest;

/** The only entry whose source path differs from its output path. */
const STYLES = { output: "styles.css", source: "src/components/styles/styles.css" };

/** Maps an output to its source: `./dist/core/index.js` to `src/core/index.ts`. */
function sourceOf(output: string): string {
  if (!output.startsWith("./dist/")) return output.slice(2);
  const name = output.slice("./dist/".length);
  return name === STYLES.output ? STYLES.source : `src/${name.replace(/\.js$/, ".ts")}`;
}

/** Every import path of the package and its file: `twocan/core`, `./dist/core/index.js`. */
const imports = Object.entries(manifest.exports).map(([subpath, target]) => ({
  specifier: manifest.name + subpath.slice(1),
  output: typeof target === "string" ? target : (target["default"] ?? target["node"] ?? ""),
}));

/** Lists the entry points of the library build: `{ "core/index": "<root>/src/core/index.ts", … }`. */
export function entries(): Record<string, string> {
  const outputs = [...imports.map((entry) => entry.output), ...Object.values(manifest.bin)];
  return Object.fromEntries(
    outputs
      .filter((output) => output.startsWith("./dist/"))
      .map((output) => [
        output.replace(/^\.\/dist\//, "").replace(/\.\w+$/, ""),
        at(sourceOf(output)),
      ]),
  );
}

/** Matches what the build does not bundle: peers, and the other entries of this package. */
export function externals(): RegExp[] {
  const packages = [manifest.name, ...Object.keys(manifest.peerDependencies)];
  return packages.map((name) => new RegExp(`^${name}($|/)`));
}

/** Returns Vite aliases from `twocan/...` to its sources. `react: "18"` also selects the oldest supported React. */
export function aliases({ react = process.env["REACT"] } = {}) {
  const own = imports.map(({ specifier, output }) => ({
    find: new RegExp(`^${specifier.replaceAll(".", "\\.")}(?=$|\\?)`),
    replacement: at(sourceOf(output)),
  }));
  if (react !== "18") return own;
  const oldest = {
    find: /^(react|react-dom)(?=$|\/)/,
    replacement: at("test/react18/node_modules/$1"),
  };
  return [...own, oldest];
}
