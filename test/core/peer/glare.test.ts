import { describe, expect, it } from "vitest";
import { resolveGlare, type OfferDecision } from "../../../src/core/peer/glare.ts";

describe("resolveGlare", () => {
  it.each<["caller" | "callee", string | undefined, string, OfferDecision]>([
    ["callee", undefined, "a/1", "accept"],
    ["callee", "a/1", "a/1", "apply"],
    ["callee", "a/1", "a/2", "replace"],
    ["callee", "a/2", "a/1", "replace"],
    ["callee", "b/1", "a/1", "replace"],
    ["caller", "m/1", "a/1", "yield"],
    ["caller", "m/1", "z/1", "ignore"],
    ["caller", undefined, "a/1", "yield"],
    ["caller", undefined, "z/1", "ignore"],
    ["caller", "m/1", "m/2", "ignore"],
    ["caller", "m/1", "m/1", "apply"],
    // Ids may contain slashes; the number follows the last one.
    ["caller", "m/1", "a/z/1", "yield"],
    ["caller", "m/1", "", "yield"],
  ])("a %s with connection %s and an offer for %s: %s", (role, current, offered, decision) => {
    expect(resolveGlare({ role, id: "m", current, offered })).toBe(decision);
  });

  it("lets exactly one of two callers yield", () => {
    for (const [a, b] of [
      ["a", "b"],
      ["b", "a"],
      ["Z", "a"],
      ["10", "9"],
    ] as const) {
      const decide = (id: string, remote: string) =>
        resolveGlare({ role: "caller", id, current: `${id}/1`, offered: `${remote}/1` });
      expect([decide(a, b), decide(b, a)].toSorted()).toEqual(["ignore", "yield"]);
    }
  });
});
