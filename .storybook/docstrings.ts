import type { ArgTypes } from "@storybook/react-vite";

interface Documented {
  __docgenInfo?: {
    description?: string;
    props?: Record<string, { description?: string } | undefined>;
  };
}

const withoutLinks = (text: string) => text.replaceAll(/\{@link (?:[^}]*\s)?([^}\s]+)\}/g, "`$1`");

/** Returns the docstring of a component as Markdown, with its examples as code. */
export function componentDescription(component: Documented | undefined): string {
  const [text = "", ...examples] = (component?.["__docgenInfo"]?.description ?? "").split(
    /^@example$/m,
  );
  return [
    withoutLinks(text),
    ...examples.map((example) => `\`\`\`tsx\n${example.trim()}\n\`\`\``),
  ].join("\n");
}

/** Describes props by their docstrings. Storybook itself drops `@default`. */
export function describeProps({
  argTypes,
  component,
}: {
  argTypes: ArgTypes;
  component?: unknown;
}): ArgTypes {
  const docs = (component as Documented | undefined)?.["__docgenInfo"]?.props ?? {};
  return Object.fromEntries(
    Object.entries(argTypes).map(([name, { description = "", ...rest }]) => {
      const [, byDefault] =
        /^@default ([^]+?)(?=\n@|$(?![^]))/m.exec(docs[name]?.description ?? "") ?? [];
      const parts = [description, byDefault && `Default: ${byDefault.trim()}`].filter(Boolean);
      const text = withoutLinks(parts.join("\n\n"));
      return [name, text === "" ? rest : { ...rest, description: text }];
    }),
  );
}
