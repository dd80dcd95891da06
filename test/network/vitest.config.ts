import { defineConfig } from "vitest/config";
import { at } from "../../scripts/alias.ts";

/** The network laboratory: a separate project, because it wants root and whole browsers, one at a time. */
export default defineConfig({
  root: at("."),
  test: {
    name: "network",
    environment: "node",
    include: ["test/network/**/*.lab.ts"],
    pool: "forks",
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 60_000,
  },
});
