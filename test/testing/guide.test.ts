import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { DIFFERENCES } from "../support/webrtc-differences.ts";

const page = readFileSync("docs/TESTING.md", "utf8");

it.each(["app.tsx", "app.test.tsx"])("docs/TESTING.md contains %s", (name) => {
  const blocks = [...page.matchAll(/^```tsx?\n([\s\S]*?)^```$/gm)].map(([, code]) => code);
  expect(blocks).toContain(readFileSync(`test/testing/guide/${name}`, "utf8"));
});

it("docs/TESTING.md lists exactly the known differences between the WebRTC fake and real browsers", () => {
  const [, list = ""] = page.split("The differences that remain:\n\n");
  const tested = Object.values(DIFFERENCES).flat();
  const listed = list.trim().split("\n");
  expect(listed).toEqual(tested.map(({ because }) => `- ${because}`));
});
