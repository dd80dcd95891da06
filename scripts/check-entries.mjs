/**
 * Imports every built entry by its public name in plain Node, as server rendering does. Also checks that
 * code and types import only Node's modules and peer dependencies.
 */
import { existsSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { dirname, join } from "node:path";
import { at } from "./install.mjs";

const { name, bin, exports, peerDependencies } = JSON.parse(
  readFileSync(at("package.json"), "utf8"),
);
const before = new Set(Object.getOwnPropertyNames(globalThis));
const wrong = [];

for (const [subpath, target] of Object.entries(exports)) {
  const files = typeof target === "string" ? [target] : Object.values(target);
  for (const file of files)
    if (!existsSync(at(file))) wrong.push(`${subpath}: ${file} does not exist`);
  if (!files.some((file) => file.endsWith(".js"))) continue;
  try {
    const names = Object.keys(await import(name + subpath.slice(1)));
    if (names.length === 0) wrong.push(`${subpath}: exports nothing`);
    console.log(`ok  ${(name + subpath.slice(1)).padEnd(28)} ${names.length} exports`);
  } catch (error) {
    wrong.push(`${subpath}: ${error.message}`);
  }
}

const IMPORT = /(?:^(?:import|export)\s(?:[\w$*\s{},]+\sfrom\s)?\s*|\bimport\()"([^"]+)"/gm;
const reached = new Set();
/** Follows the imports of a file, and reports packages that are not installed with this package. */
function follow(file) {
  if (reached.has(file)) return;
  reached.add(file);
  const code = readFileSync(file, "utf8").replaceAll(/\/\*[\s\S]*?\*\//g, "");
  for (const [, specifier] of code.matchAll(IMPORT)) {
    if (specifier.startsWith(".")) {
      const types = file.endsWith(".d.ts");
      follow(join(dirname(file), types ? specifier.replace(/\.[jt]sx?$/, ".d.ts") : specifier));
    } else {
      const [scope, rest] = specifier.split("/");
      const from = scope.startsWith("@") ? `${scope}/${rest}` : scope;
      if (from !== name && !(from in peerDependencies) && !isBuiltin(specifier))
        wrong.push(`${file} imports ${specifier}, which is not a peer dependency`);
    }
  }
}
for (const file of [
  ...Object.values(exports).flatMap((target) => Object.values(target)),
  ...Object.values(bin),
])
  if (/\.[jt]s$/.test(file)) follow(at(file));

const added = Object.getOwnPropertyNames(globalThis).filter((key) => !before.has(key));
if (added.length > 0) wrong.push(`importing adds globals: ${added.join(", ")}`);

for (const file of Object.values(bin))
  if (!existsSync(at(file)) || !readFileSync(at(file), "utf8").startsWith("#!/usr/bin/env node\n"))
    wrong.push(`${file}: the command does not start with #!/usr/bin/env node`);

for (const line of wrong) console.error(`WRONG ${line}`);
process.exitCode = wrong.length > 0 ? 1 : 0;
