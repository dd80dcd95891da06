import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { at } from "../scripts/alias.ts";

/** A folder whose programs only record that they were run. */
let folder: string;
const wasRun = () => existsSync(join(folder, "was-run"));

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "twocan-path-"));
  for (const name of ["apt-get", "sudo", "dnf", "brew"]) {
    writeFileSync(join(folder, name), `#!/bin/sh\n: > "${folder}/was-run"\n`);
    chmodSync(join(folder, name), 0o755);
  }
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Runs code in Node with no other program in PATH. */
function run(code: string) {
  const { CI: _, ...env } = process.env;
  return spawnSync(process.execPath, ["--input-type=module", "--eval", code], {
    encoding: "utf8",
    env: { ...env, PATH: folder },
  });
}

describe("npm test without a program that it needs", () => {
  const servers = JSON.stringify(pathToFileURL(at("scripts/servers.mjs")));
  const networkSetup = JSON.stringify(pathToFileURL(at("test/network/setup.mjs")));

  it("does not install a missing broker, and prints how to install it", () => {
    const { stdout, stderr } = run(`import { missingServer, serverPath } from ${servers};
      console.log(await serverPath("no-such-broker"), missingServer("no-such-broker"));`);
    expect(wasRun()).toBe(false);
    expect(stderr).toBe("");
    expect(stdout).toMatch(/^undefined no-such-broker is missing\. Install it /);
  });

  it("does not install the programs of the network tests", () => {
    const { status } = run(`import { missing } from ${networkSetup}; missing();`);
    expect(status).toBe(0);
    expect(wasRun()).toBe(false);
  });
});
