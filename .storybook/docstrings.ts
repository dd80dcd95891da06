import type { ArgTypes } from "@storybook/react-vite";

interface Documented {
  __docgenInfo?: { description?: string };
}

const withoutLinks = (text: string) => text.replaceAll(/\{@link (?:[^}]*\s)?([^}\s]+)\}/g, "`$1`");

/** Converts the docstring of a component to Markdown: examples become code blocks, links become names. */
export function componentDescription(component: Documented | undefined): string {
  const [text = "", ...examples] = (component?.["__docgenInfo"]?.description ?? "").split(
    /^@example$/m,
  );
  return [
    withoutLinks(text),
    ...examples.map((example) => `\`\`\`tsx\n${example.trim()}\n\`\`\``),
  ].join("\n");
}

/** Converts the docstrings of props. */
export function describeProps({ argTypes }: { argTypes: ArgTypes }): ArgTypes {
  return Object.fromEntries(
    Object.entries(argTypes).map(([name, { description, ...rest }]) => [
      name,
      description === undefined ? rest : { ...rest, description: withoutLinks(description) },
    ]),
  );
}
