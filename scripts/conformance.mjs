/**
 * Builds the table of the conformance suite (adapters by promises) from the report of a test run.
 *
 *     node scripts/conformance.mjs          prints the table of the last `npm test`
 *     node scripts/conformance.mjs --write  writes it to docs/SIGNALING.md
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { at } from "./install.mjs";

const DOCS = at("docs/SIGNALING.md");
const MARKED = /(<!-- conformance -->\n)[\s\S]*?(\n<!-- \/conformance -->)/;

/** Builds the table from Vitest's JSON report. Resolves to undefined if no adapter was tested. */
export async function conformanceTableIn(report) {
  const results = (report?.testResults ?? [])
    .flatMap((file) => file.assertionResults)
    .filter(({ meta, status }) => meta?.signaling && (status === "passed" || status === "failed"))
    .map(({ meta, status }) => Object.assign(meta.signaling, { passed: status === "passed" }));
  results.sort((a, b) => a.adapter.localeCompare(b.adapter, "en"));
  if (results.length === 0) return undefined;
  const { runnerImport } = await import("vite");
  const { module } = await runnerImport(at("src/testing/conformance/conformance-table.ts"));
  return module.conformanceTable(results);
}

/** Whether docs/SIGNALING.md contains exactly this table. */
export function docsHave(table) {
  return readFileSync(DOCS, "utf8").includes(`<!-- conformance -->\n\n${table}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const table = await conformanceTableIn(
    JSON.parse(readFileSync(at("test-results/vitest.json"), "utf8")),
  );
  console.log(
    table ?? "The last run tested no adapter. Run `npm test -- unit browser`, then this again.",
  );
  if (table && process.argv.includes("--write"))
    writeFileSync(DOCS, readFileSync(DOCS, "utf8").replace(MARKED, `$1\n${table}\n$2`));
}
