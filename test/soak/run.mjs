/**
 * Runs that take too long for CI:
 *
 *     npm run soak:model -- --runs 500 --seed 1     random sequences, `--worlds 4` in parallel; prints
 *                                                   the seed of each failure
 *     npm run soak:call -- --minutes 20 --seed 1    one call of four participants with random faults
 */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { requireRecentNode } from "../../scripts/node.mjs";

await requireRecentNode();

const what = process.argv[2];
const { values } = parseArgs({
  args: process.argv.slice(3),
  options: {
    runs: { type: "string" },
    worlds: { type: "string" },
    seed: { type: "string" },
    minutes: { type: "string" },
  },
});
if (what !== "model" && what !== "call") {
  console.error("Name a run: `npm run soak:model` or `npm run soak:call`.");
  process.exit(2);
}

const given = Object.entries(values).map(([name, value]) => [
  `VITE_SOAK_${name.toUpperCase()}`,
  value,
]);
const root = fileURLToPath(new URL("../..", import.meta.url));
const vitest = fileURLToPath(new URL("../../node_modules/vitest/vitest.mjs", import.meta.url));
const run = spawn(
  process.execPath,
  [vitest, "run", "--project", "soak", `test/soak/${what}.soak.ts`],
  { cwd: root, stdio: "inherit", env: { ...process.env, ...Object.fromEntries(given) } },
);
run.once("exit", (code) => {
  process.exitCode = code ?? 1;
});
