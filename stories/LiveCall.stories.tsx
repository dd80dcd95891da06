import { Description, Source, Title } from "@storybook/addon-docs/blocks";
import type { Meta, StoryObj } from "@storybook/react-vite";
// oxlint-disable-next-line import/default -- Vite creates it: the text of the file
import code from "./support/live-call.tsx?raw";
import { LiveCall } from "./support/live-call.tsx";

/**
 * A real call between two devices, or two tabs. Join here, and then open the link on the second one.
 * This is the whole application:
 */
const meta = {
  title: "Live call",
  component: LiveCall,
  parameters: {
    layout: "fullscreen",
    docs: {
      // The code instead of the call: a docs page must not open a permission prompt.
      page: () => (
        <>
          <Title />
          <Description />
          <Source code={code} language="tsx" />
        </>
      ),
    },
  },
} satisfies Meta<typeof LiveCall>;
export default meta;

export const Call: StoryObj<typeof meta> = { name: "Live call" };
