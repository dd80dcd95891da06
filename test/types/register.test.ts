/** Registered types are global, so they are compiled apart from everything else. */
import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";

it("types metadata everywhere by one registered interface", () => {
  let output = "";
  try {
    execFileSync("npx", ["tsc", "-p", "test/types/register"], { encoding: "utf8", stdio: "pipe" });
  } catch (error) {
    output = (error as { stdout: string }).stdout;
  }
  expect(output).toBe("");
});
