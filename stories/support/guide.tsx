import { Markdown } from "@storybook/addon-docs/blocks";

const REPOSITORY = "https://github.com/twocan/twocan/blob/main/docs/";
/** Maps the name of a Markdown file to its Storybook page. */
const PAGES: Readonly<Record<string, string>> = {
  "getting-started": "getting-started",
  "your-own-markup": "your-own-markup",
  "own-channel": "your-own-channel",
  theming: "theming",
  firestore: "firestore",
  bundlers: "bundlers",
  errors: "errors",
  SIGNALING: "signaling",
  TESTING: "testing-your-app",
  HANDSHAKE: "the-thirteen-steps",
};

/** Points links to Storybook pages, or to the repository. */
function withStorybookLinks(page: string): string {
  return page.replaceAll(
    /\]\((?:\.\.\/)?((?:decisions\/)?[\w-]+)\.md(#[\w-]*)?\)/g,
    (_, name: string, anchor = "") => {
      const known = PAGES[name];
      return known ? `](?path=/docs/${known}--docs)` : `](${REPOSITORY}${name}.md${anchor})`;
    },
  );
}

/** Shows a page of docs/. */
export function Guide({ page }: { page: string }) {
  return <Markdown>{withStorybookLinks(page)}</Markdown>;
}
