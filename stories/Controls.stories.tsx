import type { Meta, StoryObj } from "@storybook/react-vite";
import { useState } from "react";
import { CallError } from "twocan/core";
import {
  CameraButton,
  ko,
  LeaveButton,
  MessagesProvider,
  MicrophoneButton,
  ScreenShareButton,
  type LocalMedia,
  type MediaControl,
} from "twocan";
import { expect, userEvent, within } from "storybook/test";
import { callOf, control, media } from "./support/people.ts";
import { useScreen } from "./support/pictures.ts";

const call = callOf([undefined]);

/** The buttons as an application would put them in a row. */
function Controls({ media: state }: { media: LocalMedia }) {
  return (
    <div style={{ display: "flex", flexWrap: "wrap", gap: "0.75rem", justifyContent: "center" }}>
      <MicrophoneButton media={state} />
      <CameraButton media={state} />
      <ScreenShareButton media={state} whenUnsupported="disable" />
      <LeaveButton call={call} />
    </div>
  );
}

function WithScreen() {
  const screen = useScreen();
  return <Controls media={media({ screen })} />;
}

/** Buttons that do what they say, without a device. */
function Working() {
  const [on, setOn] = useState({ microphone: true, camera: true });
  const device = (kind: keyof typeof on) =>
    control({
      status: on[kind] ? "on" : "off",
      enabled: on[kind],
      toggle: async () => setOn({ ...on, [kind]: !on[kind] }),
    });
  return <Controls media={media({ microphone: device("microphone"), camera: device("camera") })} />;
}

/** Both devices in one state. */
const both = (changes: Partial<MediaControl>) =>
  media({ microphone: control(changes), camera: control(changes) });

const meta = {
  title: "Components/Controls",
  component: Controls,
  args: { media: media() },
  argTypes: { media: { control: false } },
} satisfies Meta<typeof Controls>;
export default meta;

type Story = StoryObj<typeof meta>;

export const On: Story = {
  render: () => <Working />,
  play: async ({ canvasElement }) => {
    const microphone = within(canvasElement).getByRole("button", { name: "Microphone" });
    await userEvent.click(microphone);
    await expect(microphone).toHaveAttribute("aria-pressed", "false");
    await userEvent.click(microphone);
    await expect(microphone).toHaveAttribute("aria-pressed", "true");
  },
};
export const Off: Story = { args: { media: both({ status: "off", enabled: false }) } };
export const Starting: Story = { args: { media: both({ status: "starting" }) } };
/** Their titles say what to do; pressing them tries again. */
export const Blocked: Story = { args: { media: both({ status: "blocked", enabled: false }) } };
export const Missing: Story = { args: { media: both({ status: "missing", enabled: false }) } };
export const Busy: Story = { args: { media: both({ status: "busy", enabled: false }) } };
export const Interrupted: Story = { args: { media: both({ status: "interrupted" }) } };
export const Sharing: Story = { render: () => <WithScreen /> };
export const SharingFailed: Story = {
  args: {
    media: media({
      startScreenShare: () =>
        Promise.reject(new CallError("permission-denied", "The system does not allow it.")),
    }),
  },
  play: async ({ canvasElement }) => {
    const button = within(canvasElement).getByRole("button", { name: "Share screen" });
    await userEvent.click(button);
    await expect(button).toHaveAttribute("data-status", "failed");
  },
};
export const Korean: Story = {
  ...Off,
  decorators: [
    (Story) => (
      <MessagesProvider messages={ko}>
        <Story />
      </MessagesProvider>
    ),
  ],
};
export const DarkOn: Story = { ...On, globals: { theme: "dark" } };
export const DarkOff: Story = { ...Off, globals: { theme: "dark" } };
export const DarkBlocked: Story = { ...Blocked, globals: { theme: "dark" } };
