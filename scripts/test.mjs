/**
 * Owns `npm test`: installs what is missing, runs every suite and adds them up.
 *
 *     npm test                          everything
 *     npm test -- unit e2e              only these suites: unit browser browser-react18 storybook e2e network
 *     npm test -- unit relay -t closes  other arguments go to the runner
 */
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { relative } from "node:path";
import { conformanceTableIn, docsHave } from "./conformance.mjs";
import { missing as missingLaboratory } from "../test/network/setup.mjs";
import { at, install } from "./install.mjs";
import { freePorts } from "./launch.mjs";
import { requireRecentNode } from "./node.mjs";

const VITEST_PROJECTS = ["unit", "browser", "browser-react18", "storybook"];
const SUITES = [...VITEST_PROJECTS, "e2e", "network"];
const REPORTS = "test-results";

install();
await requireRecentNode();

const given = process.argv.slice(2);
const named = given.filter((word) => SUITES.includes(word));
const passedOn = given.filter((word) => !SUITES.includes(word));
const suites = named.length > 0 ? SUITES.filter((suite) => named.includes(suite)) : SUITES;
const projects = suites.filter((suite) => VITEST_PROJECTS.includes(suite));

if (passedOn.some((word) => word.startsWith("-")) && suites.includes("e2e") && suites.length > 1) {
  console.error(`Vitest and Playwright have other options: name a suite too, as in
  npm test -- unit ${passedOn.join(" ")}`);
  process.exit(2);
}
if (suites.some((suite) => suite !== "unit")) await needBrowser();

rmSync(at(REPORTS), { recursive: true, force: true });
mkdirSync(at(REPORTS), { recursive: true });
const { missingFirestoreEmulator, startFirestoreEmulator } =
  await import("./firestore-emulator.mjs");
const withoutFirestore = `The tests against Firestore are left out. ${missingFirestoreEmulator()}`;
const firestore = await startFirestore().catch(giveUp);
const results = [];
if (projects.length > 0)
  results.push(await runVitest("vitest", ...projects.flatMap((project) => ["--project", project])));
if (suites.includes("e2e")) results.push(await runPlaywright());
// Last and alone: what a network does to a call is a matter of time.
if (suites.includes("network"))
  results.push(await runVitest("network", "--config", "test/network/vitest.config.ts"));
await firestore?.stop();
const outdated = await showConformance();
conclude(results);

/** One emulator for both runners. Where it cannot run, this says what to install; in CI it rejects. */
async function startFirestore() {
  const emulator = await startFirestoreEmulator();
  if (emulator) process.env.FIRESTORE_EMULATOR_HOST = emulator.host;
  else console.log(`${withoutFirestore}\n`);
  return emulator;
}

/** Where tests may not be left out (CI) there is nothing to run without what they need. */
function giveUp(error) {
  console.error(error.message);
  process.exit(1);
}

/** Fetches a browser where none is found, or ends with the sentence that says how to get one. */
async function needBrowser() {
  const { runnerImport } = await import("vite");
  const { module } = await runnerImport(at("scripts/chromium.ts"));
  const found = () => {
    const { executablePath, channel } = module.chromiumLaunchOptions();
    return executablePath ?? channel;
  };
  if (found()) return;
  console.log(
    "No Chromium or Chrome found: fetching Playwright's (npx playwright install chromium) …",
  );
  await run("playwright", ["install", "chromium"]);
  if (found()) return;
  console.error(
    "The tests need a browser and none could be fetched: install Chromium or Google Chrome, or set CHROMIUM_PATH to one. `npm test -- unit` runs without.",
  );
  process.exit(1);
}

async function runVitest(name, ...args) {
  const report = `${REPORTS}/${name}.json`;
  const status = await run("vitest", [
    "run",
    ...args,
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${report}`,
    ...(passedOn.length > 0 ? ["--passWithNoTests"] : []),
    ...passedOn,
  ]);
  const json = read(report);
  const files = json?.testResults ?? [];
  const all = files.flatMap((file) =>
    file.assertionResults.map((test) => ({ ...test, file: relative(at("."), file.name) })),
  );
  return {
    status,
    passed: all.filter((test) => test.status === "passed").length,
    // A file that could not even be loaded has no failed test in it.
    failed:
      all.filter((test) => test.status === "failed").length +
      files.filter(
        (file) =>
          file.status === "failed" && !file.assertionResults.some((t) => t.status === "failed"),
      ).length,
    skipped: all
      .filter((test) => test.status !== "passed" && test.status !== "failed")
      .map(({ file, fullName }) => ({ file, name: fullName })),
  };
}

async function runPlaywright() {
  const report = `${REPORTS}/playwright.json`;
  const [port] = await freePorts(1);
  const status = await run(
    "playwright",
    ["test", ...(passedOn.length > 0 ? ["--pass-with-no-tests"] : []), ...passedOn],
    { E2E_PORT: String(port), PLAYWRIGHT_JSON_OUTPUT_FILE: at(report) },
  );
  const json = read(report);
  const specs = (suite) => [...(suite.specs ?? []), ...(suite.suites ?? []).flatMap(specs)];
  const skipped = (json?.suites ?? []).flatMap(specs).flatMap((spec) =>
    spec.tests
      .filter((test) => test.status === "skipped")
      .map((test) => {
        const why = test.annotations.find((note) => note.type === "skip")?.description;
        return { file: `test/e2e/${spec.file}`, name: why ? `${spec.title} (${why})` : spec.title };
      }),
  );
  const { expected = 0, flaky = 0, unexpected = 0 } = json?.stats ?? {};
  return { status, passed: expected + flaky, failed: unexpected, skipped };
}

/** Prints what each adapter promises and keeps. True where a whole run in CI finds other words in the docs. */
async function showConformance() {
  const table = await conformanceTableIn(read(`${REPORTS}/vitest.json`));
  if (!table) return false;
  console.log(`\n${table}`);
  const whole = passedOn.length === 0 && ["unit", "browser"].every((one) => projects.includes(one));
  if (!whole || docsHave(table)) return false;
  console.error(
    "\ndocs/SIGNALING.md has another table: `node scripts/conformance.mjs --write` puts this one there.",
  );
  return Boolean(process.env.CI);
}

/** The sum of both runners: what was skipped by name, and the one line that machines read. */
function conclude(all) {
  const sum = (key) => all.reduce((total, result) => total + result[key], 0);
  const skipped = all.flatMap((result) => result.skipped);
  const passed = sum("passed");
  // A runner that fails outside any test (an unhandled rejection, a crash, a server that did not start) is a failure.
  const failed =
    sum("failed") +
    all.filter((result) => result.status !== 0 && result.failed === 0).length +
    (outdated ? 1 : 0);
  if (skipped.length > 0) sayWhatWasSkipped(skipped);
  if (passed + failed === 0) console.error("\nNo test was run.");
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
  console.log(
    `\n${passed} passed, ${failed} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ""}`,
  );
}

/** A file that was skipped nearly whole takes one line; a few tests are named. */
function sayWhatWasSkipped(skipped) {
  console.log("\nSkipped:");
  for (const file of new Set(skipped.map((test) => test.file))) {
    const names = skipped.filter((test) => test.file === file).map((test) => test.name);
    if (names.length > 5) console.log(`  ${file}: ${names.length} tests`);
    else for (const name of names) console.log(`  ${file}: ${name}`);
  }
  if (!firestore) console.log(`  ${withoutFirestore}`);
  if (skipped.some(({ file }) => file.endsWith(".lab.ts")))
    console.log(`  The network laboratory is left out. ${missingLaboratory()}`);
}

/** Runs a tool of node_modules with this Node; its exit code, or 1 when it was killed. */
function run(tool, args, env = {}) {
  const child = spawn(process.execPath, [cli(tool), ...args], {
    cwd: at("."),
    stdio: "inherit",
    env: { ...process.env, ...env },
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => resolve(code ?? 1));
  });
}

function cli(tool) {
  const folder = at(`node_modules/${tool}`);
  const { bin } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
  return `${folder}/${typeof bin === "string" ? bin : bin[tool]}`;
}

function read(report) {
  try {
    return JSON.parse(readFileSync(at(report), "utf8"));
  } catch {
    return undefined; // The runner died before it could write one; its exit code says so.
  }
}
