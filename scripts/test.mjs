/**
 * Runs every suite and adds up the results. It runs `npm ci` and downloads a Node and a Chromium for
 * this repository if they are missing, and installs nothing in the system: a suite that needs another
 * program is left out, and the output says how to install it. `.ci/run` installs such programs.
 *
 *     npm test                          all suites
 *     npm test -- unit e2e              only these suites: unit browser browser-react18 storybook e2e network
 *     npm test -- unit relay -t closes  other arguments go to the runner
 */
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { relative } from "node:path";
import { conformanceTableIn, docsHave } from "./conformance.mjs";
import { missing as missingForNetwork } from "../test/network/setup.mjs";
import { at, install } from "./install.mjs";
import { freePorts } from "./launch.mjs";
import { requireRecentNode } from "./node.mjs";

const VITEST_PROJECTS = ["unit", "browser", "browser-react18", "storybook"];
const SUITES = [...VITEST_PROJECTS, "e2e", "network"];
const REPORTS = "test-results";

install();
await requireRecentNode();

const cliArgs = process.argv.slice(2);
const named = cliArgs.filter((word) => SUITES.includes(word));
const runnerArgs = cliArgs.filter((word) => !SUITES.includes(word));
const suites = named.length > 0 ? SUITES.filter((suite) => named.includes(suite)) : SUITES;
const projects = suites.filter((suite) => VITEST_PROJECTS.includes(suite));

if (
  runnerArgs.some((word) => word.startsWith("-")) &&
  suites.includes("e2e") &&
  suites.length > 1
) {
  console.error(`Vitest and Playwright take different options. Name a suite too, as in
  npm test -- unit ${runnerArgs.join(" ")}`);
  process.exit(2);
}
if (suites.some((suite) => suite !== "unit")) await needBrowser();

rmSync(at(REPORTS), { recursive: true, force: true });
mkdirSync(at(REPORTS), { recursive: true });
const { missingFirestoreEmulator, startFirestoreEmulator } =
  await import("./firestore-emulator.mjs");
const withoutFirestore = `The tests with Firestore are left out. ${missingFirestoreEmulator()}`;
const firestore = await startFirestore().catch(exitWithError);
const results = [];
if (projects.length > 0)
  results.push(await runVitest("vitest", ...projects.flatMap((project) => ["--project", project])));
if (suites.includes("e2e")) results.push(await runPlaywright());
// The network tests measure time, so no other suite runs beside them.
if (suites.includes("network"))
  results.push(await runVitest("network", "--config", "test/network/vitest.config.ts"));
await firestore?.stop();
const outdated = await showConformance();
conclude(results);

/**
 * Starts one emulator for both runners. If it cannot run, prints what to install; in CI it rejects.
 */
async function startFirestore() {
  const emulator = await startFirestoreEmulator();
  if (emulator) process.env.FIRESTORE_EMULATOR_HOST = emulator.host;
  else console.log(`${withoutFirestore}\n`);
  return emulator;
}

/** In CI no test may be left out, so a missing program ends the run. */
function exitWithError(error) {
  console.error(error.message);
  process.exit(1);
}

/** Downloads Playwright's Chromium if no browser is found. If that fails, exits and says how to get one. */
async function needBrowser() {
  const { runnerImport } = await import("vite");
  const { module } = await runnerImport(at("scripts/chromium.ts"));
  const found = () => {
    const { executablePath, channel } = module.chromiumLaunchOptions();
    return executablePath ?? channel;
  };
  if (found()) return;
  console.log(
    "No Chromium or Chrome found. Downloading Playwright's (npx playwright install chromium) …",
  );
  await run("playwright", ["install", "chromium"]);
  if (found()) return;
  console.error(
    "The tests need a browser, and the download failed. Install Chromium or Google Chrome, or set CHROMIUM_PATH to one. `npm test -- unit` runs without a browser.",
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
    ...(runnerArgs.length > 0 ? ["--passWithNoTests"] : []),
    ...runnerArgs,
  ]);
  const json = read(report);
  const files = json?.testResults ?? [];
  const all = files.flatMap((file) =>
    file.assertionResults.map((test) => ({ ...test, file: relative(at("."), file.name) })),
  );
  return {
    status,
    passed: all.filter((test) => test.status === "passed").length,
    // A file that failed to load contains no failed test, so it is counted itself.
    failed:
      all.filter((test) => test.status === "failed").length +
      files.filter(
        (file) =>
          file.status === "failed" && !file.assertionResults.some((t) => t.status === "failed"),
      ).length,
    failures: [
      ...all
        .filter((test) => test.status === "failed")
        .map(({ file, fullName, failureMessages }) => ({
          file,
          name: fullName,
          message: failureMessages?.[0],
        })),
      ...files
        .filter((file) => file.status === "failed" && file.message)
        .map((file) => ({
          file: relative(at("."), file.name),
          name: "(the file)",
          message: file.message,
        })),
    ],
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
    ["test", ...(runnerArgs.length > 0 ? ["--pass-with-no-tests"] : []), ...runnerArgs],
    { E2E_PORT: String(port), PLAYWRIGHT_JSON_OUTPUT_FILE: at(report) },
  );
  const json = read(report);
  const specs = (suite) => [...(suite.specs ?? []), ...(suite.suites ?? []).flatMap(specs)];
  const skipped = (json?.suites ?? []).flatMap(specs).flatMap((spec) =>
    spec.tests
      .filter((test) => test.status === "skipped")
      .map((test) => {
        const reason = test.annotations.find((note) => note.type === "skip")?.description;
        const name = reason ? `${spec.title} (${reason})` : spec.title;
        return { file: `test/e2e/${spec.file}`, name };
      }),
  );
  const failures = (json?.suites ?? [])
    .flatMap(specs)
    .filter((spec) => !spec.ok)
    .map((spec) => ({
      file: `test/e2e/${spec.file}`,
      name: spec.title,
      message: spec.tests.flatMap((test) => test.results).find((result) => result.error)?.error
        .message,
    }));
  const { expected = 0, flaky = 0, unexpected = 0 } = json?.stats ?? {};
  return { status, passed: expected + flaky, failed: unexpected, failures, skipped };
}

/**
 * Prints the conformance table of the adapters. Resolves to true if a complete run in CI finds a
 * different table in docs/SIGNALING.md.
 */
async function showConformance() {
  const table = await conformanceTableIn(read(`${REPORTS}/vitest.json`));
  if (!table) return false;
  console.log(`\n${table}`);
  const isComplete =
    runnerArgs.length === 0 && ["unit", "browser"].every((one) => projects.includes(one));
  if (!isComplete || docsHave(table)) return false;
  console.error(
    "\nThe table in docs/SIGNALING.md is out of date. Run `node scripts/conformance.mjs --write`.",
  );
  return Boolean(process.env.CI);
}

/** Prints the failed and the skipped tests by name, and the totals of both runners in the one line that CI parses. */
function conclude(all) {
  const sum = (key) => all.reduce((total, result) => total + result[key], 0);
  const skipped = all.flatMap((result) => result.skipped);
  const passed = sum("passed");
  // A runner that fails outside of any test (an unhandled rejection, a crash, a server that did not
  // start) counts as a failure.
  const failed =
    sum("failed") +
    all.filter((result) => result.status !== 0 && result.failed === 0).length +
    (outdated ? 1 : 0);
  if (skipped.length > 0) printSkipped(skipped);
  printFailed(all.flatMap((result) => result.failures));
  if (passed + failed === 0) console.error("\nNo test ran.");
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
  console.log(
    `\n${passed} passed, ${failed} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ""}`,
  );
}

/** Repeats the failures at the end, because the end is all that some logs keep. */
function printFailed(failures) {
  if (failures.length > 0) console.log("\nFailed:");
  for (const { file, name, message = "" } of failures)
    console.log(`  ${file}: ${name}\n    ${message.split("\n").slice(0, 6).join("\n    ")}`);
}

/** Names up to five skipped tests of a file; more are one line with their number. */
function printSkipped(skipped) {
  console.log("\nSkipped:");
  for (const file of new Set(skipped.map((test) => test.file))) {
    const names = skipped.filter((test) => test.file === file).map((test) => test.name);
    if (names.length > 5) console.log(`  ${file}: ${names.length} tests`);
    else for (const name of names) console.log(`  ${file}: ${name}`);
  }
  if (!firestore) console.log(`  ${withoutFirestore}`);
  if (skipped.some(({ file }) => file.endsWith(".lab.ts")))
    console.log(`  The network tests are left out. ${missingForNetwork()}`);
}

/** Runs a tool of node_modules with this Node. Resolves to its exit code, or 1 if it was killed. */
function run(tool, args, env = {}) {
  const child = spawn(process.execPath, [binOf(tool), ...args], {
    cwd: at("."),
    stdio: "inherit",
    env: { ...process.env, ...env },
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => resolve(code ?? 1));
  });
}

function binOf(tool) {
  const folder = at(`node_modules/${tool}`);
  const { bin } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
  return `${folder}/${typeof bin === "string" ? bin : bin[tool]}`;
}

function read(report) {
  try {
    return JSON.parse(readFileSync(at(report), "utf8"));
  } catch {
    return undefined; // The runner crashed before it wrote a report, which its exit code shows.
  }
}
