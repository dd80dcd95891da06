/** Owns the look of a docs page: its own text and tables follow the theme in the toolbar, as its stories do. */
import { DocsContainer, type DocsContainerProps } from "@storybook/addon-docs/blocks";
import { type ReactNode, useEffect, useState } from "react";
import { addons } from "storybook/preview-api";
import { themes } from "storybook/theming";

interface Told {
  globals?: { theme?: unknown };
}

const EVENTS = ["setGlobals", "globalsUpdated"];

export default function ThemedDocs({
  children,
  ...props
}: DocsContainerProps & { children?: ReactNode }) {
  const channel = addons.getChannel();
  const [told, setTold] = useState<Told | undefined>(
    () => (channel.last("globalsUpdated") ?? channel.last("setGlobals"))?.[0] as Told,
  );
  useEffect(() => {
    for (const event of EVENTS) channel.on(event, setTold);
    return () => {
      for (const event of EVENTS) channel.off(event, setTold);
    };
  }, [channel]);
  const dark = told?.globals?.theme === "dark";
  return (
    <DocsContainer {...props} theme={dark ? themes.dark : themes.light}>
      {children}
    </DocsContainer>
  );
}
