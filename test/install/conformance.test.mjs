/** Runs the conformance suite in the test runner of an application: Vitest or Jest. */
import { describeSignaling } from "twocan/conformance";
import { memorySignaling } from "twocan/testing";

const { describe, it } = await import(process.env.VITEST ? "vitest" : "@jest/globals");

describeSignaling(
  { describe, it },
  "memorySignaling()",
  () => {
    const signaling = memorySignaling();
    return { peer: () => signaling, async forge() {}, async garbage() {} };
  },
  {
    lacks: {
      cleanup: "nothing is open",
      reconnect: "tested elsewhere",
      vanishing: "tested elsewhere",
    },
  },
);
