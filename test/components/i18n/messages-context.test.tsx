import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, it } from "vitest";
import {
  en,
  ko,
  MessagesProvider,
  useMessages,
  type Messages,
  type PartialMessages,
} from "../../../src/index.ts";

/** Returns the texts below these providers, the outermost first. */
function textsBelow(...providers: readonly PartialMessages[]): Messages {
  const found: Messages[] = [];
  const Reader = () => {
    found.push(useMessages());
    return null;
  };
  let page = <Reader />;
  for (const messages of providers.toReversed())
    page = <MessagesProvider messages={messages}>{page}</MessagesProvider>;
  renderToStaticMarkup(page);
  return found[0]!;
}

describe("MessagesProvider", () => {
  it("overrides one text and keeps all others in English", () => {
    const texts = textsBelow({ controlBar: { label: "Buttons" } });
    expect(texts).toEqual({ ...en, controlBar: { ...en.controlBar, label: "Buttons" } });
  });

  it("overrides texts of the outer provider", () => {
    const texts = textsBelow(ko, { leave: "끊기", banner: { retry: "다시" } });
    expect(texts).toEqual({ ...ko, leave: "끊기", banner: { ...ko.banner, retry: "다시" } });
  });

  it("replaces a whole language", () => {
    expect(textsBelow(ko, en)).toEqual(en);
  });

  it("replaces a text that is a function", () => {
    const texts = textsBelow({ announcer: { joined: (people) => `Welcome, ${people}` } });
    expect(texts.announcer.joined("Mina")).toBe("Welcome, Mina");
    expect(texts.announcer.left("Mina")).toBe("Mina left");
  });

  it("ignores undefined, and does not change the language object", () => {
    const before = JSON.stringify(en);
    expect(
      textsBelow({ leave: undefined, preJoin: undefined, badge: { label: undefined } }),
    ).toEqual(en);
    textsBelow({ preJoin: { title: "Welcome" } });
    expect(JSON.stringify(en)).toBe(before);
  });
});
