import type { Meta, StoryObj } from "@storybook/react-vite";
import { ko, MessagesProvider, VideoTile, type Participant, type VideoTileProps } from "twocan";
import { participant } from "./support/people.ts";
import { usePeople, useScreen } from "./support/pictures.ts";

/** A tile with a drawn person in it. */
function Drawn({ participant: person, ...props }: VideoTileProps) {
  const [stream] = usePeople(1);
  return <VideoTile {...props} participant={{ ...person, stream }} />;
}

function DrawnScreen({ participant: person, ...props }: VideoTileProps) {
  const screen = useScreen();
  return <VideoTile {...props} source="screen" participant={{ ...person, screen }} />;
}

const meta = {
  title: "Components/VideoTile",
  component: VideoTile,
  args: { participant: participant() },
  argTypes: { participant: { control: false } },
  render: (args) => <Drawn {...args} />,
  decorators: [
    (Story) => (
      <div style={{ maxInlineSize: "32rem" }}>
        <Story />
      </div>
    ),
  ],
} satisfies Meta<typeof VideoTile>;
export default meta;

type Story = StoryObj<typeof meta>;

const of = (changes: Partial<Participant>): Story => ({
  args: { participant: participant(changes) },
});

export const CameraOn: Story = {};
export const CameraOff: Story = of({ name: "Mina Park", camera: false });
export const MicrophoneOff: Story = of({ microphone: false });
export const BothOff: Story = of({ name: "Jonas", microphone: false, camera: false });
/** One's own camera is a mirror, as everybody knows oneself. */
export const Yourself: Story = of({ isSelf: true });
export const SharedScreen: Story = { render: (args) => <DrawnScreen {...args} /> };
export const Connecting: Story = of({ status: "connecting", camera: false });
/** The picture stands still: it is dimmed, so that nobody talks to it. */
export const Reconnecting: Story = of({ status: "reconnecting" });
export const Failed: Story = of({ status: "failed", camera: false, name: "Amira Haddad" });
export const LongName: Story = of({
  name: "Wolfeschlegelsteinhausenbergerdorff the Elder, of Lower Saxony and the Islands",
  microphone: false,
});
export const NoName: Story = of({ name: undefined, camera: false });
/** A name is text, whatever is in it. */
export const MarkupAsAName: Story = of({ name: "<img src=x onerror=alert(1)>", camera: false });
export const RightToLeft: Story = {
  ...of({ name: "أميرة حداد", microphone: false, camera: false }),
  decorators: [
    (Story) => (
      <div dir="rtl">
        <Story />
      </div>
    ),
  ],
};
export const Korean: Story = {
  ...of({ name: "김민아", microphone: false, camera: false, status: "reconnecting" }),
  decorators: [
    (Story) => (
      <MessagesProvider messages={ko}>
        <Story />
      </MessagesProvider>
    ),
  ],
};
export const Dark: Story = {
  ...of({ name: "Jonas", camera: false, microphone: false }),
  globals: { theme: "dark" },
};
