import { DocsContainer, type DocsContainerProps } from "@storybook/addon-docs/blocks";
import { type ReactNode, useEffect, useState } from "react";
import { addons } from "storybook/preview-api";
import { themes } from "storybook/theming";

interface GlobalsEvent {
  globals?: { theme?: unknown };
}

const EVENTS = ["setGlobals", "globalsUpdated"];

/** Applies the theme of the toolbar to the text and tables of a docs page. */
export default function ThemedDocs({
  children,
  ...props
}: DocsContainerProps & { children?: ReactNode }) {
  const channel = addons.getChannel();
  const [event, setEvent] = useState<GlobalsEvent | undefined>(
    () => (channel.last("globalsUpdated") ?? channel.last("setGlobals"))?.[0] as GlobalsEvent,
  );
  useEffect(() => {
    for (const name of EVENTS) channel.on(name, setEvent);
    return () => {
      for (const name of EVENTS) channel.off(name, setEvent);
    };
  }, [channel]);
  const dark = event?.globals?.theme === "dark";
  return (
    <DocsContainer {...props} theme={dark ? themes.dark : themes.light}>
      {children}
    </DocsContainer>
  );
}
