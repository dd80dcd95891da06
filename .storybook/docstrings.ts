/** Owns how a docstring reads on a docs page: an example is code, and a link is the name of what it leads to. */
import type { ArgTypes } from "@storybook/react-vite";

interface Documented {
  __docgenInfo?: { description?: string };
}

const withoutLinks = (text: string) => text.replaceAll(/\{@link (?:[^}]*\s)?([^}\s]+)\}/g, "`$1`");

/** The docstring of a component, as Markdown. */
export function componentDescription(component: Documented | undefined): string {
  const [text = "", ...examples] = (component?.["__docgenInfo"]?.description ?? "").split(
    /^@example$/m,
  );
  return [
    withoutLinks(text),
    ...examples.map((example) => `\`\`\`tsx\n${example.trim()}\n\`\`\``),
  ].join("\n");
}

/** The docstrings of props. */
export function describeProps({ argTypes }: { argTypes: ArgTypes }): ArgTypes {
  return Object.fromEntries(
    Object.entries(argTypes).map(([name, { description, ...rest }]) => [
      name,
      description === undefined ? rest : { ...rest, description: withoutLinks(description) },
    ]),
  );
}
