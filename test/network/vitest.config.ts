import { defineConfig } from "vitest/config";
import { at } from "../../scripts/alias.ts";

/** A separate project, because the network tests need root and run browsers one after the other. */
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
