/** Imports every built entry by its public name in plain Node: what a server that renders a page does. */
import { existsSync, readFileSync } from "node:fs";
import { at } from "./install.mjs";

const { name, bin, exports } = JSON.parse(readFileSync(at("package.json"), "utf8"));
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

const added = Object.getOwnPropertyNames(globalThis).filter((key) => !before.has(key));
if (added.length > 0) wrong.push(`importing adds globals: ${added.join(", ")}`);

for (const file of Object.values(bin))
  if (!existsSync(at(file)) || !readFileSync(at(file), "utf8").startsWith("#!/usr/bin/env node\n"))
    wrong.push(`${file}: the command needs its #!/usr/bin/env node line`);

for (const line of wrong) console.error(`WRONG ${line}`);
process.exitCode = wrong.length > 0 ? 1 : 0;
