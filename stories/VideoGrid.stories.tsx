import type { Meta, StoryObj } from "@storybook/react-vite";
import { ko, MessagesProvider, VideoGrid, type Call } from "twocan";
import { callOf } from "./support/people.ts";
import { usePeople, useScreen } from "./support/pictures.ts";

interface Scene {
  /** How many people are in the call, oneself included. */
  people: number;
  /** Changes the made-up call. */
  change?: (call: Call) => Partial<Call>;
}

function Drawn({ people, change }: Scene) {
  const call = callOf(usePeople(people));
  return <VideoGrid call={{ ...call, ...change?.(call) }} />;
}

function DrawnWithScreen({ people }: Scene) {
  const screen = useScreen();
  const call = callOf(usePeople(people));
  const [first, ...rest] = call.participants;
  return <VideoGrid call={{ ...call, participants: [{ ...first!, screen }, ...rest] }} />;
}

const meta = {
  title: "Components/VideoGrid",
  args: { people: 2 },
  argTypes: { people: { control: { type: "number", min: 1, max: 8 } }, change: { control: false } },
  // Another number of people is another call.
  render: (args) => <Drawn key={args.people} {...args} />,
} satisfies Meta<Scene>;
export default meta;

type Story = StoryObj<typeof meta>;

export const Two: Story = {};
export const WaitingForOthers: Story = {
  args: { people: 1, change: () => ({ status: "waiting" }) },
};
export const Three: Story = { args: { people: 3 } };
export const Four: Story = { args: { people: 4 } };
export const Five: Story = { args: { people: 5 } };
export const Eight: Story = { args: { people: 8 } };
export const SharedScreen: Story = {
  args: { people: 3 },
  render: (args) => <DrawnWithScreen {...args} />,
};
export const SharedScreenOfEight: Story = {
  args: { people: 8 },
  render: (args) => <DrawnWithScreen {...args} />,
};
/** What a call looks like in which not everything is well. */
export const MixedStates: Story = {
  args: {
    people: 6,
    change: ({ participants: [first, second, third, fourth, ...rest], self }) => ({
      participants: [
        { ...first!, microphone: false },
        { ...second!, camera: false, microphone: false },
        { ...third!, status: "reconnecting" },
        { ...fourth!, status: "connecting", camera: false },
        ...rest,
      ],
      self: { ...self, camera: false },
    }),
  },
};
/** In a page that has a height, the tiles share it and nothing scrolls. */
export const FillsThePage: Story = {
  args: { people: 6 },
  parameters: { layout: "fullscreen" },
  decorators: [
    (Story) => (
      <div
        style={{
          display: "flex",
          blockSize: "100dvh",
          padding: "0.75rem",
          boxSizing: "border-box",
        }}
      >
        <Story />
      </div>
    ),
  ],
};
export const Korean: Story = {
  args: { people: 1, change: () => ({ status: "waiting" }) },
  decorators: [
    (Story) => (
      <MessagesProvider messages={ko}>
        <Story />
      </MessagesProvider>
    ),
  ],
};
export const Dark: Story = { ...MixedStates, globals: { theme: "dark" } };
