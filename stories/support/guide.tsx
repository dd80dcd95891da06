/** Shows a page of docs/ in Storybook: its links lead to the Storybook page of the same guide, or to the repository. */
import { Markdown } from "@storybook/addon-docs/blocks";

const REPOSITORY = "https://github.com/twocan/twocan/blob/main/docs/";
/** The Storybook page by the name of the Markdown file. */
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

function inStorybook(page: string): string {
  return page.replaceAll(
    /\]\((?:\.\.\/)?((?:decisions\/)?[\w-]+)\.md(#[\w-]*)?\)/g,
    (_, name: string, anchor = "") => {
      const known = PAGES[name];
      return known ? `](?path=/docs/${known}--docs)` : `](${REPOSITORY}${name}.md${anchor})`;
    },
  );
}

export function Guide({ page }: { page: string }) {
  return <Markdown>{inStorybook(page)}</Markdown>;
}
