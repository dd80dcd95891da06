/** docs/TESTING.md says what is so: its code is the files that run here, and its differences are those that are tested. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { DIFFERENCES } from "../support/webrtc-differences.ts";

const page = readFileSync("docs/TESTING.md", "utf8");

it.each(["app.tsx", "app.test.tsx"])("shows %s as it runs", (name) => {
  const blocks = [...page.matchAll(/^```tsx?\n([\s\S]*?)^```$/gm)].map(([, code]) => code);
  expect(blocks).toContain(readFileSync(`test/testing/guide/${name}`, "utf8"));
});

it("lists every difference between the played WebRTC and real browsers, and no other", () => {
  const [, list = ""] = page.split("The differences that remain:\n\n");
  const tested = Object.values(DIFFERENCES).flat();
  const listed = list.trim().split("\n");
  expect(listed).toEqual(tested.map(({ because }) => `- ${because}`));
});
