/** What `twocan/...` means inside this repository: package.json says it, everything else reads it here. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The absolute path of a file of this repository. */
export const at = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));

interface Manifest {
  name: string;
  bin: Record<string, string>;
  exports: Record<string, string | Record<string, string>>;
  peerDependencies: Record<string, string>;
}

const manifest = JSON.parse(readFileSync(at("package.json"), "utf8")) as Manifest;

/** The one entry whose source does not lie where its output does. */
const STYLES = { output: "styles.css", source: "src/components/styles/styles.css" };

/** The source of an output: `./dist/core/index.js` comes from `src/core/index.ts`. */
function sourceOf(output: string): string {
  if (!output.startsWith("./dist/")) return output.slice(2);
  const name = output.slice("./dist/".length);
  return name === STYLES.output ? STYLES.source : `src/${name.replace(/\.js$/, ".ts")}`;
}

/** Every import path of the package, with the file that it runs: `twocan/core`, `./dist/core/index.js`. */
const imports = Object.entries(manifest.exports).map(([subpath, target]) => ({
  specifier: manifest.name + subpath.slice(1),
  output: typeof target === "string" ? target : (target["default"] ?? target["node"] ?? ""),
}));

/** What the library build starts from: `{ "core/index": "<root>/src/core/index.ts", … }`. */
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

/** What stays an import in the output: peers, and the other entries of this package. */
export function externals(): RegExp[] {
  const packages = [manifest.name, ...Object.keys(manifest.peerDependencies)];
  return packages.map((name) => new RegExp(`^${name}($|/)`));
}

/** `twocan/...` by its source, and with `react: "18"` the oldest React that is supported in place of the newest. */
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
